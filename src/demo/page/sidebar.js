// The left side: who one is, and where one can go.

import { act } from "./api.js";
import { h, icon, reconcile, redraw } from "./dom.js";
import { menu } from "./menu.js";
import { avatar } from "./message.js";
import { openChannel, openDirect, openHome } from "./places.js";
import { shortRole } from "./rehearsal.js";
import { directChannel, nameOf, on, people, store, unread } from "./store.js";

/** Draws the sidebar and keeps it up to date. `become(person)` changes whom one acts as. */
export function sidebar({ team, switcher, places, become }) {
  on("people demo", () => redraw(team, store.team.name, () => [h("b", null, store.team.name), h("span", { class: "faint" }, "rehearsal")]));
  on("people demo glances", () => drawSwitcher(switcher, become));
  on("people channels place home", () => drawPlaces(places));
}

function drawSwitcher(switcher, become) {
  const all = people();
  const me = all.find((person) => person.slack === store.me);
  const waiting = all.filter((person) => person.slack !== store.me && store.glances.get(person.slack)?.unread > 0);
  redraw(switcher, JSON.stringify([store.me, me, waiting.map((person) => person.id), store.users.size]), () =>
    h("button", {
      type: "button", class: "switcher", testid: "person-switcher", "data-user": store.me, "data-focus": "switcher", "aria-haspopup": "menu", "aria-expanded": "false",
      on: { click: (event) => menu(event.currentTarget, all.map((person) => choice(person, become))) },
    },
    avatar(store.me ?? ""),
    h("span", { class: "who" }, h("span", { class: "faint" }, "you are"), h("b", null, nameOf(store.me)), me?.role && h("span", { class: "role" }, me.role)),
    waiting.length > 0 && h("span", { class: "badge", title: `${waiting.map((person) => person.name).join(", ")}: unread page` }, String(waiting.length)),
    icon("down")));
}

const choice = (person, become) => {
  const waiting = store.glances.get(person.slack)?.unread ?? 0;
  return {
    lead: avatar(person.slack, { small: true }),
    label: [person.name, person.slack === store.me ? " (you)" : ""],
    hint: [shortRole(person.role), waiting > 0 && person.slack !== store.me && h("span", { class: "badge" }, String(waiting))].filter(Boolean),
    testid: `person-option-${person.id}`,
    choose: () => become(person.slack),
  };
};

function drawPlaces(nav) {
  const all = [...store.channels.values()];
  const byName = (a, b) => (a.name < b.name ? -1 : 1);
  const named = all.filter((channel) => channel.kind !== "direct" && !channel.is_archived).sort(byName);
  const direct = directChannel();
  const archived = all.filter((channel) => channel.is_archived && channel.id === store.place?.id);
  const incidents = named.filter((channel) => channel.name.startsWith("inc-"));
  const others = named.filter((channel) => !channel.name.startsWith("inc-"));
  const items = [
    { key: "title apps", title: "Don't Panic" },
    { key: "direct", direct: true, channel: direct ?? null, name: "Messages", lead: "buoy", testid: "dm-item" },
    { key: "home", home: true },
    ...(store.app.shortcuts ?? []).filter((shortcut) => shortcut.place === "global").map((shortcut) => ({ key: `shortcut ${shortcut.callback_id}`, shortcut })),
    incidents.length > 0 && { key: "title incidents", title: "Incidents" },
    ...incidents.map(place),
    { key: "title channels", title: "Channels" },
    ...others.map(place),
    ...archived.map(place),
  ].filter(Boolean);
  reconcile(nav, items, (item) => item.key, signature, draw);
}

const place = (channel) => ({
  key: channel.id, channel, name: channel.name, lead: channel.kind === "private" ? "lock" : "hash", testid: `channel-item-${channel.name}`,
});

function isHere(item) {
  if (item.home) return store.place?.kind === "home";
  if (item.direct && store.place?.kind === "direct") return true;
  return Boolean(item.channel) && store.place?.id === item.channel.id;
}

const signature = (item) =>
  JSON.stringify([item.name, item.testid, isHere(item), item.channel && unread(store.me, item.channel), item.channel?.members.includes(store.me), item.shortcut, store.me]);

function draw(item) {
  if (item.title) return h("h2", { class: "place-title" }, item.title);
  if (item.shortcut) {
    return h("button", {
      type: "button", class: "place", testid: `shortcut-${item.shortcut.callback_id}`, on: { click: () => act("shortcut", { user: store.me, callback_id: item.shortcut.callback_id }) },
    }, icon("plus"), h("span", { class: "place-name" }, item.shortcut.name));
  }
  const current = isHere(item) ? "page" : null;
  if (item.home) {
    return h("button", { type: "button", class: "place", testid: "home-item", "data-focus": "home", "aria-current": current, on: { click: goHome } }, icon("home"), h("span", { class: "place-name" }, "Home"));
  }
  const count = isHere(item) || !item.channel ? 0 : unread(store.me, item.channel);
  const outside = item.channel?.kind === "public" && !item.channel.members.includes(store.me);
  return h("button", {
    type: "button", class: ["place", count && "unread", outside && "outside", item.direct && "direct"].filter(Boolean).join(" "), testid: item.testid, "data-channel": item.channel?.id,
    "data-focus": item.key, "aria-current": current, on: { click: () => (item.direct ? openDirect() : openChannel(item.channel.id)) },
  }, icon(item.lead), h("span", { class: "place-name" }, item.name), count > 0 && h("span", { class: item.direct ? "badge" : "count", "aria-label": `${count} unread` }, String(count)));
}

function goHome() {
  openHome();
  act("home", { user: store.me });
}
