// What can be typed after a slash: hints only, the app decides what it understands.

import { store } from "./store.js";

const SUBCOMMANDS = {
  "/incident": [
    ["ack", "", "I am on it: stops the paging"],
    ["runbook", "", "show the runbook"],
    ["note", "what happened", "add to the timeline"],
    ["update", "text", "tell the channel, the announcement and the status page"],
    ["resolve", "[summary]", "it is over"],
    ["postmortem", "", "read and edit the post-mortem"],
    ["declare", "[P1-P4] [title]", "open an incident by hand"],
    ["severity", "P2 [reason]", "change how bad it is"],
    ["escalate", "[@person]", "page the next one"],
    ["page", "@person [message]", "page somebody"],
    ["commander", "[@person]", "hand over command"],
    ["snooze", "30m", "be paged again later"],
    ["silence", "2h [reason]", "silence the alerts"],
    ["merge", "INC-7", "join two incidents"],
    ["keep-open", "", "do not resolve by itself"],
    ["reopen", "", "it came back"],
    ["action", "@owner 2026-12-01 text", "add an action item"],
    ["list", "", "open incidents"],
    ["stats", "[30d]", "how we are doing"],
    ["help", "", "all commands"],
  ],
  "/oncall": [
    ["", "", "who is on call"],
    ["schedule", "[name] [weeks]", "who comes next"],
    ["take", "[2h]", "take the shift from now"],
    ["override", "@person from to", "somebody else takes a shift"],
    ["swap", "@person date", "swap a shift"],
    ["handoff", "", "the handoff note"],
    ["report", "2026-11", "what on-call cost whom"],
    ["ical", "", "your shifts as a calendar"],
    ["test-page", "", "try your own phone"],
  ],
};

/** The commands that fit what is typed so far: `{text, rest, about}`. */
export function suggestions(typed) {
  if (!typed.startsWith("/") || typed.includes("\n")) return [];
  const names = store.app.commands.map((command) => (typeof command === "string" ? command : command.command));
  const lines = names.flatMap((name) =>
    (SUBCOMMANDS[name] ?? [["", "", store.app.name]]).map(([word, rest, about]) => ({ text: word ? `${name} ${word}` : name, rest, about })));
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
