// Building and updating DOM nodes. Text only ever becomes text nodes: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: `class`, `on` (listeners by event name), `testid`, and attributes; true sets an empty one, false and null none. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "value") element.value = value;
    else if (name === "testid") element.setAttribute("data-testid", value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.append(child);
  }
}

/** One of the drawings at the top of index.html, by its name without `icon-`. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Sets the text only when it differs, so that nothing is announced or laid out again for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes the children of `parent` those of `items`, touching only what changed.
 * `key` names an item; `signature` (a string) says when it must be drawn again; `draw` makes its element.
 */
export function reconcile(parent, items, key, signature, draw) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let before = parent.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const mark = signature(item);
    let child = old.get(name);
    old.delete(name);
    if (!child || child.signature !== mark) {
      const fresh = draw(item);
      fresh.dataset.key = name;
      fresh.signature = mark;
      if (child) {
        if (before === child) before = fresh;
        replaceKeepingFocus(child, fresh);
      }
      child = fresh;
    }
    if (child === before) before = before.nextElementSibling;
    else parent.insertBefore(child, before);
  }
  for (const gone of old.values()) gone.remove();
}

/** Puts `fresh` where `old` is; a focus inside goes to the element of the same `data-focus`, or to the new element itself. */
function replaceKeepingFocus(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (!focused) return;
  const name = focused.dataset?.focus;
  const twin = name && [...fresh.querySelectorAll("[data-focus]")].find((candidate) => candidate.dataset.focus === name);
  (twin ?? fresh).focus({ preventScroll: true });
}

/** Draws `parent` anew, unless `signature` is the one of last time. */
export function redraw(parent, signature, draw) {
  if (parent.signature === signature) return;
  parent.signature = signature;
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  parent.replaceChildren(...[draw()].flat().filter(Boolean));
  if (focused) parent.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

/** Whether the page is drawn as on a phone: one pane at a time. */
export const onPhone = () => matchMedia("(max-width: 700px)").matches;
