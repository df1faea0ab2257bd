/// Attributes of generations B and C (MASTRA-CONTRACT 4.1).
extension MastraExporter {
    /// A row of the table: a field of `attributes`, and the key that it is written under.
    struct Row: Sendable {
        enum Holder: Sendable {
            case types(Set<String>)
            /// The span that tells the model call.
            case call
            case callOrEmbedding
        }

        enum Form: Sendable {
            case same
            /// Zero and nothing are the same to it.
            case truthy
            /// JSON in a string.
            case json
            /// JSON of a list of one.
            case list
            case provider
        }

        let key: String
        let path: [String]
        let holder: Holder
        let form: Form
        let generations: Set<MastraGeneration>

        init(
            _ key: String, _ path: String, _ holder: Holder, _ form: Form = .same,
            in generations: Set<MastraGeneration> = [.b, .c]
        ) {
            self.key = key
            self.path = path.split(separator: ".").map(String.init)
            self.holder = holder
            self.form = form
            self.generations = generations
        }
    }

    private static let cache = "gen_ai.usage.cache_creation"
    private static let details = "usage.inputDetails"
    private static let tools: Row.Holder = .types([
        "tool_call", "provider_tool_call", "mcp_tool_call",
    ])

    static let rows: [Row] =
        [
            Row("gen_ai.request.model", "model", .callOrEmbedding),
            Row("gen_ai.provider.name", "provider", .callOrEmbedding, .provider),
            Row("gen_ai.usage.input_tokens", "usage.inputTokens", .callOrEmbedding),
            Row("gen_ai.usage.output_tokens", "usage.outputTokens", .callOrEmbedding),
            Row(
                "gen_ai.usage.cache_read.input_tokens", "\(details).cacheRead", .callOrEmbedding),
            Row("\(cache).input_tokens", "\(details).cacheWrite", .callOrEmbedding),
            Row(
                "\(cache).5m_input_tokens", "\(details).cacheWrite5m", .callOrEmbedding, in: [.c]),
            Row(
                "\(cache).1h_input_tokens", "\(details).cacheWrite1h", .callOrEmbedding, in: [.c]),
            Row(
                "gen_ai.usage.reasoning_tokens", "usage.outputDetails.reasoning", .callOrEmbedding),
            Row("gen_ai.usage.audio_input_tokens", "\(details).audio", .callOrEmbedding),
            Row("gen_ai.usage.audio_output_tokens", "usage.outputDetails.audio", .callOrEmbedding),
            Row("gen_ai.request.temperature", "parameters.temperature", .call),
            Row("gen_ai.request.max_tokens", "parameters.maxOutputTokens", .call),
            Row("gen_ai.request.top_p", "parameters.topP", .call),
            Row("gen_ai.request.top_k", "parameters.topK", .call),
            Row("gen_ai.request.presence_penalty", "parameters.presencePenalty", .call),
            Row("gen_ai.request.frequency_penalty", "parameters.frequencyPenalty", .call),
            Row("gen_ai.request.stop_sequences", "parameters.stopSequences", .call, .json),
            Row("gen_ai.request.seed", "parameters.seed", .call, .truthy),
            Row("mastra.completion_start_time", "completionStartTime", .call),
            Row("gen_ai.response.finish_reasons", "finishReason", .call, .list),
            Row("gen_ai.response.model", "responseModel", .call),
            Row("gen_ai.response.id", "responseId", .call),
            Row("server.address", "serverAddress", .call),
            Row("server.port", "serverPort", .call),
            Row("server.address", "mcpServer", .types(["mcp_tool_call"])),
            Row("mastra.mcp_tool_call.server_name", "mcpServer", .mcp, in: [.c]),
            Row("mastra.mcp_tool_call.server_version", "serverVersion", .mcp, in: [.c]),
            Row("mastra.model_step.step_index", "stepIndex", .types(["model_step"]), in: [.c]),
            Row("mastra.model_step.is_continued", "isContinued", .types(["model_step"]), in: [.c]),
            Row("mastra.rag_embedding.mode", "mode", .embedding),
            Row("mastra.rag_embedding.dimensions", "dimensions", .embedding),
            Row("gen_ai.embeddings.dimension.count", "dimensions", .embedding),
            Row("mastra.rag_embedding.input_count", "inputCount", .embedding),
            Row(
                "gen_ai.tool.description", "toolDescription",
                .types(["tool_call", "provider_tool_call"])),
            Row("gen_ai.tool.type", "toolType", .types(["tool_call", "provider_tool_call"])),
            Row("gen_ai.tool.description", "toolDescription", .mcp, in: [.c]),
            Row("gen_ai.tool.type", "toolType", .mcp, in: [.c]),
            Row("mastra.agent_run.max_steps", "maxSteps", .agent, .truthy),
            Row("gen_ai.tool.definitions", "availableTools", .agent, .json),
            Row("gen_ai.system_instructions", "instructions", .agent),
        ]
        + workflowRows("workflow_run", ["status": "status"])
        + workflowRows("workflow_step", ["status": "status"])
        + workflowRows(
            "workflow_conditional",
            [
                "condition_count": "conditionCount", "truthy_indexes": "truthyIndexes",
                "selected_steps": "selectedSteps",
            ])
        + workflowRows(
            "workflow_conditional_eval",
            ["condition_index": "conditionIndex", "result": "result"])
        + workflowRows(
            "workflow_parallel",
            ["branch_count": "branchCount", "parallel_steps": "parallelSteps"])
        + workflowRows(
            "workflow_loop",
            [
                "loop_type": "loopType", "iteration": "iteration",
                "total_iterations": "totalIterations", "concurrency": "concurrency",
            ])
        + workflowRows(
            "workflow_sleep",
            [
                "duration_ms": "durationMs", "until_date": "untilDate", "sleep_type": "sleepType",
            ])
        + workflowRows(
            "workflow_wait_event",
            [
                "event_name": "eventName", "timeout_ms": "timeoutMs",
                "event_received": "eventReceived", "wait_duration_ms": "waitDurationMs",
            ])

    private static func workflowRows(
        _ type: String, _ fields: KeyValuePairs<String, String>
    ) -> [Row] {
        let entry: KeyValuePairs = [
            "entry_id": "entryId", "entry_description": "entryDescription",
            "entry_metadata": "entryMetadata",
        ]
        let lists: Set<String> = [
            "truthy_indexes", "selected_steps", "parallel_steps", "entry_metadata",
        ]
        let all = Array(fields) + (type == "workflow_run" ? [] : Array(entry))
        return all.map { key, field in
            Row(
                "mastra.\(type).\(key)", field, .types([type]),
                lists.contains(key) ? .json : .same, in: [.c])
        }
    }

    // MARK: Writing

    func attributes(_ record: MastraRecord) -> [Attribute] {
        var written: [Attribute] = [
            Attribute("gen_ai.operation.name", .string(operation(of: record))),
            Attribute("mastra.span.type", .string(record.type)),
        ]
        written += content(of: record)
        let fields = JSON.object(record.attributes)
        for row in Self.rows where row.generations.contains(generation) {
            guard isHeld(row.holder, by: record.type), let value = fields[row.path] else {
                continue
            }
            written += [row.attribute(value)].compactMap { $0 }
        }
        written += entity(of: record)
        written += conversation(of: record)
        written += metadata(of: record)
        written += failure(of: record)
        if record.parent == nil, !record.tags.isEmpty {
            let tags = JSON.array(record.tags.map { .string($0) })
            written.append(Attribute("mastra.tags", .string(tags.text)))
        }
        return written
    }

    private func isHeld(_ holder: Row.Holder, by type: String) -> Bool {
        switch holder {
        case .types(let types): types.contains(type)
        case .call: type == generation.callType
        case .callOrEmbedding: type == generation.callType || type == "rag_embedding"
        }
    }

    private func content(of record: MastraRecord) -> [Attribute] {
        let isCall = record.type == generation.callType
        let isTool = isHeld(Self.tools, by: record.type)
        let keys =
            isCall
            ? ("gen_ai.input.messages", "gen_ai.output.messages")
            : isTool
                ? ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result")
                : ("mastra.\(record.type).input", "mastra.\(record.type).output")
        return [(keys.0, record.input), (keys.1, record.output)].compactMap { key, value in
            value.map { value in
                let written = isCall ? Self.converted(value) : value
                return Attribute(key, .string(written.exported))
            }
        }
    }

    private func entity(of record: MastraRecord) -> [Attribute] {
        var written: [Attribute] = []
        func write(_ key: String, _ value: String?) {
            if let value { written.append(Attribute(key, .string(value))) }
        }
        if record.type == generation.callType || record.type == "agent_run" {
            write("gen_ai.agent.id", record.entityID)
            write("gen_ai.agent.name", record.entityName)
        }
        if isHeld(Self.tools, by: record.type) {
            write("gen_ai.tool.name", record.identifier)
            let id = record.attributes["toolCallId"] ?? record.metadata["toolCallId"]
            write("gen_ai.tool.call.id", id?.asText)
        }
        if generation == .c, record.type == "workflow_step" {
            write("mastra.workflow_step.step_id", record.entityID)
        }
        return written
    }

    private func conversation(of record: MastraRecord) -> [Attribute] {
        let thread = record.metadata["threadId"]?.asText
        let own = record.type == "agent_run" ? record.attributes["conversationId"]?.asText : nil
        let id = thread.flatMap { $0.isEmpty ? nil : $0 } ?? own
        return id.map { [Attribute("gen_ai.conversation.id", .string($0))] } ?? []
    }

    private func metadata(of record: MastraRecord) -> [Attribute] {
        record.metadata.sorted { $0.key < $1.key }.compactMap { key, value in
            value.metadataValue.map { Attribute("mastra.metadata.\(key)", $0) }
        }
    }

    func failure(of record: MastraRecord) -> [Attribute] {
        guard let error = record.error else { return [] }
        var written = [
            Attribute("error.type", .string(error["id"]?.asText ?? "unknown")),
            Attribute("error.message", .string(error["message"]?.asText ?? "")),
        ]
        for name in ["domain", "category"] {
            guard let text = error[name]?.asText else { continue }
            written.append(Attribute("error.\(name)", .string(text)))
        }
        return written
    }
}

extension MastraExporter.Row.Holder {
    fileprivate static let mcp = Self.types(["mcp_tool_call"])
    fileprivate static let embedding = Self.types(["rag_embedding"])
    fileprivate static let agent = Self.types(["agent_run"])
}

extension MastraExporter.Row {
    func attribute(_ value: JSON) -> Attribute? {
        switch form {
        case .same: Attribute(key, value.attributeValue)
        case .truthy: value == 0 || value == "" ? nil : Attribute(key, value.attributeValue)
        case .json: Attribute(key, .string(value.text))
        case .list: Attribute(key, .string(JSON.array([value]).text))
        case .provider: Attribute(key, .string(MastraExporter.provider(value.asText ?? "")))
        }
    }
}

extension JSON {
    /// Null is not written, objects and lists are JSON.
    var metadataValue: AttributeValue? {
        switch self {
        case .null: nil
        case .array, .object: .string(text)
        default: attributeValue
        }
    }
}

// MARK: - Providers (MASTRA-CONTRACT 4.3)

extension MastraExporter {
    private static let aliases: [String: [String]] = [
        "anthropic": ["anthropic", "claude"],
        "aws.bedrock": ["awsbedrock", "bedrock", "amazonbedrock"],
        "azure.ai.inference": ["azureaiinference"],
        "azure.ai.openai": ["azureaiopenai", "azureopenai", "msopenai", "microsoftopenai"],
        "cohere": ["cohere"], "deepseek": ["deepseek"], "groq": ["groq"],
        "gcp.gemini": ["gcpgemini", "gemini"],
        "gcp.gen_ai": ["gcpgenai", "googlegenai", "googleai"],
        "gcp.vertex_ai": ["gcpvertexai", "vertexai"], "ibm.watsonx.ai": ["ibmwatsonxai"],
        "mistral_ai": ["mistral", "mistralai"], "openai": ["openai", "oai"],
        "perplexity": ["perplexity", "pplx"], "x_ai": ["xai"],
    ]

    static func provider(_ name: String) -> String {
        let lower = name.lowercased()
        let plain = lower.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return aliases.first { $0.value.contains(plain) }?.key ?? lower
    }
}

// MARK: - Messages (MASTRA-CONTRACT 4.2)

extension MastraExporter {
    static func converted(_ value: JSON) -> JSON {
        // An exporter sees its input as a JSON string, whatever it was.
        let value = value.structureInside ?? value
        if let text = value["text"]?.asText {
            return [["role": "assistant", "parts": [["type": "text", "content": .string(text)]]]]
        }
        guard case .array(let messages)? = value["messages"] else { return value }
        return .array(messages.map(converted(message:)))
    }

    private static func converted(message: JSON) -> JSON {
        let role = message["role"] ?? .null
        switch message["content"] {
        case .string(let text)?:
            return ["role": role, "parts": [["type": "text", "content": .string(text)]]]
        case .array(let parts)?:
            let known = parts.compactMap(converted(part:))
            return known.count == parts.count
                ? ["role": role, "parts": .array(known)] : message
        default: return message
        }
    }

    private static func converted(part: JSON) -> JSON? {
        let id = part["toolCallId"] ?? .null
        let name = part["toolName"] ?? .null
        switch part["type"] {
        case "text": return ["type": "text", "content": part["text"] ?? .null]
        case "tool-call":
            return [
                "type": "tool_call", "id": id, "name": name,
                "arguments": .string((part["input"] ?? .null).text),
            ]
        case "tool-result":
            return [
                "type": "tool_call_response", "id": id, "name": name,
                "response": .string((part["output"]?["value"] ?? .null).text),
            ]
        default: return nil
        }
    }
}
