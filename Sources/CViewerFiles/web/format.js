// Numbers, times and text as people read them. Knows nothing of the page.

// Control characters, and those that turn the direction of what follows: a name must not reorder its neighbours.
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text that is safe to be displayed: control and bidi override characters are seen as U+FFFD. */
export function clean(text) {
  return String(text).replace(HIDDEN, "\ufffd");
}

/** The beginning of a text on one line, with an ellipsis where something was cut. */
export function oneLine(text, length = 200) {
  const start = String(text).slice(0, length * 2).replace(/\s+/g, " ").trim();
  return start.length > length ? `${start.slice(0, length)}…` : start;
}

const numbers = new Map();

function format(value, options, key) {
  if (!numbers.has(key)) numbers.set(key, new Intl.NumberFormat(undefined, options));
  return numbers.get(key).format(value);
}

const fixed = (value, digits) => format(value, { maximumFractionDigits: digits }, digits);

/** A count with separators, or a dash where it is not known. */
export function count(value) {
  if (value == null) return "–";
  return Math.abs(value) < 1e15 ? fixed(value, 0) : value.toExponential(2);
}

/** A count in three or four figures: 12.3K. */
export function compact(value) {
  if (value == null) return "–";
  if (Math.abs(value) < 10000 || Math.abs(value) >= 1e15) return count(value);
  return format(value, { notation: "compact", maximumFractionDigits: 1 }, "compact");
}

/** "1 trace" or "2 traces". */
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** An amount of money, with as many digits as a small one needs. */
export function money(value, unit = "USD") {
  if (value == null) return "–";
  if (value > 0 && value < 0.0001) return `<${money(0.0001, unit)}`;
  const small = value !== 0 && Math.abs(value) < 0.1;
  const digits = small ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
  const code = /^[a-z]{3}$/i.test(unit) ? unit.toUpperCase() : "USD";
  return format(value, { style: "currency", currency: code, currencyDisplay: "narrowSymbol", ...digits }, `${code}${small}`);
}

/** A length of time: 0.85 ms, 850 ms, 1.9 s, 2 m 5 s, 1 h 3 m, 2 d 4 h. */
export function duration(ms) {
  if (ms == null || !Number.isFinite(ms)) return "–";
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 10) return `${fixed(ms, ms < 1 ? 3 : 2)} ms`;
  if (ms < 999.5) return `${fixed(ms, 0)} ms`;
  if (ms < 9950) return `${fixed(ms / 1000, 2)} s`;
  if (ms < 59950) return `${fixed(ms / 1000, 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  const hours = Math.round(minutes / 60);
  return `${count(Math.floor(hours / 24))} d ${hours % 24} h`;
}

const UNITS = { "": 1, ms: 1, s: 1000, m: 60000, min: 60000, h: 3600000 };

/** Milliseconds of what somebody typed ("200", "1.5 s", "2m"), or null. */
export function parseDuration(text) {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*(ms|s|min|m|h)?\s*$/i.exec(text);
  return match ? parseFloat(match[1].replace(",", ".")) * UNITS[(match[2] ?? "").toLowerCase()] : null;
}

/** Size in bytes with a unit. */
export function bytes(value) {
  if (value == null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${fixed(size, size < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/** The exact moment in ISO 8601, empty where it is no moment. */
export function iso(ms) {
  const date = new Date(ms);
  return ms == null || Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

/** What a title says of a moment: the reader's time and the exact one. */
export function exactTitle(ms) {
  return iso(ms) && `${localTime(ms)}\n${iso(ms)}`;
}

let dated;

/** A moment in the reader's own time zone. */
export function localTime(ms) {
  if (!iso(ms)) return "–";
  dated ??= new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return dated.format(ms);
}

const STEPS = [["second", 1000, 60], ["minute", 60000, 60], ["hour", 3600000, 24], ["day", 86400000, 30], ["month", 2592000000, 12], ["year", 31536000000, Infinity]];
let words;

/** How long ago: "just now", "5 min. ago". */
export function relative(ms, now) {
  if (!iso(ms)) return "–";
  const ago = now - ms;
  if (Math.abs(ago) < 5000) return "just now";
  words ??= new Intl.RelativeTimeFormat(undefined, { style: "narrow", numeric: "always" });
  for (const [unit, size, limit] of STEPS) {
    if (Math.abs(ago) < size * limit) return words.format(-Math.trunc(ago / size), unit);
  }
  return localTime(ms);
}

/** Round steps for an axis from 0 to `top`, at most `most` of them, as an array of values. */
export function ticks(top, most) {
  if (!(top > 0)) return [0];
  const rough = top / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999) * power;
  const values = [];
  for (let index = 0; index * step <= top * 1.0001; index += 1) values.push(index * step);
  return values;
}
