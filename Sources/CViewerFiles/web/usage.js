// Tokens, cost and latency by model, service or agent.

import { latest, paths } from "./api.js";
import { createChart } from "./charts.js";
import { failure, h, icon, refill, segments } from "./dom.js";
import { bounds, formatFilters, parseFilters } from "./filters.js";
import { compact, count, duration, money, plural } from "./format.js";
import { createRange } from "./range-control.js";
import { links, setQuery } from "./router.js";

const BY = [["model", "Model"], ["service", "Service"], ["agent", "Agent"]];
const DEFAULT = "24h";
const MOST = 5;
const BUCKETS = 1000;

// All buckets of the range, those without calls too.
function buckets(answer) {
  const moments = answer.series.flatMap((one) => one.buckets.map((bucket) => bucket.at));
  if (moments.length === 0 || !(answer.bucket > 0)) return [];
  let first = Infinity;
  let last = -Infinity;
  for (const at of moments) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  if (answer.from > 0) first -= Math.max(0, Math.floor((first - answer.from) / answer.bucket)) * answer.bucket;
  if (answer.to > 0) last += Math.max(0, Math.floor((answer.to - last) / answer.bucket)) * answer.bucket;
  const length = Math.min(BUCKETS, Math.round((last - first) / answer.bucket) + 1);
  return Array.from({ length }, (_, index) => last - (length - 1 - index) * answer.bucket);
}

function spread(series, at, pick) {
  const known = new Map(series.buckets.map((bucket) => [bucket.at, pick(bucket)]));
  return at.map((moment) => known.get(moment) ?? null);
}

const added = (lists) => lists[0]?.map((_, index) => lists.reduce((sum, list) => sum + (list[index] ?? 0), 0)) ?? [];

/** The page of usage. */
export function createUsage() {
  const asking = latest();
  let filters = {};
  let by = "model";
  let answer = null;
  let stack = "series";
  let chosen = "";
  const body = h("div.usage-body");
  const time = createRange((values) => change(values), []);
  const bys = segments("By", BY, (value) => change({}, value));
  const element = h("div.page.usage",
    h("header.usage-head", h("h1", "Usage"), h("span.gap"), bys, time.range, time.between), body);

  function read() {
    const query = new URLSearchParams(location.search);
    filters = parseFilters(location.search);
    filters = Object.fromEntries(Object.entries(filters).filter(([key]) => ["range", "from", "to"].includes(key)));
    if (Object.keys(filters).length === 0) filters.range = DEFAULT;
    by = BY.some(([value]) => value === query.get("by")) ? query.get("by") : "model";
  }

  function change(values, newBy = by) {
    filters = { ...filters, ...values };
    by = newBy;
    const query = new URLSearchParams(formatFilters(filters));
    if (by !== "model") query.set("by", by);
    const text = query.toString();
    setQuery(text && `?${text}`, true);
    drawTools();
    load();
  }

  function drawTools() {
    bys.set(by);
    time.set(filters);
  }

  async function load() {
    body.setAttribute("aria-busy", "true");
    if (!answer) refill(body, h("div.state", h("span.bone")));
    const query = new URLSearchParams({ by });
    for (const [key, value] of Object.entries(bounds(filters, Date.now()))) if (value != null) query.set(key, String(value));
    try {
      answer = await asking.get(paths.usage(query));
      draw();
    } catch (error) {
      if (error.name === "AbortError") return;
      refill(body, failure(error, load));
    }
    body.removeAttribute("aria-busy");
  }

  function tokenChart(at) {
    const [first, second] = ["inputTokens", "outputTokens"];
    let series;
    if (stack === "side") {
      series = [[first, "Input", 0], [second, "Output", 1]].map(([key, label, tone]) => ({ label, tone, values: added(answer.series.map((one) => spread(one, at, (bucket) => bucket[key]))) }));
    } else {
      const sorted = [...answer.series].sort((one, other) => other[first] + other[second] - one[first] - one[second]);
      const values = (one) => spread(one, at, (bucket) => (bucket[first] ?? 0) + (bucket[second] ?? 0));
      series = sorted.slice(0, MOST).map((one, tone) => ({ label: one.key || "unknown", tone, values: values(one) }));
      if (sorted.length > MOST) series.push({ label: `${count(sorted.length - MOST)} others`, tone: MOST, values: added(sorted.slice(MOST).map(values)) });
    }
    return createChart({ kind: "bars", title: "Tokens", at, bucket: answer.bucket, series, words: compact });
  }

  function latencyChart(at) {
    const one = answer.series.find((series) => series.key === chosen) ?? answer.series[0];
    return createChart({
      kind: "lines", title: `Latency of ${one.key || "unknown"}`, at, bucket: answer.bucket, words: duration,
      series: [["p50", "Median", 0], ["p95", "95 % below", 3]].map(([key, label, tone]) => ({ label, tone, values: spread(one, at, (bucket) => bucket[key]) })),
    });
  }

  function draw() {
    const { series } = answer;
    if (series.length === 0) {
      refill(body, h("div.state", icon("clock"), h("h2", "Nothing in this time"), h("p", by === "agent" ? "No agent has run." : "No model was called."), h("a.button", { href: links.list() }, "All traces")));
      return;
    }
    series.sort((one, other) => other.calls - one.calls);
    if (!series.some((one) => one.key === chosen)) chosen = series[0].key;
    const sum = (key) => (series.some((one) => one[key] != null) ? series.reduce((total, one) => total + (one[key] ?? 0), 0) : null);
    const calls = sum("calls");
    const errors = sum("errors");
    const tile = (label, value, note) => h("div.tile", h("dt", label), h("dd", value, note && h("small", note)));
    const at = buckets(answer);
    const charts = h("div.charts");
    const stacks = [["series", `By ${by}`], ["side", "Input and output"]];
    const drawCharts = () => {
      const tokens = tokenChart(at);
      const stacked = segments("Stacked by", stacks, (value) => {
        stack = value;
        drawCharts();
        charts.querySelector(`[aria-pressed="true"]`).focus();
      }, ".small");
      stacked.set(stack);
      tokens.querySelector("figcaption").append(h("span.gap"), stacked);
      const delay = latencyChart(at);
      if (series.length > 1) delay.querySelector("figcaption").append(h("span.gap"), h("select", { "aria-label": "Whose latency", onchange: (event) => {
        chosen = event.target.value;
        drawCharts();
        charts.querySelector("select")?.focus();
      } }, series.slice(0, 200).map((one) => h("option", { value: one.key, selected: one.key === chosen }, one.key || "unknown"))));
      refill(charts, tokens, delay);
    };
    drawCharts();
    const share = (one) => (one.calls ? (one.errors / one.calls) * 100 : 0);
    const percent = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
    refill(body,
      answer.isComplete === false && h("p.note", { role: "status" }, icon("warn"), h("span", `Only the newest ${plural(answer.scanned, "span")} of this time were looked at, so that the numbers are too low. Choose a shorter time to have all.`)),
      h("dl.tiles", tile(by === "agent" ? "Runs" : "Model calls", compact(calls)), tile("Failed", compact(errors), calls ? ` ${percent.format((errors / calls) * 100)} %` : ""),
        tile("Input tokens", compact(sum("inputTokens"))), tile("Output tokens", compact(sum("outputTokens"))), tile("Cost", money(sum("cost")))),
      charts,
      h("div.table-box", { tabindex: 0, role: "region", "aria-label": "Usage" }, h("table.grid-table",
        h("thead", h("tr", h("th", { scope: "col" }, BY.find(([value]) => value === by)[1]),
          [by === "agent" ? "Runs" : "Calls", "Failed", "Tokens in", "Tokens out", "Cost", "Median", "95 %", "99 %"].map((words) => h("th.number", { scope: "col" }, words)))),
        h("tbody", series.map((one) => h("tr",
          h("th", { scope: "row" }, by === "agent" ? h("bdi", one.key || "unknown")
            : h("a", { href: links.list(formatFilters({ ...filters, [by]: one.key })), title: "Traces" }, h("bdi", one.key || "unknown"))),
          h("td.number", count(one.calls)), h("td.number", one.errors ? h("span.bad-text", `${count(one.errors)} (${percent.format(share(one))} %)`) : "0"),
          h("td.number", count(one.inputTokens)), h("td.number", count(one.outputTokens)), h("td.number", money(one.cost)),
          h("td.number", duration(one.p50)), h("td.number", duration(one.p95)), h("td.number", duration(one.p99))))))));
  }

  return {
    element,
    enter() {
      document.title = "Usage · mastra-gateway";
      read();
      drawTools();
      load();
    },
    update() {
      read();
      drawTools();
      load();
    },
    leave: () => asking.stop(),
  };
}
