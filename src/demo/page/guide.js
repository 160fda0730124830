// The guided path: from the alert to the post-mortem. Every step ticks itself from what is observed.

import { h, icon, redraw } from "./dom.js";
import { box } from "./conversation.js";
import { onOpened, openChannel, openDirect, sorted } from "./places.js";
import { fire, lastFired, use } from "./rehearsal.js";
import { changed, directChannel, here, on, people, store, withRole } from "./store.js";

/** What is remembered about the story told now: the incident, and what was read of it. */
const story = { incident: null, read: false, secondary: false, runbook: false, postmortem: false };

const forget = () => Object.assign(story, { incident: null, read: false, secondary: false, runbook: false, postmortem: false });

/** The story starts again. */
export function startOver() {
  forget();
  sessionStorage.removeItem("recording");
  changed("demo");
}

const ACKED = new Set(["acknowledged", "monitoring", "resolved", "closed"]);
const OVER = new Set(["resolved", "closed"]);

const incident = () => (store.demo?.incidents ?? []).find((one) => one.id === story.incident) ?? null;

const speaksOf = (message, one) => {
  const text = JSON.stringify(message);
  return text.includes(one.id) || text.includes(JSON.stringify(one.title).slice(1, -1)) || Boolean(one.channel && text.includes(one.channel));
};

/** Whether a person was paged about the incident, by Slack or by any other method. */
function reached(person, one) {
  if (!person) return false;
  const called = (store.demo.phones[person.id] ?? []).some((page) => page.incident === one.id);
  const messages = person.slack === store.me ? sorted(store.histories.get(directChannel()?.id)?.list ?? new Map()) : (store.glances.get(person.slack)?.messages ?? []);
  return called || messages.some((message) => speaksOf(message, one));
}

/** Looks at the world and remembers what has happened. */
function observe() {
  const all = store.demo?.incidents ?? [];
  const newest = all.toSorted((a, b) => Number(b.id.split("-")[1]) - Number(a.id.split("-")[1]))[0];
  const current = incident();
  const finished = current && OVER.has(current.state) && story.postmortem;
  if (!current && story.incident) forget();
  if (newest && (!current || (newest.id !== current.id && (finished || !OVER.has(newest.state))))) {
    forget();
    story.incident = newest.id;
  }
  const one = incident();
  if (!one) return;
  const primary = withRole("primary on call");
  if (reached(primary, one)) {
    const inSlack = store.me === primary.slack && here()?.id === directChannel()?.id;
    const byPhone = (store.demo.phones[primary.id] ?? []).some((page) => page.incident === one.id);
    if (inSlack || byPhone) story.read = true;
  }
  if (reached(withRole("secondary on call"), one)) story.secondary = true;
}

const first = (role) => withRole(role)?.name ?? people()[0]?.name ?? "Alice";

/** The steps, in order: `done` or `passed` (not needed any more), what to do, and what the button does. */
function steps(become) {
  const one = incident();
  const [alice, bob] = [withRole("primary on call"), withRole("secondary on call")];
  const [primary, secondary] = [first("primary on call"), bob?.name ?? "the second person"];
  const acked = Boolean(one && ACKED.has(one.state));
  const over = Boolean(one && OVER.has(one.state));
  const clear = one?.state === "monitoring";
  const recording = lastFired() ?? store.demo?.recordings[0]?.name;
  const someone = bob ?? alice;
  const actor = people().find((person) => person.slack === store.me && [alice?.id, bob?.id].includes(person.id)) ?? someone;
  return [
    { title: "Fire an alert", done: Boolean(one), why: "Something breaks. Alertmanager tells Don't Panic.", go: "Fire it", act: () => recording && fire(recording) },
    { title: `Read the page in ${primary}'s messages`, done: story.read, passed: acked, why: "What, why, since when, what next, one button.", go: `Go to ${primary}'s messages`, act: () => become(alice?.slack) },
    { title: `Nobody answers: ${secondary} is paged`, done: story.secondary, passed: acked, why: `Leave the button alone and let 15 minutes pass.`, go: "Let 15 minutes pass", act: () => use("clock", { advance: "15m" }) },
    { title: `Acknowledge as ${secondary}`, done: acked, why: "One tap stops the paging, for everyone.", ...ackStep(become, someone, secondary) },
    { title: "Follow the runbook", done: story.runbook, passed: over, why: "It is in the page and in the incident's channel.", go: "Ask for it in the channel", act: () => type(become, actor, one, "/incident runbook") },
    clear && !over
      ? { title: "Resolve", done: over, why: "The alerts are clear. If they stay so, it resolves by itself.", go: "Let 15 minutes pass", act: () => use("clock", { advance: "15m" }) }
      : { title: "Resolve", done: over, why: "The fix works: the alerts clear. Or type /incident resolve.", go: "Let the alerts clear", act: () => recording && fire(recording, { resolve: true }) },
    { title: "Read the post-mortem", done: story.postmortem, why: "Drafted from what was recorded. Nothing is invented.", go: "Ask for it in the channel", act: () => type(become, actor, one, "/incident postmortem") },
  ];
}

/** To the messages of who was paged; once there, to the button itself. */
function ackStep(become, person, name) {
  const there = store.me === person?.slack && here()?.id === directChannel()?.id;
  if (!there) return { go: `Go to ${name}'s messages`, act: () => become(person?.slack) };
  return {
    go: "Show me the button",
    act: () => {
      const button = [...document.querySelectorAll("#messages .button.primary")].at(-1);
      button?.scrollIntoView({ block: "center", behavior: "smooth" });
      button?.focus({ preventScroll: true, focusVisible: true });
    },
  };
}

/** Goes to the incident's channel as somebody (to their messages when they are not in it), with a command ready to send. */
async function type(become, person, one, command) {
  if (person && store.me !== person.slack) await become(person.slack);
  const channel = [...store.channels.values()].find((candidate) => candidate.name && candidate.name === one?.channel);
  const inside = channel?.members.includes(store.me) && !channel.is_archived;
  if (inside) await openChannel(channel.id);
  else await openDirect();
  await new Promise(requestAnimationFrame);
  box.fill(inside ? command : command.replace("/incident", `/incident ${one?.id ?? ""}`));
}

/** Draws the checklist into `list` and the current step into `strip`, and keeps them up to date. */
export function guide({ list, strip, become }) {
  onOpened({
    runbook: () => { if (incident()) { story.runbook = true; changed("demo"); } },
    postmortem: () => { if (incident() && OVER.has(incident().state)) { story.postmortem = true; changed("demo"); } },
  });
  on("demo place messages glances people", () => {
    if (!store.demo) return;
    observe();
    draw(list, strip, steps(become));
  });
}

function draw(list, strip, all) {
  const at = all.findIndex((step) => !step.done && !step.passed);
  const mark = (step, index) => (step.done ? "done" : step.passed ? "passed" : index === at ? "current" : "later");
  const signature = JSON.stringify(all.map((step, index) => [step.title, step.why, step.go, mark(step, index)]));
  redraw(list, signature, () => [
    ...all.map((step, index) => stepItem(step, index, mark(step, index))),
    at < 0 && h("li", { class: "step finale" }, h("p", null, "That is the whole story. Now switch Slack off and fire again: the page still arrives."),
      h("button", { type: "button", class: "button", testid: "guide-again", on: { click: () => use("reset", {}) } }, icon("again"), "Start over")),
  ]);
  const current = all[at];
  redraw(strip, `${at} ${current?.go}`, () => current && [
    h("span", null, h("span", { class: "faint" }, `Step ${at + 1} of ${all.length}`), h("b", null, current.title)),
    h("button", { type: "button", class: "button primary", testid: "strip-go", on: { click: current.act } }, current.go),
  ]);
  strip.hidden = !current;
}

const stepItem = (step, index, state) =>
  h("li", { class: `step ${state}`, testid: `step-${index + 1}`, "data-state": state, "aria-current": state === "current" ? "step" : null },
    h("span", { class: "tick", "aria-hidden": "true" }, state === "done" ? icon("check") : state === "passed" ? "–" : String(index + 1)),
    h("div", null, h("b", null, step.title, state === "done" && h("span", { class: "hidden" }, " (done)"), state === "passed" && h("span", { class: "hidden" }, " (skipped)")),
      state === "current" && h("p", null, step.why),
      state === "current" && h("button", { type: "button", class: "button primary", testid: "guide-go", "data-focus": "guide-go", on: { click: step.act } }, step.go, icon("next"))));

