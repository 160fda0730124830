// Small menus under a button, and questions that want a yes.

import { h } from "./dom.js";

let open = null;

function close({ refocus }) {
  if (!open) return;
  const { panel, anchor } = open;
  open = null;
  panel.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (refocus) anchor.focus({ preventScroll: true });
}

/** Opens a menu at a button, or closes it. `items`: `{label, hint, lead, testid, danger, choose}`; `label` may be nodes. */
export function menu(anchor, items, { row = false } = {}) {
  const again = open?.anchor === anchor;
  close({ refocus: false });
  if (again) return;
  const panel = h("div", { class: row ? "menu row" : "menu", role: "menu", on: { keydown: walk } }, items.map((item) =>
    h("button", {
      type: "button", role: "menuitem", testid: item.testid, class: item.danger ? "danger" : null, "aria-label": item.name,
      on: { click: () => { close({ refocus: true }); item.choose(); } },
    }, item.lead, h("span", { class: "menu-label" }, item.label), item.hint && h("span", { class: "menu-hint" }, item.hint))));
  (anchor.closest("dialog") ?? document.body).append(panel);
  anchor.setAttribute("aria-expanded", "true");
  open = { panel, anchor };
  place(panel, anchor);
  panel.querySelector("button")?.focus({ preventScroll: true });
}

function place(panel, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = panel.getBoundingClientRect();
  const below = at.bottom + 4 + height < innerHeight || at.top < height;
  panel.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  panel.style.top = `${below ? at.bottom + 4 : at.top - height - 4}px`;
}

function walk(event) {
  const buttons = [...open.panel.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step) {
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length].focus();
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close({ refocus: true });
  } else if (event.key === "Tab") close({ refocus: true });
}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.panel.contains(event.target) && !open.anchor.contains(event.target)) close({ refocus: false });
});
addEventListener("resize", () => close({ refocus: false }));

/** Asks; answers true when the person agrees. The texts may be nodes. */
export function ask({ title, text, yes, no, danger }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "question", testid: "confirm-dialog", "aria-label": "Please confirm" },
      h("h2", null, title),
      h("div", { class: "question-text" }, text),
      h("div", { class: "dialog-foot" },
        h("button", { type: "button", class: "button", testid: "confirm-no", on: { click: () => dialog.close("no") } }, no),
        h("button", { type: "button", class: danger ? "button danger" : "button primary", testid: "confirm-yes", on: { click: () => dialog.close("yes") } }, yes)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
