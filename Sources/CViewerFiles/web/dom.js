// Makes elements. Text always goes in as text, cleaned of what would reorder it; there is no way to put in markup.

import { clean, count, exactTitle, iso, relative } from "./format.js";
import { remember, remembered } from "./store.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : clean(child));
  }
  return element;
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "value" || key === "checked" || key === "disabled") element[key] = value;
  // Links lead within the viewer: spans must not be able to send anybody elsewhere.
  else if (key !== "href" || new URL(value, location.href).origin === location.origin) element.setAttribute(key, value === true ? "" : clean(value));
}

/** An HTML element: `h("a.name", {href}, "text", child)`; the properties can be left out. */
export function h(tag, ...rest) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(DEFAULTS[name] ?? {})) element.setAttribute(key, value);
  if (/^(input|select|textarea)$/.test(name)) element.name = `field-${(fields += 1)}`;
  return complete(element, rest);
}

let fields = 0;
const DEFAULTS = { button: { type: "button" }, input: { autocomplete: "off", spellcheck: "false" } };

// The first of the rest may be properties.
function complete(element, [first, ...others]) {
  const isObject = first?.constructor === Object;
  if (isObject) for (const [key, value] of Object.entries(first)) set(element, key, value);
  return fill(element, isObject ? others : [first, ...others]);
}

/** An SVG element. */
export function s(tag, ...rest) {
  return complete(document.createElementNS(SVG, tag), rest);
}

// Drawn on 16 by 16.
const ICONS = {
  agent: "M8 1.5v2M3.5 5.5a2 2 0 0 1 2-2h5a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-5a2 2 0 0 1-2-2zM6.3 7v1.4M9.7 7v1.4M6.3 10.3h3.4M1.5 7.5v2M14.5 7.5v2",
  model: "M8 1.8l1.5 4.7 4.7 1.5-4.7 1.5L8 14.2 6.5 9.5 1.8 8l4.7-1.5z",
  tool: "M10.2 5.8l3-3a3.6 3.6 0 0 1-4.7 4.7L4 12a1.5 1.5 0 0 1-2-2l4.5-4.5A3.6 3.6 0 0 1 11.2.8l-3 3z",
  flow: "M3 2.5h4v3H3zM9 10.5h4v3H9zM5 5.5v4a2.5 2.5 0 0 0 2.5 2.5H9",
  data: "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  check: "M8 1.8l5 2v4c0 3-2 5.2-5 6.4-3-1.2-5-3.4-5-6.4v-4zM5.8 8l1.6 1.6L10.4 6.5",
  other: "M8 2l5.2 3v6L8 14l-5.2-3V5zM2.8 5L8 8l5.2-3M8 8v6",
  ok: "M3.5 8.5l3 3 6-7",
  error: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  warn: "M8 2L14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4L6 8l4 4",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3l3.4 3.4",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  link: "M6.5 9.5l3-3M7.5 4.5L9 3a2.8 2.8 0 0 1 4 4l-1.5 1.5M8.5 11.5L7 13a2.8 2.8 0 0 1-4-4l1.5-1.5",
  download: "M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11",
  close: "M4 4l8 8M12 4l-8 8",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  filter: "M2 4h12M4.5 8h7M6.5 12h3",
  clock: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 5v3l2 1.5",
  sent: "M4.5 12a3 3 0 0 1-.3-6 4 4 0 0 1 7.7.7A2.7 2.7 0 0 1 11.5 12M6 10l2 2 3.5-4",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  auto: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 2v12M8 5l4-1M8 8h6M8 11l4 1",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  unfold: "M5 6l3-3 3 3M5 10l3 3 3-3",
  fold: "M5 3l3 3 3-3M5 13l3-3 3 3",
  thread: "M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z",
};

/** The outline of an icon, on 16 by 16. */
export const iconPath = (name) => ICONS[name] ?? ICONS.other;

/** An icon by name; it is never all that tells something, so that it is hidden from screen readers. */
export function icon(name) {
  const path = s("path", { d: iconPath(name) });
  return s("svg", { class: `icon i-${name}`, viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, path);
}

/** Takes all children of an element out and puts others in. */
export function refill(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

/** A moment as time ago; the exact one is in its title. `tick` keeps it true. */
export function ago(ms) {
  const text = relative(ms, Date.now());
  return h("time.ago", { datetime: iso(ms), title: exactTitle(ms), "data-ms": ms }, text);
}

/** Brings every time ago on the page up to date. */
export function tick(root = document) {
  const now = Date.now();
  for (const element of root.querySelectorAll("time.ago")) {
    const text = relative(Number(element.dataset.ms), now);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** A button. */
export function button(label, onclick, properties = {}, ...children) {
  const { iconOnly, icon: name, ...others } = properties;
  const content = children.length ? children : [name && icon(name), iconOnly ? null : h("span", label)];
  const named = iconOnly ? { "aria-label": label, title: label } : {};
  return h(iconOnly ? "button.button.square" : "button.button", { onclick, ...named, ...others }, ...content);
}

/** A button that opens a box below it; it closes with Escape and a click elsewhere. */
export function menu(label, name, ...children) {
  const summary = h("summary.button", name && icon(name), h("span", label), icon("down"));
  const box = h("div.menu-box", ...children);
  const element = h("details.menu", summary, box);
  const outside = (event) => {
    if (!element.contains(event.target)) element.open = false;
  };
  element.addEventListener("toggle", () => {
    if (element.open) {
      document.addEventListener("pointerdown", outside);
      document.addEventListener("focusin", outside);
      // It must not stick out of the window.
      box.style.transform = "";
      const over = box.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
      if (over > 0) box.style.transform = `translateX(${-over}px)`;
    } else {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    }
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    event.stopPropagation();
    element.open = false;
    summary.focus();
  });
  return element;
}

/** Buttons of which one is pressed, of [value, words]; `element.set` tells which. */
export function segments(label, options, onchange, size = "") {
  const buttons = options.map(([value, words]) => h("button.segment", { onclick: () => onchange(value) }, words));
  const element = h(`div.segments${size}`, { role: "group", "aria-label": label }, buttons);
  element.set = (value) => buttons.forEach((one, index) => one.setAttribute("aria-pressed", String(options[index][0] === value)));
  return element;
}

/** Fills a list with a hundred items; the next hundred comes when it is asked for. `render` answers an item's element. */
export function paged(list, items, render, from = 0) {
  const to = Math.min(items.length, from + 100);
  for (let at = from; at < to; at += 1) list.append(render(items[at]));
  if (to === items.length) return list;
  const more = h("li", button(`Show more of ${count(items.length - to)}`, () => {
    more.remove();
    paged(list, items, render, to);
  }, { class: "button small" }));
  list.append(more);
  return list;
}

/** A line that shares out the width of a box by dragging or the arrow keys; `key` is what it is remembered as. */
export function splitter(label, key, first, box, isFromRight) {
  const move = (percent) => {
    const size = Math.min(75, Math.max(20, percent));
    box.style.setProperty(`--${key}`, `${size}%`);
    element.setAttribute("aria-valuenow", String(Math.round(size)));
    remember(key, size);
    element.size = size;
    box.dispatchEvent(new Event("split"));
  };
  const drag = (event) => {
    const area = box.getBoundingClientRect();
    move(((isFromRight ? area.right - event.clientX : event.clientX - area.left) / area.width) * 100);
  };
  const element = h("div.splitter", {
    role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-label": label, "aria-valuemin": 20, "aria-valuemax": 75,
    onkeydown: (event) => {
      const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
      if (!step) return;
      event.preventDefault();
      move(element.size + (isFromRight ? -step : step));
    },
    onpointerdown: (event) => {
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
      element.addEventListener("pointermove", drag);
      element.addEventListener("lostpointercapture", () => element.removeEventListener("pointermove", drag), { once: true });
    },
  });
  move(remembered(key, first));
  return element;
}

let toastTimer;

/** Says something for a moment at the bottom of the page. */
export function toast(text) {
  const element = document.getElementById("toast");
  element.textContent = clean(text);
  element.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.classList.remove("shown"), 2500);
}

/** Puts a text on the clipboard, and says so. */
export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard needs a secure origin; a selection does not.
    const field = h("textarea.offscreen", { "aria-hidden": "true" });
    field.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    const focused = document.activeElement;
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus();
    if (!done) return toast("The browser does not let this page copy");
  }
  toast(what);
}

/** A button that copies what `text` answers. */
export function copyButton(label, text, properties = {}) {
  return button(label, () => copy(text()), { icon: "copy", iconOnly: true, ...properties });
}

/**
 * Tabs: [{id, label, render}] where `render` answers the panel's content.
 *
 * @returns {{element: HTMLElement, select: (id: string) => void}}
 */
export function tabs(name, items, selected, onselect) {
  const panel = h("div.tab-panel", { role: "tabpanel", tabindex: 0 });
  const list = h("div.tabs", { role: "tablist", "aria-label": name });
  const prefix = `tab-${Math.random().toString(36).slice(2, 8)}`;
  const buttons = items.map((item) =>
    h("button.tab", { role: "tab", id: `${prefix}-${item.id}`, onclick: () => select(item.id, true) },
      item.label, item.note ? h("span.note", item.note) : null));
  panel.id = `${prefix}-panel`;

  function select(id, told) {
    const at = Math.max(0, items.findIndex((item) => item.id === id));
    buttons.forEach((one, index) => {
      one.setAttribute("aria-selected", String(index === at));
      one.setAttribute("aria-controls", panel.id);
      one.tabIndex = index === at ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", buttons[at].id);
    refill(panel, items[at].render());
    if (told) onselect?.(items[at].id);
  }

  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const last = buttons.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[to].focus();
    select(items[to].id, true);
  });
  list.append(...buttons);
  select(selected ?? items[0].id);
  return { element: h("div.tabbed", list, panel), select };
}

/** What a page shows in place of what could not be had. */
export function failure(error, retry) {
  return h("div.state", { role: "alert" }, icon("warn"),
    h("h2", error.status === 404 ? "Not here" : "This could not be loaded"),
    h("p", error.message),
    retry && button("Try again", retry));
}
