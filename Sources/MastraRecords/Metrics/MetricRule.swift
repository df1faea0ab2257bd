/// A metric that a record gives: what it is called, on which spans, and where its value comes from.
/// The names and sources are those of Mastra's own SDK, whose metrics feed Studio's dashboards
/// (MASTRA-CONTRACT 1.12).
struct MetricRule: Sendable {
    enum Source: Sendable {
        /// From start to end, in milliseconds.
        case duration
        /// A total counts wherever it is known, 0 included.
        case total(UsageMember)
        /// A part of a total counts where it is above 0.
        case detail(UsageMember, TokenDetail)
    }

    let name: StaticString
    let types: [SpanType]
    let source: Source

    private init(_ name: StaticString, of types: SpanType..., from source: Source) {
        self.name = name
        self.types = types
        self.source = source
    }

    static let all: [MetricRule] = [
        MetricRule("mastra_agent_duration_ms", of: .agentRun, from: .duration),
        MetricRule(
            "mastra_tool_duration_ms", of: .toolCall, .mcpToolCall, .clientToolCall,
            from: .duration),
        MetricRule("mastra_workflow_duration_ms", of: .workflowRun, from: .duration),
        MetricRule("mastra_model_duration_ms", of: .modelGeneration, from: .duration),
        MetricRule("mastra_processor_duration_ms", of: .processorRun, from: .duration),
        tokens("mastra_model_total_input_tokens", .total(.inputTokens)),
        tokens("mastra_model_total_output_tokens", .total(.outputTokens)),
        tokens("mastra_model_input_text_tokens", .detail(.inputDetails, .plain)),
        tokens("mastra_model_input_cache_read_tokens", .detail(.inputDetails, .cacheRead)),
        tokens("mastra_model_input_cache_write_tokens", .detail(.inputDetails, .cacheWrite)),
        tokens("mastra_model_input_cache_write_5m_tokens", .detail(.inputDetails, .cacheWrite5m)),
        tokens("mastra_model_input_cache_write_1h_tokens", .detail(.inputDetails, .cacheWrite1h)),
        tokens("mastra_model_input_audio_tokens", .detail(.inputDetails, .audio)),
        tokens("mastra_model_input_image_tokens", .detail(.inputDetails, .image)),
        tokens("mastra_model_output_text_tokens", .detail(.outputDetails, .plain)),
        tokens("mastra_model_output_reasoning_tokens", .detail(.outputDetails, .reasoning)),
        tokens("mastra_model_output_audio_tokens", .detail(.outputDetails, .audio)),
        tokens("mastra_model_output_image_tokens", .detail(.outputDetails, .image)),
    ]

    /// On `model_generation` alone: other model spans repeat tokens of the one above or below them.
    private static func tokens(_ name: StaticString, _ source: Source) -> MetricRule {
        MetricRule(name, of: .modelGeneration, from: source)
    }

    /// By `SpanType.rawValue`.
    static let byType: [[MetricRule]] = SpanType.allCases.map { type in
        all.filter { $0.types.contains(type) }
    }

    /// Those of which some metric is made.
    static let types: [SpanType] = SpanType.allCases.filter { !byType[Int($0.rawValue)].isEmpty }
}
