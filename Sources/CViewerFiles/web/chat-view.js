// A conversation as turns.

import { h, icon, paged } from "./dom.js";
import { jsonTree, longText } from "./json-tree.js";

// What a span says is looked up: without a prototype there is nothing to be found that is not written here.
const ROLES = { __proto__: null, system: "System", developer: "Developer", user: "User", assistant: "Assistant", tool: "Tool", model: "Model", human: "User", ai: "Assistant" };
// Instructions are long and the same each time.
const LIMITS = { __proto__: null, system: 600, developer: 600 };

function valueView(value) {
  if (value === undefined || value === null || value === "") return h("span.dim", "nothing");
  return typeof value === "string" ? longText(value, 10000, "div") : jsonTree(value);
}

function partView(part, role) {
  switch (part.kind) {
    case "text":
      return h("div.part.text", longText(part.text, LIMITS[role] ?? 10000, "div"));
    case "reasoning":
      return h("details.part.reasoning", { open: part.text.length < 600 }, h("summary", "Reasoning"), h("div.text", longText(part.text, 10000, "div")));
    case "call":
    case "result": {
      const what = part.kind === "call" ? "calls" : part.failed ? "failed" : "answered";
      const name = h("bdi", part.tool || "a tool");
      return h(`div.part.tool-box${part.failed ? ".bad" : ""}`,
        h("div.tool-head", icon(part.kind === "call" ? "tool" : "right"), part.kind === "call" ? ["Calls ", h("b", name)] : [part.tool ? h("b", name) : "Tool", ` ${what}`],
          part.id && h("code.id", { title: "Id of the call" }, part.id.slice(0, 60))),
        h("div.tool-body", valueView(part.value)));
    }
    case "media":
      return h("div.part.media", icon("download"), h("bdi", part.label), h("small", "Media are not loaded here"));
    default:
      return h("div.part.data", part.label && h("div.part-label", h("bdi", part.label)), valueView(part.value));
  }
}

/** The turns of a conversation that `conversation` has recognised. */
export function chatView(found) {
  const isPlain = found.turns.length === 1 && !found.turns[0].role;
  const list = paged(h("ol.turns"), found.turns, (turn) => {
    const role = turn.role.toLowerCase();
    return h(`li.turn.role-${ROLES[role] ? ROLES[role].toLowerCase() : "other"}`,
      !isPlain && h("div.role", h("bdi", ROLES[role] ?? turn.role), turn.name && h("small", h("bdi", turn.name))),
      h("div.parts", turn.parts.length ? turn.parts.map((part) => partView(part, role)) : h("span.dim", "No content")));
  });
  const omitted = found.omitted.length > 0 && h("p.omitted", "Only seen as JSON: ", h("bdi", found.omitted.slice(0, 12).join(", ")), found.omitted.length > 12 && ", …");
  return h("div.chat", list, omitted);
}
