// Charts over time, drawn by hand as SVG: stacked bars and lines. What the pointer or the arrow keys are at is read out
// below, and everything is in a table too.

import { h, refill, s } from "./dom.js";
import { localTime, ticks } from "./format.js";

const HEIGHT = 220;
const TOP = 10;
const BOTTOM = 24;
const LEFT = 56;
const RIGHT = 8;

function timeLabel(span) {
  const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const days = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  return (at) => (span > 2 * 86400000 ? days : hours).format(at);
}

/**
 * A chart.
 *
 * @param {object} chart
 * @param {"bars"|"lines"} chart.kind
 * @param {string} chart.title
 * @param {number[]} chart.at where buckets begin, in order
 * @param {number} chart.bucket length of a bucket in milliseconds
 * @param {{label: string, tone: number, values: (number|null)[]}[]} chart.series
 * @param {(value: number) => string} chart.words says a value
 */
export function createChart({ kind, title, at, bucket, series, words }) {
  const readout = h("p.readout", { role: "status", "aria-live": "polite" });
  const plot = h("div.plot", { tabindex: 0, role: "group", "aria-label": `${title}. The arrow keys go from one time to the next.` });
  const legend = h("ul.chart-legend", series.map((one) => h("li", h(`i.key.s-${one.tone}`), h("bdi", one.label))));
  const total = (index) => series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0);
  let top = 0;
  for (let index = 0; index < at.length; index += 1) {
    top = Math.max(top, kind === "bars" ? total(index) : Math.max(0, ...series.map((one) => one.values[index] ?? 0)));
  }
  const idle = at.length ? "" : "Nothing in this time";
  readout.textContent = idle;
  let chosen = -1;
  let geometry = null;
  let cursor = null;

  function draw() {
    const width = Math.max(240, plot.clientWidth);
    const inner = width - LEFT - RIGHT;
    const tall = HEIGHT - TOP - BOTTOM;
    const marks = ticks(top || 1, 4);
    const scale = Math.max(marks.at(-1), top || 1);
    const y = (value) => TOP + tall - (value / scale) * tall;
    const slot = inner / Math.max(1, at.length);
    const x = (index) => LEFT + slot * (index + 0.5);
    geometry = { slot, x };
    const label = timeLabel(at.length * bucket);
    const every = Math.max(1, Math.ceil(at.length / Math.max(2, Math.floor(inner / 80))));
    const parts = [s("title", title), s("desc", `${series.map((one) => one.label).join(", ")}; at most ${words(top)}`)];
    for (const mark of marks) {
      parts.push(s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark) }), s("text", { class: "axis", x: LEFT - 8, y: y(mark) + 4, "text-anchor": "end" }, words(mark)));
    }
    at.forEach((moment, index) => {
      if (index % every === 0) parts.push(s("text", { class: "axis", x: Math.min(x(index), width - 28), y: HEIGHT - 6, "text-anchor": "middle" }, label(moment)));
    });
    cursor = s("rect", { class: "cursor", y: TOP, height: tall, width: Math.max(1, slot), visibility: "hidden" });
    parts.push(cursor);
    if (kind === "bars") {
      const thick = Math.max(1, Math.min(36, slot * 0.72));
      at.forEach((moment, index) => {
        let under = 0;
        for (const one of series) {
          const value = one.values[index] ?? 0;
          if (value > 0) parts.push(s("rect", { class: `s-${one.tone}`, x: x(index) - thick / 2, width: thick, y: y(under + value), height: Math.max(0.5, y(under) - y(under + value)), rx: Math.min(2, thick / 4) }));
          under += value;
        }
      });
    } else {
      for (const one of series) {
        let path = "";
        let isOn = false;
        one.values.forEach((value, index) => {
          if (value === null || value === undefined) {
            isOn = false;
            return;
          }
          path += `${isOn ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
          isOn = true;
        });
        parts.push(s("path", { class: `line s-${one.tone}`, d: path }));
        if (at.length <= 100) one.values.forEach((value, index) => value != null && parts.push(s("circle", { class: `s-${one.tone}`, cx: x(index), cy: y(value), r: 2.5 })));
      }
    }
    refill(plot, s("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": title }, parts));
    choose(chosen);
  }

  function choose(index) {
    chosen = index;
    if (index < 0 || index >= at.length) {
      cursor?.setAttribute("visibility", "hidden");
      readout.textContent = idle;
      return;
    }
    cursor.setAttribute("x", String(geometry.x(index) - geometry.slot / 2));
    cursor.setAttribute("visibility", "visible");
    const known = series.filter((one) => one.values[index] != null);
    refill(readout, h("b", localTime(at[index])), known.length ? known.map((one) => h("span", h(`i.key.s-${one.tone}`), one.label, " ", h("b", words(one.values[index])))) : h("span.dim", "nothing"));
  }

  plot.addEventListener("pointermove", (event) => {
    if (!at.length) return;
    const index = Math.floor((event.clientX - plot.getBoundingClientRect().left - LEFT) / geometry.slot);
    if (index !== chosen) choose(Math.min(at.length - 1, Math.max(0, index)));
  });
  plot.addEventListener("pointerleave", () => choose(-1));
  plot.addEventListener("blur", () => choose(-1));
  plot.addEventListener("keydown", (event) => {
    const last = at.length - 1;
    const to = { ArrowRight: Math.min(last, chosen + 1), ArrowLeft: chosen < 0 ? last : Math.max(0, chosen - 1), Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });
  new ResizeObserver(draw).observe(plot);

  const table = h("details.as-table", h("summary", "As a table"));
  table.addEventListener("toggle", () => {
    if (!table.open || table.children.length > 1) return;
    table.append(h("div.table-box", { tabindex: 0, role: "region", "aria-label": `${title} as a table` }, h("table.grid-table",
      h("thead", h("tr", h("th", { scope: "col" }, "Time"), series.map((one) => h("th.number", { scope: "col" }, one.label)))),
      h("tbody", at.map((moment, index) => h("tr", h("th", { scope: "row" }, localTime(moment)), series.map((one) => h("td.number", one.values[index] == null ? "–" : words(one.values[index])))))))));
  });
  return h("figure.chart", h("figcaption", h("h2", title), legend), plot, readout, table);
}
