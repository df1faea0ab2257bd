/// The attribute keys that some rule reads. Everything else is a left-over and keeps its own name.
///
/// A key may stand in any order: tables look it up by its place in `allCases` once, when they are
/// made.
enum AttributeKey: String, CaseIterable, Sendable {
    // Mastra's own exporters, generations A to C (MASTRA-CONTRACT 4).
    case mastraSpanType = "mastra.span.type"
    case mastraCompletionStartTime = "mastra.completion_start_time"
    case mastraTags = "mastra.tags"
    case mastraStepID = "mastra.workflow_step.step_id"
    case mastraTraceID = "mastra.trace_id"
    case mastraSpanID = "mastra.span_id"
    case mastraParentSpanID = "mastra.parent_span_id"
    case mastraStartTime = "mastra.start_time"
    case mastraEndTime = "mastra.end_time"
    case mastraDurationMs = "mastra.duration_ms"
    case spanKind = "span.kind"
    case bareInput = "input"
    case bareOutput = "output"
    case bareError = "error"
    case agentMaxSteps = "agent.max_steps"
    case agentAvailableTools = "agent.available_tools"
    case workflowID = "workflow.id"
    case workflowStatus = "workflow.status"
    case mcpServerName = "mcp.server"
    case mcpServerVersion = "mcp.server.version"

    // OpenTelemetry GenAI: what the span is.
    case genAIOperationName = "gen_ai.operation.name"
    case genAIProviderName = "gen_ai.provider.name"
    case genAISystem = "gen_ai.system"
    case genAIAgentID = "gen_ai.agent.id"
    case genAIAgentName = "gen_ai.agent.name"
    case genAIAgentCallID = "gen_ai.agent.call.id"
    case genAIConversationID = "gen_ai.conversation.id"
    case genAIWorkflowName = "gen_ai.workflow.name"
    case genAITaskName = "gen_ai.task.name"

    // Request.
    case genAIRequestModel = "gen_ai.request.model"
    case genAIRequestTemperature = "gen_ai.request.temperature"
    case genAIRequestMaxTokens = "gen_ai.request.max_tokens"
    case genAIRequestTopP = "gen_ai.request.top_p"
    case genAIRequestTopK = "gen_ai.request.top_k"
    case genAIRequestPresencePenalty = "gen_ai.request.presence_penalty"
    case genAIRequestFrequencyPenalty = "gen_ai.request.frequency_penalty"
    case genAIRequestStopSequences = "gen_ai.request.stop_sequences"
    case genAIRequestSeed = "gen_ai.request.seed"
    case genAIOpenAIRequestSeed = "gen_ai.openai.request.seed"
    case genAIRequestStream = "gen_ai.request.stream"
    case genAIRequestIsStream = "gen_ai.request.is_stream"
    case genAIIsStreaming = "gen_ai.is_streaming"
    case genAIRequestUser = "gen_ai.request.user"
    case genAIOpenAIAPIBase = "gen_ai.openai.api_base"

    // Response.
    case genAIResponseModel = "gen_ai.response.model"
    case genAIResponseID = "gen_ai.response.id"
    case genAIResponseFinishReasons = "gen_ai.response.finish_reasons"
    case genAIResponseFinishReason = "gen_ai.response.finish_reason"
    case genAIResponseTimeToFirstChunk = "gen_ai.response.time_to_first_chunk"
    case genAIServerTimeToFirstToken = "gen_ai.server.time_to_first_token"
    case genAIServerTTFT = "gen_ai.server.ttft"
    case anthropicMessageStopReason = "anthropic.message.stop_reason"

    // Usage and cost.
    case genAIUsageInputTokens = "gen_ai.usage.input_tokens"
    case genAIUsagePromptTokens = "gen_ai.usage.prompt_tokens"
    case genAIUsageOutputTokens = "gen_ai.usage.output_tokens"
    case genAIUsageCompletionTokens = "gen_ai.usage.completion_tokens"
    case genAIUsageTotalTokens = "gen_ai.usage.total_tokens"
    case genAIUsageCacheReadDotted = "gen_ai.usage.cache_read.input_tokens"
    case genAIUsageCacheRead = "gen_ai.usage.cache_read_input_tokens"
    case genAIUsageCached = "gen_ai.usage.cached_input_tokens"
    case genAIUsageInputCached = "gen_ai.usage.input_cached_tokens"
    case genAIUsageCacheCreationDotted = "gen_ai.usage.cache_creation.input_tokens"
    case genAIUsageCacheWriteDotted = "gen_ai.usage.cache_write.input_tokens"
    case genAIUsageCacheCreation = "gen_ai.usage.cache_creation_input_tokens"
    case genAIUsageCacheWrite = "gen_ai.usage.cache_write_tokens"
    case genAIUsageCacheCreation5m = "gen_ai.usage.cache_creation.5m_input_tokens"
    case genAIUsageCacheCreation1h = "gen_ai.usage.cache_creation.1h_input_tokens"
    case anthropicCacheCreation5m = "anthropic.usage.cache_creation.ephemeral_5m_input_tokens"
    case anthropicCacheCreation1h = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"
    case genAIUsageReasoningDotted = "gen_ai.usage.reasoning.output_tokens"
    case genAIUsageReasoning = "gen_ai.usage.reasoning_tokens"
    case genAIUsageAudioInput = "gen_ai.usage.audio_input_tokens"
    case genAIUsageAudioOutput = "gen_ai.usage.audio_output_tokens"
    case genAIDetailsCacheRead = "gen_ai.usage.details.cache_read_tokens"
    case genAIDetailsCached = "gen_ai.usage.details.cached_tokens"
    case genAIDetailsCacheReadInput = "gen_ai.usage.details.cache_read_input_tokens"
    case genAIDetailsCacheCreation = "gen_ai.usage.details.cache_creation_input_tokens"
    case genAIDetailsInputAudio = "gen_ai.usage.details.input_audio_tokens"
    case genAIDetailsReasoning = "gen_ai.usage.details.reasoning_tokens"
    case genAIUsageCost = "gen_ai.usage.cost"
    case genAICostTotalCost = "gen_ai.cost.total_cost"
    case operationCost = "operation.cost"

    // Content.
    case genAIInputMessages = "gen_ai.input.messages"
    case genAIOutputMessages = "gen_ai.output.messages"
    case genAISystemInstructions = "gen_ai.system_instructions"
    case genAIPrompt = "gen_ai.prompt"
    case genAICompletion = "gen_ai.completion"
    case genAIToolName = "gen_ai.tool.name"
    case genAIToolCallID = "gen_ai.tool.call.id"
    case genAIToolDescription = "gen_ai.tool.description"
    case genAIToolType = "gen_ai.tool.type"
    case genAIToolCallArguments = "gen_ai.tool.call.arguments"
    case genAIToolCallResult = "gen_ai.tool.call.result"
    case genAIToolDefinitions = "gen_ai.tool.definitions"
    case genAIToolArgs = "gen_ai.tool.args"
    case genAIToolInput = "gen_ai.tool.input"
    case genAIToolOutput = "gen_ai.tool.output"
    case genAIToolSuccess = "gen_ai.tool.success"
    case genAITaskInput = "gen_ai.task.input"
    case genAITaskOutput = "gen_ai.task.output"
    case genAIRetrievalQueryText = "gen_ai.retrieval.query.text"
    case genAIRetrievalDocuments = "gen_ai.retrieval.documents"
    case genAIEmbeddingsDimensionCount = "gen_ai.embeddings.dimension.count"

    // OpenInference.
    case openInferenceSpanKind = "openinference.span.kind"
    case llmModelName = "llm.model_name"
    case llmRequestModelName = "llm.request.model_name"
    case llmResponseModelName = "llm.response.model_name"
    case llmResponseModel = "llm.response.model"
    case llmRequestType = "llm.request.type"
    case llmProvider = "llm.provider"
    case llmSystem = "llm.system"
    case llmUser = "llm.user"
    case llmInvocationParameters = "llm.invocation_parameters"
    case llmFinishReason = "llm.finish_reason"
    case llmIsStreaming = "llm.is_streaming"
    case llmOpenAIAPIBase = "llm.openai.api_base"
    case embeddingModelName = "embedding.model_name"
    case rerankerModelName = "reranker.model_name"
    case rerankerQuery = "reranker.query"
    case rerankerTopK = "reranker.top_k"
    case llmTokenCountPrompt = "llm.token_count.prompt"
    case llmTokenCountCompletion = "llm.token_count.completion"
    case llmTokenCountTotal = "llm.token_count.total"
    case llmTokenCountCacheRead = "llm.token_count.prompt_details.cache_read"
    case llmTokenCountCacheInput = "llm.token_count.prompt_details.cache_input"
    case llmTokenCountCacheWrite = "llm.token_count.prompt_details.cache_write"
    case llmTokenCountPromptAudio = "llm.token_count.prompt_details.audio"
    case llmTokenCountReasoning = "llm.token_count.completion_details.reasoning"
    case llmTokenCountCompletionAudio = "llm.token_count.completion_details.audio"
    case llmUsagePromptTokens = "llm.usage.prompt_tokens"
    case llmUsageCompletionTokens = "llm.usage.completion_tokens"
    case llmUsageTotalTokens = "llm.usage.total_tokens"
    case llmCostTotal = "llm.cost.total"
    case inputValue = "input.value"
    case inputMimeType = "input.mime_type"
    case outputValue = "output.value"
    case outputMimeType = "output.mime_type"
    case toolName = "tool.name"
    case agentName = "agent.name"
    case agentID = "agent.id"
    case graphNodeID = "graph.node.id"
    case tagTags = "tag.tags"
    case bareMetadata = "metadata"

    // Traceloop.
    case traceloopSpanKind = "traceloop.span.kind"
    case traceloopEntityName = "traceloop.entity.name"
    case traceloopEntityInput = "traceloop.entity.input"
    case traceloopEntityOutput = "traceloop.entity.output"
    case traceloopSessionID = "traceloop.association.properties.session_id"
    case traceloopUserID = "traceloop.association.properties.user_id"
    case traceloopThreadID = "traceloop.association.properties.thread_id"
    case traceloopChatID = "traceloop.association.properties.chat_id"
    case traceloopProvider = "traceloop.association.properties.ls_provider"

    // Vercel AI SDK.
    case vercelOperationID = "ai.operationId"
    case operationName = "operation.name"
    case vercelModelID = "ai.model.id"
    case vercelModelProvider = "ai.model.provider"
    case vercelFunctionID = "ai.telemetry.functionId"
    case vercelSessionID = "ai.telemetry.metadata.sessionId"
    case vercelUserID = "ai.telemetry.metadata.userId"
    case vercelThreadID = "ai.telemetry.metadata.threadId"
    case vercelTags = "ai.telemetry.metadata.tags"
    case vercelPrompt = "ai.prompt"
    case vercelPromptMessages = "ai.prompt.messages"
    case vercelPromptTools = "ai.prompt.tools"
    case vercelPromptToolChoice = "ai.prompt.toolChoice"
    case vercelResponseText = "ai.response.text"
    case vercelResponseToolCalls = "ai.response.toolCalls"
    case vercelResponseObject = "ai.response.object"
    case vercelResponseReasoning = "ai.response.reasoning"
    case vercelResponseFinishReason = "ai.response.finishReason"
    case vercelResponseID = "ai.response.id"
    case vercelResponseModel = "ai.response.model"
    case vercelResponseMsToFirstChunk = "ai.response.msToFirstChunk"
    case vercelResponseProviderMetadata = "ai.response.providerMetadata"
    case vercelSettingsTemperature = "ai.settings.temperature"
    case vercelSettingsMaxOutputTokens = "ai.settings.maxOutputTokens"
    case vercelSettingsMaxTokens = "ai.settings.maxTokens"
    case vercelSettingsTopP = "ai.settings.topP"
    case vercelSettingsTopK = "ai.settings.topK"
    case vercelSettingsPresencePenalty = "ai.settings.presencePenalty"
    case vercelSettingsFrequencyPenalty = "ai.settings.frequencyPenalty"
    case vercelSettingsStopSequences = "ai.settings.stopSequences"
    case vercelSettingsSeed = "ai.settings.seed"
    case vercelSettingsMaxRetries = "ai.settings.maxRetries"
    case vercelUsageInputTokens = "ai.usage.inputTokens"
    case vercelUsagePromptTokens = "ai.usage.promptTokens"
    case vercelUsageOutputTokens = "ai.usage.outputTokens"
    case vercelUsageCompletionTokens = "ai.usage.completionTokens"
    case vercelUsageTotalTokens = "ai.usage.totalTokens"
    case vercelUsageTokens = "ai.usage.tokens"
    case vercelUsageCachedInputTokens = "ai.usage.cachedInputTokens"
    case vercelUsageReasoningTokens = "ai.usage.reasoningTokens"
    case vercelUsageInputTokenDetailsCacheReadTokens = "ai.usage.inputTokenDetails.cacheReadTokens"
    case vercelUsageInputTokenDetailsCacheWriteTokens =
        "ai.usage.inputTokenDetails.cacheWriteTokens"
    case vercelUsageOutputTokenDetailsReasoningTokens =
        "ai.usage.outputTokenDetails.reasoningTokens"
    case vercelToolCallName = "ai.toolCall.name"
    case vercelToolCallID = "ai.toolCall.id"
    case vercelToolCallArgs = "ai.toolCall.args"
    case vercelToolCallResult = "ai.toolCall.result"
    case vercelValue = "ai.value"
    case vercelValues = "ai.values"
    case vercelEmbedding = "ai.embedding"
    case vercelEmbeddings = "ai.embeddings"

    // Pydantic AI and Logfire.
    case pydanticAgentName = "agent_name"
    case pydanticModelName = "model_name"
    case pydanticFinalResult = "final_result"
    case pydanticAllMessages = "pydantic_ai.all_messages"
    case pydanticAllMessagesEvents = "all_messages_events"
    case bareEvents = "events"
    case pydanticToolArguments = "tool_arguments"
    case pydanticToolResponse = "tool_response"
    case modelRequestParameters = "model_request_parameters"
    case systemPrompt = "system_prompt"
    case barePrompt = "prompt"
    case logfireSpanType = "logfire.span_type"
    case logfireJsonSchema = "logfire.json_schema"

    // LangSmith.
    case langSmithSpanKind = "langsmith.span.kind"
    case langSmithTags = "langsmith.span.tags"
    case langSmithTraceName = "langsmith.trace.name"
    case langSmithProvider = "langsmith.metadata.ls_provider"
    case langSmithModelName = "langsmith.metadata.ls_model_name"
    case langSmithTemperature = "langsmith.metadata.ls_temperature"
    case langSmithMaxTokens = "langsmith.metadata.ls_max_tokens"
    case langSmithSessionID = "langsmith.metadata.session_id"
    case langSmithThreadID = "langsmith.metadata.thread_id"
    case langSmithUsage = "langsmith.metadata.usage_metadata"

    // Langfuse.
    case langfuseType = "langfuse.observation.type"
    case langfuseInput = "langfuse.observation.input"
    case langfuseOutput = "langfuse.observation.output"
    case langfuseModel = "langfuse.observation.model.name"
    case langfuseModelParameters = "langfuse.observation.model.parameters"
    case langfuseUsage = "langfuse.observation.usage_details"
    case langfuseCost = "langfuse.observation.cost_details"
    case langfuseLevel = "langfuse.observation.level"
    case langfuseStatusMessage = "langfuse.observation.status_message"
    case langfuseCompletionStartTime = "langfuse.observation.completion_start_time"
    case langfuseObservationMetadata = "langfuse.observation.metadata"
    case langfuseMetadataSessionID = "langfuse.observation.metadata.langfuse_session_id"
    case langfuseMetadataUserID = "langfuse.observation.metadata.langfuse_user_id"
    case langfuseMetadataTags = "langfuse.observation.metadata.langfuse_tags"
    case langfuseTags = "langfuse.trace.tags"
    case langfuseTraceInput = "langfuse.trace.input"
    case langfuseTraceOutput = "langfuse.trace.output"
    case langfuseTraceMetadata = "langfuse.trace.metadata"
    case langfuseSessionID = "langfuse.session.id"
    case langfuseUserID = "langfuse.user.id"
    case langfuseEnvironment = "langfuse.environment"

    // MLflow.
    case mlflowSpanType = "mlflow.spanType"
    case mlflowSpanInputs = "mlflow.spanInputs"
    case mlflowSpanOutputs = "mlflow.spanOutputs"
    case mlflowTokenUsage = "mlflow.chat.tokenUsage"
    case mlflowModel = "mlflow.llm.model"
    case bareModel = "model"

    // Laminar.
    case laminarSpanType = "lmnr.span.type"
    case laminarInput = "lmnr.span.input"
    case laminarOutput = "lmnr.span.output"
    case laminarSessionID = "lmnr.association.properties.session_id"
    case laminarUserID = "lmnr.association.properties.user_id"
    case laminarTags = "lmnr.association.properties.tags"

    // Google ADK.
    case adkRequest = "gcp.vertex.agent.llm_request"
    case adkResponse = "gcp.vertex.agent.llm_response"
    case adkToolArguments = "gcp.vertex.agent.tool_call_args"
    case adkToolResponse = "gcp.vertex.agent.tool_response"
    case adkSessionID = "gcp.vertex.agent.session_id"
    case adkInvocationID = "gcp.vertex.agent.invocation_id"

    // LiveKit.
    case liveKitAgentName = "lk.agent_name"
    case liveKitInstructions = "lk.instructions"
    case liveKitChat = "lk.chat_ctx"
    case liveKitPIIChat = "lk.pii.chat_ctx"
    case liveKitUserInput = "lk.user_input"
    case liveKitPIIUserInput = "lk.pii.user_input"
    case liveKitResponseText = "lk.response.text"
    case liveKitPIIResponseText = "lk.pii.response.text"
    case liveKitTimeToFirstToken = "lk.response.ttft"
    case liveKitMetrics = "lk.llm_metrics"
    case liveKitToolID = "lk.function_tool.id"
    case liveKitToolName = "lk.function_tool.name"
    case liveKitToolArguments = "lk.function_tool.arguments"
    case liveKitPIIToolArguments = "lk.pii.function_tool.arguments"
    case liveKitToolOutput = "lk.function_tool.output"
    case liveKitPIIToolOutput = "lk.pii.function_tool.output"
    case liveKitToolIsError = "lk.function_tool.is_error"

    // LiteLLM, Strands, CrewAI, Claude Code, VoltAgent, Braintrust.
    case liteLLMCallID = "litellm.call_id"
    case strandsCycleID = "event_loop.cycle_id"
    case bareTags = "tags"
    case crewAICrewID = "crewai.crew.id"
    case crewAICrewKey = "crew_key"
    case crewAICrewIDBare = "crew_id"
    case spanType = "span.type"
    case entityType = "entity.type"
    case claudeInputTokens = "input_tokens"
    case claudeOutputTokens = "output_tokens"
    case claudeCacheReadTokens = "cache_read_tokens"
    case claudeCacheCreationTokens = "cache_creation_tokens"
    case braintrustInput = "braintrust.input_json"
    case braintrustOutput = "braintrust.output_json"

    // MCP.
    case mcpMethodName = "mcp.method.name"
    case mcpSessionID = "mcp.session.id"
    case mcpProtocolVersion = "mcp.protocol.version"
    case fastMCPServerName = "fastmcp.server.name"

    // General semantic conventions.
    case servicePeerName = "service.peer.name"
    case serverAddress = "server.address"
    case serverPort = "server.port"
    case sessionID = "session.id"
    case userID = "user.id"
    case endUserID = "enduser.id"
    case deploymentEnvironmentName = "deployment.environment.name"
    case deploymentEnvironment = "deployment.environment"
    case requestIDHeader = "http.request.header.x-request-id"
    case azureRequestID = "az.client_request_id"
    case httpStatusCode = "http.response.status_code"
    case grpcStatusCode = "rpc.grpc.status_code"
    case errorType = "error.type"
    case errorMessage = "error.message"
    case errorStackTrace = "error.stack_trace"
    case errorCode = "error.code"
    case errorDomain = "error.domain"
    case errorCategory = "error.category"
    case errorProvider = "error.llm_provider"
}

/// The place of a key in a span's table of found keys.
struct KeySlot: Hashable, Sendable {
    let index: Int

    private static let indices = Dictionary(
        uniqueKeysWithValues: AttributeKey.allCases.enumerated().map { ($1, $0) })

    init(_ key: AttributeKey) {
        // Every case is in `allCases`.
        index = Self.indices[key]!
    }

    var key: AttributeKey { AttributeKey.allCases[index] }
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
        case .sessionID, .userID, .endUserID, .deploymentEnvironmentName, .deploymentEnvironment,
            .requestIDHeader, .azureRequestID:
            .metadata
        case _ where Convention.ofKey(self).isEmpty: []
        default: [.convention, .metadata]
        }
    }

    /// Where it is a left-over, a JSON string in it is shown as the JSON it is (MAPPING J1, 8.3).
    var isContent: Bool { Self.contentKeys.contains(self) }

    private static let contentKeys: Set<AttributeKey> = [
        .genAIInputMessages, .genAIOutputMessages, .genAISystemInstructions, .genAIPrompt,
        .genAICompletion, .genAIToolCallArguments, .genAIToolCallResult, .genAIToolDefinitions,
        .genAIToolArgs, .genAIToolInput, .genAIToolOutput, .genAITaskInput, .genAITaskOutput,
        .genAIRetrievalDocuments, .llmInvocationParameters, .inputValue, .outputValue,
        .traceloopEntityInput, .traceloopEntityOutput, .vercelPrompt, .vercelPromptMessages,
        .vercelPromptToolChoice, .vercelResponseToolCalls, .vercelResponseObject,
        .vercelResponseProviderMetadata, .vercelToolCallArgs, .vercelToolCallResult,
        .pydanticFinalResult, .pydanticAllMessages, .pydanticAllMessagesEvents,
        .pydanticToolArguments, .pydanticToolResponse, .modelRequestParameters,
        .logfireJsonSchema, .langSmithUsage, .langfuseInput, .langfuseOutput,
        .langfuseModelParameters, .langfuseUsage, .langfuseCost, .langfuseObservationMetadata,
        .langfuseTraceInput, .langfuseTraceOutput, .langfuseTraceMetadata, .mlflowSpanInputs,
        .mlflowSpanOutputs, .mlflowTokenUsage, .laminarInput, .laminarOutput, .adkRequest,
        .adkResponse, .adkToolArguments, .adkToolResponse, .liveKitChat, .liveKitPIIChat,
        .liveKitMetrics, .braintrustInput, .braintrustOutput,
    ]
}
