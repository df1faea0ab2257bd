// The page of one trace: its facts, the waterfall, and beside it the span that is selected.

import { get, latest, paths } from "./api.js";
import { button, copy, copyButton, failure, h, icon, menu, refill, splitter, toast } from "./dom.js";
import { clean, count, compact, duration, exactTitle, iso, localTime, money, oneLine, plural, relative } from "./format.js";
import { onTraces, throttled } from "./live.js";
import { deliveryMark, statusMark, typeBadge } from "./marks.js";
import { go, links, setQuery } from "./router.js";
import { createSpanPanel } from "./span-panel.js";
import { createWaterfall } from "./waterfall.js";

function facts(trace) {
  const item = (label, value, title) => value && h("div.fact", { title }, h("dt", label), h("dd", value));
  return h("dl.facts",
    item("Started", [h("time", { datetime: iso(trace.startedAt), title: exactTitle(trace.startedAt) }, localTime(trace.startedAt)), h("span.dim", ` ${relative(trace.startedAt, Date.now())}`)]),
    item("Duration", trace.duration == null ? "running" : duration(trace.duration)),
    item("Service", trace.service && h("bdi", trace.service)),
    item("Spans", count(trace.spans)),
    trace.errors > 0 && item("Failed", h("span.bad-text", count(trace.errors))),
    (trace.inputTokens != null || trace.outputTokens != null) && item("Tokens", [compact(trace.inputTokens), h("span.dim", { "aria-label": "in," }, " → "), compact(trace.outputTokens)], `${count(trace.inputTokens)} in, ${count(trace.outputTokens)} out`),
    trace.cost != null && item("Cost", money(trace.cost)),
    trace.threadId && item("Thread", h("a", { href: links.thread(trace.threadId) }, h("bdi", oneLine(trace.threadId, 40)))),
    trace.delivery && (trace.delivery.queued || trace.delivery.sent || trace.delivery.refused) ? item("Delivery", deliveryMark(trace.delivery)) : null,
    item("Trace", [h("code.id", trace.traceId.slice(0, 8)), copyButton("Copy trace id", () => trace.traceId)], trace.traceId));
}

/** The page of the trace with an id or the beginning of one. */
export function createTrace(id, { listAddress }) {
  const asking = latest();
  const head = h("header.trace-head");
  const notes = h("div.notes");
  const falls = createWaterfall();
  const { waterfall } = falls;
  let traceId = id;
  let panel = null;
  let answer = null;
  const side = h("div.side");
  const split = h("div.split", falls.element);
  split.append(splitter("Width of the details", "side", 42, split, true), side);
  const content = h("div.trace-content", { hidden: true }, notes, split);
  const loading = h("div.state", { role: "status" }, h("span.bone"), h("p", "Loading the trace"));
  const element = h("div.page.trace", head, loading, content);

  const back = h("a.button.square", { href: listAddress(), title: "All traces", "aria-label": "All traces" }, icon("left"));

  function drawHead() {
    const { trace } = answer;
    document.title = `${clean(oneLine(trace.name || "unnamed", 80))} · mastra-gateway`;
    const file = (format, words) => h("a.menu-item", { href: paths.download(traceId, format), download: true }, icon("download"), words);
    refill(head,
      h("div.trace-title", back, statusMark(trace.status === "error", trace.errors), h("h1", h("bdi", oneLine(trace.name || "unnamed", 300))), typeBadge(trace.type), h("span.gap"),
        h("div.trace-actions", button("Copy link", () => copy(location.origin + links.trace(traceId, waterfall.selectedId), "Link copied"), { icon: "link" }),
          menu("Download", "download", file("mastra", "Mastra JSON"), file("otlp", "OTLP JSON")))),
      facts(trace));
    const words = [];
    if (answer.shown < answer.count) words.push(`Only ${count(answer.shown)} of ${plural(answer.count, "span")} are shown.`);
    if (!trace.hasRoot) words.push("The root of this trace has not come yet; the earliest span stands in.");
    if (trace.roots > 1) words.push(`${count(trace.roots)} spans have no parent in this trace.`);
    const missing = Object.keys(answer.spans.missing ?? {}).length;
    if (missing > 0) words.push(`${plural(missing, "span")} ${missing === 1 ? "is an orphan: its parent is" : "are orphans: their parents are"} not here.`);
    const refused = answer.spans.delivery.indexOf(3);
    refill(notes, words.length > 0 && h("p.note", icon("warn"), h("span", words.join(" "))), refused >= 0 && refusedNote(refused));
    notes.hidden = !notes.firstChild;
  }

  function refusedNote(index) {
    const reason = h("bdi");
    const spanId = answer.spans.id[index];
    const number = answer.spans.delivery.reduce((sum, one) => sum + (one === 3 ? 1 : 0), 0);
    get(paths.span(traceId, spanId)).then((one) => (reason.textContent = clean(oneLine(one.delivery.reason ?? "", 300))), () => {});
    return h("p.note.bad", icon("error"), h("span", `${plural(number, "span")} ${number === 1 ? "was" : "were"} not delivered to Mastra. `, reason),
      button("Show", () => waterfall.select(spanId), { class: "button small" }));
  }

  const wanted = () => new URLSearchParams(location.search).get("span");

  async function load(isAgain) {
    try {
      const fresh = await asking.get(paths.trace(id));
      if (fresh.trace.traceId !== traceId) {
        traceId = fresh.trace.traceId;
        history.replaceState(null, "", links.trace(traceId) + location.search);
      }
      loading.hidden = true;
      content.hidden = false;
      if (!panel) {
        panel = createSpanPanel(traceId);
        side.append(panel.element);
      }
      const before = looks();
      answer = fresh;
      falls.setData(fresh);
      drawHead();
      panel.forget();
      if (!isAgain) choose();
      else if (looks() !== before) panel.show(waterfall.selectedId);
    } catch (error) {
      if (error.name === "AbortError" || isAgain) return;
      document.title = "Trace · mastra-gateway";
      refill(head, h("div.trace-title", back, h("h1", "Trace")));
      content.hidden = true;
      loading.hidden = false;
      refill(loading, failure(error, () => {
        refill(loading, h("p", "Loading the trace"));
        load();
      }));
    }
  }

  // What can change of the selected span while somebody looks at it.
  function looks() {
    const at = answer ? answer.spans.id.indexOf(waterfall.selectedId) : -1;
    return at < 0 ? "" : ["duration", "error", "delivery"].map((column) => answer.spans[column][at]).join();
  }

  // The span of the address, or else the first.
  function choose() {
    const span = wanted();
    if (!answer.spans.id.length) return;
    if (span && !waterfall.select(span, true)) toast("That span is not in this trace");
    if (!waterfall.selectedId || !span) waterfall.select(answer.spans.id[waterfall.tree.index[0]], true);
    panel.show(waterfall.selectedId);
  }

  waterfall.addEventListener("choose", (event) => {
    setQuery(`?span=${encodeURIComponent(event.detail)}`, false);
    panel.show(event.detail, true);
  });
  waterfall.addEventListener("open", () => {
    panel.element.scrollIntoView({ block: "nearest" });
    panel.element.focus();
  });

  // A trace may still grow. A large one is not worth being loaded each second.
  const again = [throttled(() => load(true), 1500), throttled(() => load(true), 10000)];
  let stop = () => {};
  return {
    element,
    enter() {
      document.title = "Trace · mastra-gateway";
      refill(head, h("div.trace-title", back, h("h1", "Trace")));
      load();
      stop = onTraces((ids) => {
        if (answer && (ids === null || ids.includes(traceId))) again[answer.shown > 5000 ? 1 : 0]();
      });
    },
    update() {
      if (!answer) return;
      const span = wanted();
      if (span !== waterfall.selectedId) choose();
    },
    leave() {
      stop();
      asking.stop();
      panel?.stop();
    },
    key(event) {
      if (event.key === "Escape") {
        go(listAddress());
        return true;
      }
      // Where there is something to scroll, arrows scroll it.
      return !(event.key.startsWith("Arrow") && event.target.closest(".side, .notes")) && falls.key(event);
    },
  };
}
