// Block Kit's interactive elements: buttons, menus and inputs.
//
// `field` is how an element reaches its surroundings: `value()` what is chosen so far, `choose(value)` when something is
// chosen or clicked, `id` for its label.

import { h, icon } from "./dom.js";
import { ask, menu } from "./menu.js";
import { textObject, withEmoji } from "./mrkdwn.js";
import { noteOpened, openUrl } from "./places.js";
import { people, store, nameOf, zone } from "./store.js";
import { fromWallClock, toWallClock } from "./time.js";

const plain = (object) => withEmoji(object?.text ?? "").join("");

/** What an element holds before anybody touched it, in the form the workspace takes it back. */
export function initialValue(element) {
  const { type } = element;
  if (type.startsWith("multi_")) {
    return element.initial_options?.map((option) => option.value) ?? element.initial_users ?? element.initial_channels ?? element.initial_conversations ?? [];
  }
  if (type === "checkboxes") return element.initial_options?.map((option) => option.value) ?? [];
  if (type === "datetimepicker") return element.initial_date_time ?? null;
  return element.initial_value ?? element.initial_option?.value ?? element.initial_user ?? element.initial_channel
    ?? element.initial_conversation ?? element.initial_date ?? element.initial_time ?? null;
}

/** Asks the element's own question first, when it has one. */
async function confirmed(element) {
  const { confirm } = element;
  if (!confirm) return true;
  return ask({
    title: plain(confirm.title), text: textObject(confirm.text), yes: plain(confirm.confirm), no: plain(confirm.deny),
    danger: confirm.style === "danger",
  });
}

/** An interactive element. */
export function interactive(element, field) {
  const draw = DRAWN[element.type] ?? (element.type.includes("select") ? chooser : null);
  if (!draw) return h("span", { class: "unknown" }, `(${element.type.replaceAll("_", " ")})`);
  const checked = {
    ...field,
    choose: async (value) => ((await confirmed(element)) ? field.choose(value) : field.undo?.()),
  };
  return draw(element, checked);
}

function button(element, field) {
  const name = plain(element.text);
  const common = {
    class: `button ${element.style ?? ""}`, testid: "button", "data-action-id": element.action_id, "data-focus": `${element.action_id}|${name}`,
    "aria-label": element.accessibility_label,
  };
  if (element.url) {
    const click = (event) => {
      noteOpened(name);
      openUrl(element.url, event);
      field.choose();
    };
    return h("a", { ...common, href: element.url, target: "_blank", rel: "noopener noreferrer", on: { click } }, name, icon("out"));
  }
  const pressed = async (event) => {
    const target = event.currentTarget;
    noteOpened(name);
    target.setAttribute("aria-busy", "true");
    await field.choose();
    target.removeAttribute("aria-busy");
  };
  return h("button", { ...common, type: "button", on: { click: pressed } }, name);
}

function overflow(element, field) {
  const items = (element.options ?? []).map((option) => ({
    label: plain(option.text), hint: option.description && plain(option.description),
    choose: () => { if (option.url) { noteOpened(plain(option.text)); if (!openUrl(option.url)) window.open(option.url, "_blank", "noopener"); } field.choose(option.value); },
  }));
  return h("button", {
    type: "button", class: "button overflow", testid: "overflow", "data-action-id": element.action_id, "data-focus": element.action_id,
    "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": "More actions", on: { click: (event) => menu(event.currentTarget, items) },
  }, icon("dots"));
}

/** The choices of a select: `{value, label}`, or groups of them. */
function choices(element) {
  const option = (one) => ({ value: one.value, label: plain(one.text) });
  if (element.type.includes("users")) {
    const first = people().map((person) => person.slack);
    const rest = [...store.users.values()].filter((user) => user.kind !== "bot" && !user.deleted && !first.includes(user.id)).map((user) => user.id);
    return [...first, ...rest].map((id) => ({ value: id, label: nameOf(id) }));
  }
  if (/channels|conversations/.test(element.type)) {
    return [...store.channels.values()].filter((channel) => channel.name && !channel.is_archived)
      .map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
  }
  if (element.option_groups) {
    return element.option_groups.map((group) => ({ label: plain(group.label), options: group.options.map(option) }));
  }
  return (element.options ?? []).map(option);
}

function chooser(element, field) {
  if (element.type.startsWith("multi_")) return ticks(choices(element).flatMap((one) => one.options ?? [one]), element, field, "checkbox");
  const chosen = field.value();
  const single = ({ value, label }) => h("option", { value, selected: value === chosen }, label);
  const select = h("select", {
    class: "select", id: field.id, testid: "select", "data-action-id": element.action_id, "data-focus": element.action_id,
    "aria-label": field.id ? null : plain(element.placeholder) || "Choose", on: { change: () => field.choose(select.value || null) },
  }, h("option", { value: "" }, plain(element.placeholder) || "Choose…"),
  choices(element).map((one) => (one.options ? h("optgroup", { label: one.label }, one.options.map(single)) : single(one))));
  field.undo = () => { select.value = chosen ?? ""; };
  return select;
}

/** Checkboxes or radio buttons. */
function ticks(options, element, field, type) {
  const name = `${field.id ?? element.action_id}-${element.action_id}`;
  const chosen = [field.value()].flat();
  const box = h("div", { class: "ticks", role: type === "radio" ? "radiogroup" : "group", "aria-labelledby": field.id && `${field.id}-label` },
    options.map(({ value, label, hint }) => h("label", null,
      h("input", { type, name, value, checked: chosen.includes(value), on: { change: report } }),
      h("span", null, label, hint && h("small", null, hint)))));
  function report() {
    const values = [...box.querySelectorAll("input:checked")].map((input) => input.value);
    field.choose(type === "radio" ? (values[0] ?? null) : values);
  }
  return box;
}

const ticked = (type) => (element, field) => ticks(
  (element.options ?? []).map((option) => ({ value: option.value, label: textObject(option.text), hint: option.description && textObject(option.description) })),
  element, field, type);

/** Inputs of the browser: reported while typing, dispatched on change by whoever listens. */
const typed = (type) => (element, field) => {
  const multiline = element.multiline;
  const input = h(multiline ? "textarea" : "input", {
    class: "text-input", type: multiline ? null : type, id: field.id, "data-action-id": element.action_id, placeholder: plain(element.placeholder) || null,
    maxlength: element.max_length, rows: multiline ? 5 : null, value: field.value() ?? "", autofocus: element.focus_on_load,
    "aria-label": field.id ? null : plain(element.placeholder) || "Value",
    on: { [["text", "number", "email", "url"].includes(type) ? "input" : "change"]: () => field.choose(input.value === "" ? null : input.value) },
  });
  return input;
};

function dateTime(element, field) {
  const chosen = field.value();
  const input = h("input", {
    class: "text-input", type: "datetime-local", id: field.id, "aria-label": field.id ? null : "Date and time", value: chosen ? toWallClock(chosen, zone()) : "",
    on: { change: () => field.choose(input.value ? fromWallClock(input.value, zone()) : null) },
  });
  return input;
}

const DRAWN = {
  button, overflow, workflow_button: button, plain_text_input: typed("text"), number_input: typed("number"), email_text_input: typed("email"),
  url_text_input: typed("url"), datepicker: typed("date"), timepicker: typed("time"), datetimepicker: dateTime,
  checkboxes: ticked("checkbox"), radio_buttons: ticked("radio"),
};
