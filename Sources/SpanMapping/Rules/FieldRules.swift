import MastraRecords

/// How a source value becomes a field's value. A value that does not decode leaves the field to the
/// next source and stays a left-over under its own key.
enum FieldDecoder: Sendable {
    /// A non-empty string, as it is.
    case text
    /// As `text`, cleaned to a provider's name; framework names are no providers (MAPPING 5.2).
    case provider
    /// A finite number, or a string that is one.
    case number
    /// An integer from `min` up, below 2^53; integral doubles and decimal strings count.
    case integer(min: Int64)
    case boolean
    /// Strings: an array of them, a JSON array in a string, or one string.
    case textList
    /// The first of a list of strings, in Mastra's words for finish reasons (MAPPING 5.6).
    case finishReason
    /// JSON inside a string, or a structured value; any other string stays one.
    case json
    /// The text of GenAI instructions: a string, or the one text part of a list; a longer list as JSON.
    case instructions
    /// The names in a list of tool definitions.
    case toolNames
    /// A host name, or the one in a URL.
    case host
    /// A time as `Date.toISOString()` writes it; only within the span.
    case time
    /// Seconds after the span's start, as a time; only within the span.
    case secondsAfterStart
}

struct FieldSource: Sendable {
    let key: AttributeKey
    let decoder: FieldDecoder

    init(_ key: AttributeKey, _ decoder: FieldDecoder) {
        self.key = key
        self.decoder = decoder
    }
}

/// Where in a record a field stands.
enum FieldPlace: Int, CaseIterable, Sendable {
    case attributes, parameters
}

/// A row of the field table: the first source that is there and decodes fills the field.
struct FieldRule: Sendable {
    let place: FieldPlace
    let name: StaticString
    let types: Set<SpanType>?
    let sources: [FieldSource]

    init(
        _ place: FieldPlace, _ name: StaticString, on types: Set<SpanType>? = nil,
        _ sources: FieldSource...
    ) {
        self.place = place
        self.name = name
        self.types = types
        self.sources = sources
    }
}

extension FieldRule {
    private static let calls: Set<SpanType> = [.modelGeneration, .modelInference, .modelStep]
    private static let models = calls.union([.ragEmbedding, .ragAction])
    private static let tools: Set<SpanType> = [
        .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall,
    ]

    /// MAPPING 5.2, 5.3 and 5.6; the order of rows is the order in a record.
    static let all: [FieldRule] = [
        FieldRule(
            .attributes, "model", on: models, .init(.genAIRequestModel, .text),
            .init(.llmModelName, .text), .init(.embeddingModelName, .text),
            .init(.rerankerModelName, .text), .init(.genAIResponseModel, .text)),
        FieldRule(
            .attributes, "provider", on: models, .init(.genAIProviderName, .provider),
            .init(.genAISystem, .provider), .init(.llmProvider, .provider),
            .init(.llmSystem, .provider)),
        FieldRule(.attributes, "responseModel", on: models, .init(.genAIResponseModel, .text)),
        FieldRule(.attributes, "responseId", on: models, .init(.genAIResponseID, .text)),
        FieldRule(
            .attributes, "finishReason", on: calls,
            .init(.genAIResponseFinishReasons, .finishReason)),
        FieldRule(
            .attributes, "streaming", on: calls, .init(.genAIRequestStream, .boolean),
            .init(.genAIIsStreaming, .boolean)),
        FieldRule(
            .attributes, "completionStartTime", on: calls,
            .init(.mastraCompletionStartTime, .time),
            .init(.genAIResponseTimeToFirstChunk, .secondsAfterStart)),
        FieldRule(.attributes, "tools", on: calls, .init(.genAIToolDefinitions, .json)),
        FieldRule(
            .attributes, "availableTools", on: [.agentRun],
            .init(.genAIToolDefinitions, .toolNames)),
        FieldRule(.attributes, "serverAddress", on: calls, .init(.serverAddress, .host)),
        FieldRule(.attributes, "serverPort", on: calls, .init(.serverPort, .integer(min: 1))),
        FieldRule(
            .attributes, "conversationId", on: [.agentRun], .init(.genAIConversationID, .text)),
        FieldRule(
            .attributes, "instructions", on: [.agentRun],
            .init(.genAISystemInstructions, .instructions)),
        FieldRule(.attributes, "toolCallId", on: tools, .init(.genAIToolCallID, .text)),
        FieldRule(.attributes, "toolType", on: tools, .init(.genAIToolType, .text)),
        FieldRule(
            .attributes, "toolDescription", on: tools, .init(.genAIToolDescription, .text)),
        FieldRule(.attributes, "mcpServer", on: [.mcpToolCall], .init(.serverAddress, .text)),
        FieldRule(
            .attributes, "topK", on: [.ragVectorOperation], .init(.genAIRequestTopK, .number)),
        FieldRule(
            .attributes, "dimensions", on: [.ragEmbedding],
            .init(.genAIEmbeddingsDimensionCount, .integer(min: 1))),

        FieldRule(.parameters, "temperature", on: calls, .init(.genAIRequestTemperature, .number)),
        FieldRule(
            .parameters, "maxOutputTokens", on: calls,
            .init(.genAIRequestMaxTokens, .integer(min: 0))),
        FieldRule(.parameters, "topP", on: calls, .init(.genAIRequestTopP, .number)),
        FieldRule(.parameters, "topK", on: calls, .init(.genAIRequestTopK, .number)),
        FieldRule(
            .parameters, "presencePenalty", on: calls,
            .init(.genAIRequestPresencePenalty, .number)),
        FieldRule(
            .parameters, "frequencyPenalty", on: calls,
            .init(.genAIRequestFrequencyPenalty, .number)),
        FieldRule(
            .parameters, "stopSequences", on: calls, .init(.genAIRequestStopSequences, .textList)),
        FieldRule(
            .parameters, "seed", on: calls, .init(.genAIRequestSeed, .number),
            .init(.genAIOpenAIRequestSeed, .number)),
    ]

    /// The rows of a type, in the order of `FieldPlace`, looked up by `SpanType.rawValue`.
    static let byType: [[[FieldRule]]] = SpanType.allCases.map { type in
        FieldPlace.allCases.map { place in
            all.filter { $0.place == place && ($0.types?.contains(type) ?? true) }
        }
    }
}

/// A row of the metadata table: the first source that is a non-empty string fills the field
/// (MAPPING 5.7). Mastra lifts these into columns only where they are strings.
struct MetadataRule: Sendable {
    let name: StaticString
    let sources: [AttributeKey]

    /// Filled from the resource where no span attribute fills it.
    static let environment = MetadataRule(
        name: "environment", sources: [.deploymentEnvironmentName, .deploymentEnvironment])

    static let all: [MetadataRule] = [
        environment,
        MetadataRule(name: "sessionId", sources: [.sessionID]),
        MetadataRule(name: "threadId", sources: [.genAIConversationID]),
        MetadataRule(name: "userId", sources: [.userID, .endUserID]),
        MetadataRule(name: "requestId", sources: [.requestIDHeader]),
    ]
}

/// Names of typed fields that a left-over attribute must not take (MAPPING 8.2).
enum ReservedNames {
    static let attributes: [StaticString] =
        [
            "usage", "parameters", "status", "success", "input", "output", "agentId", "agentName",
            "toolId", "workflowId", "stepId",
        ]
        + FieldRule.all.filter { $0.place == .attributes }.map(\.name)
}
