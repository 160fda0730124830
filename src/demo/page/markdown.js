// A canvas's Markdown as DOM nodes: headings, lists, quotes, code, bold, italic and links. The rest stays visible as text.

import { h } from "./dom.js";
import { link } from "./mrkdwn.js";

const INLINE = /\\(?<escaped>[!-/:-@[-`{-~])|`(?<code>[^`\n]+)`|\*\*(?<bold>\S(?:[^*]*[^*\s])?)\*\*|\*(?<italic>[^*\s](?:[^*]*[^*\s])?)\*|\[(?<label>[^\]\n]+)\]\((?<address>https?:\/\/[^\s)]+)\)/g;

const MARKS = [
  [/^(#{1,6}) (.*)$/, (marks, text) => h(`h${Math.min(marks.length + 2, 6)}`, null, inline(text))],
  [/^> ?(.*)$/, (text) => h("blockquote", null, inline(text))],
  [/^( *)[-*+] (.*)$/, (indent, text) => item("•", indent, text)],
  [/^( *)(\d+[.)]) (.*)$/, (indent, number, text) => item(number, indent, text)],
];

/** Markdown as a list of nodes. */
export function markdown(text) {
  return String(text ?? "").split(/^```[^\n]*\n([\s\S]*?)^```\s*$/m).flatMap((part, index) =>
    index % 2 ? [h("pre", null, part)] : blocks(part));
}

function blocks(text) {
  return text.split(/\n{2,}/).flatMap((block) => {
    const nodes = [];
    let plain = [];
    const flush = () => {
      if (plain.length) nodes.push(h("p", null, inline(plain.join(" "))));
      plain = [];
    };
    for (const line of block.split("\n")) {
      const [pattern, draw] = MARKS.find(([known]) => known.test(line)) ?? [];
      if (pattern) {
        flush();
        nodes.push(draw(...pattern.exec(line).slice(1)));
      } else if (line.trim()) plain.push(line);
    }
    flush();
    return nodes;
  });
}

const item = (mark, indent, text) =>
  h("div", { class: indent ? "item inner" : "item" }, h("span", null, mark), h("div", null, inline(text)));

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(end, match.index), marked(match.groups));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

function marked({ escaped, code, bold, italic, label, address }) {
  if (escaped !== undefined) return escaped;
  if (code !== undefined) return h("code", null, code);
  if (bold !== undefined) return h("strong", null, inline(bold));
  if (italic !== undefined) return h("em", null, inline(italic));
  return link(address, label);
}
