// What can be typed after a slash: hints only, the app decides what it understands.

import { commandWords } from "./api.js";
import { store } from "./store.js";

/** Slash command → its words, `{word, rest, about}`, as the app itself reads them; asked for once. */
let words = {};
commandWords().then((known) => { words = known; }, () => {});

/** The commands that fit what is typed so far: `{text, rest, about}`. */
export function suggestions(typed) {
  if (!typed.startsWith("/") || typed.includes("\n")) return [];
  const names = store.app.commands.map((command) => (typeof command === "string" ? command : command.command));
  const lines = names.flatMap((name) =>
    (words[name] ?? [{ word: "", rest: "", about: store.app.name }]).map(({ word, rest, about }) => ({ text: word ? `${name} ${word}` : name, rest, about })));
  return lines.filter((line) => line.text.startsWith(typed.toLowerCase()) && line.text !== typed);
}

/** The people whose names fit the `@…` at the end of what is typed. */
export function mentions(typed) {
  const found = /(?:^|\s)@([\p{L}\d._-]*)$/u.exec(typed);
  if (!found) return [];
  const start = found[1].toLowerCase();
  const before = typed.slice(0, typed.length - start.length);
  return [...store.users.values()]
    .filter((user) => user.kind !== "bot" && !user.deleted && user.name.toLowerCase().startsWith(start) && user.name.toLowerCase() !== start)
    .slice(0, 8)
    .map((user) => ({ text: `${before}${user.name}`, shown: `@${user.name}`, rest: "", about: user.real_name }));
}
