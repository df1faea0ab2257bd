package import MastraRecords

/// How spans become records.
package struct MappingOptions: Sendable {
    /// Which types a record may have.
    package enum SpanTypes: String, CaseIterable, Sendable {
        /// All that Mastra knows today.
        case full
        /// Those since its first release; others fall back, and say so (MAPPING 1.1).
        case core
    }

    package var dialect: RecordDialect
    /// Put into every record where set (MASTRA-CONTRACT 2.3).
    package var projectID: String?
    package var policy = ContentPolicy()
    package var spanTypes = SpanTypes.full
    /// Embedding vectors go upstream; by default their number does.
    package var keepsVectors = false
    /// Of a call that two instrumentations tell, one inside the other with the same counts, the inner
    /// one is a step (MAPPING A31). Looks within one request.
    package var mergesNestedCalls = true
    /// Which spans become records at all.
    package var selection = SpanSelection()

    package init(dialect: RecordDialect) {
        self.dialect = dialect
    }
}

extension SpanType {
    /// What stands for a type that Mastra's first release did not know.
    var coreFallback: SpanType? {
        switch self {
        case .modelInference: .modelStep
        case .clientToolCall, .providerToolCall: .toolCall
        case .scorerRun, .scorerStep, .memoryOperation, .workspaceAction, .ragIngestion,
            .ragEmbedding, .ragVectorOperation, .ragAction, .graphAction, .mapping,
            .skillResolution, .skillAction, .agentSignal, .mcpServerRequest:
            .generic
        default: nil
        }
    }
}
