// What the page knows, and who wants to hear of it. It decides nothing and draws nothing.

const listeners = new Map();

/** Everything known. Maps are replaced or changed in place, then `changed` is called with what it concerns. */
export const store = {
  me: null,
  team: { name: "" },
  app: { user: "", name: "", commands: [], shortcuts: [] },
  users: new Map(),
  channels: new Map(),
  views: [],
  home: null,
  health: { outage: false, latency_ms: 0 },
  connected: true,
  /** Channel id → `{list: Map of messages by ts, more, loaded, loading}` of the acted person. */
  histories: new Map(),
  /** Where the person is: `{kind: "channel", id}`, `{kind: "direct"}` (before the app ever wrote) or `{kind: "home"}`. */
  place: null,
  /** `{channel, ts, list}` of the thread at the right, or null. */
  thread: null,
  /** The pane a narrow screen shows: `channels`, `messages`, `rehearsal`. */
  pane: "messages",
  /** The last answer of the demo's controls, with `polledAt` (performance.now()). */
  demo: null,
  /** Person id → channel id → `{ts, messages}` read so far. */
  seen: new Map(),
  /** Person id → their direct messages: `{channel, unread, latest}`, for everybody one is not acting as. */
  glances: new Map(),
};

/** Calls `listener` when one of the topics changed. */
export function on(topics, listener) {
  for (const topic of topics.split(" ")) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(listener);
  }
}

const pending = new Set();

/** Says that topics changed; listeners run once each, before the next frame. */
export function changed(...topics) {
  for (const topic of topics) for (const listener of listeners.get(topic) ?? []) pending.add(listener);
  if (pending.size && !changed.scheduled) {
    changed.scheduled = true;
    queueMicrotask(() => {
      changed.scheduled = false;
      const due = [...pending];
      pending.clear();
      for (const listener of due) listener();
    });
  }
}

/** The name a person or bot is shown by. */
export const nameOf = (id) => {
  const user = store.users.get(id);
  return user ? user.real_name || user.name : id;
};

/** The acted person's zone. */
export const zone = () => store.users.get(store.me)?.tz ?? "UTC";

/** Story time in unix seconds, carried on from the last poll at the clock's rate. */
export function storyNow() {
  if (!store.demo) return Date.now() / 1000;
  const { clock, polledAt } = store.demo;
  return Date.parse(clock.now) / 1000 + ((performance.now() - polledAt) / 1000) * clock.rate;
}

/** The channel on screen, or null. */
export const here = () => (store.place?.kind === "channel" ? (store.channels.get(store.place.id) ?? null) : null);

/** The acted person's direct messages with the app, or null. */
export const directChannel = () =>
  [...store.channels.values()].find((channel) => channel.kind === "direct" && channel.with === store.me) ?? null;

/** How many messages of a channel a person has not seen. */
export function unread(person, channel) {
  const seen = store.seen.get(person)?.get(channel.id);
  if (!channel.last_ts || (seen && channel.last_ts <= seen.ts)) return 0;
  return Math.max(1, channel.messages - (seen?.messages ?? 0));
}

/** Everything in a channel is seen by a person now. */
export function markSeen(person, channel) {
  if (!store.seen.has(person)) store.seen.set(person, new Map());
  store.seen.get(person).set(channel.id, { ts: channel.last_ts ?? "", messages: channel.messages });
}

/** The people one can act as: the demo's, joined with the workspace's users. */
export function people() {
  const listed = store.demo?.people ?? [];
  return listed.filter((person) => store.users.size === 0 || store.users.has(person.slack));
}

/** The person of the demo with that role, or null. */
export const withRole = (role) => people().find((person) => person.role === role) ?? null;
