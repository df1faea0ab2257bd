// JSON as a tree. Only what is open exists, and only so much of it at once as can be read.

import { button, h, paged } from "./dom.js";
import { count, plural } from "./format.js";

const LONG = 10000;

/** Text of any length: what is beyond the limit comes when it is asked for. */
export function longText(text, limit = LONG, tag = "span") {
  const element = h(tag);
  const bdi = h("bdi", text.length > limit ? text.slice(0, limit) : text);
  element.append(bdi);
  if (text.length > limit) {
    const all = button(`Show all ${count(text.length)} characters`, () => {
      bdi.replaceWith(h("bdi", text));
      all.remove();
      bdi.focus?.();
    }, { class: "button small" });
    element.append("… ", all);
  }
  return element;
}

const isBranch = (value) => typeof value === "object" && value !== null;

function leaf(value) {
  if (value === null || value === undefined) return h("span.j-null", "null");
  if (typeof value !== "string") return h(`span.j-${typeof value}`, String(value));
  return h("span.j-string", "\u201c", longText(value), "\u201d");
}

function preview(value) {
  if (Array.isArray(value)) return plural(value.length, "item");
  const keys = Object.keys(value);
  if (keys.length === 0) return "empty";
  const some = keys.slice(0, 4).map((key) => key.slice(0, 30)).join(", ");
  return keys.length > 4 ? `${some}, … ${count(keys.length)}` : some;
}

function branch(list, value, depth) {
  const isList = Array.isArray(value);
  paged(list, isList ? [...value.keys()] : Object.keys(value), (key) => h("li", node(String(key), value[key], depth + 1, isList)));
}

function node(key, value, depth, isItem) {
  const name = h(isItem ? "span.j-index" : "span.j-key", null, h("bdi", key.length > 300 ? `${key.slice(0, 300)}…` : key));
  if (!isBranch(value)) return h("div.j-leaf", name, leaf(value));
  const list = h("ul");
  const details = h("details", h("summary", name, h("span.j-preview", Array.isArray(value) ? "[ " : "{ ", h("bdi", preview(value)), Array.isArray(value) ? " ]" : " }")), list);
  const open = () => {
    if (details.open && !list.firstChild) branch(list, value, depth);
  };
  details.addEventListener("toggle", open);
  const size = Array.isArray(value) ? value.length : Object.keys(value).length;
  if (depth < 2 && size <= 20) {
    details.open = true;
    open();
  }
  return details;
}

class JsonTree extends HTMLElement {
  #value;

  set value(value) {
    this.#value = value;
    this.replaceChildren();
    if (!isBranch(value)) {
      this.append(leaf(value));
      return;
    }
    const list = h("ul");
    branch(list, value, 0);
    this.append(list.firstChild ? list : h("span.j-null", Array.isArray(value) ? "[ ]" : "{ }"));
  }

  get value() {
    return this.#value;
  }
}

customElements.define("json-tree", JsonTree);

/** A tree of a JSON value. */
export function jsonTree(value) {
  const tree = document.createElement("json-tree");
  tree.value = value;
  return tree;
}

/** A value as JSON text; of strings the string itself. */
export function jsonText(value) {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value, null, 2) ?? "null";
  } catch {
    return "This is nested too deeply to be written out.";
  }
}

/** JSON text in a box. */
export function rawJson(value, label) {
  return h("pre.raw", { tabindex: 0, "aria-label": label }, longText(jsonText(value), 100000, "code"));
}
