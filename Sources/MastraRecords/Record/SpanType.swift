/// The kinds of span that Mastra knows. The upstream's column is of exactly this enum: a value
/// outside it refuses the record.
package enum SpanType: UInt8, CaseIterable, Sendable, Hashable {
    case agentRun, generic
    case modelGeneration, modelStep, modelChunk, modelInference
    case toolCall, mcpToolCall, clientToolCall, providerToolCall
    case mcpServerRequest
    case processorRun
    case workflowRun, workflowStep, workflowConditional, workflowConditionalEval
    case workflowParallel, workflowLoop, workflowSleep, workflowWaitEvent
    case scorerRun, scorerStep
    case memoryOperation, workspaceAction
    case ragIngestion, ragEmbedding, ragVectorOperation, ragAction
    case graphAction, mapping
    case skillResolution, skillAction
    case agentSignal

    /// As it stands in a record.
    package var name: StaticString {
        switch self {
        case .agentRun: "agent_run"
        case .generic: "generic"
        case .modelGeneration: "model_generation"
        case .modelStep: "model_step"
        case .modelChunk: "model_chunk"
        case .modelInference: "model_inference"
        case .toolCall: "tool_call"
        case .mcpToolCall: "mcp_tool_call"
        case .clientToolCall: "client_tool_call"
        case .providerToolCall: "provider_tool_call"
        case .mcpServerRequest: "mcp_server_request"
        case .processorRun: "processor_run"
        case .workflowRun: "workflow_run"
        case .workflowStep: "workflow_step"
        case .workflowConditional: "workflow_conditional"
        case .workflowConditionalEval: "workflow_conditional_eval"
        case .workflowParallel: "workflow_parallel"
        case .workflowLoop: "workflow_loop"
        case .workflowSleep: "workflow_sleep"
        case .workflowWaitEvent: "workflow_wait_event"
        case .scorerRun: "scorer_run"
        case .scorerStep: "scorer_step"
        case .memoryOperation: "memory_operation"
        case .workspaceAction: "workspace_action"
        case .ragIngestion: "rag_ingestion"
        case .ragEmbedding: "rag_embedding"
        case .ragVectorOperation: "rag_vector_operation"
        case .ragAction: "rag_action"
        case .graphAction: "graph_action"
        case .mapping: "mapping"
        case .skillResolution: "skill_resolution"
        case .skillAction: "skill_action"
        case .agentSignal: "agent_signal"
        }
    }

    /// The entity that a span of this type is about, in the words of Mastra's `EntityType`.
    package var entityType: StaticString? {
        switch self {
        case .agentRun: "agent"
        case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall: "tool"
        case .workflowRun: "workflow_run"
        case .workflowStep: "workflow_step"
        default: nil
        }
    }

    package var isTool: Bool {
        switch self {
        case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall: true
        default: false
        }
    }
}

/// Which set of fields a record has.
package enum RecordDialect: String, CaseIterable, Sendable, Hashable {
    /// What `MastraPlatformExporter` sends: the exported span and its aliases, a superset of all else.
    case platform
    /// The 15 fields of the original `CloudExporter`.
    case cloud
}
