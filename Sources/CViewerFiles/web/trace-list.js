// The list of traces.

import { get, latest, paths } from "./api.js";
import { ago, button, failure, h, icon, menu, refill } from "./dom.js";
import { createFilterBar } from "./filter-bar.js";
import { apiQuery, formatFilters, parseFilters } from "./filters.js";
import { createFirstSpan } from "./first-span.js";
import { bytes, compact, count, duration, money, oneLine, plural } from "./format.js";
import { onConnection, onTraces, throttled } from "./live.js";
import { deliveryMark, statusMark, typeBadge, typeIcon } from "./marks.js";
import { links, setQuery } from "./router.js";
import { remember, remembered } from "./store.js";

const PAGE = 50;

const COLUMNS = [
  { id: "preview", label: "Input", cell: (trace) => trace.preview && h("bdi", oneLine(trace.preview, 160)) },
  { id: "service", label: "Service", cell: (trace) => trace.service && h("bdi", trace.service) },
  { id: "type", label: "Type", cell: (trace) => typeBadge(trace.type) },
  { id: "entity", label: "Entity", off: true, cell: (trace) => trace.entity && h("bdi", trace.entity) },
  { id: "model", label: "Model", off: true, cell: (trace) => trace.model && h("bdi", trace.model) },
  { id: "thread", label: "Thread", off: true, cell: (trace) => trace.threadId && h("a.over", { href: links.thread(trace.threadId) }, h("bdi", trace.threadId)) },
  { id: "delivery", label: "Delivery", needsExports: true, cell: (trace) => deliveryMark(trace.delivery) },
  { id: "spans", label: "Spans", number: true, cell: (trace) => count(trace.spans) },
  { id: "tokens", label: "Tokens", number: true, title: "Tokens in and out", cell: tokens },
  { id: "cost", label: "Cost", number: true, cell: (trace) => (trace.cost == null ? null : money(trace.cost)) },
  { id: "duration", label: "Duration", number: true, cell: (trace) => (trace.duration == null ? h("span.dim", "running") : duration(trace.duration)) },
  { id: "started", label: "Started", number: true, cell: (trace) => ago(trace.startedAt) },
];

function tokens(trace) {
  if (trace.inputTokens == null && trace.outputTokens == null) return null;
  const title = `${count(trace.inputTokens)} tokens in, ${count(trace.outputTokens)} out`;
  return h("span", { title }, compact(trace.inputTokens), h("span.dim", { "aria-label": "in," }, " → "), compact(trace.outputTokens));
}

/** The page with the list of traces; `onquery` is told its query. */
export function createTraceList({ onquery }) {
  let filters = {};
  let search = null;
  let items = [];
  let next = null;
  let state = null;
  let isShown = false;
  let isLive = remembered("live", true);
  let isLoading = false;
  let scroll = 0;
  const rows = new Map();
  const pending = new Map();
  const asking = latest();
  const stops = [];

  let picked = remembered("columns", null);
  if (!Array.isArray(picked)) picked = COLUMNS.filter((column) => !column.off).map((column) => column.id);
  const columns = () => COLUMNS.filter((column) => picked.includes(column.id) && (!column.needsExports || state?.exports));

  // --- The parts of the page

  const bar = createFilterBar((value, isStep) => {
    filters = value;
    setQuery(formatFilters(filters), isStep);
    noteQuery();
    load();
  });
  const head = h("tr", { role: "row" });
  const body = h("tbody", { role: "rowgroup" });
  const table = h("table.traces", { role: "table", "aria-label": "Traces, newest first" }, h("thead", { role: "rowgroup" }, head), body);
  const more = button("Load more", () => loadMore(), { class: "button wide" });
  const end = h("div.list-end", { hidden: true }, more);
  const place = h("div.place", { hidden: true });
  const scroller = h("div.scroller", { tabindex: 0, role: "region", "aria-label": "List of traces" }, table, end, place);
  const pill = h("button.pill", { hidden: true, onclick: takePending });
  const said = h("p.sr", { role: "status", "aria-live": "polite" });
  const kept = h("span.kept");
  const live = h("button.button.live", { onclick: toggleLive });
  const picker = menu("Columns", "columns");
  picker.classList.add("picker");
  const footer = h("footer.foot", kept);
  const element = h("div.page.list",
    h("h1.sr", "Traces"),
    h("div.tools", bar.element, h("div.tools-end", live, picker)),
    said, h("div.list-body", pill, scroller), footer);

  // --- Rows

  function drawHead() {
    const cell = (tag, title, ...label) => h(tag, { role: "columnheader", scope: "col", title }, label);
    refill(head, cell("th.c-status", null, h("span.sr", "Status")), cell("th.c-name", null, "Name"),
      columns().map((column) => cell(`th.c-${column.id}${column.number ? ".number" : ""}`, column.title, column.label)));
  }

  function drawPicker() {
    const box = picker.querySelector(".menu-box");
    refill(box, h("fieldset", h("legend", "Columns"), COLUMNS.filter((column) => !column.needsExports || state?.exports).map((column) =>
      h("label.check", h("input", { type: "checkbox", checked: picked.includes(column.id), onchange: (event) => pick(column.id, event.target.checked) }), column.title ?? column.label))));
  }

  function pick(id, isOn) {
    picked = isOn ? [...picked, id] : picked.filter((one) => one !== id);
    remember("columns", picked);
    drawHead();
    drawRows(true);
  }

  function makeRow(trace) {
    const name = h("a.row-link", { href: links.trace(trace.traceId) }, h("bdi", trace.name || "unnamed"));
    return h("tr", { role: "row", "data-id": trace.traceId },
      h("td.c-status", { role: "cell" }, statusMark(trace.status === "error", trace.errors)),
      h("td.c-name", { role: "cell" }, h("div.name", typeIcon(trace.type), name,
        !trace.hasRoot && h("span.tag", { title: "The root has not come yet; the earliest span stands in" }, "no root"),
        trace.roots > 1 && h("span.tag", { title: "Spans without a parent in this trace" }, `${count(trace.roots)} roots`))),
      columns().map((column) => h(`td.c-${column.id}${column.number ? ".number" : ""}`, { role: "cell", "data-label": column.label },
        column.cell(trace) ?? h("span.none", { "aria-label": "none" }, "–"))));
  }

  function drawRows(all) {
    const focused = document.activeElement?.closest?.("tr")?.dataset.id;
    items.sort((one, other) => other.startedAt - one.startedAt);
    const wanted = new Set(items.map((trace) => trace.traceId));
    for (const [id, row] of rows) {
      if (wanted.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    let after = null;
    for (const trace of items) {
      const told = JSON.stringify(trace);
      let row = rows.get(trace.traceId);
      if (!row || all || row.told !== told) {
        const fresh = makeRow(trace);
        if (row) row.element.replaceWith(fresh);
        row = { element: fresh, told };
        rows.set(trace.traceId, row);
      }
      const before = after ? after.nextSibling : body.firstChild;
      if (before !== row.element) body.insertBefore(row.element, before);
      after = row.element;
    }
    while (after ? after.nextSibling : body.firstChild) (after ? after.nextSibling : body.firstChild).remove();
    if (focused && !body.contains(document.activeElement)) rows.get(focused)?.element.querySelector(".row-link").focus({ preventScroll: true });
    end.hidden = !next;
    drawPlace();
  }

  function drawSkeleton() {
    rows.clear();
    const line = () => h("tr.skeleton", { role: "row", "aria-hidden": "true" }, h("td", { colspan: columns().length + 2 }, h("span.bone")));
    refill(body, Array.from({ length: 12 }, line));
    place.hidden = true;
    table.hidden = false;
    end.hidden = true;
  }

  let first = null;

  function drawPlace() {
    const isEmpty = items.length === 0;
    const isFiltered = Object.keys(filters).length > 0;
    const isFirst = isEmpty && !isFiltered && state?.traces === 0;
    table.hidden = isEmpty;
    place.hidden = !isEmpty;
    element.classList.toggle("is-empty", isFirst);
    if (!isEmpty) return;
    if (isFirst) {
      first ??= createFirstSpan(state);
      if (!place.contains(first)) refill(place, first);
      return;
    }
    refill(place, h("div.state", icon("search"), h("h2", "No trace matches"),
      h("p", isFiltered ? "Nothing that is kept here fits these filters." : "There are spans, but no trace to be listed."),
      isFiltered && button("Clear filters", () => bar.clear())));
  }

  function drawFailure(error) {
    table.hidden = true;
    end.hidden = true;
    place.hidden = false;
    refill(place, failure(error, load));
  }

  // --- Asking

  async function load() {
    pending.clear();
    drawPill();
    isLoading = true;
    element.setAttribute("aria-busy", "true");
    // What is there stays until the answer has come, if it comes soon.
    const slow = setTimeout(drawSkeleton, items.length ? 400 : 0);
    try {
      const [answer] = await Promise.all([asking.get(paths.traces(apiQuery(filters, Date.now(), { limit: PAGE }))), state ? null : loadState()]);
      clearTimeout(slow);
      items = answer.traces;
      next = answer.next;
      rows.clear();
      body.replaceChildren();
      drawRows();
      scroller.scrollTop = 0;
      said.textContent = items.length === 0 ? "No traces" : `${plural(items.length, "trace")} shown${next ? ", there are more" : ""}`;
    } catch (error) {
      clearTimeout(slow);
      if (error.name === "AbortError") return;
      items = [];
      next = null;
      drawFailure(error);
    }
    isLoading = false;
    element.removeAttribute("aria-busy");
  }

  async function loadMore() {
    if (!next || isLoading) return;
    isLoading = true;
    more.disabled = true;
    const query = apiQuery(filters, Date.now(), { limit: PAGE, before: next });
    try {
      const answer = await asking.get(paths.traces(query));
      add(answer.traces);
      next = answer.next;
      drawRows();
      said.textContent = `${plural(items.length, "trace")} shown`;
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = error.message;
    }
    more.disabled = false;
    isLoading = false;
  }

  function add(traces) {
    const known = new Map(items.map((trace, index) => [trace.traceId, index]));
    for (const trace of traces) {
      if (known.has(trace.traceId)) items[known.get(trace.traceId)] = trace;
      else items.push(trace);
    }
  }

  const touched = new Set();

  async function refresh() {
    if (!isShown || !isLive || isLoading || document.hidden) return;
    const changed = [...touched];
    touched.clear();
    try {
      const answer = await get(paths.traces(apiQuery(filters, Date.now(), { limit: PAGE })));
      if (!isShown || isLoading) return;
      loadStateSoon();
      const known = new Set(items.map((trace) => trace.traceId));
      const fresh = answer.traces.filter((trace) => !known.has(trace.traceId));
      add(answer.traces.filter((trace) => known.has(trace.traceId)));
      // Older traces can have got spans too.
      const listed = new Set(answer.traces.map((trace) => trace.traceId));
      for (const id of changed.filter((one) => known.has(one) && !listed.has(one)).slice(0, 5)) {
        add((await get(paths.traces(new URLSearchParams({ trace: id, limit: 1 })))).traces);
      }
      if (scroller.scrollTop > 60 && items.length > 0) {
        for (const trace of fresh) pending.set(trace.traceId, trace);
      } else if (items.length > 0 && fresh.length === answer.traces.length && answer.next) {
        // More have come than one page holds, so that there would be a gap.
        items = answer.traces;
        next = answer.next;
        pending.clear();
      } else {
        add([...pending.values(), ...fresh]);
        if (items.length <= PAGE) next = answer.next ?? next;
        pending.clear();
      }
      drawPill();
      drawRows();
    } catch {
      // The connection's state tells it.
    }
  }

  const refreshSoon = throttled(refresh, 1000);

  function drawPill() {
    pill.hidden = pending.size === 0;
    refill(pill, icon("unfold"), `${count(pending.size)} new`);
  }

  function takePending() {
    scroller.scrollTop = 0;
    if (pending.size >= PAGE) {
      load();
      return;
    }
    add([...pending.values()]);
    pending.clear();
    drawPill();
    drawRows();
  }

  async function loadState() {
    try {
      state = await get("state");
    } catch {
      return;
    }
    bar.setExports(state.exports);
    const parts = [
      `${plural(state.traces, "trace")}, ${plural(state.spans, "span")} kept`,
      ` (${bytes(state.bytes)} of ${bytes(state.maxBytes)}${state.maxAge ? `; up to ${duration(state.maxAge).replace(/ d 0 h$/, " days")}` : ""})`,
      state.inMemory ? ", in memory only" : "",
      state.oldest ? [". Oldest ", ago(state.oldest)] : "",
      state.pruned > 0 ? h("span", { title: `${plural(state.pruned, "span")} pruned` }, ". Older ones were pruned") : "",
    ];
    refill(kept, parts);
    drawHead();
    if (!picker.open) drawPicker();
  }

  const loadStateSoon = throttled(loadState, 5000);

  async function loadFacets() {
    try {
      bar.setFacets(await get("facets"));
    } catch {
      // The filters then offer nothing to choose from, and the list says what is wrong.
    }
  }

  const loadFacetsSoon = throttled(loadFacets, 15000);

  // --- Live

  let connection = "connecting";

  function drawLive() {
    const words = !isLive ? "Paused" : connection === "lost" ? "Reconnecting" : "Live";
    live.dataset.state = words.toLowerCase();
    live.setAttribute("aria-pressed", String(isLive));
    live.title = !isLive ? "New traces are not shown; go on" : connection === "lost" ? "The connection to the gateway is lost; it is tried again" : "New traces are shown as they come; pause";
    refill(live, isLive ? h("span.dot") : icon("pause"), h("span", words));
  }

  function toggleLive() {
    isLive = !isLive;
    remember("live", isLive);
    drawLive();
    if (isLive) refreshSoon();
  }

  function noteQuery() {
    search = location.search;
    onquery(formatFilters(filters));
    document.title = `${filters.text ? `“${filters.text}” · ` : ""}Traces · mastra-gateway`;
  }

  // Loads more where the end comes into sight.
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && isShown) loadMore();
  }, { root: scroller, rootMargin: "300px" }).observe(end);
  scroller.addEventListener("scroll", () => {
    if (pending.size > 0 && scroller.scrollTop < 5) takePending();
  }, { passive: true });

  function move(step) {
    const all = [...body.querySelectorAll(".row-link")];
    const at = all.indexOf(document.activeElement);
    const to = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    to?.focus({ preventScroll: true });
    to?.closest("tr").scrollIntoView({ block: "nearest" });
  }

  drawHead();
  drawPicker();
  drawLive();
  return {
    element,
    enter() {
      isShown = true;
      stops.push(
        onConnection((now) => {
          connection = now;
          drawLive();
        }),
        onTraces((ids) => {
          for (const id of ids ?? []) if (touched.size < 1000) touched.add(id);
          refreshSoon();
          loadFacetsSoon();
        }));
      if (search === null) this.update();
      else {
        scroller.scrollTop = scroll;
        if (location.search !== search) this.update();
        else {
          noteQuery();
          refreshSoon();
        }
      }
      loadFacetsSoon();
      loadStateSoon();
    },
    update() {
      if (search === location.search) return;
      filters = parseFilters(location.search);
      bar.setFilters(filters);
      noteQuery();
      load();
    },
    leave() {
      isShown = false;
      scroll = scroller.scrollTop;
      for (const stop of stops.splice(0)) stop();
    },
    key(event) {
      if (event.key === "/") bar.focus();
      else if (event.key === "j" || event.key === "ArrowDown") move(1);
      else if (event.key === "k" || event.key === "ArrowUp") move(-1);
      else return false;
      return true;
    },
  };
}
