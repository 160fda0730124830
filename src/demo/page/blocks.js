// Block Kit blocks as DOM nodes, in messages, modals and the App Home.
//
// `surface` is where the blocks stand: `click(element, block, value)` sends what was chosen; `value(element, block)` what is
// chosen so far; `type(element, block, value)` keeps what is typed into an input; `errors` the message by block id.

import { h } from "./dom.js";
import { emojiText } from "./emoji.js";
import { initialValue, interactive } from "./elements.js";
import { channelLink, link, mention, mrkdwn, textObject } from "./mrkdwn.js";

let labels = 0;

/** The blocks as a list of nodes. */
export const blocksOf = (blocks, surface) => blocks.map((block) => (DRAWN[block.type] ?? unknown)(block, surface));

const unknown = (block) => h("p", { class: "unknown" }, `(${String(block.type).replaceAll("_", " ")})`);

/** An element beside or below text: whatever is chosen goes to the app. */
const element = (one, block, surface) =>
  interactive(one, {
    value: () => surface.value?.(one, block) ?? initialValue(one),
    choose: (value) => surface.click(one, block, value),
  });

const accessory = (one, block, surface) => (one.type === "image" ? picture(one) : element(one, block, surface));

/** Pictures are shown by their description: the page loads nothing from elsewhere. */
function picture(image) {
  const own = /^(data:image\/|\/)/.test(image.image_url ?? "");
  if (own) return h("img", { class: "picture", src: image.image_url, alt: image.alt_text ?? "" });
  return h("span", { class: "picture-alt", role: "img", "aria-label": image.alt_text ?? "picture" }, "🖼 ", image.alt_text ?? "picture");
}

function section(block, surface) {
  return h("div", { class: "block section" },
    h("div", { class: "section-body" },
      block.text && h("div", { class: "text" }, textObject(block.text)),
      block.fields && h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "text" }, textObject(field))))),
    block.accessory && h("div", { class: "accessory" }, accessory(block.accessory, block, surface)));
}

const header = (block) => h("h3", { class: "block header" }, textObject(block.text));

const divider = () => h("hr", { class: "block" });

const context = (block) => h("div", { class: "block context" }, (block.elements ?? []).map((one) =>
  one.type === "image" ? picture(one) : h("span", { class: "text" }, textObject(one))));

const actions = (block, surface) =>
  h("div", { class: "block actions" }, (block.elements ?? []).map((one) => element(one, block, surface)));

const image = (block) => h("figure", { class: "block" }, block.title && h("figcaption", null, textObject(block.title)), picture(block));

function input(block, surface) {
  labels += 1;
  const id = `input-${labels}`;
  const one = block.element;
  const group = ["checkboxes", "radio_buttons"].includes(one.type) || one.type.startsWith("multi_");
  const error = surface.errors?.[block.block_id];
  const control = interactive(one, {
    id,
    value: () => surface.value(one, block) ?? initialValue(one),
    choose: (value) => surface.type(one, block, value),
  });
  if (error) control.setAttribute("aria-invalid", "true");
  if (error) control.setAttribute("aria-describedby", `${id}-error`);
  return h("div", { class: "block input", testid: "input", "data-block-id": block.block_id },
    h(group ? "div" : "label", { class: "input-label", for: group ? null : id, id: `${id}-label` }, textObject(block.label), block.optional && h("span", { class: "optional" }, " (optional)")),
    control,
    h("p", { class: "input-error", id: `${id}-error`, hidden: !error }, error),
    block.hint && h("p", { class: "input-hint" }, textObject(block.hint)));
}

const markdown = (block) => h("div", { class: "block text" }, block.text.split("\n\n").map(paragraph));

/** Enough Markdown for what an app writes: headings, bold, links; the rest is mrkdwn already. */
function paragraph(text) {
  const heading = /^#{1,4} (.*)$/.exec(text);
  if (heading) return h("h4", null, heading[1]);
  return h("p", null, mrkdwn(text.replace(/\*\*(.+?)\*\*/g, "*$1*").replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>").replace(/^[-*] /gm, "• ")));
}

const richText = (block) => h("div", { class: "block text" }, (block.elements ?? []).map(richPart));

function richPart(part) {
  const children = () => (part.elements ?? []).map(richInline);
  if (part.type === "rich_text_preformatted") return h("pre", null, children());
  if (part.type === "rich_text_quote") return h("blockquote", null, children());
  if (part.type === "rich_text_list") return h(part.style === "ordered" ? "ol" : "ul", null, (part.elements ?? []).map((item) => h("li", null, richPart(item))));
  return h("div", { class: "rich" }, children());
}

function richInline(one) {
  if (one.type === "link") return link(one.url, one.text);
  if (one.type === "user") return mention(one.user_id);
  if (one.type === "channel") return channelLink(one.channel_id);
  if (one.type === "broadcast") return h("span", { class: "mention loud" }, `@${one.range}`);
  if (one.type === "emoji") return emojiText(one.name);
  const tags = { code: "code", bold: "strong", italic: "em", strike: "s" };
  return Object.entries(tags).reduce((node, [style, tag]) => (one.style?.[style] ? h(tag, null, node) : node), one.text ?? "");
}

const DRAWN = { section, header, divider, context, actions, image, input, markdown, rich_text: richText };
