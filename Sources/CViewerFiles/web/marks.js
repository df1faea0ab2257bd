// Small marks that several pages show: status, type, delivery.

import { h, icon } from "./dom.js";
import { count, plural } from "./format.js";
import { family, typeLabel } from "./span-types.js";

/** The mark of a trace or span that succeeded or failed. */
export function statusMark(isError, errors = 0) {
  const words = !isError ? "OK" : errors > 0 ? plural(errors, "failed span") : "Failed";
  return h(isError ? "span.status.bad" : "span.status.good", { title: words }, icon(isError ? "error" : "ok"), h("span.sr", words));
}

/** The icon of a type in the colour of its family. */
export function typeIcon(type) {
  return h(`span.type-icon.f-${family(type)}`, { title: typeLabel(type) }, icon(family(type)));
}

/** Icon and words of a type. */
export function typeBadge(type) {
  return h(`span.badge.f-${family(type)}`, { title: type }, icon(family(type)), h("span", typeLabel(type)));
}

const DELIVERY = {
  refused: ["error", "Refused"], queued: ["clock", "Queued"], sent: ["sent", "Sent"], local: ["other", "Local"],
};

/** How spans are on their way: a state of one span, or the counts of a trace, of which the worst counts. */
export function deliveryMark(delivery) {
  const counts = typeof delivery === "string" ? { [delivery]: 1 } : delivery ?? {};
  const state = ["refused", "queued", "sent"].find((one) => counts[one] > 0) ?? "local";
  const [name, words] = DELIVERY[state];
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const some = counts[state] < total && state !== "sent" ? ` ${count(counts[state])}` : "";
  const title = Object.entries(counts).filter(([, number]) => number > 0).map(([key, number]) => `${count(number)} ${key}`).join(", ");
  return h(`span.delivery.d-${state}`, { title }, icon(name), h("span", words + some));
}
