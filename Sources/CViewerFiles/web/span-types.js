// What a type of span is called, and to which family it belongs: the family has the colour and the icon.

const FAMILIES = {
  agent: ["agent_run", "agent_signal"],
  model: ["model_generation", "model_step", "model_inference", "model_chunk", "llm_generation"],
  tool: ["tool_call", "mcp_tool_call", "client_tool_call", "provider_tool_call", "mcp_server_request"],
  flow: [
    "workflow_run", "workflow_step", "workflow_conditional", "workflow_conditional_eval", "workflow_parallel",
    "workflow_loop", "workflow_sleep", "workflow_wait_event", "mapping", "graph_action",
  ],
  data: ["rag_ingestion", "rag_embedding", "rag_vector_operation", "rag_action", "memory_operation", "workspace_action"],
  check: ["scorer_run", "scorer_step", "processor_run", "skill_resolution", "skill_action"],
};

const KNOWN = new Map(Object.entries(FAMILIES).flatMap(([family, types]) => types.map((type) => [type, family])));
// Types may be any word, those of a prototype among them.
const SHORT = { __proto__: null, mcp: "MCP", rag: "RAG", llm: "LLM" };

/** Family of a type: agent, model, tool, flow, data, check or other. */
export function family(type) {
  const known = KNOWN.get(type);
  if (known) return known;
  const start = /^(agent|model|tool|workflow|rag|scorer)_/.exec(type ?? "")?.[1];
  return { workflow: "flow", rag: "data", scorer: "check" }[start] ?? start ?? "other";
}

/** A type in words: "Model generation". */
export function typeLabel(type) {
  if (!type) return "Span";
  const words = String(type).split("_").map((word) => SHORT[word] ?? word).join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
