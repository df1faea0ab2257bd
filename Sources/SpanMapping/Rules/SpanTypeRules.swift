import MastraRecords

/// A row of the table that decides what a span is; the first row that yields a type wins.
///
/// Values are compared after trimming, letters of either case; an empty value never matches, and a
/// value that a row does not list lets the next row speak.
enum SpanTypeRule: Sendable {
    /// The value of a key names the type.
    case value(of: AttributeKey, [(StaticString, SpanTypeChoice)])
    /// Presence of any key of `anyOf`, and of any of `evidence` where that is not empty.
    case presence(anyOf: [AttributeKey], evidence: [AttributeKey], SpanTypeChoice)
}

/// A type, or one that depends on where the span stands.
enum SpanTypeChoice: Sendable {
    case always(SpanType)
    /// `workflow_run` where the span has no parent or a remote one, else `workflow_step`.
    case workflowByPosition
    /// `mcp_tool_call` where an `mcp.*` key is there, else `tool_call`.
    case toolByTransport
    /// The same by `mcp.method.name` alone (MAPPING T3).
    case toolByMethod
}

extension SpanTypeRule {
    /// In order of authority: a type that Mastra itself wrote, a kind that the instrumentation
    /// declares, the operation's name, then what the attributes show (MAPPING T1, T3, T10, T13-T16).
    static let all: [SpanTypeRule] = [
        .value(of: .mastraSpanType, mastraTypes),
        .value(
            of: .openInferenceSpanKind,
            [
                ("LLM", .always(.modelGeneration)),
                ("AGENT", .always(.agentRun)),
                ("TOOL", .toolByMethod),
                ("CHAIN", .workflowByPosition),
                ("RETRIEVER", .always(.ragVectorOperation)),
                ("EMBEDDING", .always(.ragEmbedding)),
                ("RERANKER", .always(.ragAction)),
                ("GUARDRAIL", .always(.processorRun)),
                ("EVALUATOR", .always(.scorerRun)),
                ("PROMPT", .always(.generic)),
            ]),
        .value(of: .genAIOperationName, operations + mastraTypes),
        .presence(anyOf: [.genAIToolName, .genAIToolCallID], evidence: [], .toolByTransport),
        .presence(
            anyOf: [.genAIRetrievalDocuments, .genAIRetrievalQueryText], evidence: [],
            .always(.ragVectorOperation)),
        .presence(
            anyOf: [.genAIEmbeddingsDimensionCount], evidence: [], .always(.ragEmbedding)),
        .presence(
            anyOf: [.genAIRequestModel, .genAIResponseModel, .llmModelName],
            evidence: UsageRule.all.flatMap(\.sources) + [
                .genAIInputMessages, .genAIOutputMessages, .genAIPrompt, .genAICompletion,
            ], .always(.modelGeneration)),
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
