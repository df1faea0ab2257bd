import MastraRecords

/// A row of the table that decides what a span is; the first row that yields a type wins.
///
/// Values are compared after trimming, letters of either case; an empty value never matches, and a
/// value that a row does not list lets the next row speak.
struct SpanTypeRule: Sendable {
    enum Test: Sendable {
        /// The value of a key names the type.
        case value(of: KeySlot, [(StaticString, SpanTypeChoice)])
        /// As `value`, of the text up to the first space.
        case word(of: KeySlot, [(StaticString, SpanTypeChoice)])
        /// The value of a key has this beginning and this end.
        case shape(of: KeySlot, before: StaticString, after: StaticString, SpanTypeChoice)
        /// A key has any value that is not empty.
        case anyValue(of: KeySlot, SpanTypeChoice)
        /// The span's own name, on spans of a convention, with all of these keys there.
        case name(Name, on: Convention, keys: [KeySlot], SpanTypeChoice)
        /// Presence of any key or family, and of any of `evidence` where that is not empty.
        case presence(anyOf: [Presence], evidence: [Presence], SpanTypeChoice)
    }

    enum Name: Sendable {
        case any
        case equals(StaticString)
        case begins(StaticString)
        /// A client's span named by an operation, a space and one word more.
        case operation(StaticString)
    }

    enum Presence: Sendable {
        case key(KeySlot)
        case family(KeyFamily)
        /// A GenAI event that carries content.
        case contentEvent
        /// `llm.request.type` says chat or completion.
        case value(KeySlot, [StaticString])

        static func key(_ key: AttributeKey) -> Presence { .key(KeySlot(key)) }
    }

    /// Its number in docs/mapping.md.
    let label: StaticString
    let test: Test
    /// Only on spans that one of these conventions is on; on any where empty.
    let only: Convention

    init(_ label: StaticString, only: Convention = [], _ test: Test) {
        self.label = label
        self.test = test
        self.only = only
    }
}

/// A type, or one that depends on where the span stands.
enum SpanTypeChoice: Sendable {
    case always(SpanType)
    /// `workflow_run` where the span has no parent or a remote one, else `workflow_step`.
    case workflowByPosition
    /// `mcp_tool_call` where an `mcp.*` key or the scope of an MCP instrumentation is there, else
    /// `tool_call`.
    case toolByTransport
    /// The same by `mcp.method.name` alone (MAPPING T3).
    case toolByMethod
    /// `tool_call` where the span serves the call, else `mcp_tool_call` (MAPPING T9).
    case toolByKind

    var summary: String {
        switch self {
        case .always(let type): "`\(type.name)`"
        case .workflowByPosition: "`workflow_run` at an entry, else `workflow_step`"
        case .toolByTransport: "`tool_call`, with MCP `mcp_tool_call`"
        case .toolByMethod: "`tool_call`, with `mcp.method.name` `mcp_tool_call`"
        case .toolByKind: "`mcp_tool_call`, on a server's span `tool_call`"
        }
    }
}

extension SpanTypeRule {
    static let probes: [Probe] = all.map { rule in
        switch rule.test {
        case .value(let slot, _), .word(let slot, _), .anyValue(let slot, _),
            .shape(let slot, _, _, _):
            Probe(slot, only: rule.only)
        case .name(_, let convention, _, _): Probe(nil, only: convention)
        case .presence: Probe(nil, only: rule.only)
        }
    }

    /// Where the rows begin that only a span's name can meet.
    static let firstByName = all.firstIndex { "\($0.label)" == "T17" } ?? all.count

    /// In order of authority: a type that Mastra itself wrote, a kind that the instrumentation
    /// declares, the operation's name, then what the attributes show (MAPPING T1 to T17).
    static let all: [SpanTypeRule] = declared + operationRules + shapes + shown

    private static func value(
        of key: AttributeKey, _ choices: [(StaticString, SpanTypeChoice)]
    ) -> Test { .value(of: KeySlot(key), choices) }

    private static let declared: [SpanTypeRule] = [
        SpanTypeRule("T1", value(of: .mastraSpanType, mastraTypes)),
        SpanTypeRule(
            "T2",
            value(
                of: .langfuseType,
                [
                    ("generation", .always(.modelGeneration)), ("agent", .always(.agentRun)),
                    ("tool", .toolByMethod), ("retriever", .always(.ragVectorOperation)),
                    ("embedding", .always(.ragEmbedding)),
                    ("guardrail", .always(.processorRun)), ("evaluator", .always(.scorerRun)),
                    ("chain", .workflowByPosition),
                ])),
        SpanTypeRule("T3", value(of: .openInferenceSpanKind, kinds)),
        SpanTypeRule(
            "T4",
            value(
                of: .mlflowSpanType,
                kinds + [
                    ("CHAT_MODEL", .always(.modelGeneration)),
                    ("WORKFLOW", .always(.workflowRun)), ("TASK", .always(.workflowStep)),
                    ("MEMORY", .always(.memoryOperation)), ("PARSER", .always(.generic)),
                ])),
        SpanTypeRule(
            "T5",
            value(
                of: .laminarSpanType,
                [
                    ("LLM", .always(.modelGeneration)), ("CACHED", .always(.modelGeneration)),
                    ("TOOL", .toolByTransport), ("EXECUTOR", .always(.agentRun)),
                    ("EVALUATOR", .always(.scorerRun)), ("EVALUATION", .always(.scorerRun)),
                    ("HUMAN_EVALUATOR", .always(.scorerRun)),
                ])),
        SpanTypeRule(
            "T6",
            value(
                of: .langSmithSpanKind,
                [
                    ("llm", .always(.modelGeneration)), ("tool", .toolByMethod),
                    ("retriever", .always(.ragVectorOperation)),
                    ("embedding", .always(.ragEmbedding)), ("prompt", .always(.generic)),
                    ("parser", .always(.generic)), ("chain", .workflowByPosition),
                ])),
        SpanTypeRule(
            "T7",
            value(
                of: .traceloopSpanKind,
                [
                    ("workflow", .always(.workflowRun)), ("task", .always(.workflowStep)),
                    ("agent", .always(.agentRun)), ("tool", .toolByTransport),
                ])),
        SpanTypeRule("T8", .word(of: KeySlot(.vercelOperationID), vercelOperations)),
        SpanTypeRule("T8", vercelShape(.vercelOperationID, "ai.", ".doGenerate", .modelGeneration)),
        SpanTypeRule("T8", vercelShape(.vercelOperationID, "ai.", ".doStream", .modelGeneration)),
        SpanTypeRule("T8", vercelShape(.vercelOperationID, "ai.", ".doEmbed", .ragEmbedding)),
        SpanTypeRule("T8", vercelShape(.vercelOperationID, "ai.", ".doRerank", .ragAction)),
        SpanTypeRule("T8", vercelShape(.vercelOperationID, "ai.", "", .generic)),
        SpanTypeRule("T8", .word(of: KeySlot(.operationName), vercelOperations)),
        SpanTypeRule("T8", vercelShape(.operationName, "ai.", ".doGenerate", .modelGeneration)),
        SpanTypeRule("T8", vercelShape(.operationName, "ai.", ".doStream", .modelGeneration)),
        SpanTypeRule("T8", vercelShape(.operationName, "ai.", ".doEmbed", .ragEmbedding)),
        SpanTypeRule("T8", vercelShape(.operationName, "ai.", ".doRerank", .ragAction)),
        SpanTypeRule("T8", vercelShape(.operationName, "ai.", "", .generic)),
        SpanTypeRule("T9", value(of: .mcpMethodName, [("tools/call", .toolByKind)])),
        SpanTypeRule("T9", .anyValue(of: KeySlot(.mcpMethodName), .always(.generic))),
    ]

    private static func vercelShape(
        _ key: AttributeKey, _ before: StaticString, _ after: StaticString, _ type: SpanType
    ) -> Test {
        .shape(of: KeySlot(key), before: before, after: after, .always(type))
    }

    private static let operationRules: [SpanTypeRule] = [
        SpanTypeRule("T10", value(of: .genAIOperationName, operations + mastraTypes)),
        SpanTypeRule(
            "T11",
            value(
                of: .spanType,
                [
                    ("interaction", .always(.agentRun)),
                    ("llm_request", .always(.modelGeneration)), ("tool", .toolByTransport),
                    ("claude_code.interaction", .always(.agentRun)),
                    ("claude_code.llm_request", .always(.modelGeneration)),
                    ("claude_code.tool", .toolByTransport),
                ])),
        SpanTypeRule("T11", only: .voltAgent, value(of: .spanType, voltAgentTypes)),
        SpanTypeRule("T11", only: .voltAgent, value(of: .entityType, voltAgentTypes)),
    ]

    private static let voltAgentTypes: [(StaticString, SpanTypeChoice)] = [
        ("agent", .always(.agentRun)), ("llm", .always(.modelGeneration)),
        ("tool", .toolByTransport), ("memory", .always(.memoryOperation)),
    ]

    /// What frameworks leave to their spans' names (MAPPING T12, 4.2).
    private static let shapes: [SpanTypeRule] = [
        shape(.strands, .any, keys: [.strandsCycleID], .modelStep),
        shape(.adk, .equals("call_llm"), .modelGeneration),
        shape(.adk, .begins("agent_run ["), .agentRun),
        shape(.adk, .begins("invoke_agent "), .agentRun),
        shape(.adk, .equals("invocation"), .workflowRun),
        shape(.adk, .begins("execute_tool "), .toolCall),
        shape(.pydantic, .begins("running tool:"), .toolCall),
        shape(.pydantic, .equals("running tool"), .toolCall),
        shape(.pydantic, .begins("running "), keys: [.pydanticToolArguments], .toolCall),
        shape(.pydantic, .any, keys: [.pydanticToolArguments], .toolCall),
        shape(.pydantic, .begins("running "), .generic),
        shape(.pydantic, .any, keys: [.pydanticAgentName, .pydanticModelName], .agentRun),
        shape(.liteLLM, .equals("raw_gen_ai_request"), .modelStep),
        shape(.liveKit, .equals("llm_request_run"), .modelStep),
        shape(.liveKit, .equals("llm_node"), .generic),
        shape(.liveKit, .begins("tts_"), .generic),
        shape(.liveKit, .equals("user_turn"), .generic),
        shape(.liveKit, .equals("agent_speaking"), .generic),
        shape(.liveKit, .equals("function_tool"), .toolCall),
        shape(.semanticKernel, .equals("AutoFunctionInvocationLoop"), .generic),
    ]

    private static func shape(
        _ convention: Convention, _ name: Name, keys: [AttributeKey] = [], _ type: SpanType
    ) -> SpanTypeRule {
        SpanTypeRule(
            "T12", .name(name, on: convention, keys: keys.map(KeySlot.init), .always(type)))
    }

    private static let shown: [SpanTypeRule] = [
        SpanTypeRule(
            "T13",
            .presence(
                anyOf: [.key(.genAIToolName), .key(.genAIToolCallID)], evidence: [],
                .toolByTransport)),
        SpanTypeRule(
            "T14",
            .presence(
                anyOf: [
                    .key(.genAIRetrievalDocuments), .key(.genAIRetrievalQueryText),
                    .family(.documents),
                ], evidence: [], .always(.ragVectorOperation))),
        SpanTypeRule(
            "T15",
            .presence(
                anyOf: [.key(.genAIEmbeddingsDimensionCount), .family(.embeddings)],
                evidence: [], .always(.ragEmbedding))),
        SpanTypeRule(
            "T16",
            .presence(
                anyOf: modelKeys,
                evidence: [
                    .value(KeySlot(.llmRequestType), ["embedding"])
                ], .always(.ragEmbedding))),
        SpanTypeRule(
            "T16", .presence(anyOf: modelKeys, evidence: evidence, .always(.modelGeneration))),
        SpanTypeRule("T17", operationName("chat", .modelGeneration)),
        SpanTypeRule("T17", operationName("text_completion", .modelGeneration)),
        SpanTypeRule("T17", operationName("generate_content", .modelGeneration)),
        SpanTypeRule("T17", operationName("embeddings", .ragEmbedding)),
        SpanTypeRule("T17", operationName("execute_tool", .toolCall)),
        SpanTypeRule("T17", operationName("invoke_agent", .agentRun)),
    ]

    private static func operationName(_ word: StaticString, _ type: SpanType) -> Test {
        .name(.operation(word), on: [], keys: [], .always(type))
    }

    private static let modelKeys: [Presence] = [
        .key(.genAIRequestModel), .key(.genAIResponseModel), .key(.llmModelName),
        .key(.vercelModelID),
    ]

    private static let evidence: [Presence] =
        (UsageRule.slots + UsageRule.totals).map { .key($0) } + [
            .key(.genAIInputMessages), .key(.genAIOutputMessages), .key(.genAIPrompt),
            .key(.genAICompletion), .key(.vercelPrompt), .key(.vercelPromptMessages),
            .key(.vercelResponseText), .key(.vercelResponseToolCalls),
            .key(.vercelResponseObject), .family(.inputMessages), .family(.outputMessages),
            .family(.prompts), .family(.completions), .family(.promptTexts),
            .family(.choiceTexts), .contentEvent,
            .value(KeySlot(.llmRequestType), ["chat", "completion"]),
        ]

    private static let kinds: [(StaticString, SpanTypeChoice)] = [
        ("LLM", .always(.modelGeneration)), ("AGENT", .always(.agentRun)),
        ("TOOL", .toolByMethod), ("CHAIN", .workflowByPosition),
        ("RETRIEVER", .always(.ragVectorOperation)), ("EMBEDDING", .always(.ragEmbedding)),
        ("RERANKER", .always(.ragAction)), ("GUARDRAIL", .always(.processorRun)),
        ("EVALUATOR", .always(.scorerRun)), ("PROMPT", .always(.generic)),
    ]

    private static let vercelOperations: [(StaticString, SpanTypeChoice)] = [
        ("ai.generateText", .always(.agentRun)), ("ai.streamText", .always(.agentRun)),
        ("ai.generateObject", .always(.agentRun)), ("ai.streamObject", .always(.agentRun)),
        ("ai.toolCall", .toolByTransport),
    ]

    private static let operations: [(StaticString, SpanTypeChoice)] = [
        ("chat", .always(.modelGeneration)),
        ("text_completion", .always(.modelGeneration)),
        ("completion", .always(.modelGeneration)),
        ("generate_content", .always(.modelGeneration)),
        ("response", .always(.modelGeneration)),
        ("responses", .always(.modelGeneration)),
        ("generate", .always(.modelGeneration)),
        ("acompletion", .always(.modelGeneration)),
        ("atext_completion", .always(.modelGeneration)),
        ("aresponses", .always(.modelGeneration)),
        ("llm_call", .always(.modelGeneration)),
        ("tool_selection", .always(.modelGeneration)),
        ("embeddings", .always(.ragEmbedding)),
        ("embedding", .always(.ragEmbedding)),
        ("aembedding", .always(.ragEmbedding)),
        ("execute_tool", .toolByTransport),
        ("tool.execute", .toolByTransport),
        ("tool_call", .toolByTransport),
        ("invoke_agent", .always(.agentRun)),
        ("agent.run", .always(.agentRun)),
        ("agent_call", .always(.agentRun)),
        // Not a run: counting it would count every agent twice (MAPPING A4).
        ("create_agent", .always(.generic)),
        ("invoke_workflow", .always(.workflowRun)),
        ("workflow.run", .always(.workflowRun)),
        ("execute_task", .always(.workflowStep)),
        ("agent_step", .always(.modelStep)),
        ("retrieval", .always(.ragVectorOperation)),
        ("rerank", .always(.ragAction)),
    ]

    private static let mastraTypes: [(StaticString, SpanTypeChoice)] =
        SpanType.allCases.map { ($0.name, .always($0)) } + [
            ("llm_generation", .always(.modelGeneration)),
            ("llm_chunk", .always(.modelChunk)),
            ("llm_step", .always(.modelStep)),
        ]
}
