// A choice of time: presets, or from one moment to another.

import { h } from "./dom.js";
import { bounds, fromLocal, RANGES, toLocal } from "./filters.js";

const DAY = 86400000;

/**
 * The controls: `range` and, shown where it is needed, `between`.
 *
 * @param {(values: {range: string, from: string, to: string}) => void} onchange
 * @param {[string, string][]} others choices before the presets
 */
export function createRange(onchange, others) {
  let now = {};
  const moment = (label, key) => {
    const input = h("input", { type: "datetime-local", step: 1, onchange: () => onchange({ ...now, [key]: fromLocal(input.value) }) });
    return [h("label", label, input), input];
  };
  const [fromLabel, from] = moment("From ", "from");
  const [toLabel, to] = moment("to ", "to");
  const between = h("div.between", { hidden: true }, fromLabel, toLabel);
  const range = h("select", { "aria-label": "Time range", onchange: () => {
    if (range.value !== "custom") return onchange({ range: range.value, from: "", to: "" });
    // What was shown is a good start.
    const shown = bounds(now, Date.now());
    return onchange({ range: "", from: String(shown.from ?? Date.now() - DAY), to: String(shown.to ?? Date.now()) });
  } }, [...others, ...RANGES, ["custom", "From … to …"]].map(([value, words]) => h("option", { value }, words)));
  return {
    range,
    between,
    set(filters) {
      now = { range: filters.range ?? "", from: filters.from ?? "", to: filters.to ?? "" };
      between.hidden = !now.from && !now.to;
      range.value = between.hidden ? now.range : "custom";
      if (others.length) range.classList.toggle("set", Boolean(range.value));
      // Not under the fingers of somebody who types.
      for (const [input, value] of [[from, now.from], [to, now.to]]) if (document.activeElement !== input) input.value = toLocal(value);
    },
  };
}
