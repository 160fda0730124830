// Going somewhere: a channel, a thread, the App Home, another person's seat.

import { messages } from "./api.js";
import { changed, directChannel, here, markSeen, store } from "./store.js";

const hooks = { runbook: () => {}, postmortem: () => {} };

/** Says what to call when a runbook or a post-mortem is opened by its link. */
export const onOpened = (listeners) => Object.assign(hooks, listeners);

/** A link or button of that address or name was used: noted when it concerns the guided path. */
export function noteOpened(text) {
  if (/runbook/i.test(text)) hooks.runbook();
  if (/post-?mortem/i.test(text)) hooks.postmortem();
}

/** Shows a channel. */
export async function openChannel(id) {
  const channel = store.channels.get(id);
  if (!channel) return;
  if (store.place?.id !== id) store.thread = null;
  store.place = { kind: "channel", id };
  store.pane = "messages";
  markSeen(store.me, channel);
  changed("place", "channels", "thread");
  await loadHistory(id);
}

/** Shows the person's messages with the app, which do not exist before its first one. */
export async function openDirect() {
  const direct = directChannel();
  if (direct) return openChannel(direct.id);
  store.place = { kind: "direct" };
  store.thread = null;
  store.pane = "messages";
  return changed("place", "channels", "thread");
}

/** Shows the App Home. */
export function openHome() {
  store.place = { kind: "home" };
  store.thread = null;
  store.pane = "messages";
  changed("place", "channels", "thread");
}

/** Reads a channel's newest messages once. */
export async function loadHistory(id) {
  const history = historyOf(id);
  if (history.loaded || history.loading) return;
  history.loading = true;
  const person = store.me;
  const page = await messages(person, { channel: id, limit: 100 }).finally(() => { history.loading = false; });
  if (person !== store.me || store.histories.get(id) !== history) return;
  history.loaded = true;
  history.more = page.more;
  for (const message of page.messages) if (!history.list.has(message.ts)) history.list.set(message.ts, message);
  changed("messages");
}

/** Reads the messages before the oldest one shown. */
export async function loadOlder(id) {
  const history = historyOf(id);
  const oldest = sorted(history.list)[0];
  if (!history.more || history.loading || !oldest) return;
  history.loading = true;
  try {
    const page = await messages(store.me, { channel: id, before: oldest.ts, limit: 100 });
    history.more = page.more;
    for (const message of page.messages) history.list.set(message.ts, message);
  } finally {
    history.loading = false;
  }
  changed("messages");
}

/** The messages of a map, oldest first. */
export const sorted = (list) => [...list.values()].sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));

/** What is known of a channel's messages. */
export function historyOf(id) {
  if (!store.histories.has(id)) store.histories.set(id, { list: new Map(), more: false, loaded: false, loading: false });
  return store.histories.get(id);
}

/** Opens the thread under a message of the channel on screen. */
export async function openThread(ts) {
  const channel = here();
  if (!channel) return;
  const thread = { channel: channel.id, ts, list: new Map() };
  store.thread = thread;
  changed("thread");
  const page = await messages(store.me, { channel: channel.id, thread: ts, limit: 200 });
  for (const message of page.messages) if (!thread.list.has(message.ts)) thread.list.set(message.ts, message);
  changed("thread");
}

/** Closes the thread. */
export function closeThread() {
  store.thread = null;
  changed("thread");
}

/** On a narrow screen, shows one of the panes. */
export function showPane(pane) {
  store.pane = pane;
  changed("place");
}

/** The channel an address points to when it is one of this workspace, or null. */
function channelOf(address) {
  const found = /\/archives\/([CDG]\w+)|[?&](?:channel|id)=([CDG]\w+)/.exec(address);
  const id = found?.[1] ?? found?.[2];
  return /slack/.test(address) || found?.[1] ? (store.channels.get(id) ?? null) : null;
}

/** A click on a link: one into this workspace goes there, any other opens as the browser does. */
export function openUrl(address, event) {
  noteOpened(address);
  const channel = channelOf(address);
  if (!channel) return false;
  event?.preventDefault();
  openChannel(channel.id);
  return true;
}
