/// The three ways in which Mastra's own OpenTelemetry exporter has written spans (MASTRA-CONTRACT 4).
enum MastraGeneration: String, CaseIterable, Sendable {
    /// The exporter of core 0.x.
    case a
    /// `GenAI_v1_38_0`.
    case b
    /// Usage on `model_inference`, and fields under `mastra.<type>.…`.
    case c

    var scope: ScopeFixture {
        switch self {
        case .a: ScopeFixture(name: "@mastra/otel", version: "1.0.0")
        case .b: ScopeFixture(name: "@mastra/otel-exporter", version: "1.0.3")
        case .c: ScopeFixture(name: "@mastra/otel-bridge", version: "1.0.0")
        }
    }

    /// The type of span that tells a model call.
    var callType: String { self == .c ? "model_inference" : "model_generation" }
}

/// Makes spans of records as the contract's tables say, and of nothing else.
struct MastraExporter: Sendable {
    let generation: MastraGeneration

    func request(_ records: [MastraRecord]) -> RequestFixture {
        RequestFixture(
            records.map(span),
            resource: .resource([
                "service.name": "api", "telemetry.sdk.name": "@mastra/otel-exporter",
                "telemetry.sdk.language": "nodejs",
            ]),
            scope: generation.scope)
    }

    func span(_ record: MastraRecord) -> SpanFixture {
        var span = SpanFixture()
        span.traceID = Self.bytes(record.traceID)
        span.spanID = Self.bytes(record.id)
        span.parent = record.parent.map(Self.bytes) ?? []
        span.name = name(of: record)
        span.kind = kind(of: record)
        span.start = record.start * 1_000_000
        span.end = (record.end ?? record.start) * 1_000_000
        span.flags = 1
        span.attributes = generation == .a ? firstAttributes(record) : attributes(record)
        if let error = record.error {
            span.status = .error(error["message"]?.asText ?? "")
            span.events = [exception(error, at: span.start)]
        } else if record.end != nil {
            span.status = .ok
        }
        return span
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    private func exception(_ error: [String: JSON], at time: UInt64) -> EventFixture {
        var event = EventFixture.event("exception", time: time)
        event.attributes = [
            Attribute("exception.message", .string(error["message"]?.asText ?? "")),
            Attribute("exception.type", "Error"),
        ]
        if let stack = error["details"]?["stack"]?.asText {
            event.attributes.append(Attribute("exception.stacktrace", .string(stack)))
        }
        return event
    }

    // MARK: Kind and name

    func kind(of record: MastraRecord) -> Int64 {
        let (internally, server, client) = (Int64(1), Int64(2), Int64(3))
        let clients: Set<String>
        switch generation {
        case .a:
            if record.type == "agent_run" || record.type == "workflow_run" { return server }
            clients = [
                "llm_generation", "model_generation", "llm_chunk", "model_chunk", "mcp_tool_call",
            ]
        case .b: clients = ["model_generation", "mcp_tool_call"]
        case .c: clients = ["model_inference", "mcp_tool_call"]
        }
        return clients.contains(record.type) ? client : internally
    }

    func name(of record: MastraRecord) -> String {
        generation == .a ? firstName(of: record) : laterName(of: record)
    }

    private func firstName(of record: MastraRecord) -> String {
        switch record.type {
        case "llm_generation", "model_generation":
            firstOperation(of: record) + " " + (record.model ?? "unknown")
        case "tool_call", "mcp_tool_call": "tool.execute " + (record.entityID ?? "")
        case "agent_run": "agent." + (record.entityID ?? "")
        case "workflow_run": "workflow." + (record.entityID ?? "")
        default: record.name
        }
    }

    private func laterName(of record: MastraRecord) -> String {
        let model = record.model ?? "unknown"
        guard let identifier = record.identifier else { return Self.sanitized(record.name) }
        switch record.type {
        case generation.callType: return "chat " + model
        case "model_generation": return "model_generation " + model
        case "rag_embedding": return "embeddings " + model
        case "workflow_step" where generation == .c:
            return "workflow_step " + (record.entityID ?? identifier)
        case let type where type.hasPrefix("workflow_") && type != "workflow_run":
            return generation == .c
                ? Self.sanitized(record.name) : type + " " + identifier
        default: return operation(of: record) + " " + identifier
        }
    }

    private static func sanitized(_ name: String) -> String {
        name.filter { $0.isLetter || $0.isNumber || "._ -".contains($0) }
    }

    // MARK: Operation

    func operation(of record: MastraRecord) -> String {
        switch record.type {
        case generation.callType: "chat"
        case "model_step" where generation == .c: "agent_step"
        case "rag_embedding": "embeddings"
        case "tool_call", "provider_tool_call", "mcp_tool_call": "execute_tool"
        case "agent_run": "invoke_agent"
        case "workflow_run": "invoke_workflow"
        default: record.type
        }
    }

    func firstOperation(of record: MastraRecord) -> String {
        switch record.type {
        case "llm_generation", "model_generation":
            record.attributes["resultType"] == "tool_selection" ? "tool_selection" : "chat"
        case "tool_call", "mcp_tool_call": "tool.execute"
        case "agent_run": "agent.run"
        case "workflow_run": "workflow.run"
        default: record.type.replacing("_", with: ".")
        }
    }
}

extension MastraRecord {
    var model: String? { attributes["model"]?.asText }
    /// What stands behind the operation word of a span's name.
    var identifier: String? { entityName ?? entityID }
}
