/// Something that the way over OpenTelemetry does to a record, and the clause that says so. What none
/// of these rows names has to come back as it was.
struct Loss: Sendable {
    enum Change: Sendable {
        /// Fields that are not on the wire, as paths below the record.
        case without([String])
        /// All attributes but these.
        case attributesBut([String])
        case become(@Sendable (inout JSON, MastraRecord, MastraExporter) -> Void)
    }

    let clause: String
    let generations: Set<MastraGeneration>
    /// Of records; every type where empty.
    let types: Set<String>
    let change: Change

    init(
        _ clause: String, in generations: Set<MastraGeneration> = [.a, .b, .c],
        on types: Set<String> = [], _ change: Change
    ) {
        self.clause = clause
        self.generations = generations
        self.types = types
        self.change = change
    }

    func applies(to record: MastraRecord, _ generation: MastraGeneration) -> Bool {
        generations.contains(generation) && (types.isEmpty || types.contains(record.type))
    }

    func apply(to json: inout JSON, of record: MastraRecord, _ exporter: MastraExporter) {
        switch change {
        case .without(let paths):
            for path in paths { json[path.split(separator: ".").map(String.init)] = nil }
        case .attributesBut(let names):
            guard case .object(let members)? = json["attributes"] else { return }
            json[["attributes"]] = .object(members.filter { names.contains($0.key) })
        case .become(let body): body(&json, record, exporter)
        }
    }
}

extension MastraExporter {
    /// What a record comes back as.
    func expected(of record: MastraRecord) -> JSON {
        var json = record.json
        for loss in Loss.all where loss.applies(to: record, generation) {
            loss.apply(to: &json, of: record, self)
        }
        return json
    }
}

extension Loss {
    private static let later: Set<MastraGeneration> = [.b, .c]
    private static let generations: Set<String> = ["model_generation", "llm_generation"]
    private static let models = generations.union(["model_inference", "model_step"])
    private static let tools: Set<String> = [
        "tool_call", "mcp_tool_call", "client_tool_call", "provider_tool_call",
    ]
    private static let workflowParts: Set<String> = [
        "workflow_conditional", "workflow_conditional_eval", "workflow_parallel",
        "workflow_loop", "workflow_sleep", "workflow_wait_event",
    ]
    /// Types that have no row of their own in any table.
    private static let silent: Set<String> = [
        "processor_run", "memory_operation", "workspace_action", "rag_ingestion",
        "rag_vector_operation", "rag_action", "scorer_run", "scorer_step", "skill_resolution",
        "skill_action", "graph_action", "mapping", "agent_signal", "mcp_server_request", "generic",
    ]

    /// In this order: names are told last, of what is left by then.
    static let all: [Loss] = attributes + usage + content + others + entities + names

    // MARK: Attributes

    private static let attributes: [Loss] = [
        Loss(
            "4.5: tools, costContext, resultType and streaming", on: models,
            .without([
                "attributes.tools", "attributes.costContext", "attributes.resultType",
                "attributes.streaming",
            ])),
        Loss(
            "4.5: prompt, resolvedVersionId, tripwireAbort", on: ["agent_run"],
            .without([
                "attributes.prompt", "attributes.resolvedVersionId", "attributes.tripwireAbort",
            ])),
        Loss("4.5: success flags", in: later, on: tools, .without(["attributes.success"])),
        Loss(
            "4.5: attributes of processor, memory, workspace, rag, scorer and skill spans; "
                + "4.1 has no row for the others",
            on: silent, .attributesBut([])),
        Loss(
            "4.1: no row for client tools", in: later, on: ["client_tool_call"], .attributesBut([])),
        Loss("4.1: no row for usage of hidden spans", .without(["attributes.internalUsage"])),
        Loss(
            "4.1, 4.4: no row for these parameters", on: models,
            .without([
                "attributes.parameters.maxRetries", "attributes.parameters.abortSignal",
                "attributes.parameters.headers",
            ])),
        Loss(
            "4.1: seed if truthy", in: later, on: models,
            .become { json, _, _ in
                let path = ["attributes", "parameters", "seed"]
                if json[path] == 0 { json[path] = nil }
            }),
        Loss(
            "4.1: max steps if truthy", in: later, on: ["agent_run"],
            .become { json, _, _ in
                let path = ["attributes", "maxSteps"]
                if json[path] == 0 { json[path] = nil }
            }),
        Loss(
            "4.1: the provider is normalised (4.3)", in: later, on: models.union(["rag_embedding"]),
            .become { json, _, _ in
                let path = ["attributes", "provider"]
                guard let provider = json[path]?.asText else { return }
                json[path] = .string(MastraExporter.provider(provider))
            }),
        Loss(
            "4.1: the model call of B is the generation", in: [.b],
            on: ["model_inference", "model_step"], .attributesBut([])),
        Loss(
            "4.1: the model call of C is the inference, and the name has the generation's model",
            in: [.c], on: ["model_generation"], .attributesBut(["model"])),
        Loss(
            "4.1: no row for these of an inference", in: [.c], on: ["model_inference"],
            .without([
                "attributes.stepIndex", "attributes.warnings", "attributes.providerOptions",
                "attributes.availableTools", "attributes.toolChoice",
                "attributes.responseFormat",
            ])),
        Loss(
            "4.1: two rows for steps", in: [.c], on: ["model_step"],
            .attributesBut(["stepIndex", "isContinued"])),
        Loss(
            "4.1: the server belongs to mcp_tool_call", in: later, on: ["tool_call"],
            .without([
                "attributes.mcpRole", "attributes.mcpMethod", "attributes.mcpServer",
                "attributes.serverVersion", "attributes.mcpProtocolVersion",
                "attributes.mcpSessionId",
            ])),
        Loss(
            "4.1: description and type of an MCP tool since C", in: [.b], on: ["mcp_tool_call"],
            .without([
                "attributes.toolType", "attributes.toolDescription", "attributes.serverVersion",
            ])),
        Loss(
            "4.1: the id of a call may be the metadata's", in: later,
            on: ["tool_call", "mcp_tool_call", "provider_tool_call"],
            .become { json, record, _ in
                let path = ["attributes", "toolCallId"]
                if json[path] == nil { json[path] = record.metadata["toolCallId"] }
            }),
        Loss(
            "4.1: the thread overwrites the conversation", in: later, on: ["agent_run"],
            .become { json, record, _ in
                guard let thread = record.metadata["threadId"]?.asText, !thread.isEmpty else {
                    return
                }
                json[["attributes", "conversationId"]] = .string(thread)
            }),
        Loss(
            "4.1: workflow fields since C", in: [.b],
            on: workflowParts.union(["workflow_run", "workflow_step"]), .attributesBut([])),
        Loss(
            "4.4: no row for these of an agent", in: [.a], on: ["agent_run"],
            .without(["attributes.conversationId", "attributes.instructions"])),
        Loss(
            "4.4: no row for these of a call", in: [.a], on: generations,
            .without([
                "attributes.completionStartTime", "attributes.responseModel",
                "attributes.responseId", "attributes.serverAddress", "attributes.serverPort",
                "attributes.parameters.seed",
            ])),
        Loss(
            "4.4: no row for these of a tool", in: [.a], on: ["tool_call", "mcp_tool_call"],
            .without(["attributes.toolType", "attributes.toolCallId"])),
        Loss(
            "4.4: nor for the server of a tool that is none of MCP", in: [.a], on: ["tool_call"],
            .without([
                "attributes.mcpRole", "attributes.mcpMethod", "attributes.mcpServer",
                "attributes.serverVersion", "attributes.mcpProtocolVersion",
                "attributes.mcpSessionId",
            ])),
        Loss(
            "4.4: other types have no attributes", in: [.a],
            on: workflowParts.union([
                "workflow_step", "model_step", "model_inference", "rag_embedding",
                "client_tool_call", "provider_tool_call",
            ]), .attributesBut([])),
        Loss(
            "3.2: ids of the first era are the entity's today", in: [.a],
            .without([
                "attributes.agentId", "attributes.toolId", "attributes.workflowId",
                "attributes.stepId",
            ])),
    ]

    // MARK: Usage

    private static let usage: [Loss] = [
        Loss("4.1: no row for images", in: later, .without(imagePaths)),
        Loss(
            "4.1: two kinds of cache writes since C", in: [.b],
            .without([
                "attributes.usage.inputDetails.cacheWrite5m",
                "attributes.usage.inputDetails.cacheWrite1h",
            ])),
        Loss(
            "3.3: text is what the known parts leave of a total", in: later,
            .become { json, _, _ in json.retellTexts() }),
        Loss(
            "3.3: the first era's counts in today's shape, their total left over", in: [.a],
            on: generations, .become { json, _, _ in json.retellUsage() }),
    ]

    private static let imagePaths = [
        "attributes.usage.inputDetails.image", "attributes.usage.outputDetails.image",
    ]

    // MARK: Input and output

    private static let content: [Loss] = [
        Loss(
            "4.2: a call's messages pass through the GenAI form", in: later,
            .become { json, record, exporter in
                guard record.type == exporter.generation.callType else { return }
                json[["input"]] = record.input.map { MessageLoss.input($0, record.type) }
                json[["output"]] = record.output.map { MessageLoss.output($0) }
            }),
        Loss(
            "4.5: text and JSON are told apart by the first character",
            .become { json, _, _ in
                for side in ["input", "output"] {
                    guard let value = json[side] else { continue }
                    switch value {
                    case .array, .object: continue
                    default: json[[side]] = value.structureInside ?? .string(value.exported)
                    }
                }
            }),
    ]

    // MARK: Error, metadata, tags

    private static let others: [Loss] = [
        Loss(
            "4.5: name and details of an error; 4.1: the stack is that of the details",
            .become { json, record, _ in
                guard let error = record.error else { return }
                var left = error.filter {
                    ["message", "id", "domain", "category"].contains($0.key)
                }
                if left["id"] == "unknown" { left["id"] = nil }
                left["stack"] = error["details"]?["stack"]
                json[["error"]] = .object(left)
            }),
        Loss(
            "4.1: metadata without nulls, and text that is JSON as that JSON",
            .become { json, record, _ in
                for (key, value) in record.metadata {
                    if value == .null { json[["metadata", key]] = nil }
                    if let inside = value.structureInside { json[["metadata", key]] = inside }
                }
            }),
        Loss(
            "MAPPING 5.7: names of the gateway's own, and lifted names without text",
            .become { json, record, _ in
                for (key, value) in record.metadata where value != .null {
                    let isText = (json[["metadata", key]] ?? value).asText != nil
                    guard
                        MetadataNames.own.contains(key)
                            || MetadataNames.lifted.contains(key) && !isText
                    else { continue }
                    json[["metadata", "user.\(key)"]] = json[["metadata", key]]
                    json[["metadata", key]] = nil
                }
            }),
        Loss(
            "4.4: metadata where the key is not taken", in: [.a],
            .become { json, record, exporter in
                for attribute in exporter.firstAttributes(record, hasMetadata: false) {
                    json[["metadata", attribute.key]] = nil
                }
            }),
        Loss("4.4: no row for tags", in: [.a], .without(["tags"])),
        Loss(
            "4.1: tags on roots", in: later,
            .become { json, record, _ in if record.parent != nil { json[["tags"]] = nil } }),
    ]

    // MARK: Entity

    private static let entities: [Loss] = [
        Loss(
            "4.5: one string for a tool or a workflow", in: later,
            on: tools.union(["workflow_run", "workflow_step"]),
            .become { json, record, _ in json.setEntity(record.identifier) }),
        Loss(
            "4.1: the step's own id since C", in: [.c], on: ["workflow_step"],
            .become { json, record, _ in json.setEntity(record.entityID) }),
        Loss(
            "4.4: one id for agent, tool and workflow", in: [.a],
            on: ["agent_run", "tool_call", "mcp_tool_call", "workflow_run"],
            .become { json, record, _ in json.setEntity(record.entityID) }),
        Loss(
            "4.5: entityType from type; MAPPING 5.1: id and name stand in for each other",
            in: later,
            on: ["agent_run", "model_generation", "model_inference"],
            .become { json, record, _ in
                guard let any = record.identifier else { return }
                json[["entityType"]] = "agent"
                json[["entityId"]] = .string(record.entityID ?? any)
                json[["entityName"]] = .string(any)
            }),
        Loss(
            "4.1: entity keys on the model call and the agent", in: [.b],
            on: silent.union(workflowParts).union([
                "model_step", "model_inference", "rag_embedding",
            ]), noEntity),
        Loss(
            "4.1: entity keys on the model call and the agent", in: [.c],
            on: silent.union(workflowParts).union([
                "model_step", "model_generation", "rag_embedding",
            ]), noEntity),
        Loss(
            "4.4: no entity of other types", in: [.a],
            on: silent.union(workflowParts).union(models).union(["rag_embedding"]), noEntity),
        Loss(
            "4.4: of other tools and steps the name alone", in: [.a],
            on: ["workflow_step", "client_tool_call", "provider_tool_call"],
            .become { json, record, _ in
                let quoted = record.name.split(separator: "'")
                json.setEntity(quoted.count == 2 ? String(quoted[1]) : record.name)
            }),
    ]

    private static let noEntity = Change.without(["entityType", "entityId", "entityName"])

    // MARK: Name and type

    private static let names: [Loss] = [
        Loss(
            "3.1: the first era's type has today's name, and its own is left over", in: [.a],
            on: ["llm_generation"],
            .become { json, _, _ in
                json[["spanType"]] = "model_generation"
                json[["attributes", "mastra.span.type"]] = "llm_generation"
            }),
        Loss(
            "4.5: the original name, rebuilt from the type or else OpenTelemetry's",
            .become { json, record, exporter in
                json[["name"]] = .string(
                    json.rebuiltName(of: record.type) ?? exporter.name(of: record))
            }),
    ]
}

extension JSON {
    fileprivate mutating func setEntity(_ name: String?) {
        guard let name else { return }
        let types = [
            "agent_run": "agent", "workflow_run": "workflow_run",
            "workflow_step": "workflow_step",
        ]
        self[["entityType"]] = .string(self["spanType"]?.asText.flatMap { types[$0] } ?? "tool")
        self[["entityId"]] = .string(name)
        self[["entityName"]] = .string(name)
    }

    fileprivate func rebuiltName(of type: String) -> String? {
        let entity = self["entityId"]?.asText
        let step = self[["attributes", "stepIndex"]]?.exported
        switch type {
        case "agent_run": return entity.map { "agent run: '\($0)'" }
        case "workflow_run": return entity.map { "workflow run: '\($0)'" }
        case "workflow_step": return entity.map { "workflow step: '\($0)'" }
        case "tool_call", "mcp_tool_call": return entity.map { "tool: '\($0)'" }
        case "model_generation", "llm_generation":
            return self[["attributes", "model"]]?.asText.map { "llm: '\($0)'" }
        case "model_step": return step.map { "step: \($0)" }
        default: return nil
        }
    }

    private func count(_ path: [String]) -> Int64? {
        guard case .int(let count)? = self[path] else { return nil }
        return count
    }

    /// `inputDetails.text` and `outputDetails.text` of a usage that has totals.
    fileprivate mutating func retellTexts() {
        for (total, details, parts) in [
            ("inputTokens", "inputDetails", ["cacheRead", "cacheWrite", "audio"]),
            ("outputTokens", "outputDetails", ["reasoning", "audio"]),
        ] {
            let usage = ["attributes", "usage"]
            guard let count = count(usage + [total]) else { continue }
            let known = parts.reduce(0) { $0 + (self.count(usage + [details, $1]) ?? 0) }
            if self[usage + [details]] == nil { self[usage + [details]] = [:] }
            self[usage + [details, "text"]] = .int(max(0, count - known))
        }
    }

    fileprivate mutating func retellUsage() {
        guard let old = self[["attributes", "usage"]] else { return }
        var usage: [String: JSON] = [:]
        for name in ["inputTokens", "outputTokens"] { usage[name] = old[name] }
        if let cached = old["cachedInputTokens"], let input = old.count(["inputTokens"]) {
            let rest = input - (old.count(["cachedInputTokens"]) ?? 0)
            usage["inputDetails"] = ["cacheRead": cached, "text": .int(rest)]
        }
        if let reasoning = old["reasoningTokens"], let output = old.count(["outputTokens"]) {
            let rest = output - (old.count(["reasoningTokens"]) ?? 0)
            usage["outputDetails"] = ["reasoning": reasoning, "text": .int(rest)]
        }
        self[["attributes", "usage"]] = usage.isEmpty ? nil : .object(usage)
        self[["attributes", "gen_ai.usage.total_tokens"]] = old["totalTokens"]
    }
}

/// What 4.2 makes of messages on the way there and back.
enum MessageLoss {
    static func input(_ value: JSON, _ type: String) -> JSON {
        let value = value.structureInside ?? value
        // A bare list stays bare in an inference, and is wrapped in a generation.
        if case .array(let items) = value, type == "model_generation",
            !items.isEmpty, items.allSatisfy({ $0["content"] != nil })
        {
            return ["messages": value]
        }
        guard case .array(let messages)? = value["messages"] else { return value }
        // Nor can a list of which no message was converted be told from a bare one.
        if type == "model_inference", messages.allSatisfy(isPassedThrough) {
            return .array(messages)
        }
        return ["messages": .array(messages.map(message))]
    }

    static func output(_ value: JSON) -> JSON {
        let value = value.structureInside ?? value
        return value["text"].map { ["text": $0] } ?? value
    }

    /// A part that the converter does not know leaves the whole message as it is.
    private static func isPassedThrough(_ message: JSON) -> Bool {
        guard case .array(let parts)? = message["content"] else { return false }
        let known: Set<JSON> = ["text", "tool-call", "tool-result"]
        return !parts.allSatisfy { known.contains($0["type"] ?? .null) }
    }

    private static func message(_ message: JSON) -> JSON {
        switch message["content"] {
        case .string(let text)? where message["role"] != "system":
            return [
                "role": message["role"] ?? .null,
                "content": [["type": "text", "text": .string(text)]],
            ]
        case .array(let parts)?:
            if isPassedThrough(message) { return message }
            var message = message
            message[["content"]] = .array(parts.map(part))
            return message
        default: return message
        }
    }

    /// The type of a tool's result is not on the wire: text is text, all else JSON.
    private static func part(_ part: JSON) -> JSON {
        guard let value = part["output"]?["value"] else { return part }
        var part = part
        part[["output"]] = ["type": value.asText == nil ? "json" : "text", "value": value]
        return part
    }
}

enum MetadataNames {
    static let own: Set<String> = ["resource", "scope", "otel", "tags"]
    static let lifted: Set<String> = [
        "entityVersionId", "userId", "organizationId", "projectId", "resourceId", "runId",
        "sessionId", "threadId", "requestId", "environment", "source", "serviceName",
        "experimentId",
    ]
}
