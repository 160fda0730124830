// Slack's mrkdwn as DOM nodes. Whatever it cannot read stays visible as text; nothing in it can become markup.

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { slackDate } from "./time.js";
import { nameOf, store, storyNow, zone } from "./store.js";
import { openChannel, openUrl } from "./places.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

const INLINE = new RegExp(
  [
    /<(?<angle>[^<>\n]+)>/,
    /`(?<code>[^`\n]+)`/,
    /(?<![\w*])\*(?<bold>(?=\S)[^*\n]*[^*\s])\*(?![\w*])/,
    /(?<![\w_])_(?<italic>(?=\S)[^_\n]*[^_\s])_(?![\w_])/,
    /(?<![\w~])~(?<strike>(?=\S)[^~\n]*[^~\s])~(?![\w~])/,
    /:(?<emoji>[a-z0-9_+-]+):(?::skin-tone-\d:)?/,
    /(?<bare>https?:\/\/[^\s<>|]+)/,
  ].map((part) => part.source).join("|"),
  "g",
);

/** mrkdwn as a list of nodes. */
export function mrkdwn(text) {
  return String(text ?? "").split(/```\n?([\s\S]*?)\n?```\n?/).flatMap((part, index) =>
    index % 2 ? [h("pre", null, plainAngles(part))] : lines(part));
}

/** Text objects (`plain_text` or `mrkdwn`) as a list of nodes. */
export function textObject(object) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : withEmoji(object.text ?? "");
}

/** Plain text with emoji shortcodes shown. */
export const withEmoji = (text) =>
  [text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji(name) ?? whole)];

/** mrkdwn as one line of plain text, for names of things and for screen readers. */
export function plainText(text) {
  const holder = h("div", null, mrkdwn(text));
  return holder.textContent.replace(/\s+/g, " ").trim();
}

function lines(text) {
  const nodes = [];
  let quote = null;
  let plain = [];
  const flush = () => {
    if (plain.length) nodes.push(...inline(plain.join("\n")));
    if (quote) nodes.push(h("blockquote", null, inline(quote.join("\n"))));
    plain = [];
    quote = null;
  };
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (Boolean(quoted) !== Boolean(quote)) flush();
    if (quoted) (quote ??= []).push(quoted[1]);
    else plain.push(line);
  }
  flush();
  return nodes;
}

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const node = marked(match.groups, match[0]);
    if (!node) continue;
    nodes.push(...broken(unescape(text.slice(end, match.index))), node);
    end = match.index + match[0].length;
  }
  nodes.push(...broken(unescape(text.slice(end))));
  return nodes;
}

const broken = (text) => text.split("\n").flatMap((line, index) => (index ? [h("br"), line] : [line])).filter((part) => part !== "");

function marked(groups, whole) {
  if (groups.angle !== undefined) return angle(groups.angle);
  if (groups.code !== undefined) return h("code", null, plainAngles(groups.code));
  if (groups.bold !== undefined) return h("strong", null, inline(groups.bold));
  if (groups.italic !== undefined) return h("em", null, inline(groups.italic));
  if (groups.strike !== undefined) return h("s", null, inline(groups.strike));
  if (groups.bare !== undefined) return link(unescape(whole), null);
  const character = emoji(groups.emoji);
  return character && h("span", { class: "emoji", role: "img", "aria-label": groups.emoji.replaceAll("_", " ") }, character);
}

/** Inside code, `<https://…|label>` is its label or address. */
const plainAngles = (text) => unescape(text.replace(/<([^<>|\n]+)(?:\|([^<>\n]*))?>/g, (_whole, target, label) => label ?? target));

/** What stands between `<` and `>`. */
function angle(content) {
  const [target, label] = content.split(/\|(.*)/s);
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channelLink(target.slice(1), label);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, unescape(label ?? "@group"));
  if (target.startsWith("!")) return h("span", { class: "mention loud" }, `@${unescape(label ?? target.slice(1)).replace(/^@/, "")}`);
  if (/^(https?:\/\/|mailto:)/.test(target)) return link(unescape(target), label && unescape(label));
  return unescape(`<${content}>`);
}

/** A mention of a person. */
export const mention = (id, label) =>
  h("span", { class: id === store.me ? "mention me" : "mention", "data-user": id },
    `@${store.users.has(id) ? nameOf(id) : unescape(label ?? id)}`);

/** A link to a channel. */
export function channelLink(id, label) {
  const channel = store.channels.get(id);
  const name = channel?.name || (label && unescape(label)) || "private channel";
  if (!channel) return h("span", { class: "mention" }, `#${name}`);
  return h("button", { class: "mention link", type: "button", on: { click: () => openChannel(id) } }, `#${name}`);
}

function date(target, fallback) {
  const [, at, pattern, address] = target.split("^");
  const seconds = Number(at);
  if (!Number.isFinite(seconds) || !pattern) return unescape(fallback ?? "");
  const shown = slackDate(seconds, unescape(pattern), zone(), storyNow());
  const time = h("time", { datetime: new Date(seconds * 1000).toISOString(), title: fallback && unescape(fallback) }, shown);
  return address ? link(unescape(address), time) : time;
}

/** A link; ones into this workspace stay on the page. */
export function link(address, label) {
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", on: { click: (event) => openUrl(address, event) } }, label || address);
}
