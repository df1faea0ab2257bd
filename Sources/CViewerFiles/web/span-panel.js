// All that is known of one span.

import { latest, paths } from "./api.js";
import { chatView } from "./chat-view.js";
import { button, copy, copyButton, failure, h, icon, paged, refill, segments, tabs } from "./dom.js";
import { compact, count, duration, exactTitle, iso, localTime, money, oneLine, plural } from "./format.js";
import { jsonText, jsonTree, longText, rawJson } from "./json-tree.js";
import { deliveryMark, statusMark, typeBadge } from "./marks.js";
import { conversation } from "./messages.js";
import { links } from "./router.js";
import { remember, remembered } from "./store.js";

// What the mapping notes, in plain words.
const WARNINGS = {
  __proto__: null,
  invalid_utf8: "Some text was not valid UTF-8; the bad bytes are shown as \ufffd.",
  duplicate_attribute: "An attribute came more than once; the last value counts, the others are under duplicates.",
  invalid_parent_span_id: "The parent id was not valid, so that the span stands as a root.",
  span_is_its_own_parent: "The span named itself as its parent; that was left out.",
  missing_start_time: "There was no start time; the end or the time of reception stands in.",
  end_before_start: "The end was before the start; the start counts as the end.",
  unparsed: "Text that begins like JSON could not be read as JSON, and is kept as text.",
  duplicate_span_id: "Another span of the request has the same id.",
  record_shrunk: "The record was too large for one batch; long texts have lost their middle.",
};

function warningText(warning) {
  const [kind, ...about] = String(warning).split(":");
  const words = WARNINGS[kind];
  return [words ?? String(warning).slice(0, 300), words && about.length ? [" ", h("code", h("bdi", about.join(":").slice(0, 300)))] : null];
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const hasMembers = (value) => isObject(value) && Object.keys(value).length > 0;

/** Milliseconds since 1970 of nanoseconds in a string, with three decimals. */
function fromNanos(text) {
  return /^\d{1,20}$/.test(String(text)) ? Number(BigInt(text) / 1000n) / 1000 : null;
}

const seen = new Map();

function section(title, content, ...tools) {
  return h("section.part-of-span", h("header", h("h3", title), h("span.gap"), tools), content);
}

// Input or output, in the form that the reader prefers among those that fit.
function contentSection(title, value, side) {
  const found = conversation(value, side);
  const forms = found ? (typeof value === "string" ? ["text", "raw"] : ["chat", "json", "raw"]) : ["json", "raw"];
  const words = { chat: "Chat", text: "Text", json: "JSON", raw: "Raw" };
  const box = h("div.content-box");
  const choice = segments(`Form of ${title.toLowerCase()}`, forms.map((form) => [form, words[form]]), (form) => {
    show(form);
    if (form !== "text") remember("form", form);
  }, ".small");
  function show(form) {
    choice.set(form);
    refill(box, form === "chat" || form === "text" ? chatView(found) : form === "json" ? jsonTree(value) : rawJson(value, `${title} as JSON`));
  }
  const liked = remembered("form", "chat");
  show(forms.includes(liked) ? liked : forms[0]);
  return section(title, box, choice,
    copyButton(`Copy ${title.toLowerCase()}`, () => jsonText(value)));
}

function errorSection(error) {
  if (!isObject(error)) return section("Error", h("div.error-box", longText(jsonText(error), 10000, "div")));
  const { message, name, stack, ...others } = error;
  const text = typeof stack === "string" ? stack : null;
  return section("Error", h("div.error-box",
    name && h("div.error-name", h("bdi", oneLine(jsonText(name)))),
    message !== undefined && h("div.error-message", longText(jsonText(message), 10000, "div")),
    text && h("details", { open: text.length < 3000 }, h("summary", "Stack"), h("pre.stack", { tabindex: 0, "aria-label": "Stack" }, longText(text, 20000, "code"))),
    hasMembers(others) && jsonTree(others)), copyButton("Copy error", () => jsonText(error)));
}

function pairs(list) {
  const known = list.filter(([, value]) => value !== null && value !== undefined && value !== false);
  return known.length ? h("dl.pairs", known.map(([key, value]) => h("div", h("dt", key), h("dd", value)))) : null;
}

function usageSection(attributes) {
  const usage = isObject(attributes.usage) ? attributes.usage : {};
  const inside = isObject(usage.inputDetails) ? usage.inputDetails : {};
  const outside = isObject(usage.outputDetails) ? usage.outputDetails : {};
  const cost = isObject(attributes.costContext) ? attributes.costContext : {};
  const names = { __proto__: null, cacheRead: "read from cache", cacheWrite: "written to cache", reasoning: "reasoning", audio: "audio", text: "text", image: "images" };
  const number = (value) => (typeof value === "number" ? count(value) : null);
  const details = (object) => Object.entries(object).filter(([, value]) => typeof value === "number").map(([key, value]) => [`– ${names[key] ?? key}`, count(value)]);
  const others = Object.entries(usage).filter(([key, value]) => typeof value === "number" && !["inputTokens", "outputTokens"].includes(key)).map(([key, value]) => [key, count(value)]);
  const list = pairs([
    ["Input tokens", number(usage.inputTokens)], ...details(inside),
    ["Output tokens", number(usage.outputTokens)], ...details(outside), ...others,
    ["Estimated cost", typeof cost.estimatedCost === "number" ? money(cost.estimatedCost, cost.costUnit) : null],
  ]);
  return list && section("Usage", list);
}

function eventsSection(events, startedAt) {
  const list = paged(h("ol.events"), events, (event) => {
    const { name, timeUnixNano, ...others } = isObject(event) ? event : { event };
    const at = fromNanos(timeUnixNano);
    if (!hasMembers(others.attributes)) delete others.attributes;
    const isPlain = others.attributes && Object.keys(others).length === 1;
    return h("li", h("div.event-head", h("b", h("bdi", oneLine(String(name ?? "event")))),
      at !== null && h("time", { datetime: iso(at), title: exactTitle(at) }, startedAt ? `+${duration(at - startedAt)}` : localTime(at))),
    hasMembers(others) && jsonTree(isPlain ? others.attributes : others));
  });
  return section("Events", list);
}

function linksSection(list) {
  return section("Links", h("ul.links", list.slice(0, 500).map((link) => {
    const trace = String(link?.traceId ?? "");
    const span = String(link?.spanId ?? "");
    const isId = /^[0-9a-f]{32}$/.test(trace);
    const others = isObject(link) ? Object.fromEntries(Object.entries(link).filter(([key]) => key !== "traceId" && key !== "spanId")) : {};
    const text = h("span.mono", trace.slice(0, 64), span && ` · ${span.slice(0, 32)}`);
    return h("li", icon("link"), isId ? h("a", { href: links.trace(trace, /^[0-9a-f]{16}$/.test(span) ? span : "") }, text) : text, hasMembers(others) && jsonTree(others));
  })));
}

const objectSection = (title, value) => hasMembers(value) && section(title, jsonTree(value), copyButton(`Copy ${title.toLowerCase()}`, () => jsonText(value)));

function panelTabs(record, delivery) {
  const attributes = isObject(record.attributes) ? record.attributes : {};
  const metadata = isObject(record.metadata) ? record.metadata : {};
  const otel = isObject(metadata.otel) ? metadata.otel : {};
  const { otel: _otel, resource, scope, ...ownMetadata } = metadata;
  const { events, links: otherSpans, warnings: _warnings, ...otherOtel } = otel;
  const eventList = Array.isArray(events) ? events : [];
  const linkList = Array.isArray(otherSpans) ? otherSpans : [];
  const startedAt = fromNanos(otel.startTimeUnixNano) ?? Date.parse(record.startedAt);
  const isEmpty = record.input == null && record.output == null && record.error == null;
  const attributeCount = Object.keys(attributes).length;
  const items = [
    { id: "content", label: "Content", render: () => [
      record.error != null && errorSection(record.error),
      record.input != null && contentSection("Input", record.input, "input"),
      record.output != null && contentSection("Output", record.output, "output"),
      isEmpty && h("p.dim.pad", "This span has no input or output. Look at its attributes."),
    ] },
    { id: "attributes", label: "Attributes", note: attributeCount ? count(attributeCount) : null, render: () => [
      usageSection(attributes), objectSection("Attributes", attributes), objectSection("Metadata", ownMetadata),
      Array.isArray(record.tags) && record.tags.length > 0 && section("Tags", h("div.chips", record.tags.slice(0, 200).map((tag) => h("span.chip", h("bdi", oneLine(jsonText(tag))))))),
      !attributeCount && !hasMembers(ownMetadata) && h("p.dim.pad", "No attributes."),
    ] },
    { id: "otel", label: "OpenTelemetry", note: eventList.length + linkList.length ? count(eventList.length + linkList.length) : null, render: () => [
      eventList.length > 0 && eventsSection(eventList, startedAt), linkList.length > 0 && linksSection(linkList),
      objectSection("Resource", resource ?? otherOtel.resource), objectSection("Scope", scope ?? otherOtel.scope), objectSection("Span", otherOtel),
    ] },
    { id: "raw", label: "Raw", render: () => section("Record", rawJson(record, "The whole record"), copyButton("Copy record", () => jsonText(record))) },
  ];
  const wanted = remembered("tab", "content");
  return tabs("Details", items, isEmpty && wanted === "content" && attributeCount ? "attributes" : wanted, (id) => remember("tab", id)).element;
}

function factsOf(record, delivery) {
  const attributes = isObject(record.attributes) ? record.attributes : {};
  const otel = isObject(record.metadata?.otel) ? record.metadata.otel : {};
  const startedAt = fromNanos(otel.startTimeUnixNano) || Date.parse(record.startedAt);
  const endedAt = record.endedAt ? fromNanos(otel.endTimeUnixNano) || Date.parse(record.endedAt) : null;
  const first = typeof attributes.completionStartTime === "string" ? Date.parse(attributes.completionStartTime) - Date.parse(record.startedAt) : NaN;
  const usage = isObject(attributes.usage) ? attributes.usage : {};
  const hasTokens = typeof usage.inputTokens === "number" || typeof usage.outputTokens === "number";
  const cost = attributes.costContext;
  const shortText = (value) => (typeof value === "string" && value ? h("bdi", oneLine(value, 80)) : null);
  return pairs([
    ["Started", h("time", { datetime: iso(startedAt), title: exactTitle(startedAt) }, localTime(startedAt))],
    ["Duration", endedAt === null ? (record.isEvent ? null : "running") : duration(endedAt - startedAt)],
    ["First token", Number.isFinite(first) && first >= 0 ? `after ${duration(first)}` : null],
    ["Model", shortText(attributes.model)],
    ["Tokens", hasTokens ? `${compact(usage.inputTokens)} → ${compact(usage.outputTokens)}` : null],
    ["Cost", isObject(cost) && typeof cost.estimatedCost === "number" ? money(cost.estimatedCost, cost.costUnit) : null],
    ["Entity", shortText(record.entityName ?? record.entityId)],
    ["Delivery", delivery && delivery.state !== "local" ? deliveryMark(delivery.state) : null],
  ]);
}

/** The panel beside the waterfall: {element, show(spanId), clear()}. */
export function createSpanPanel(traceId) {
  const element = h("section.panel", { "aria-label": "Details of the span", tabindex: -1 });
  const asking = latest();
  let timer = 0;

  function draw({ record, delivery }) {
    const warnings = record.metadata?.otel?.warnings;
    const isFailed = record.error != null;
    refill(element,
      h("header.panel-head",
        h("div.panel-title", statusMark(isFailed), h("h2", h("bdi", oneLine(String(record.name ?? "unnamed"), 300))), h("span.gap"),
          button("Copy link", () => copy(location.origin + links.trace(traceId, record.spanId), "Link copied"), { icon: "link", iconOnly: true })),
        h("div.panel-sub", typeBadge(record.spanType ?? record.type), record.isEvent && h("span.tag", "event"),
          h("code.id", { title: "Span id" }, String(record.spanId)), copyButton("Copy span id", () => String(record.spanId))),
        factsOf(record, delivery),
        delivery?.state === "refused" && h("p.note.bad", icon("error"), h("span", h("b", "This span was not delivered to Mastra. "), h("bdi", oneLine(delivery.reason ?? "No reason was given.", 1000)))),
        Array.isArray(warnings) && warnings.length > 0 && h("details.note", h("summary", icon("warn"), `The mapping noted ${plural(warnings.length, "thing")}`),
          h("ul", warnings.slice(0, 50).map((warning) => h("li", warningText(warning)))))),
      panelTabs(record, delivery));
    element.scrollTop = 0;
  }

  async function load(spanId) {
    const key = `${traceId} ${spanId}`;
    try {
      if (!seen.has(key)) {
        const answer = await asking.get(paths.span(traceId, spanId));
        if (seen.size > 60) seen.delete(seen.keys().next().value);
        seen.set(key, answer);
      }
      draw(seen.get(key));
    } catch (error) {
      if (error.name !== "AbortError") refill(element, failure(error, () => load(spanId)));
    }
    element.removeAttribute("aria-busy");
  }

  return {
    element,
    show(spanId, isSoon) {
      clearTimeout(timer);
      asking.stop();
      element.setAttribute("aria-busy", "true");
      // Somebody who holds an arrow key passes by many spans.
      if (isSoon && !seen.has(`${traceId} ${spanId}`)) timer = setTimeout(() => load(spanId), 90);
      else load(spanId);
    },
    forget: () => seen.clear(),
    stop() {
      clearTimeout(timer);
      asking.stop();
    },
  };
}
