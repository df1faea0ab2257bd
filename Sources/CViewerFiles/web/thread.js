// A thread: its traces in order, as one conversation.

import { latest, paths } from "./api.js";
import { ago, copyButton, failure, h, icon, refill } from "./dom.js";
import { clean, compact, count, duration, money, oneLine, plural } from "./format.js";
import { longText } from "./json-tree.js";
import { onTraces, throttled } from "./live.js";
import { statusMark, typeIcon } from "./marks.js";
import { formatFilters } from "./filters.js";
import { links } from "./router.js";

const sum = (traces, key) => (traces.some((trace) => trace[key] != null) ? traces.reduce((total, trace) => total + (trace[key] ?? 0), 0) : null);

function turn(trace) {
  const side = (role, words, text) => h(`div.turn.role-${role}`, h("div.role", words), h("div.parts", text ? h("div.part.text", longText(text, 4000, "div")) : h("span.dim", "Nothing recorded")));
  return h("li.exchange",
    h("header.exchange-head", statusMark(trace.status === "error", trace.errors), typeIcon(trace.type),
      h("a.exchange-link", { href: links.trace(trace.traceId) }, h("bdi", oneLine(trace.name || "unnamed", 200))), h("span.gap"),
      h("span.dim", [
        duration(trace.duration), trace.inputTokens != null || trace.outputTokens != null ? ` · ${compact(trace.inputTokens)} → ${compact(trace.outputTokens)} tokens` : "",
        trace.cost != null ? ` · ${money(trace.cost)}` : "", " · "], ago(trace.startedAt))),
    side("user", "Input", trace.input), side("assistant", "Output", trace.output));
}

/** The page of the thread with an id. */
export function createThread(id, { listAddress }) {
  const asking = latest();
  const body = h("div.thread-body", h("div.state", h("span.bone")));
  const facts = h("dl.facts");
  const element = h("div.page.thread",
    h("header.trace-head",
      h("div.trace-title", h("a.button.square", { href: listAddress(), title: "All traces", "aria-label": "All traces" }, icon("left")),
        h("h1", h("span.dim", "Thread "), h("bdi", oneLine(id, 120))), copyButton("Copy thread id", () => id), h("span.gap"),
        h("a.button", { href: links.list(formatFilters({ thread: id })) }, icon("filter"), h("span", "As a list"))),
      facts),
    body);
  let stop = () => {};
  let told = "";

  async function load() {
    try {
      const { traces } = await asking.get(paths.thread(id));
      const now = JSON.stringify(traces);
      if (now === told) return;
      told = now;
      const failed = traces.filter((trace) => trace.status === "error").length;
      const fact = (label, value) => h("div.fact", h("dt", label), h("dd", value));
      const cost = sum(traces, "cost");
      refill(facts, fact("Traces", count(traces.length)), failed > 0 && fact("Failed", h("span.bad-text", count(failed))),
        fact("Tokens", `${compact(sum(traces, "inputTokens"))} → ${compact(sum(traces, "outputTokens"))}`), cost !== null && fact("Cost", money(cost)),
        traces.length > 0 && fact("Began", ago(traces[0].startedAt)));
      refill(body, traces.length === 0
        ? h("div.state", icon("thread"), h("h2", "No trace has this thread"), h("p", "It may have been pruned."))
        : [h("ol.exchanges", traces.map(turn)), traces.length >= 200 && h("p.dim", `Only ${plural(traces.length, "trace")} are shown; the list has all.`)]);
    } catch (error) {
      if (error.name === "AbortError") return;
      told = "";
      refill(body, failure(error, load));
    }
  }

  const again = throttled(load, 2000);
  return {
    element,
    enter() {
      document.title = `Thread ${clean(oneLine(id, 60))} · mastra-gateway`;
      load();
      stop = onTraces(() => {
        // Text that is being selected stays where it is.
        if (getSelection()?.isCollapsed ?? true) again();
      });
    },
    leave() {
      stop();
      asking.stop();
    },
  };
}
