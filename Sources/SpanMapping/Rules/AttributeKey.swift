/// The attribute keys that some rule reads. Everything else is a left-over and keeps its own name.
///
/// The raw value is the index into a span's table of found keys, so keys may be added anywhere.
enum AttributeKey: Int, CaseIterable, Sendable {
    // Mastra's own exporter.
    case mastraSpanType, mastraCompletionStartTime, mastraTags
    // OpenTelemetry GenAI: what the span is.
    case genAIOperationName, genAIProviderName, genAISystem
    case genAIAgentID, genAIAgentName, genAIConversationID, genAIWorkflowName
    // Request.
    case genAIRequestModel, genAIRequestTemperature, genAIRequestMaxTokens, genAIRequestTopP
    case genAIRequestTopK, genAIRequestPresencePenalty, genAIRequestFrequencyPenalty
    case genAIRequestStopSequences, genAIRequestSeed, genAIOpenAIRequestSeed
    case genAIRequestStream, genAIIsStreaming
    // Response.
    case genAIResponseModel, genAIResponseID, genAIResponseFinishReasons
    case genAIResponseTimeToFirstChunk
    // Usage.
    case genAIUsageInputTokens, genAIUsagePromptTokens
    case genAIUsageOutputTokens, genAIUsageCompletionTokens
    case genAIUsageCacheReadDotted, genAIUsageCacheRead, genAIUsageCached, genAIUsageInputCached
    case genAIUsageCacheCreationDotted, genAIUsageCacheWriteDotted, genAIUsageCacheCreation
    case genAIUsageCacheWrite, genAIUsageCacheCreation5m, genAIUsageCacheCreation1h
    case genAIUsageReasoningDotted, genAIUsageReasoning
    case genAIUsageAudioInput, genAIUsageAudioOutput
    // Content.
    case genAIInputMessages, genAIOutputMessages, genAISystemInstructions
    case genAIPrompt, genAICompletion
    case genAIToolName, genAIToolCallID, genAIToolDescription, genAIToolType
    case genAIToolCallArguments, genAIToolCallResult, genAIToolDefinitions
    case genAIRetrievalQueryText, genAIRetrievalDocuments, genAIEmbeddingsDimensionCount
    // OpenInference.
    case openInferenceSpanKind, llmModelName, embeddingModelName, rerankerModelName
    case llmProvider, llmSystem
    case llmTokenCountPrompt, llmTokenCountCompletion, llmTokenCountCacheRead
    case llmTokenCountCacheWrite, llmTokenCountPromptAudio
    case llmTokenCountReasoning, llmTokenCountCompletionAudio
    case inputValue, inputMimeType, outputValue, outputMimeType
    case toolName, agentName, tagTags
    // General semantic conventions.
    case mcpMethodName, serverAddress, serverPort
    case sessionID, userID, endUserID
    case deploymentEnvironmentName, deploymentEnvironment
    case requestIDHeader
    case errorType, errorMessage

    var name: StaticString {
        switch self {
        case .mastraSpanType: "mastra.span.type"
        case .mastraCompletionStartTime: "mastra.completion_start_time"
        case .mastraTags: "mastra.tags"
        case .genAIOperationName: "gen_ai.operation.name"
        case .genAIProviderName: "gen_ai.provider.name"
        case .genAISystem: "gen_ai.system"
        case .genAIAgentID: "gen_ai.agent.id"
        case .genAIAgentName: "gen_ai.agent.name"
        case .genAIConversationID: "gen_ai.conversation.id"
        case .genAIWorkflowName: "gen_ai.workflow.name"
        case .genAIRequestModel: "gen_ai.request.model"
        case .genAIRequestTemperature: "gen_ai.request.temperature"
        case .genAIRequestMaxTokens: "gen_ai.request.max_tokens"
        case .genAIRequestTopP: "gen_ai.request.top_p"
        case .genAIRequestTopK: "gen_ai.request.top_k"
        case .genAIRequestPresencePenalty: "gen_ai.request.presence_penalty"
        case .genAIRequestFrequencyPenalty: "gen_ai.request.frequency_penalty"
        case .genAIRequestStopSequences: "gen_ai.request.stop_sequences"
        case .genAIRequestSeed: "gen_ai.request.seed"
        case .genAIOpenAIRequestSeed: "gen_ai.openai.request.seed"
        case .genAIRequestStream: "gen_ai.request.stream"
        case .genAIIsStreaming: "gen_ai.is_streaming"
        case .genAIResponseModel: "gen_ai.response.model"
        case .genAIResponseID: "gen_ai.response.id"
        case .genAIResponseFinishReasons: "gen_ai.response.finish_reasons"
        case .genAIResponseTimeToFirstChunk: "gen_ai.response.time_to_first_chunk"
        case .genAIUsageInputTokens: "gen_ai.usage.input_tokens"
        case .genAIUsagePromptTokens: "gen_ai.usage.prompt_tokens"
        case .genAIUsageOutputTokens: "gen_ai.usage.output_tokens"
        case .genAIUsageCompletionTokens: "gen_ai.usage.completion_tokens"
        case .genAIUsageCacheReadDotted: "gen_ai.usage.cache_read.input_tokens"
        case .genAIUsageCacheRead: "gen_ai.usage.cache_read_input_tokens"
        case .genAIUsageCached: "gen_ai.usage.cached_input_tokens"
        case .genAIUsageInputCached: "gen_ai.usage.input_cached_tokens"
        case .genAIUsageCacheCreationDotted: "gen_ai.usage.cache_creation.input_tokens"
        case .genAIUsageCacheWriteDotted: "gen_ai.usage.cache_write.input_tokens"
        case .genAIUsageCacheCreation: "gen_ai.usage.cache_creation_input_tokens"
        case .genAIUsageCacheWrite: "gen_ai.usage.cache_write_tokens"
        case .genAIUsageCacheCreation5m: "gen_ai.usage.cache_creation.5m_input_tokens"
        case .genAIUsageCacheCreation1h: "gen_ai.usage.cache_creation.1h_input_tokens"
        case .genAIUsageReasoningDotted: "gen_ai.usage.reasoning.output_tokens"
        case .genAIUsageReasoning: "gen_ai.usage.reasoning_tokens"
        case .genAIUsageAudioInput: "gen_ai.usage.audio_input_tokens"
        case .genAIUsageAudioOutput: "gen_ai.usage.audio_output_tokens"
        case .genAIInputMessages: "gen_ai.input.messages"
        case .genAIOutputMessages: "gen_ai.output.messages"
        case .genAISystemInstructions: "gen_ai.system_instructions"
        case .genAIPrompt: "gen_ai.prompt"
        case .genAICompletion: "gen_ai.completion"
        case .genAIToolName: "gen_ai.tool.name"
        case .genAIToolCallID: "gen_ai.tool.call.id"
        case .genAIToolDescription: "gen_ai.tool.description"
        case .genAIToolType: "gen_ai.tool.type"
        case .genAIToolCallArguments: "gen_ai.tool.call.arguments"
        case .genAIToolCallResult: "gen_ai.tool.call.result"
        case .genAIToolDefinitions: "gen_ai.tool.definitions"
        case .genAIRetrievalQueryText: "gen_ai.retrieval.query.text"
        case .genAIRetrievalDocuments: "gen_ai.retrieval.documents"
        case .genAIEmbeddingsDimensionCount: "gen_ai.embeddings.dimension.count"
        case .openInferenceSpanKind: "openinference.span.kind"
        case .llmModelName: "llm.model_name"
        case .embeddingModelName: "embedding.model_name"
        case .rerankerModelName: "reranker.model_name"
        case .llmProvider: "llm.provider"
        case .llmSystem: "llm.system"
        case .llmTokenCountPrompt: "llm.token_count.prompt"
        case .llmTokenCountCompletion: "llm.token_count.completion"
        case .llmTokenCountCacheRead: "llm.token_count.prompt_details.cache_read"
        case .llmTokenCountCacheWrite: "llm.token_count.prompt_details.cache_write"
        case .llmTokenCountPromptAudio: "llm.token_count.prompt_details.audio"
        case .llmTokenCountReasoning: "llm.token_count.completion_details.reasoning"
        case .llmTokenCountCompletionAudio: "llm.token_count.completion_details.audio"
        case .inputValue: "input.value"
        case .inputMimeType: "input.mime_type"
        case .outputValue: "output.value"
        case .outputMimeType: "output.mime_type"
        case .toolName: "tool.name"
        case .agentName: "agent.name"
        case .tagTags: "tag.tags"
        case .mcpMethodName: "mcp.method.name"
        case .serverAddress: "server.address"
        case .serverPort: "server.port"
        case .sessionID: "session.id"
        case .userID: "user.id"
        case .endUserID: "enduser.id"
        case .deploymentEnvironmentName: "deployment.environment.name"
        case .deploymentEnvironment: "deployment.environment"
        case .requestIDHeader: "http.request.header.x-request-id"
        case .errorType: "error.type"
        case .errorMessage: "error.message"
        }
    }
}

/// What a key can have a say in; spans without keys of a kind skip its rules.
struct KeyRoles: OptionSet, Sendable {
    let rawValue: UInt8

    /// The span's type, or a field that only spans of some type have.
    static let convention = KeyRoles(rawValue: 1)
    /// A field of `metadata`.
    static let metadata = KeyRoles(rawValue: 2)
}

extension AttributeKey {
    var roles: KeyRoles {
        switch self {
        case .errorType, .errorMessage, .serverAddress, .serverPort: []
        case .sessionID, .userID, .endUserID, .deploymentEnvironmentName, .deploymentEnvironment,
            .requestIDHeader:
            .metadata
        case .genAIConversationID: [.convention, .metadata]
        default: .convention
        }
    }
}
