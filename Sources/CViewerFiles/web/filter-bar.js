// The filters above the list of traces.

import { button, h, icon, menu, refill, segments } from "./dom.js";
import { FIELDS, LABELS } from "./filters.js";
import { duration, parseDuration } from "./format.js";
import { createRange } from "./range-control.js";
import { typeLabel } from "./span-types.js";

const TYPING = 250;
// Those that have no control of their own in the bar are shown as chips.
const CHIPS = ["name", "thread", "trace", "min", "delivery"];

/**
 * The bar of filters.
 *
 * @param {(filters: object, isStep: boolean) => void} onchange called with all filters; no step while somebody types
 */
export function createFilterBar(onchange) {
  let filters = {};
  let facets = { services: [], types: [], models: [] };
  let timer = 0;

  function change(values, isStep = true) {
    const next = { ...filters, ...values };
    for (const field of FIELDS) if (!next[field]) delete next[field];
    if (JSON.stringify(next) === JSON.stringify(filters)) return;
    filters = next;
    draw();
    onchange({ ...filters }, isStep);
  }

  const typed = (field, read = (value) => value.trim()) => ({
    oninput: (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => change({ [field]: read(event.target.value) }, false), TYPING);
    },
    onchange: (event) => {
      clearTimeout(timer);
      change({ [field]: read(event.target.value) }, false);
    },
  });

  const search = h("input.search-field", {
    type: "search", placeholder: "Search input and output", "aria-label": "Search input and output", "aria-keyshortcuts": "/",
    enterkeyhint: "search", ...typed("text"),
  });

  const select = (field, label) => h("select", { "aria-label": label, onchange: (event) => change({ [field]: event.target.value }) });
  const service = select("service", "Service");
  const type = select("type", "Type of the root");
  const model = select("model", "Model");

  const time = createRange((values) => change(values), [["", "Any time"]]);
  const statuses = segments("Status", [["", "All"], ["ok", "OK"], ["error", "Failed"]], (status) => change({ status }));

  // --- What is asked for less often

  const lower = (value) => value.trim().toLowerCase().replace(/[^0-9a-f]/g, "").slice(0, 32);
  const field = (name, attributes, note) => {
    const input = h("input", { type: "text", ...attributes });
    return { input, row: h("label.field", h("span", LABELS[name]), input, note && h("small", note)) };
  };
  const name = field("name", typed("name"), "Part of the root's name");
  const trace = field("trace", { ...typed("trace", lower), class: "mono" }, "The whole id or how it begins");
  const thread = field("thread", typed("thread"));
  const min = field("min", { ...typed("min", (value) => String(parseDuration(value) ?? "")), placeholder: "500 ms, 2 s" }, "How long it took");
  const delivery = h("select", { onchange: (event) => change({ delivery: event.target.value }) },
    [["", "Any"], ["queued", "Queued"], ["sent", "Sent"], ["refused", "Refused"]].map(([value, words]) => h("option", { value }, words)));
  const deliveryRow = h("label.field", { hidden: true }, h("span", LABELS.delivery), delivery);
  const more = menu("More", "filter", name.row, trace.row, thread.row, min.row, deliveryRow);
  more.classList.add("more");

  const chips = h("div.chips");
  const clear = button("Clear filters", () => {
    const none = Object.fromEntries(FIELDS.map((one) => [one, ""]));
    change(none);
    search.focus();
  }, { class: "button quiet" });
  const narrow = h("button.button.narrow-only", { "aria-expanded": "false", onclick: () => {
    const isOpen = rest.classList.toggle("open");
    narrow.setAttribute("aria-expanded", String(isOpen));
  } }, icon("filter"), h("span", "Filters"));
  const rest = h("div.filter-rest", time.range, statuses, service, type, model, more);
  const element = h("form.filters", { role: "search", onsubmit: (event) => event.preventDefault() },
    h("div.search", icon("search"), search, h("kbd", { "aria-hidden": "true" }, "/")), narrow, rest, time.between, chips);

  function options(element_, all, values, value, words = (one) => one) {
    const known = value && !values.includes(value) ? [value, ...values] : values;
    refill(element_, h("option", { value: "" }, all), known.map((one) => h("option", { value: one }, words(one))));
    element_.value = value ?? "";
    element_.classList.toggle("set", Boolean(value));
  }

  const keep = (input, value) => {
    // Not under the fingers of somebody who types.
    if (document.activeElement !== input || !value) input.value = value ?? "";
  };

  function draw() {
    keep(search, filters.text);
    options(service, "All services", facets.services, filters.service);
    options(type, "All types", facets.types, filters.type, typeLabel);
    options(model, "All models", facets.models, filters.model);
    statuses.set(filters.status ?? "");
    time.set(filters);
    keep(name.input, filters.name);
    keep(trace.input, filters.trace);
    keep(thread.input, filters.thread);
    if (document.activeElement !== min.input) min.input.value = filters.min ? duration(Number(filters.min)) : "";
    delivery.value = filters.delivery ?? "";
    const set = CHIPS.filter((one) => filters[one]);
    refill(chips, set.map((one) => h("span.chip", `${LABELS[one]}: `, h("b", one === "min" ? duration(Number(filters.min)) : filters[one]),
      button(`Remove the filter ${LABELS[one]}`, () => change({ [one]: "" }), { icon: "close", iconOnly: true }))),
    Object.keys(filters).length > 0 && clear);
    chips.hidden = chips.children.length === 0;
    const number = Object.keys(filters).filter((one) => one !== "text").length;
    narrow.lastChild.textContent = number ? `Filters (${number})` : "Filters";
  }

  draw();
  return {
    element,
    clear: () => clear.click(),
    focus: () => search.focus(),
    setFilters(next) {
      clearTimeout(timer);
      filters = { ...next };
      search.value = filters.text ?? "";
      draw();
    },
    setFacets(next) {
      facets = { services: next.services ?? [], types: next.types ?? [], models: next.models ?? [] };
      draw();
    },
    setExports(isExporting) {
      deliveryRow.hidden = !isExporting;
    },
  };
}
