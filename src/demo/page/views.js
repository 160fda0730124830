// The app's own surfaces: its modals and its Home.

import { act } from "./api.js";
import { blocksOf } from "./blocks.js";
import { h, icon, redraw, setText } from "./dom.js";
import { on, store, zone } from "./store.js";
import { showPane } from "./places.js";

/** What is typed into views: view id → block id → action id → value. */
const typed = new Map();

const valuesOf = (view) => {
  if (!typed.has(view.id)) typed.set(view.id, {});
  return typed.get(view.id);
};

/** How the blocks of a view reach the app. */
function surface(view, { errors, say }) {
  const values = valuesOf(view);
  const type = (element, block, value) => { (values[block.block_id] ??= {})[element.action_id] = value; };
  const click = async (element, block, value) => {
    if (value !== undefined) type(element, block, value);
    const answer = await act("click", {
      user: store.me, view: view.id, action_id: element.action_id, block_id: block.block_id, value: value ?? element.value ?? null, values,
    });
    say(answer.error);
  };
  return {
    errors, click,
    value: (element, block) => values[block.block_id]?.[element.action_id],
    type: (element, block, value) => {
      type(element, block, value);
      if (block.dispatch_action) click(element, block, value);
    },
  };
}

/** Draws the modals into `dialog` and keeps them up to date. */
export function modals(dialog) {
  let errors = {};
  let drawn = null;
  const top = () => store.views.at(-1) ?? null;
  const problem = h("p", { class: "problem", testid: "act-error", role: "alert", hidden: true });
  const say = (error) => {
    setText(problem, error ?? "");
    problem.hidden = !error;
  };

  async function submit(view, button) {
    button.disabled = true;
    say(null);
    const answer = await act("submit", { user: store.me, view: view.id, values: valuesOf(view) });
    button.disabled = false;
    errors = answer.errors ?? {};
    say(answer.error);
    if (Object.keys(errors).length) {
      draw();
      dialog.querySelector("[aria-invalid]")?.focus();
    }
  }

  /** Where somebody begins to fill in a form; the button that sends it when there is no field. */
  const firstField = () => dialog.querySelector(".modal-body :is(input, textarea, select, button):not([disabled])") ?? dialog.querySelector("[type=submit]");

  const close = (view) => act("close", { user: store.me, view: view.id });

  function draw() {
    const view = top();
    if (!view) {
      drawn = null;
      dialog.signature = null;
      typed.clear();
      if (dialog.open) dialog.close();
      return;
    }
    const isNew = drawn !== view.id;
    if (isNew) {
      errors = {};
      say(null);
    }
    drawn = view.id;
    redraw(dialog, JSON.stringify([view, errors, store.me]), () => form(view));
    if (!dialog.open) dialog.showModal();
    if (isNew) firstField()?.focus();
  }

  function form(view) {
    const submitButton = view.submit && h("button", { type: "submit", class: "button primary", testid: "modal-submit" }, view.submit.text);
    return h("form", { class: "modal-form", testid: "modal", "data-callback-id": view.callback_id, novalidate: true, on: { submit: (event) => { event.preventDefault(); if (submitButton) submit(view, submitButton); } } },
      h("header", null, icon("buoy"), h("h2", null, view.title?.text ?? ""),
        h("button", { type: "button", class: "tool", testid: "modal-close", "aria-label": "Close", on: { click: () => close(view) } }, icon("close"))),
      h("div", { class: "modal-body blocks" }, blocksOf(view.blocks ?? [], surface(view, { errors, say }))),
      problem,
      h("footer", { class: "dialog-foot" },
        h("button", { type: "button", class: "button", testid: "modal-cancel", on: { click: () => close(view) } }, view.close?.text ?? (store.views.length > 1 ? "Back" : "Close")), submitButton));
  }

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (top()) close(top());
  });
  on("views people", draw);
}

/** Draws the App Home into `pane` and keeps it up to date. */
export function appHome(pane) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const say = (error) => {
    setText(problem, error ?? "");
    problem.hidden = !error;
  };
  on("home place people", () => {
    const view = store.home;
    redraw(pane, JSON.stringify([view, zone(), store.me, store.users.size]), () => [
      h("header", { class: "channel-head" }, h("div", { class: "head-row" },
        h("button", { type: "button", class: "back", "aria-label": "Channels", on: { click: () => showPane("channels") } }, icon("back")),
        h("h1", null, icon("home"), h("span", null, "Home")))),
      h("div", { class: "home-body" },
        view ? h("div", { class: "blocks", testid: "home" }, blocksOf(view.blocks ?? [], surface(view, { errors: {}, say }))) : h("p", { class: "faint" }, "Don't Panic has not drawn its home for you yet."),
        problem),
    ]);
  });
}
