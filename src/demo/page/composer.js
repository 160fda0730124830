// The message box: messages, slash commands and their suggestions.

import { act } from "./api.js";
import { mentions, suggestions } from "./commands.js";
import { h, icon, setText } from "./dom.js";
import { noteOpened } from "./places.js";
import { on, store } from "./store.js";

/** How long an error under the box stays, in milliseconds. */
const ERROR_STAYS = 12_000;

/** A message box. `target()` says where it writes: `{channel, thread}`; `label()` is its name; `sent()` hears of what is sent. */
export function composer({ target, testid, label, sent }) {
  let options = [];
  let picked = -1;
  let timer = null;
  const drafts = new Map();
  let place = null;

  const box = h("textarea", {
    class: "composer-box", rows: 1, testid, autocomplete: "off", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
    on: { input: () => { fit(); suggest(); }, keydown: key, blur: () => setTimeout(() => offer([]), 150), focus: suggest },
  });
  const list = h("div", { class: "suggestions", role: "listbox", testid: "suggestions", hidden: true, "aria-label": "Suggestions" });
  const error = h("p", { class: "problem", testid: "act-error", role: "alert", hidden: true });
  const sendButton = h("button", { type: "submit", class: "send", testid: testid === "composer" ? "send" : "thread-send", "aria-label": "Send", title: "Send" }, icon("send"));
  const form = h("form", { class: "composer", on: { submit: (event) => { event.preventDefault(); send(); } } },
    list, h("div", { class: "composer-row" },
      h("button", { type: "button", class: "tool slash", title: "Commands", "aria-label": "Show commands", on: { click: () => fill("/") } }, "/"), box, sendButton), error);

  function fit() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 180)}px`;
    sendButton.classList.toggle("ready", box.value.trim() !== "");
  }

  function suggest() {
    offer(box.value.startsWith("/") && !/@\S*$/.test(box.value) ? suggestions(box.value) : mentions(box.value));
  }

  function offer(next) {
    options = next;
    picked = -1;
    list.replaceChildren(...options.map((option) => h("button", {
      type: "button", role: "option", tabindex: -1, "aria-selected": "false",
      on: { pointerdown: (event) => event.preventDefault(), click: () => take(option) },
    }, h("b", null, option.shown ?? option.text), option.rest && h("i", null, option.rest), h("span", null, option.about))));
    list.hidden = options.length === 0;
    box.setAttribute("aria-expanded", String(options.length > 0));
  }

  function pick(step) {
    picked = (picked + step + options.length) % options.length;
    [...list.children].forEach((child, index) => child.setAttribute("aria-selected", String(index === picked)));
    list.children[picked]?.scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    fill(`${option.text} `);
  }

  function fill(text) {
    box.value = text;
    box.focus();
    fit();
    suggest();
  }

  function key(event) {
    if (event.isComposing) return;
    if (options.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      pick(event.key === "ArrowDown" ? 1 : picked < 0 ? 0 : -1);
    } else if (options.length && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      take(options[Math.max(picked, 0)]);
    } else if (options.length && event.key === "Escape") {
      event.preventDefault();
      offer([]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (picked >= 0) take(options[picked]);
      else send();
    }
  }

  async function send() {
    const text = box.value.trim();
    const { channel, thread } = target();
    if (!text || !channel) return;
    box.value = "";
    fit();
    offer([]);
    complain(null);
    noteOpened(text.startsWith("/") ? text : "");
    sent();
    const isCommand = /^\/\w/.test(text);
    const answer = isCommand
      ? await act("command", { user: store.me, channel, text })
      : await act("post", { user: store.me, channel, text, ...(thread ? { thread } : {}) });
    if (!answer.error) return;
    complain(answer.error);
    if (!box.value && !isCommand) fill(text);
  }

  function complain(text) {
    clearTimeout(timer);
    setText(error, text ?? "");
    error.hidden = !text;
    if (text) timer = setTimeout(() => complain(null), ERROR_STAYS);
  }

  /** Follows the place: another channel has another draft. */
  function follow() {
    const { channel, thread } = target();
    const next = channel && `${store.me} ${channel} ${thread ?? ""}`;
    if (next !== place) {
      if (place) drafts.set(place, box.value);
      place = next;
      box.value = drafts.get(next) ?? "";
      offer([]);
      complain(null);
      fit();
    }
    const name = label();
    if (box.placeholder !== name) {
      box.placeholder = name;
      box.setAttribute("aria-label", name);
    }
  }
  on("place channels thread people", follow);
  return { form, fill };
}
