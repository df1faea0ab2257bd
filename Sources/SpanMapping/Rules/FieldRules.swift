import MastraRecords

/// Where the value of a field comes from.
enum FieldOrigin: Hashable, Sendable {
    case key(AttributeKey)
    /// A member of the JSON that a key holds; the key stays a left-over.
    case member(AttributeKey, [String])
    /// Indexed keys, made one list again.
    case family(KeyFamily)
    /// A word of ours, where nothing better is known.
    case constant(String)
    /// The time of the first event that a stream of tokens leaves.
    case firstChunkEvent
    /// The rest of the span's name behind the word of an operation (MAPPING T17).
    case operationInName
    /// An operation of the AI SDK that streams says so in its id.
    case streamInOperation

    var summary: String {
        switch self {
        case .key(let key): "`\(key.rawValue)`"
        case .member(let key, let path): "`\(key.rawValue)` → `\(path.joined(separator: "."))`"
        case .family(let family): "`\(family.prefix)N.…`"
        case .constant(let text): "`\"\(text)\"`"
        case .firstChunkEvent: "time of the first token event"
        case .operationInName: "span name behind its operation word"
        case .streamInOperation: "`ai.operationId` with `stream` in it"
        }
    }
}

struct FieldSource: Sendable {
    let origin: FieldOrigin
    let decoder: FieldDecoder
    /// Only on spans that one of these conventions is on; on any where empty.
    let only: Convention
    /// Of the key.
    let slot: KeySlot?
    let path: [StaticString]
    let literal: StaticString

    init(_ key: AttributeKey, _ decoder: FieldDecoder, only: Convention = []) {
        self.init(.key(key), decoder, only, KeySlot(key), [], "")
    }

    static func member(
        _ key: AttributeKey, _ path: StaticString..., as decoder: FieldDecoder,
        only: Convention = []
    ) -> FieldSource {
        FieldSource(
            .member(key, path.map { "\($0)" }), decoder, only, KeySlot(key), path, "")
    }

    static func family(_ family: KeyFamily, _ decoder: FieldDecoder) -> FieldSource {
        FieldSource(.family(family), decoder, [], nil, [], "")
    }

    static func constant(_ text: StaticString, only: Convention = []) -> FieldSource {
        FieldSource(.constant("\(text)"), .text, only, nil, [], text)
    }

    static var firstChunkEvent: FieldSource {
        FieldSource(.firstChunkEvent, .time, [], nil, [], "")
    }

    static var operationInName: FieldSource {
        FieldSource(.operationInName, .text, [], nil, [], "")
    }

    static var streamInOperation: FieldSource {
        FieldSource(.streamInOperation, .boolean, [], KeySlot(.vercelOperationID), [], "")
    }

    private init(
        _ origin: FieldOrigin, _ decoder: FieldDecoder, _ only: Convention, _ slot: KeySlot?,
        _ path: [StaticString], _ literal: StaticString
    ) {
        self.origin = origin
        self.decoder = decoder
        self.only = only
        self.slot = slot
        self.path = path
        self.literal = literal
    }
}

/// Where in a record a field stands.
enum FieldPlace: Int, CaseIterable, Sendable {
    case attributes, parameters
}

/// A row of the field table: the first source that is there and decodes fills the field.
struct FieldRule: Sendable {
    enum Condition: Sendable {
        case always
        /// The span serves a call of an MCP tool.
        case servesMCP
    }

    let place: FieldPlace
    let name: StaticString
    let types: Set<SpanType>?
    let condition: Condition
    let sources: [FieldSource]

    init(
        _ place: FieldPlace, _ name: StaticString, on types: Set<SpanType>? = nil,
        when condition: Condition = .always, _ sources: FieldSource...
    ) {
        self.place = place
        self.name = name
        self.types = types
        self.condition = condition
        self.sources = sources
    }
}

extension FieldRule {
    static let calls: Set<SpanType> = [.modelGeneration, .modelInference, .modelStep]
    private static let models = calls.union([.ragEmbedding, .ragAction])
    static let tools: Set<SpanType> = [
        .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall,
    ]

    /// MAPPING 5.2, 5.3 and 5.6; the order of rows is the order in a record.
    static let all: [FieldRule] = fields + parameters

    private static let fields: [FieldRule] = [
        FieldRule(
            .attributes, "model", on: models, .init(.genAIRequestModel, .text),
            .init(.langfuseModel, .jsonText), .init(.vercelModelID, .text),
            .init(.llmRequestModelName, .text), .init(.llmModelName, .text),
            .init(.embeddingModelName, .text), .init(.rerankerModelName, .text),
            .init(.mlflowModel, .jsonText), .init(.langSmithModelName, .text),
            .init(.genAIResponseModel, .text), .init(.llmResponseModel, .text),
            .member(.llmInvocationParameters, "model", as: .text),
            .init(.bareModel, .jsonText, only: .mlflow),
            .init(.pydanticModelName, .text, only: [.pydantic, .claudeCode]), .operationInName),
        FieldRule(
            .attributes, "provider", on: models,
            .init(.genAIProviderName, .text, only: .mastra),
            .init(.genAISystem, .text, only: .mastra), .init(.genAIProviderName, .provider),
            .init(.genAISystem, .provider), .init(.llmProvider, .provider),
            .init(.llmSystem, .provider), .init(.vercelModelProvider, .provider),
            .init(.traceloopProvider, .provider), .init(.langSmithProvider, .provider),
            .init(.errorProvider, .provider)),
        FieldRule(
            .attributes, "responseModel", on: models, .init(.genAIResponseModel, .text),
            .init(.vercelResponseModel, .text), .init(.llmResponseModelName, .text)),
        FieldRule(
            .attributes, "responseId", on: models, .init(.genAIResponseID, .text),
            .init(.vercelResponseID, .text)),
        FieldRule(
            .attributes, "finishReason", on: calls,
            .init(.genAIResponseFinishReasons, .finishReason),
            .init(.vercelResponseFinishReason, .finishReason),
            .init(.llmFinishReason, .finishReason),
            .init(.genAIResponseFinishReason, .finishReason),
            .init(.anthropicMessageStopReason, .finishReason)),
        FieldRule(
            .attributes, "streaming", on: calls, .init(.genAIRequestStream, .boolean),
            .init(.genAIIsStreaming, .boolean), .init(.llmIsStreaming, .boolean),
            .init(.genAIRequestIsStream, .boolean), .streamInOperation,
            .member(.llmInvocationParameters, "stream", as: .boolean)),
        FieldRule(
            .attributes, "completionStartTime", on: calls,
            .init(.mastraCompletionStartTime, .time),
            .init(.langfuseCompletionStartTime, .time),
            .init(.genAIResponseTimeToFirstChunk, .secondsAfterStart),
            .init(.genAIServerTimeToFirstToken, .secondsAfterStart),
            .init(.genAIServerTTFT, .secondsAfterStart),
            .init(.vercelResponseMsToFirstChunk, .millisecondsAfterStart),
            .init(.liveKitTimeToFirstToken, .secondsAfterStart), .firstChunkEvent),
        FieldRule(
            .attributes, "tools", on: calls, .init(.genAIToolDefinitions, .tools),
            .family(.tools, .tools), .family(.functions, .tools),
            .init(.vercelPromptTools, .tools),
            .member(.modelRequestParameters, "function_tools", as: .tools)),
        FieldRule(.attributes, "toolChoice", on: calls, .init(.vercelPromptToolChoice, .json)),
        FieldRule(
            .attributes, "availableTools", on: [.agentRun],
            .init(.genAIToolDefinitions, .toolNames), .family(.tools, .toolNames),
            .family(.functions, .toolNames), .init(.vercelPromptTools, .toolNames),
            .member(.modelRequestParameters, "function_tools", as: .toolNames),
            .init(.agentAvailableTools, .toolNames, only: .mastra)),
        FieldRule(
            .attributes, "maxSteps", on: [.agentRun],
            .init(.agentMaxSteps, .integer(min: 0), only: .mastra)),
        FieldRule(
            .attributes, "serverAddress", on: calls, .init(.serverAddress, .host),
            .init(.genAIOpenAIAPIBase, .host), .init(.llmOpenAIAPIBase, .host)),
        FieldRule(.attributes, "serverPort", on: calls, .init(.serverPort, .integer(min: 1))),
        FieldRule(
            .attributes, "conversationId", on: [.agentRun], .init(.genAIConversationID, .text)),
        FieldRule(
            .attributes, "instructions", on: [.agentRun],
            .init(.genAISystemInstructions, .text, only: .mastra),
            .init(.genAISystemInstructions, .instructions),
            .init(.systemPrompt, .text, only: [.strands, .pydantic, .genAI]),
            .init(.liveKitInstructions, .text)),
        FieldRule(
            .attributes, "toolCallId", on: tools, .init(.genAIToolCallID, .text),
            .init(.vercelToolCallID, .text), .init(.liveKitToolID, .text)),
        FieldRule(.attributes, "toolType", on: tools, .init(.genAIToolType, .text)),
        FieldRule(
            .attributes, "toolDescription", on: tools, .init(.genAIToolDescription, .text)),
        FieldRule(
            .attributes, "success", on: tools, .init(.genAIToolSuccess, .boolean, only: .mastra)),
        FieldRule(.attributes, "mcpRole", on: tools, when: .servesMCP, .constant("server")),
        FieldRule(
            .attributes, "mcpMethod", on: tools, when: .servesMCP, .init(.mcpMethodName, .text)),
        FieldRule(
            .attributes, "mcpServer", on: [.mcpToolCall], .init(.mcpServerName, .text),
            .init(.serverAddress, .text), .init(.fastMCPServerName, .text),
            .init(.servicePeerName, .text), .init(.mcpSessionID, .text), .constant("unknown")),
        FieldRule(
            .attributes, "mcpServer", on: [.toolCall], when: .servesMCP,
            .init(.fastMCPServerName, .text), .init(.serverAddress, .text)),
        FieldRule(
            .attributes, "serverVersion", on: [.mcpToolCall],
            .init(.mcpServerVersion, .text, only: .mastra)),
        FieldRule(
            .attributes, "mcpProtocolVersion", on: [.toolCall], when: .servesMCP,
            .init(.mcpProtocolVersion, .text)),
        FieldRule(
            .attributes, "mcpSessionId", on: [.toolCall], when: .servesMCP,
            .init(.mcpSessionID, .text)),
        FieldRule(
            .attributes, "status", on: [.workflowRun],
            .init(.workflowStatus, .text, only: .mastra)),
        FieldRule(.attributes, "operation", on: [.ragVectorOperation], .constant("query")),
        FieldRule(
            .attributes, "topK", on: [.ragVectorOperation], .init(.genAIRequestTopK, .number)),
        FieldRule(
            .attributes, "dimensions", on: [.ragEmbedding],
            .init(.genAIEmbeddingsDimensionCount, .integer(min: 1))),
        FieldRule(
            .attributes, "action", on: [.ragAction],
            .constant("rerank", only: [.openInference, .genAI, .vercel, .mlflow])),
        FieldRule(
            .attributes, "topN", on: [.ragAction], .init(.rerankerTopK, .integer(min: 0))),
        FieldRule(
            .attributes, "providerMetadata", on: models,
            .init(.vercelResponseProviderMetadata, .json)),
    ]

    /// What a generation takes from the last call below it (MASTRA-CONTRACT 4.5).
    static let inherited = fields.filter {
        ["model", "provider", "finishReason"].contains("\($0.name)")
    }

    private static let parameters: [FieldRule] = [
        parameter(
            "temperature", .number, .genAIRequestTemperature, .vercelSettingsTemperature,
            .langSmithTemperature, in: "temperature", langChain: "ls_temperature"),
        parameter(
            "maxOutputTokens", .integer(min: 0), .genAIRequestMaxTokens,
            .vercelSettingsMaxOutputTokens, .vercelSettingsMaxTokens, .langSmithMaxTokens,
            in: "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens",
            langChain: "ls_max_tokens"),
        parameter("topP", .number, .genAIRequestTopP, .vercelSettingsTopP, in: "top_p"),
        parameter("topK", .number, .genAIRequestTopK, .vercelSettingsTopK, in: "top_k"),
        parameter(
            "presencePenalty", .number, .genAIRequestPresencePenalty,
            .vercelSettingsPresencePenalty, in: "presence_penalty"),
        parameter(
            "frequencyPenalty", .number, .genAIRequestFrequencyPenalty,
            .vercelSettingsFrequencyPenalty, in: "frequency_penalty"),
        parameter(
            "stopSequences", .textList, .genAIRequestStopSequences,
            .vercelSettingsStopSequences, in: "stop", "stop_sequences"),
        parameter(
            "seed", .number, .genAIRequestSeed, .genAIOpenAIRequestSeed, .vercelSettingsSeed,
            in: "seed"),
        parameter(
            "maxRetries", .integer(min: 0), .vercelSettingsMaxRetries, in: "max_retries"),
    ]

    /// A parameter of a call: keys of its own first, then members of the blobs that OpenInference and
    /// Langfuse keep all parameters in, and of LangChain's metadata (MAPPING 5.3).
    private static func parameter(
        _ name: StaticString, _ decoder: FieldDecoder, _ keys: AttributeKey...,
        in members: StaticString..., langChain: StaticString? = nil
    ) -> FieldRule {
        let own = keys.map { FieldSource($0, decoder) }
        let blobs = [AttributeKey.llmInvocationParameters, .langfuseModelParameters].flatMap {
            blob in members.map { FieldSource.member(blob, $0, as: decoder) }
        }
        let metadata = langChain.map {
            FieldSource.member(.bareMetadata, $0, as: decoder, only: .openInference)
        }
        return FieldRule(
            .parameters, name, on: calls, own + blobs + (metadata.map { [$0] } ?? []))
    }

    private init(
        _ place: FieldPlace, _ name: StaticString, on types: Set<SpanType>,
        _ sources: [FieldSource]
    ) {
        self.place = place
        self.name = name
        self.types = types
        condition = .always
        self.sources = sources
    }

    /// The rows of a type, in the order of `FieldPlace`, looked up by `SpanType.rawValue`.
    static let byType: [[[FieldRule]]] = SpanType.allCases.map { type in
        FieldPlace.allCases.map { place in
            all.filter { $0.place == place && ($0.types?.contains(type) ?? true) }
        }
    }

    static let probes: [[ProbeTable]] = byType.map { places in
        places.map { rules in
            ProbeTable(rules.map { $0.sources.map { Probe($0.slot, only: $0.only) } })
        }
    }
}

/// A member of `mastra.<span type>.…` and the field that it came from (MASTRA-CONTRACT 4.1).
struct MastraFieldRule: Sendable {
    let suffix: StaticString
    let name: StaticString
    let decoder: FieldDecoder

    static let all: [MastraFieldRule] = [
        .init("max_steps", "maxSteps", .number), .init("step_index", "stepIndex", .number),
        .init("is_continued", "isContinued", .boolean), .init("mode", "mode", .text),
        .init("dimensions", "dimensions", .number),
        .init("input_count", "inputCount", .number), .init("status", "status", .text),
        .init("server_name", "mcpServer", .text),
        .init("server_version", "serverVersion", .text),
        .init("condition_count", "conditionCount", .number),
        .init("truthy_indexes", "truthyIndexes", .json),
        .init("selected_steps", "selectedSteps", .json),
        .init("condition_index", "conditionIndex", .number),
        .init("result", "result", .boolean), .init("branch_count", "branchCount", .number),
        .init("parallel_steps", "parallelSteps", .json),
        .init("loop_type", "loopType", .text), .init("iteration", "iteration", .number),
        .init("total_iterations", "totalIterations", .number),
        .init("concurrency", "concurrency", .number),
        .init("duration_ms", "durationMs", .number), .init("until_date", "untilDate", .text),
        .init("sleep_type", "sleepType", .text), .init("event_name", "eventName", .text),
        .init("timeout_ms", "timeoutMs", .number),
        .init("event_received", "eventReceived", .boolean),
        .init("wait_duration_ms", "waitDurationMs", .number),
        .init("entry_id", "entryId", .text),
        .init("entry_description", "entryDescription", .text),
        .init("entry_metadata", "entryMetadata", .json),
    ]

    private init(_ suffix: StaticString, _ name: StaticString, _ decoder: FieldDecoder) {
        self.suffix = suffix
        self.name = name
        self.decoder = decoder
    }
}

/// Names of typed fields that a left-over attribute must not take (MAPPING 8.2).
enum ReservedNames {
    static let attributes: [StaticString] =
        [
            "usage", "parameters", "status", "success", "input", "output", "agentId", "agentName",
            "toolId", "workflowId", "stepId", "costContext",
        ]
        + FieldRule.all.filter { $0.place == .attributes }.map(\.name)
}
