// The channel on screen: its head, its messages, the thread at its side.

import { act, canvas } from "./api.js";
import { composer } from "./composer.js";
import { h, icon, reconcile, redraw, setText } from "./dom.js";
import { markdown } from "./markdown.js";
import { menu } from "./menu.js";
import { avatar, messageElement, messageSignature, standsTogether } from "./message.js";
import { mrkdwn, plainText } from "./mrkdwn.js";
import { closeThread, historyOf, loadOlder, noteOpened, openUrl, showPane, sorted } from "./places.js";
import { here, nameOf, on, store, storyNow, zone } from "./store.js";
import { emojiText } from "./emoji.js";
import { dayKey, seconds, separator } from "./time.js";

/** How near the end, in pixels, still counts as reading the newest. */
const NEAR = 60;

/** The message box of the channel, for whoever wants to fill it. */
export let box = null;

/** The name a channel is shown by. */
export const channelName = (channel) => (channel.kind === "direct" ? "Don't Panic" : channel.name);

/** Draws the conversation into the page and keeps it up to date. */
export function conversation({ head, scroller, list, foot, jump, thread, empty }) {
  let following = true;
  box = composer({
    testid: "composer", target: () => ({ channel: here()?.id }),
    sent: () => { following = true; },
    label: () => (here() ? `Message ${here().kind === "direct" ? "" : "#"}${channelName(here())}` : "Message"),
  });
  foot.append(box.form);
  const positions = new Map();
  let shown = null;
  let newest = null;

  scroller.addEventListener("scroll", () => {
    following = scroller.scrollTop === newest || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    if (following) jump.hidden = true;
    if (shown) positions.set(shown, following ? null : scroller.scrollTop);
    if (scroller.scrollTop < 120 && here()) loadOlder(here().id);
  }, { passive: true });
  // A page longer than the screen is read from its beginning.
  const toEnd = () => {
    const last = list.lastElementChild;
    const long = last && last.offsetHeight > scroller.clientHeight;
    scroller.scrollTop = long ? scroller.scrollTop + last.getBoundingClientRect().top - scroller.getBoundingClientRect().top : scroller.scrollHeight;
    newest = scroller.scrollTop;
  };
  jump.addEventListener("click", toEnd);
  new ResizeObserver(() => { if (following) toEnd(); }).observe(scroller);
  new ResizeObserver(() => { if (following) toEnd(); }).observe(list);

  function draw() {
    const channel = here();
    drawHead(head, channel);
    drawFoot(foot, channel);
    if (!channel) {
      shown = null;
      list.replaceChildren();
      empty.hidden = store.place?.kind !== "direct";
      return;
    }
    const history = historyOf(channel.id);
    const messages = sorted(history.list);
    const changedPlace = shown !== `${store.me} ${channel.id}`;
    const height = scroller.scrollHeight;
    const top = scroller.scrollTop;
    const [first, last] = [list.firstElementChild?.dataset.key, list.lastElementChild?.dataset.key];
    reconcile(list, rows(messages), (row) => row.key, (row) => row.signature ?? messageSignature(row, channel),
      (row) => (row.day ? h("div", { class: "day", role: "separator" }, h("span", null, row.day)) : messageElement(row, channel)));
    empty.hidden = messages.length > 0 || !history.loaded;
    if (changedPlace) {
      shown = `${store.me} ${channel.id}`;
      const kept = positions.get(shown);
      following = kept === null || kept === undefined;
      jump.hidden = true;
      if (following) toEnd();
      else scroller.scrollTop = kept;
    } else if (following) toEnd();
    else {
      if (first !== list.firstElementChild?.dataset.key) scroller.scrollTop = top + scroller.scrollHeight - height;
      jump.hidden = jump.hidden && last === list.lastElementChild?.dataset.key;
    }
  }

  on("place channels messages people", draw);
  on("thread messages people", () => drawThread(thread));
  drawThread.box = composer({
    testid: "thread-composer", target: () => ({ channel: store.thread?.channel, thread: store.thread?.ts }), sent: () => {}, label: () => "Reply…",
  });
}

/** Messages with the separators of days between them. */
function rows(messages) {
  const result = [];
  let day = null;
  let before = null;
  for (const message of messages) {
    const at = seconds(message.ts);
    const key = dayKey(at, zone());
    if (key !== day) {
      const name = separator(at, zone(), storyNow());
      result.push({ key: `day ${key}`, day: name, signature: name });
      before = null;
    }
    day = key;
    result.push({ key: message.ts, message, together: standsTogether(before, message) });
    before = message;
  }
  return result;
}

function drawHead(head, channel) {
  if (!channel && store.place?.kind !== "direct") return;
  const shown = channel ?? { kind: "direct", name: "", members: [], pins: [], bookmarks: [], canvas: null, topic: "" };
  redraw(head, JSON.stringify([shown, store.me, store.users.size]), () => headOf(shown));
}

function headOf(channel) {
  const people = channel.members.filter((id) => store.users.get(id)?.kind !== "bot");
  const pins = channel.pins.length;
  return [
    h("div", { class: "head-row" },
      h("button", { type: "button", class: "back", "aria-label": "Channels", on: { click: () => showPane("channels") } }, icon("back")),
      h("h1", { testid: "channel-title" }, channel.kind === "direct" ? avatar(store.app.user, { small: true }) : icon(channel.kind === "private" ? "lock" : "hash"), h("span", null, channelName(channel))),
      channel.topic && h("p", { class: "topic", testid: "topic", title: plainText(channel.topic) }, mrkdwn(channel.topic)),
      channel.kind !== "direct" && h("span", { class: "members", title: people.map(nameOf).join(", ") }, people.slice(0, 3).map((id) => avatar(id, { small: true })), h("span", null, String(people.length)))),
    (pins > 0 || channel.canvas || channel.bookmarks.length > 0) && h("div", { class: "bookmarks" },
      pins > 0 && h("button", { type: "button", testid: "pins", "data-focus": "pins", "aria-haspopup": "menu", on: { click: (event) => showPins(event.currentTarget, channel) } }, icon("pin"), `${pins} pinned`),
      channel.canvas && h("button", { type: "button", testid: "canvas", "data-focus": "canvas", "aria-haspopup": "dialog", on: { click: () => showCanvas(channel) } }, icon("list"), "Canvas"),
      channel.bookmarks.map((bookmark) => h("a", {
        href: bookmark.link, target: "_blank", rel: "noopener noreferrer", testid: "bookmark",
        on: { click: (event) => { noteOpened(bookmark.title); openUrl(bookmark.link, event); } },
      }, bookmark.emoji ? h("span", null, emojiText(bookmark.emoji.replaceAll(":", ""))) : icon("out"), bookmark.title))),
  ].filter(Boolean);
}

/** Shows the channel's canvas as it is now. */
async function showCanvas(channel) {
  const { title, markdown: text } = await canvas(store.me, channel.id);
  noteOpened(title);
  const dialog = h("dialog", { class: "canvas", "aria-label": title || "Canvas", testid: "canvas-text", on: { close: () => dialog.remove() } },
    h("header", null, h("h2", null, title || "Canvas"),
      h("button", { type: "button", class: "tool", testid: "canvas-close", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("close"))),
    h("div", { class: "canvas-body", tabindex: "0" }, markdown(text)));
  document.body.append(dialog);
  dialog.showModal();
}

function showPins(anchor, channel) {
  const { list } = historyOf(channel.id);
  menu(anchor, channel.pins.map((ts) => {
    const message = list.get(ts);
    return { label: message ? plainText(message.text).slice(0, 90) || "Message" : "A message further up", hint: message && nameOf(message.user), choose: () => goTo(ts) };
  }));
}

function goTo(ts) {
  const element = document.querySelector(`#messages [data-ts="${CSS.escape(ts)}"]`);
  element?.scrollIntoView({ block: "center", behavior: "smooth" });
  element?.focus({ preventScroll: true });
}

function drawFoot(foot, channel) {
  const bar = foot.querySelector(".foot-bar");
  const state = !channel ? "nowhere" : channel.is_archived ? "archived" : channel.kind !== "direct" && !channel.members.includes(store.me) ? "outside" : "in";
  box.form.hidden = state !== "in";
  redraw(bar, `${state} ${channel?.id} ${store.me}`, () => {
    if (state === "archived") return h("p", { class: "banner", testid: "archived" }, icon("lock"), `#${channel.name} is archived. It can be read, nobody can post.`);
    if (state !== "outside") return [];
    return h("p", { class: "banner" }, `You are looking at #${channel.name}.`,
      h("button", { type: "button", class: "button primary", testid: "join", on: { click: () => act("join", { user: store.me, channel: channel.id }) } }, "Join channel"));
  });
}

function drawThread(pane) {
  const { thread } = store;
  document.body.classList.toggle("with-thread", Boolean(thread));
  pane.hidden = !thread;
  const channel = thread && store.channels.get(thread.channel);
  if (!channel) return;
  if (!pane.firstElementChild) {
    pane.append(
      h("header", { class: "thread-head" }, h("h2", null, "Thread"), h("span", { class: "faint" }),
        h("button", { type: "button", class: "tool", testid: "close-thread", "aria-label": "Close thread", on: { click: closeThread } }, icon("close"))),
      h("div", { class: "thread-list", testid: "thread" }), drawThread.box.form);
  }
  setText(pane.querySelector(".faint"), `#${channelName(channel)}`);
  const list = pane.querySelector(".thread-list");
  const before = list.childElementCount;
  const messages = sorted(thread.list);
  reconcile(list, messages.map((message) => ({ message, together: false })), (row) => row.message.ts, (row) => messageSignature(row, channel),
    (row) => messageElement(row, channel, { inThread: true }));
  if (list.childElementCount > before) list.scrollTop = list.scrollHeight;
}

