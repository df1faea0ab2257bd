import MastraRecords

/// How the value of a content-bearing attribute becomes `input` or `output` (MAPPING 2.1, 6).
enum ContentForm: Sendable {
    /// GenAI messages: a JSON string or a structured list.
    case messages
    /// JSON inside a string where the whole of it parses, else the string; structured values as are.
    case json
}

struct ContentSource: Sendable {
    let key: AttributeKey
    let form: ContentForm
    /// A key whose value `text/plain` forbids parsing (MAPPING J8).
    let mimeType: AttributeKey?

    init(_ key: AttributeKey, _ form: ContentForm, mimeType: AttributeKey? = nil) {
        self.key = key
        self.form = form
        self.mimeType = mimeType
    }
}

/// The sources of `input` and `output` of a type, best first (MAPPING 5.5).
struct ContentRule: Sendable {
    let input: [ContentSource]
    let output: [ContentSource]

    private static let model = ContentRule(
        input: [
            .init(.genAIInputMessages, .messages), .init(.genAIPrompt, .json),
            .init(.inputValue, .json, mimeType: .inputMimeType),
        ],
        output: [
            .init(.genAIOutputMessages, .messages), .init(.genAICompletion, .json),
            .init(.outputValue, .json, mimeType: .outputMimeType),
        ])

    private static let agent = ContentRule(
        input: [
            .init(.genAIInputMessages, .messages),
            .init(.inputValue, .json, mimeType: .inputMimeType),
        ],
        output: [
            .init(.genAIOutputMessages, .messages),
            .init(.outputValue, .json, mimeType: .outputMimeType),
        ])

    private static let tool = ContentRule(
        input: [
            .init(.genAIToolCallArguments, .json),
            .init(.inputValue, .json, mimeType: .inputMimeType),
        ],
        output: [
            .init(.genAIToolCallResult, .json),
            .init(.outputValue, .json, mimeType: .outputMimeType),
        ])

    private static let retrieval = ContentRule(
        input: [
            .init(.genAIRetrievalQueryText, .json),
            .init(.inputValue, .json, mimeType: .inputMimeType),
        ],
        output: [
            .init(.genAIRetrievalDocuments, .json),
            .init(.outputValue, .json, mimeType: .outputMimeType),
        ])

    private static let other = ContentRule(
        input: [
            .init(.inputValue, .json, mimeType: .inputMimeType),
            .init(.genAIInputMessages, .messages), .init(.genAIPrompt, .json),
        ],
        output: [
            .init(.outputValue, .json, mimeType: .outputMimeType),
            .init(.genAIOutputMessages, .messages), .init(.genAICompletion, .json),
        ])

    private static let embedding = ContentRule(input: model.input, output: other.output)

    /// By `SpanType.rawValue`.
    static let byType: [ContentRule] = SpanType.allCases.map { type in
        switch type {
        case .modelGeneration, .modelInference: model
        case .agentRun: agent
        case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall: tool
        case .ragVectorOperation: retrieval
        case .ragEmbedding: embedding
        default: other
        }
    }
}

/// The sources of an entity's id and name (MAPPING 5.1).
struct EntityRule: Sendable {
    let id: [AttributeKey]
    let name: [AttributeKey]
    /// What stands before the name in a span's name, by the conventions' span naming rules.
    let namePrefixes: [StaticString]

    /// By `SpanType.rawValue`.
    static let byType: [EntityRule?] = SpanType.allCases.map { type in
        switch type {
        case .agentRun, .modelGeneration, .modelInference, .modelStep:
            EntityRule(
                id: [.genAIAgentID], name: [.genAIAgentName, .agentName],
                namePrefixes: ["invoke_agent "])
        case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall:
            EntityRule(
                id: [], name: [.genAIToolName, .toolName],
                namePrefixes: ["execute_tool ", "tools/call "])
        case .workflowRun, .workflowStep:
            EntityRule(
                id: [], name: [.genAIWorkflowName],
                namePrefixes: ["invoke_workflow ", "workflow_step "])
        default: nil
        }
    }
}

/// The sources of token counts; of each row the first valid one (MAPPING 5.4).
struct UsageRule: Sendable {
    let field: any WritableKeyPath<Usage, Int64?> & Sendable
    let sources: [AttributeKey]

    /// Usage on any other type is the sum of its descendants and stays a left-over, or tokens would
    /// be counted twice.
    static let types: Set<SpanType> = [.modelGeneration, .modelInference, .ragEmbedding]

    static let all: [UsageRule] = [
        UsageRule(
            field: \.input,
            sources: [.genAIUsageInputTokens, .genAIUsagePromptTokens, .llmTokenCountPrompt]),
        UsageRule(
            field: \.output,
            sources: [
                .genAIUsageOutputTokens, .genAIUsageCompletionTokens, .llmTokenCountCompletion,
            ]),
        UsageRule(
            field: \.cacheRead,
            sources: [
                .genAIUsageCacheReadDotted, .genAIUsageCacheRead, .genAIUsageCached,
                .genAIUsageInputCached, .llmTokenCountCacheRead,
            ]),
        UsageRule(
            field: \.cacheWrite,
            sources: [
                .genAIUsageCacheCreationDotted, .genAIUsageCacheWriteDotted,
                .genAIUsageCacheCreation, .genAIUsageCacheWrite, .llmTokenCountCacheWrite,
            ]),
        UsageRule(field: \.cacheWrite5m, sources: [.genAIUsageCacheCreation5m]),
        UsageRule(field: \.cacheWrite1h, sources: [.genAIUsageCacheCreation1h]),
        UsageRule(
            field: \.inputAudio, sources: [.llmTokenCountPromptAudio, .genAIUsageAudioInput]),
        UsageRule(
            field: \.reasoning,
            sources: [.genAIUsageReasoningDotted, .genAIUsageReasoning, .llmTokenCountReasoning]),
        UsageRule(
            field: \.outputAudio, sources: [.llmTokenCountCompletionAudio, .genAIUsageAudioOutput]),
    ]
}
