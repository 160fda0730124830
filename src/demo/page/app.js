// The page of `dontpanic demo`: joins the workspace, the rehearsal's controls and what is on screen.

import { demoState, events, messages, Refused, workspaceState } from "./api.js";
import { channelName, conversation } from "./conversation.js";
import { setText } from "./dom.js";
import { guide, startOver } from "./guide.js";
import { plainText } from "./mrkdwn.js";
import { historyOf, openChannel, openDirect, openHome, showPane } from "./places.js";
import { forgetPhones, fire, rehearsal, use } from "./rehearsal.js";
import { sidebar } from "./sidebar.js";
import { changed, markSeen, nameOf, on, people, store, unread, withRole } from "./store.js";
import { appHome, modals } from "./views.js";

/** How often the rehearsal's state is read, in milliseconds. */
const POLL = 1000;
/** Every how many polls the other people's messages are looked at. */
const GLANCE = 2;

const $ = (id) => document.getElementById(id);
let stream = null;
let polls = 0;

/** Reads everything the acted person sees, anew. */
async function readWorkspace() {
  const person = store.me;
  const state = await workspaceState(person);
  if (person !== store.me) return;
  store.team = state.team;
  store.app = state.app;
  store.users = new Map(state.users.map((user) => [user.id, user]));
  store.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
  store.views = state.views;
  store.home = state.home;
  store.health = state.health;
  store.histories = new Map();
  changed("people", "channels", "messages", "views", "home", "health");
}

/** The place that the address names, for a page that is loaded again: `#C1`, `#home` or nothing. */
function placeInAddress() {
  const name = decodeURIComponent(location.hash.slice(1));
  if (name === "home") return { kind: "home" };
  return name ? { kind: "channel", id: name } : null;
}

function placeIntoAddress({ kind, id } = {}) {
  const name = kind === "home" ? "home" : (id ?? "");
  if (name !== decodeURIComponent(location.hash.slice(1))) history.replaceState(null, "", name ? `#${encodeURIComponent(name)}` : location.pathname);
}

/** Where a person finds themselves: where they were if that is still there, else their messages with the app. */
async function settle() {
  store.place ??= placeInAddress();
  if (store.place?.kind === "home") return openHome();
  const kept = store.channels.get(store.place?.id);
  const { pane } = store;
  const opening = kept && (kept.kind !== "direct" || kept.with === store.me) ? openChannel(kept.id) : openDirect();
  // Now, and not when the history is there: by then the person may have chosen another pane.
  store.pane = pane;
  changed("place");
  await opening;
}

function listen() {
  stream?.close();
  const mine = events(store.me);
  stream = mine;
  mine.onmessage = ({ data }) => { if (mine === stream) take(JSON.parse(data)); };
  mine.onopen = () => {
    // What happened since the last reading and before this stream was open is in no stream.
    refresh();
    connected(true);
  };
  mine.onerror = () => connected(false);
}

function connected(yes) {
  store.connected = yes;
  $("lost").hidden = yes;
}

const refresh = () => guarded(async () => {
  await readWorkspace();
  await settle();
});

/** Runs something that talks to the demo; when it cannot, the page says so and the next poll tries again. */
async function guarded(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    connected(false);
    return null;
  }
}

const TAKEN = {
  message: ({ channel, message }) => takeMessage(channel, message),
  message_deleted: ({ channel, ts }) => {
    historyOf(channel).list.delete(ts);
    store.thread?.list.delete(ts);
    changed("messages", "thread");
  },
  channel: ({ channel }) => {
    store.channels.set(channel.id, channel);
    seeIfOpen(channel);
    changed("channels");
    if (store.place?.kind === "direct" && channel.kind === "direct" && channel.with === store.me) guarded(openDirect);
  },
  user: ({ user }) => {
    store.users.set(user.id, user);
    changed("people");
  },
  views: ({ views }) => {
    store.views = views;
    changed("views");
  },
  home: ({ view }) => {
    store.home = view;
    changed("home");
  },
  health: ({ outage, latency_ms }) => {
    store.health = { outage, latency_ms };
    changed("health");
  },
  reset: refresh,
};

const take = (event) => TAKEN[event.kind]?.(event);

function takeMessage(id, message) {
  const channel = store.channels.get(id);
  const reply = message.thread_ts && message.thread_ts !== message.ts;
  if (store.thread?.channel === id && (message.thread_ts ?? message.ts) === store.thread.ts) store.thread.list.set(message.ts, message);
  const { list } = historyOf(id);
  if (!reply || message.subtype === "thread_broadcast") list.set(message.ts, message);
  else countReply(list, message);
  const fresh = channel && !message.ephemeral && message.ts > (channel.last_ts ?? "");
  if (fresh) {
    channel.last_ts = message.ts;
    channel.messages += 1;
    if (message.user === store.me && unread(store.me, channel) <= 1) markSeen(store.me, channel);
  }
  if (channel) seeIfOpen(channel);
  if (fresh && message.user !== store.me) announce(channel, message);
  changed("messages", "thread", "channels");
}

function countReply(list, reply) {
  const parent = list.get(reply.thread_ts);
  if (!parent || (parent.latest_reply ?? "") >= reply.ts) return;
  list.set(parent.ts, { ...parent, reply_count: parent.reply_count + 1, latest_reply: reply.ts });
}

function seeIfOpen(channel) {
  if (store.place?.id === channel.id) markSeen(store.me, channel);
}

const announce = (channel, message) =>
  setText($("live"), `${message.username ?? nameOf(message.user)}${store.place?.id === channel.id ? "" : ` in ${channelName(channel)}`}: ${plainText(message.text)}`);

/** Acts as another person from now on, in their messages with the app. */
async function become(user) {
  if (!user) return;
  if (user !== store.me) {
    store.me = user;
    store.place = null;
    store.thread = null;
    store.glances.delete(user);
    sessionStorage.setItem("me", user);
    listen();
    await guarded(readWorkspace);
  }
  await guarded(openDirect);
  showPane("messages");
}

async function poll() {
  const demo = await guarded(demoState);
  if (demo) {
    const before = store.demo && Date.parse(store.demo.clock.now);
    store.demo = { ...demo, polledAt: performance.now() };
    if (!store.me) {
      const known = people().map((person) => person.slack);
      const kept = sessionStorage.getItem("me");
      store.me = known.includes(kept) ? kept : (withRole("primary on call")?.slack ?? known[0]);
      listen();
      await refresh();
    }
    if (before && Date.parse(demo.clock.now) < before - 60_000) restart();
    changed("demo");
    polls += 1;
    if (polls % GLANCE === 0) await guarded(glance);
  }
}

/** The story went back to its beginning: nothing seen before counts. */
function restart() {
  startOver();
  forgetPhones();
  store.seen.clear();
  store.glances.clear();
  store.thread = null;
  if (store.demo) store.demo = { ...store.demo, phones: {}, incidents: [] };
  listen();
  refresh().then(poll);
}

/** Looks at the direct messages of everybody else, so that one sees who was paged. */
async function glance() {
  const others = people().filter((person) => person.slack !== store.me);
  let news = false;
  for (const person of others) {
    const state = await workspaceState(person.slack);
    const direct = state.channels.find((channel) => channel.kind === "direct" && channel.with === person.slack);
    const old = store.glances.get(person.slack);
    const left = direct ? unread(person.slack, direct) : 0;
    if (!direct || (old && old.last === direct.last_ts && old.unread === left)) continue;
    const page = await messages(person.slack, { channel: direct.id, limit: 30 });
    const latest = page.messages.at(-1) ?? null;
    store.glances.set(person.slack, { last: direct.last_ts, unread: left, latest, messages: page.messages, summary: latest && plainText(latest.text).slice(0, 110) });
    news = true;
  }
  if (news) changed("glances");
}

function pollForever() {
  const next = () => setTimeout(async () => { await poll(); next(); }, POLL);
  addEventListener("demo-used", poll);
  addEventListener("demo-reset", restart);
  poll().then(next);
}

sidebar({ team: $("team"), switcher: $("switcher"), places: $("places"), become });
conversation({ head: $("head"), scroller: $("scroller"), list: $("messages"), foot: $("foot"), jump: $("jump"), thread: $("thread"), empty: $("empty") });
modals($("modal"));
appHome($("home"));
rehearsal({ clock: $("clock"), tray: $("tray"), outage: $("outage"), phones: $("phones"), become });
guide({ list: $("guide"), strip: $("strip"), become });

$("reset").addEventListener("click", () => use("reset", {}));
$("empty-fire").addEventListener("click", () => { const name = store.demo?.recordings[0]?.name; if (name) fire(name); });
for (const tab of document.querySelectorAll("#tabs button")) tab.addEventListener("click", () => showPane(tab.dataset.pane));

on("place", () => { if (store.place) placeIntoAddress(store.place); });

on("place channels", () => {
  document.body.dataset.pane = store.pane;
  document.body.classList.toggle("at-home", store.place?.kind === "home");
  for (const tab of document.querySelectorAll("#tabs button")) tab.setAttribute("aria-current", String(tab.dataset.pane === store.pane));
  $("tab-dot").hidden = ![...store.channels.values()].some((channel) => channel.kind === "direct" && channel.id !== store.place?.id && unread(store.me, channel) > 0);
});

pollForever();
