// The help: keys, and what the marks mean.

import { button, h, icon } from "./dom.js";
import { typeLabel } from "./span-types.js";

const KEYS = [
  ["Everywhere", [["?", "This help"], ["g then t", "Traces"], ["g then u", "Usage"], ["Esc", "Close or go back"]]],
  ["List of traces", [["/", "Search"], ["j k or ↑ ↓", "Next or previous trace"], ["Enter", "Open it"]]],
  ["A trace", [
    ["↑ ↓", "Next or previous span"], ["→ ←", "Unfold or fold, or go up"], ["Home End", "First or last span"],
    ["Enter", "Go to the details"], ["e", "Next span that failed"], ["z", "Zoom to the span, and back"], ["/", "Filter spans"],
  ]],
];

const FAMILIES = [
  ["agent", "Agents"], ["model", "Models"], ["tool", "Tools"], ["flow", "Workflows"], ["data", "Retrieval and memory"],
  ["check", "Scorers, processors, skills"], ["other", "Everything else"],
];

let dialog;

/** Opens the help. */
export function openHelp() {
  if (!dialog) {
    dialog = h("dialog.help", { "aria-labelledby": "help-title" },
      h("header.dialog-head", h("h2", { id: "help-title" }, "Help"), button("Close", () => dialog.close(), { icon: "close", iconOnly: true })),
      h("div.dialog-body", { tabindex: 0 },
        h("div.help-keys", KEYS.map(([title, keys]) => h("section", h("h3", title),
          h("dl.keys", keys.map(([key, what]) => [
            h("dt", key.split(" ").map((one) => (["or", "then"].includes(one) ? ` ${one} ` : h("kbd", one)))), h("dd", what),
          ]))))),
        h("section", h("h3", "Kinds of span"),
          h("ul.legend", FAMILIES.map(([family, words]) => h(`li.f-${family}`, h("span.type-icon", icon(family)), words)))),
        h("section", h("h3", "Words"), h("dl.words",
          h("dt", "Orphan"), h("dd", "Its parent has not come, or was left out by the sender. It stands at the left edge."),
          h("dt", "Local"), h("dd", "No route of the gateway sends it on. It is kept here only."),
          h("dt", "Queued, sent, refused"), h("dd", "Where a span is on its way to Mastra. Refused spans were given up; the reason is in their details."),
          h("dt", typeLabel("model_generation")), h("dd", "One call of a model as your program made it; steps and inferences are inside it.")))));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}
