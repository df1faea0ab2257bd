// The filters of the list as they stand in the address, and as the server takes them. Knows nothing of the page.

/** Every filter that the address can have, in the order in which they stand there. */
export const FIELDS = ["text", "service", "status", "type", "model", "name", "thread", "trace", "min", "delivery", "range", "from", "to"];

/** What people call them. */
export const LABELS = {
  text: "Text", service: "Service", status: "Status", type: "Type", model: "Model", name: "Name", thread: "Thread",
  trace: "Trace id", min: "At least", delivery: "Delivery", range: "Time", from: "From", to: "To",
};

/** Presets of time: value in the address, words, milliseconds. */
export const RANGES = [
  ["15m", "Last 15 minutes", 900000],
  ["1h", "Last hour", 3600000],
  ["24h", "Last 24 hours", 86400000],
  ["7d", "Last 7 days", 604800000],
  ["30d", "Last 30 days", 2592000000],
];

const RULES = {
  status: (value) => value === "ok" || value === "error",
  delivery: (value) => ["queued", "sent", "refused"].includes(value),
  trace: (value) => /^[0-9a-f]{1,32}$/.test(value),
  min: (value) => Number(value) > 0,
  from: (value) => Number(value) > 0,
  to: (value) => Number(value) > 0,
  range: (value) => RANGES.some((range) => range[0] === value),
};

/** Filters of a query: an object with a string for each that is set and makes sense. */
export function parseFilters(search) {
  const query = new URLSearchParams(search);
  const filters = {};
  for (const field of FIELDS) {
    let value = (query.get(field) ?? "").trim();
    if (field === "trace") value = value.toLowerCase().replace(/-/g, "");
    if (value && (RULES[field]?.(value) ?? true)) filters[field] = value;
  }
  if (filters.range) {
    delete filters.from;
    delete filters.to;
  }
  return filters;
}

/** The query of filters, with its question mark; empty where none is set. */
export function formatFilters(filters) {
  const query = new URLSearchParams();
  for (const field of FIELDS) {
    if (filters[field]) query.set(field, filters[field]);
  }
  const text = query.toString();
  return text && `?${text}`;
}

/** Milliseconds from and to which a range or two moments mean; null where open. */
export function bounds(filters, now) {
  const range = RANGES.find((one) => one[0] === filters.range);
  if (range) return { from: now - range[2], to: null };
  return { from: Number(filters.from) || null, to: Number(filters.to) || null };
}

/** Filters as the parameters of the server's list. */
export function apiQuery(filters, now, more = {}) {
  const query = new URLSearchParams();
  for (const field of FIELDS) {
    if (filters[field] && !["range", "from", "to"].includes(field)) query.set(field, filters[field]);
  }
  for (const [key, value] of Object.entries({ ...bounds(filters, now), ...more })) {
    if (value != null) query.set(key, String(value));
  }
  return query;
}

/** The milliseconds of a datetime-local field, as text; empty where it is empty. */
export function fromLocal(value) {
  const ms = value ? new Date(value).getTime() : NaN;
  return Number.isNaN(ms) ? "" : String(ms);
}

/** Milliseconds as a datetime-local field takes them. */
export function toLocal(ms) {
  if (!ms || Number.isNaN(new Date(Number(ms)).getTime())) return "";
  const date = new Date(Number(ms));
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
