/// Attributes of generation A (MASTRA-CONTRACT 4.4).
extension MastraExporter {
    private static let firstRows: [Row] = [
        Row("gen_ai.request.model", "model", .models),
        Row("gen_ai.system", "provider", .models),
        Row("gen_ai.usage.input_tokens", "usage.inputTokens", .models),
        Row("gen_ai.usage.output_tokens", "usage.outputTokens", .models),
        Row("gen_ai.usage.total_tokens", "usage.totalTokens", .models),
        Row("gen_ai.usage.reasoning_tokens", "usage.reasoningTokens", .models),
        Row("gen_ai.usage.cached_input_tokens", "usage.cachedInputTokens", .models),
        Row("gen_ai.request.temperature", "parameters.temperature", .models),
        Row("gen_ai.request.max_tokens", "parameters.maxOutputTokens", .models),
        Row("gen_ai.request.top_p", "parameters.topP", .models),
        Row("gen_ai.request.top_k", "parameters.topK", .models),
        Row("gen_ai.request.presence_penalty", "parameters.presencePenalty", .models),
        Row("gen_ai.request.frequency_penalty", "parameters.frequencyPenalty", .models),
        Row("gen_ai.request.stop_sequences", "parameters.stopSequences", .models, .json),
        Row("gen_ai.response.finish_reasons", "finishReason", .models),
        Row("mcp.server", "mcpServer", .types(["mcp_tool_call"])),
        Row("mcp.server.version", "serverVersion", .types(["mcp_tool_call"])),
        Row("gen_ai.tool.description", "toolDescription", .firstTools),
        Row("gen_ai.tool.success", "success", .firstTools),
        Row("agent.max_steps", "maxSteps", .types(["agent_run"])),
        Row("agent.available_tools", "availableTools", .types(["agent_run"]), .json),
        Row("workflow.status", "status", .types(["workflow_run"])),
    ]

    func firstAttributes(_ record: MastraRecord, hasMetadata: Bool = true) -> [Attribute] {
        var written = identity(of: record) + firstContent(of: record)
        let fields = JSON.object(record.attributes)
        for row in Self.firstRows {
            guard case .types(let types) = row.holder, types.contains(record.type),
                let value = fields[row.path]
            else { continue }
            written += [row.attribute(value)].compactMap { $0 }
        }
        written += firstEntity(of: record)
        if record.error != nil { written.append(Attribute("error", true)) }
        written += failure(of: record)
        guard hasMetadata else { return written }
        // The user's own come without a prefix, where the key is not taken.
        let taken = Set(written.map(\.key))
        written += record.metadata.sorted { $0.key < $1.key }.compactMap { key, value in
            taken.contains(key) ? nil : value.metadataValue.map { Attribute(key, $0) }
        }
        return written
    }

    private func identity(of record: MastraRecord) -> [Attribute] {
        let kinds = ["", "internal", "server", "client"]
        let end = record.end ?? record.start
        var written = [
            Attribute("gen_ai.operation.name", .string(firstOperation(of: record))),
            Attribute("mastra.span.type", .string(record.type)),
            Attribute("mastra.trace_id", .string(record.traceID)),
            Attribute("mastra.span_id", .string(record.id)),
            Attribute("mastra.start_time", .string(isoTime(record.start))),
            Attribute("mastra.end_time", .string(isoTime(end))),
            Attribute("mastra.duration_ms", .int(Int64(end - record.start))),
            Attribute("span.kind", .string(kinds[Int(kind(of: record))])),
        ]
        if let parent = record.parent {
            written.append(Attribute("mastra.parent_span_id", .string(parent)))
        }
        return written
    }

    private func firstContent(of record: MastraRecord) -> [Attribute] {
        let repeats: (String, String)? =
            switch record.type {
            case "llm_generation", "model_generation": ("gen_ai.prompt", "gen_ai.completion")
            case "tool_call", "mcp_tool_call": ("gen_ai.tool.input", "gen_ai.tool.output")
            default: nil
            }
        var written: [Attribute] = []
        for (value, keys) in [
            (record.input, ["input", repeats?.0]), (record.output, ["output", repeats?.1]),
        ] {
            guard let value else { continue }
            written += keys.compactMap { $0 }.map { Attribute($0, .string(value.exported)) }
        }
        return written
    }

    private func firstEntity(of record: MastraRecord) -> [Attribute] {
        guard let id = record.entityID else { return [] }
        let keys: [String] =
            switch record.type {
            case "tool_call", "mcp_tool_call": ["gen_ai.tool.name"]
            case "agent_run": ["agent.id", "gen_ai.agent.id"]
            case "workflow_run": ["workflow.id"]
            default: []
            }
        return keys.map { Attribute($0, .string(id)) }
    }
}

extension MastraExporter.Row.Holder {
    fileprivate static let models = Self.types(["llm_generation", "model_generation"])
    fileprivate static let firstTools = Self.types(["tool_call", "mcp_tool_call"])
}
