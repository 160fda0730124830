// One message: who, when, what, and what can be done with it.

import { act } from "./api.js";
import { blocksOf } from "./blocks.js";
import { h, icon } from "./dom.js";
import { emojiText, REACTIONS } from "./emoji.js";
import { menu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { openThread } from "./places.js";
import { nameOf, store, storyNow, zone } from "./store.js";
import { ago, clockTime, longDay, seconds } from "./time.js";

/** How long one author's messages stand together under one name, in seconds. */
const TOGETHER = 300;

/** A person's or bot's picture: initials on a colour of their own. */
export function avatar(id, { small = false } = {}) {
  const user = store.users.get(id);
  const classes = small ? "avatar small" : "avatar";
  if (user?.kind === "bot" || id === store.app.user) return h("span", { class: `${classes} bot`, "aria-hidden": "true" }, icon("buoy"));
  const name = nameOf(id);
  const tint = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 0);
  const initials = name.split(/\s+/).map((word) => word[0] ?? "").join("").slice(0, 2).toUpperCase();
  return h("span", { class: `${classes} tint-${tint}`, "aria-hidden": "true" }, initials);
}

/** What has to be drawn again when it changes. */
export const messageSignature = ({ message, together }, channel) =>
  JSON.stringify([message, together, channel.pins.includes(message.ts), channel.is_archived, zone(), store.users.size, store.channels.size]);

/** Whether a message stands under the name of the one before it. */
export const standsTogether = (before, message) =>
  Boolean(before && !before.subtype && !message.subtype && before.user === message.user && before.username === message.username
    && before.ephemeral === message.ephemeral && seconds(message.ts) - seconds(before.ts) < TOGETHER);

const LINES = new Set(["channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name", "channel_archive", "channel_unarchive", "group_join", "group_leave", "pinned_item"]);

/** The element of a message. `inThread` leaves out what leads to the thread. */
export function messageElement({ message, together }, channel, { inThread = false } = {}) {
  const at = seconds(message.ts);
  const pinned = message.pinned || channel.pins.includes(message.ts);
  const time = h("time", { class: "when", datetime: new Date(at * 1000).toISOString(), title: `${longDay(at, zone())}, ${clockTime(at, zone())}` }, clockTime(at, zone()));
  const isBot = message.user === store.app.user || store.users.get(message.user)?.kind === "bot";
  const badge = isBot && h("span", { class: "app-tag" }, "APP");
  if (LINES.has(message.subtype)) {
    return h("article", { class: "message line", testid: "message", "data-ts": message.ts, tabindex: -1 },
      avatar(message.user, { small: true }), h("span", { class: "text" }, h("b", null, nameOf(message.user)), " ", badge, " ", mrkdwn(message.text.replace(new RegExp(`^<@${message.user}(\\|[^>]*)?> `), "")), " ", time));
  }
  const problem = h("p", { class: "problem", testid: "act-error", role: "alert", hidden: true });
  const name = message.username ?? nameOf(message.user);
  const classes = ["message", together && "together", message.ephemeral && "ephemeral", pinned && "pinned", isBot && "from-bot"];
  return h("article", {
    class: classes.filter(Boolean).join(" "), testid: "message", "data-ts": message.ts, tabindex: -1, "aria-label": `${name}, ${clockTime(at, zone())}`,
  },
  message.ephemeral && h("p", { class: "note" }, icon("eye"), "Only visible to you"),
  pinned && h("p", { class: "note pin-note" }, icon("pin"), "Pinned"),
  h("div", { class: "gutter" }, together ? time : avatar(message.user)),
  h("div", { class: "body" },
    together ? null : h("p", { class: "author" }, h("b", null, name), badge, " ", time),
    content(message, channel, problem),
    problem,
    reactions(message, channel, problem),
    !inThread && message.reply_count > 0 && replies(message)),
  message.ephemeral ? null : tools(message, channel, problem, inThread));
}

/** What was said: the blocks, or the text when there are none. */
function content(message, channel, problem) {
  const surface = { click: (element, block, value) => click(message, channel, problem, element, block, value) };
  const edited = message.edited && h("span", { class: "edited" }, "(edited)");
  const attachments = (message.attachments ?? []).map((attachment) => h("div", { class: "attachment" },
    attachment.title && h("b", null, attachment.title), attachment.blocks ? blocksOf(attachment.blocks, surface) : h("div", { class: "text" }, mrkdwn(attachment.text ?? attachment.fallback ?? ""))));
  if (message.blocks?.length) return [h("div", { class: "blocks" }, blocksOf(message.blocks, surface)), attachments, edited];
  return [h("div", { class: "text" }, mrkdwn(message.text), edited && [" ", edited]), attachments];
}

async function click(message, channel, problem, element, block, value) {
  problem.hidden = true;
  const answer = await act("click", {
    user: store.me, channel: channel.id, ts: message.ts, action_id: element.action_id, block_id: block.block_id, value: value ?? element.value ?? null,
  });
  tell(problem, answer.error);
}

function tell(problem, error) {
  problem.textContent = error ?? "";
  problem.hidden = !error;
}

const send = (what, message, channel, problem, body) =>
  act(what, { user: store.me, channel: channel.id, ts: message.ts, ...body }).then((answer) => tell(problem, answer.error));

function reactions(message, channel, problem) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, message.reactions.map((reaction) => {
    const mine = reaction.users.includes(store.me);
    return h("button", {
      type: "button", class: mine ? "reaction mine" : "reaction", "aria-pressed": String(mine), testid: "reaction", "data-focus": `reaction-${reaction.name}`,
      title: `${reaction.users.map(nameOf).join(", ")} reacted with :${reaction.name}:`,
      on: { click: () => send("react", message, channel, problem, { name: reaction.name, on: !mine }) },
    }, h("span", { class: "emoji" }, emojiText(reaction.name)), String(reaction.users.length));
  }));
}

const replies = (message) =>
  h("button", { type: "button", class: "replies", testid: "open-thread", "data-focus": "replies", on: { click: () => openThread(message.ts) } },
    message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`,
    message.latest_reply && h("span", { class: "faint" }, `last ${ago(seconds(message.latest_reply), storyNow())}`));

/** The buttons that appear over a message. */
function tools(message, channel, problem, inThread) {
  const react = (event) => menu(event.currentTarget, REACTIONS.map((name) => ({
    label: emojiText(name), name: name.replaceAll("_", " "), testid: `react-${name}`, choose: () => send("react", message, channel, problem, { name, on: true }),
  })), { row: true });
  const own = message.user === store.me;
  const pinned = channel.pins.includes(message.ts);
  const more = (event) => menu(event.currentTarget, [
    ...store.app.shortcuts.filter((shortcut) => shortcut.place === "message").map((shortcut) => ({
      label: shortcut.name, hint: store.app.name, testid: `shortcut-${shortcut.callback_id}`,
      choose: () => send("shortcut", message, channel, problem, { callback_id: shortcut.callback_id }),
    })),
    { label: pinned ? "Unpin from channel" : "Pin to channel", choose: () => send("pin", message, channel, problem, { on: !pinned }) },
    own && { label: "Edit message", choose: () => edit(message, channel, problem) },
    own && { label: "Delete message", danger: true, choose: () => send("delete", message, channel, problem, {}) },
  ].filter(Boolean));
  const tool = (name, label, click, testid) =>
    h("button", { type: "button", class: "tool", testid, title: label, "aria-label": label, on: { click } }, icon(name));
  if (channel.is_archived) return null;
  return h("div", { class: "tools", role: "toolbar", "aria-label": "Message actions" },
    tool("smile", "Add reaction", react, "tool-react"),
    !inThread && tool("thread", "Reply in thread", () => openThread(message.thread_ts ?? message.ts), "tool-thread"),
    tool("dots", "More actions", more, "tool-more"));
}

/** Turns the text of an own message into a box to change it. */
function edit(message, channel, problem) {
  const body = problem.closest(".body");
  const text = body.querySelector(".text");
  const box = h("textarea", { class: "text-input", "aria-label": "Edit message", value: message.text });
  const done = () => form.replaceWith(text);
  const form = h("form", { class: "edit", on: { submit: (event) => { event.preventDefault(); done(); send("edit", message, channel, problem, { text: box.value }); } } }, box,
    h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "button", on: { click: done } }, "Cancel"), h("button", { type: "submit", class: "button primary" }, "Save")));
  text.replaceWith(form);
  box.focus();
}
