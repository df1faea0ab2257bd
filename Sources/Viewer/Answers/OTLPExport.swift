import MastraRecords

/// A trace as an OTLP/JSON request, in the attributes that Mastra's own exporter writes (MASTRA-CONTRACT 4.1), so that the
/// gateway makes the same records of it again. What a record has and OTLP has no place for stands under `mastra.metadata.`.
enum OTLPExport {
    /// Spans of one resource, as JSON; in each scope they are separated by commas.
    private struct Group {
        let resource: String
        var scopes: [(scope: String, spans: [UInt8])] = []
    }

    /// - Parameter records: a JSON array of rows. One at a time is taken apart.
    static func request(of records: [UInt8]) throws(RequestProblem) -> [UInt8] {
        var groups: [Group] = []
        for range in RecordList.items(in: records.span) {
            guard let record = JSONValue(parsing: records.span, range) else {
                throw RequestProblem(
                    status: 413,
                    message:
                        "a span has more than \(JSONTree.maxNodes) values or \(JSONTree.maxDepth) levels; download the trace as Mastra's records"
                )
            }
            add(ExportedSpan(record), to: &groups)
        }
        var writer = JSONWriter(capacity: records.count + 1024)
        writer.literal("{\"resourceSpans\":")
        writer.list(groups) { group, writer in
            writer.literal("{\"resource\":")
            writer.raw(Array(group.resource.utf8))
            writer.literal(",\"scopeSpans\":")
            writer.list(group.scopes) { scope, writer in
                writer.literal("{\"scope\":")
                writer.raw(Array(scope.scope.utf8))
                writer.literal(",\"spans\":[")
                writer.raw(scope.spans)
                writer.literal("]}")
            }
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "}"))
        return writer.bytes(from: 0)
    }

    private static func add(_ span: ExportedSpan, to groups: inout [Group]) {
        let resource = span.resource.json
        let scope = span.scope.json
        let group =
            groups.firstIndex { $0.resource == resource }
            ?? {
                groups.append(Group(resource: resource))
                return groups.count - 1
            }()
        let text = Array(span.value.json.utf8)
        if let index = groups[group].scopes.firstIndex(where: { $0.scope == scope }) {
            groups[group].scopes[index].spans.append(UInt8(ascii: ","))
            groups[group].scopes[index].spans += text
        } else {
            groups[group].scopes.append((scope, text))
        }
    }
}

/// One record as an OTLP span.
private struct ExportedSpan {
    let resource: JSONValue
    let scope: JSONValue
    let value: JSONValue

    init(_ record: JSONValue) {
        let metadata = record["metadata"]
        let otel = metadata?["otel"]
        resource = Self.resource(metadata)
        scope = Self.scope(metadata?["scope"])
        var members: [(String, JSONValue)] = [
            ("traceId", record["traceId"] ?? .text("")),
            ("spanId", record["spanId"] ?? .text("")),
        ]
        if let parent = record["parentSpanId"], !parent.isNull {
            members.append(("parentSpanId", parent))
        }
        if let state = otel?["traceState"] { members.append(("traceState", state)) }
        members += [
            ("name", otel?["name"] ?? record["name"] ?? .text("")),
            ("kind", .number(Self.kinds[otel?["kind"]?.text ?? ""] ?? "1")),
            ("startTimeUnixNano", otel?["startTimeUnixNano"] ?? .text("0")),
            ("endTimeUnixNano", otel?["endTimeUnixNano"] ?? .text("0")),
            ("attributes", Self.attributes(record)),
        ]
        for name in [
            "flags", "droppedAttributesCount", "droppedEventsCount", "droppedLinksCount",
        ] {
            if let count = otel?[name] { members.append((name, count)) }
        }
        if let events = otel?["events"]?.list {
            members.append(
                (
                    "events",
                    .list(events.map { Self.withKeyValues(Self.whole($0, record["error"])) })
                ))
        }
        if let links = otel?["links"]?.list {
            members.append(("links", .list(links.map(Self.withKeyValues))))
        }
        members.append(("status", Self.status(record, otel)))
        value = .object(members)
    }

    private static let kinds = [
        "internal": "1", "server": "2", "client": "3", "producer": "4", "consumer": "5",
    ]

    private static func status(_ record: JSONValue, _ otel: JSONValue?) -> JSONValue {
        if let error = record["error"], !error.isNull {
            return .object([("code", .number("2")), ("message", error["message"] ?? .text(""))])
        }
        return .object(otel?["statusCode"]?.text == "ok" ? [("code", .number("1"))] : [])
    }

    private static func resource(_ metadata: JSONValue?) -> JSONValue {
        var members = metadata?["resource"]?.object ?? []
        if let service = metadata?["serviceName"],
            !members.contains(where: { $0.name == "service.name" })
        {
            members.insert(("service.name", service), at: 0)
        }
        return .object([("attributes", keyValues(members))])
    }

    private static func scope(_ scope: JSONValue?) -> JSONValue {
        let members = (scope?.object ?? []).map { name, value in
            (name: name, value: name == "attributes" ? keyValues(value.object ?? []) : value)
        }
        return .object(members)
    }

    /// The exception whose attributes have become the record's error gets them back.
    private static func whole(_ event: JSONValue, _ error: JSONValue?) -> JSONValue {
        guard event["name"]?.text == "exception", let error, var members = event.object else {
            return event
        }
        var attributes = event["attributes"]?.object ?? []
        for (name, member) in [
            ("exception.type", "name"), ("exception.message", "message"),
            ("exception.stacktrace", "stack"),
        ] where !attributes.contains(where: { $0.name == name }) {
            if let value = error[member] { attributes.append((name, value)) }
        }
        members.removeAll { $0.name == "attributes" }
        return .object(members + [("attributes", .object(attributes))])
    }

    /// Events and links, whose attributes stand in the record as an object.
    private static func withKeyValues(_ item: JSONValue) -> JSONValue {
        .object(
            (item.object ?? []).map { name, value in
                (name, name == "attributes" ? keyValues(value.object ?? []) : value)
            })
    }

    // MARK: Attributes

    private static func attributes(_ record: JSONValue) -> JSONValue {
        let type = record["spanType"]?.text ?? "generic"
        var members: [(name: String, value: JSONValue)] = []
        // A span that was not Mastra's would be given a name of Mastra's; its operation tells the type as well.
        let isGenAI = record["attributes"]?["gen_ai.operation.name"] != nil
        let sides = isGenAI ? genAISides[type] : nil
        if sides == nil { members.append(("mastra.span.type", .text(type))) }
        for (index, side) in ["input", "output"].enumerated() {
            guard let value = record[side], !value.isNull else { continue }
            members.append(
                (sides?[index] ?? "mastra.\(type).\(side)", .text(value.text ?? value.json)))
        }
        members += entity(record, type)
        for (name, value) in record["attributes"]?.object ?? [] {
            // Of a tool that is made of its status.
            if name == "success", sides != nil { continue }
            members += attribute(name, value)
        }
        for (name, value) in record["metadata"]?.object ?? []
        where !["resource", "scope", "otel", "serviceName"].contains(name) {
            if name == "threadId", sides != nil {
                // The one that it was made of; an agent run has it among its attributes.
                guard record["attributes"]?["conversationId"] == nil else { continue }
                members.append(("gen_ai.conversation.id", value))
            } else {
                members.append(("mastra.metadata.\(name)", plain(value)))
            }
        }
        if let tags = record["tags"], !tags.isNull {
            members.append(("mastra.tags", .text(tags.json)))
        }
        return keyValues(members)
    }

    /// Where OpenTelemetry's conventions have input and output.
    private static let genAISides = [
        "agent_run": ["gen_ai.input.messages", "gen_ai.output.messages"],
        "model_generation": ["gen_ai.input.messages", "gen_ai.output.messages"],
        "tool_call": ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"],
    ]

    private static func entity(
        _ record: JSONValue, _ type: String
    ) -> [(name: String, value: JSONValue)] {
        let names: (id: String, name: String)
        switch record["entityType"]?.text {
        case "agent": names = ("gen_ai.agent.id", "gen_ai.agent.name")
        case "tool": names = ("gen_ai.tool.name", "")
        default: names = ("", "")
        }
        var members: [(name: String, value: JSONValue)] = []
        if !names.id.isEmpty, let id = record["entityId"], !id.isNull {
            members.append((names.id, id))
        }
        if !names.name.isEmpty, let name = record["entityName"], !name.isNull {
            members.append((names.name, name))
        }
        return members
    }

    /// Under their names in OpenTelemetry.
    private static let renamed = [
        "model": "gen_ai.request.model", "provider": "gen_ai.provider.name",
        "responseModel": "gen_ai.response.model", "responseId": "gen_ai.response.id",
        "toolCallId": "gen_ai.tool.call.id", "toolDescription": "gen_ai.tool.description",
        "toolType": "gen_ai.tool.type", "conversationId": "gen_ai.conversation.id",
        "instructions": "gen_ai.system_instructions",
        "completionStartTime": "mastra.completion_start_time",
        "serverAddress": "server.address", "serverPort": "server.port",
    ]

    private static let parameters = [
        "temperature": "temperature", "maxOutputTokens": "max_tokens", "topP": "top_p",
        "topK": "top_k", "presencePenalty": "presence_penalty",
        "frequencyPenalty": "frequency_penalty", "seed": "seed", "stopSequences": "stop_sequences",
    ]

    private static let tokens = [
        "inputDetails": [
            "cacheRead": "gen_ai.usage.cache_read.input_tokens",
            "cacheWrite": "gen_ai.usage.cache_creation.input_tokens",
        ],
        "outputDetails": ["reasoning": "gen_ai.usage.reasoning_tokens"],
    ]

    private static func attribute(
        _ name: String, _ value: JSONValue
    ) -> [(name: String, value: JSONValue)] {
        switch name {
        case "usage": return usage(value)
        case "finishReason":
            return [("gen_ai.response.finish_reasons", .text(JSONValue.list([value]).json))]
        case "costContext":
            return value["estimatedCost"].map { [("gen_ai.usage.cost", $0)] } ?? []
        case "parameters":
            return (value.object ?? []).map { name, value in
                ("gen_ai.request." + (parameters[name] ?? name), plain(value))
            }
        default: return [(renamed[name] ?? name, plain(value))]
        }
    }

    private static func usage(_ usage: JSONValue) -> [(name: String, value: JSONValue)] {
        (usage.object ?? []).flatMap { name, value -> [(name: String, value: JSONValue)] in
            switch name {
            case "inputTokens": [("gen_ai.usage.input_tokens", value)]
            case "outputTokens": [("gen_ai.usage.output_tokens", value)]
            default:
                (value.object ?? []).compactMap { detail, count in
                    tokens[name]?[detail].map { ($0, count) }
                }
            }
        }
    }

    /// Mastra's exporter writes objects and lists as JSON texts.
    private static func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object, .list: .text(value.json)
        default: value
        }
    }

    // MARK: Values (OTLP/JSON, common.proto)

    private static func keyValues(_ members: [(name: String, value: JSONValue)]) -> JSONValue {
        .list(
            members.map { name, value in
                .object([("key", .text(name)), ("value", anyValue(value))])
            })
    }

    private static func anyValue(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null: .object([])
        case .truth: .object([("boolValue", value)])
        case .text: .object([("stringValue", value)])
        case .number(let text):
            // 64-bit integers are texts in protobuf's JSON.
            Int(text) == nil
                ? .object([("doubleValue", value)]) : .object([("intValue", .text(text))])
        case .list(let items):
            .object([("arrayValue", .object([("values", .list(items.map(anyValue)))]))])
        case .object(let members):
            .object([("kvlistValue", .object([("values", keyValues(members))]))])
        }
    }
}
