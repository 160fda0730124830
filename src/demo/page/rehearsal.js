// The rehearsal panel: the story's clock, the alerts to fire, the outage switch and everybody's phone.

import { control, Refused } from "./api.js";
import { h, icon, reconcile, redraw, setText } from "./dom.js";
import { avatar } from "./message.js";
import { noteOpened } from "./places.js";
import { on, people, store, storyNow, zone } from "./store.js";
import { clockSeconds, clockTime, shortDay, zoneName } from "./time.js";

const RATES = [[1, "×1", "as in life"], [60, "×60", "a minute a second"], [900, "×900", "a quarter hour a second"]];

/** How long a new page rings on a phone card, in milliseconds. */
const RINGS = 9_000;

/** Uses one of the demo's controls; a refusal is shown on the panel. Answers whether it worked. */
export async function use(what, body) {
  const line = document.querySelector("#rehearsal-problem");
  try {
    await control(what, body);
    line.hidden = true;
    dispatchEvent(new Event(what === "reset" ? "demo-reset" : "demo-used"));
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    setText(line, error.message);
    line.hidden = false;
    return false;
  }
}

/** Fires a recording, or sends its resolved bodies, and remembers which one it was. */
export async function fire(recording, { resolve = false } = {}) {
  sessionStorage.setItem("recording", recording);
  return use("fire", resolve ? { recording, resolve: true } : { recording });
}

/** The recording fired last, or null. */
export const lastFired = () => sessionStorage.getItem("recording");

/** Draws the panel's parts and keeps them up to date. `become(user)` acts as a person and opens their messages. */
export function rehearsal({ clock, tray, outage, phones, become }) {
  drawClock(clock);
  on("demo", () => drawTray(tray));
  drawOutage(outage);
  on("demo glances people", () => drawPhones(phones, become));
}

function drawClock(card) {
  const time = h("p", { class: "story-time", testid: "clock" });
  const day = h("p", { class: "story-day" });
  const utc = h("p", { class: "faint" });
  const next = h("p", { class: "next-due", testid: "next-due" });
  const rates = RATES.map(([rate, label, about]) => h("button", {
    type: "button", class: "rate", testid: `clock-rate-${rate}`, title: about, "aria-pressed": "false", on: { click: () => use("clock", { rate }) },
  }, label));
  const advance = (to, label, testid, name) =>
    h("button", { type: "button", class: "button", testid, on: { click: () => use("clock", { advance: to }) } }, icon(name), label);
  card.append(
    h("div", { class: "clock-face" }, day, h("div", { class: "rates", role: "group", "aria-label": "Speed of the story's clock" }, rates)),
    time, utc, next, h("div", { class: "pair" }, advance("15m", "Advance 15 min", "advance-15m", "forward"), advance("next", "Next thing due", "advance-next", "skip")));

  let lastShown = 0;
  const tick = () => {
    if (!store.demo) return;
    const polled = store.demo.clock.now;
    const at = tick.polled === polled ? Math.max(lastShown, storyNow()) : storyNow();
    tick.polled = polled;
    lastShown = at;
    setText(time, clockSeconds(at, zone()));
    setText(day, shortDay(at, zone()));
    setText(utc, zone() === "UTC" ? "UTC" : `${zoneName(at, zone())} for you · ${clockTime(at, "UTC")} UTC${shortDay(at, "UTC") === shortDay(at, zone()) ? "" : ` ${shortDay(at, "UTC")}`}`);
    setText(next, nextDue(at));
  };
  setInterval(tick, 200);
  on("demo people", () => {
    RATES.forEach(([rate], index) => rates[index].setAttribute("aria-pressed", String(store.demo?.clock.rate === rate)));
    tick();
  });
}

/** What happens next, in words. */
function nextDue(now) {
  const due = (store.demo?.incidents ?? []).filter((incident) => incident.next && Date.parse(incident.next) / 1000 >= now - 1)
    .sort((a, b) => Date.parse(a.next) - Date.parse(b.next))[0];
  if (!due) return "Nothing is waiting.";
  const at = Date.parse(due.next) / 1000;
  const left = Math.max(0, at - now);
  const wait = left >= 5400 ? `${Math.round(left / 3600)} h` : `${Math.floor(left / 60)}:${String(Math.floor(left % 60)).padStart(2, "0")}`;
  return `${due.id} ${due.next_what ?? "goes on"} at ${clockTime(at, zone())}, in ${wait}`;
}

function drawTray(tray) {
  reconcile(tray, store.demo?.recordings ?? [], (recording) => recording.name, JSON.stringify, (recording) =>
    h("li", { class: "recording", testid: `recording-${recording.name}` },
      h("div", null, h("p", { class: "recording-title" }, recording.severity_hint && h("span", { class: `severity ${recording.severity_hint.toLowerCase()}` }, recording.severity_hint), h("b", null, recording.title)),
        h("p", { class: "faint" }, recording.about)),
      h("div", { class: "pair" },
        h("button", { type: "button", class: "button fire", testid: `fire-${recording.name}`, "aria-label": `Fire: ${recording.title}`, on: { click: () => fire(recording.name) } }, icon("flame"), "Fire"),
        h("button", { type: "button", class: "button", testid: `resolve-${recording.name}`, "aria-label": `Resolve: ${recording.title}`, on: { click: () => fire(recording.name, { resolve: true }) } }, icon("check"), "Resolve"))));
}

function drawOutage(card) {
  const toggle = h("button", {
    type: "button", class: "switch", role: "switch", testid: "outage-switch", "aria-checked": "false", "aria-labelledby": "outage-label",
    on: { click: () => use("outage", { slack: !isOut() }) },
  }, h("span", { class: "knob" }));
  const about = h("p", { class: "faint" });
  card.append(h("div", null, h("b", { id: "outage-label" }, "Slack is down"), about), toggle);
  on("health", () => {
    const out = isOut();
    toggle.setAttribute("aria-checked", String(out));
    card.classList.toggle("on", out);
    document.body.classList.toggle("outage", out);
    setText(about, out ? "The bot cannot reach anybody here. Watch the phones." : "Cut Slack off and see the page take another way.");
  });
}

const isOut = () => store.health.outage;

const known = new Set();
const ringing = new Map();

function drawPhones(list, become) {
  const phones = store.demo?.phones ?? {};
  for (const person of people()) {
    for (const [index, page] of (phones[person.id] ?? []).entries()) {
      const key = `${person.id} ${index} ${page.at} ${page.method}`;
      if (known.has(key)) continue;
      known.add(key);
      if (drawPhones.started) ring(person.id, () => drawPhones(list, become));
    }
    const glance = store.glances.get(person.slack);
    const mark = glance?.latest && `${person.slack} ${glance.latest.ts}`;
    if (mark && !known.has(mark)) {
      known.add(mark);
      if (drawPhones.started && glance.unread > 0) ring(person.id, () => drawPhones(list, become));
    }
  }
  drawPhones.started ||= Boolean(store.demo);
  reconcile(list, people().map((person) => ({ person, pages: stacked(phones[person.id] ?? []).slice(0, 3), glance: store.glances.get(person.slack) })),
    ({ person }) => person.id,
    ({ person, pages, glance }) => JSON.stringify([person, pages, glance?.unread, glance?.latest?.text, ringing.has(person.id), zone(), store.me]),
    (phone) => phoneCard(phone, become));
}

/** The newest first; the same page again lies on top of the earlier ones, with their number as `times`. */
function stacked(pages) {
  const stacks = new Map();
  for (const page of pages.toReversed()) {
    const name = `${page.method} ${page.incident} ${page.title}`;
    const stack = stacks.get(name);
    if (stack) stack.times += 1;
    else stacks.set(name, { ...page, times: 1 });
  }
  return [...stacks.values()];
}

/** Story times start anew: so do the phones. */
export function forgetPhones() {
  known.clear();
  ringing.clear();
  drawPhones.started = false;
}

function ring(id, redrawn) {
  clearTimeout(ringing.get(id));
  ringing.set(id, setTimeout(() => {
    ringing.delete(id);
    redrawn();
  }, RINGS));
}

/** A role in the fewest words that say it. */
export const shortRole = (role) => (role ? role.replace(/^incident | on call$/g, "") : "off duty");

function phoneCard({ person, pages, glance }, become) {
  const waiting = person.slack === store.me ? 0 : (glance?.unread ?? 0);
  const rings = ringing.has(person.id);
  return h("li", { class: rings ? "phone rings" : "phone", testid: `phone-${person.id}`, "data-rings": String(rings) },
    h("div", { class: "phone-head" }, avatar(person.slack, { small: true }), h("b", null, person.name), h("span", { class: "faint", title: person.role }, shortRole(person.role)),
      rings && h("span", { class: "ring-mark", role: "img", "aria-label": "ringing" }, icon("phone"))),
    waiting > 0 && h("button", { type: "button", class: "notification slack", testid: `phone-slack-${person.id}`, "data-focus": `slack-${person.id}`, on: { click: () => become(person.slack) } },
      h("span", { class: "method" }, "slack", h("span", { class: "badge" }, String(waiting))),
      h("b", null, glance.summary || "New message from Don't Panic"), h("span", { class: "open-as" }, `Read it as ${person.name}`)),
    pages.map(notification));
}

function notification(page) {
  const at = Date.parse(page.at) / 1000;
  return h("div", { class: "notification", testid: "notification", "data-method": page.method, "data-incident": page.incident },
    h("span", { class: "method" }, page.method, h("span", null, `${clockTime(at, zone())}${page.times > 1 ? ` · ${page.times} times` : ""}`)),
    h("b", null, page.title), page.body && page.body !== page.title && h("p", null, page.body),
    page.url && h("a", { href: page.url, target: "_blank", rel: "noopener noreferrer", on: { click: () => noteOpened(page.url) } }, "Open"));
}
