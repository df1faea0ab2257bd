import TestKit

@testable import SpanMapping

/// Random spans in which every scalar comes once, so that each can be looked for in the record.
struct SpanGenerator {
    private(set) var random: SplitMix64
    private var serial: Int64 = 0

    /// Every key that some rule reads.
    private static let knownKeys = AttributeKey.allCases.map(\.rawValue)

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func request() -> RequestFixture {
        RequestFixture(
            (0...random.below(3)).map { _ in span() },
            resource: random.once(in: 3) ? nil : resource(),
            scope: random.once(in: 3) ? nil : scope(),
            resourceSchemaURL: random.once(in: 2) ? "" : text(),
            scopeSchemaURL: random.once(in: 2) ? "" : text())
    }

    private mutating func resource() -> ResourceFixture {
        var attributes = self.attributes(3)
        attributes.append(Attribute("service.name", value(1)))
        if random.once(in: 2) {
            attributes.append(Attribute("deployment.environment", value(1)))
        }
        return ResourceFixture(attributes: attributes, dropped: UInt64(random.below(3)))
    }

    private mutating func scope() -> ScopeFixture {
        ScopeFixture(
            name: text(), version: text(), attributes: attributes(2),
            dropped: UInt64(random.below(3)))
    }

    mutating func span() -> SpanFixture {
        var span = SpanFixture()
        span.spanID = (0..<8).map { _ in UInt8(truncatingIfNeeded: random.next() | 1) }
        span.traceID = (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next() | 1) }
        if random.once(in: 2) { span.parent = Array(repeating: 9, count: random.pick([1, 8, 8])) }
        if !random.once(in: 9) { span.name = text() }
        span.kind = Int64(random.below(8)) - 1
        if random.once(in: 8) { span.start = random.pick([0, 1, .max]) }
        if random.once(in: 8) { span.end = random.pick([0, 1, .max]) }
        if random.once(in: 2) { span.traceState = text() }
        if random.once(in: 2) { span.flags = UInt32(truncatingIfNeeded: random.next()) }
        if random.once(in: 2) { span.dropped = (0..<3).map { _ in UInt64(random.below(3)) } }
        span.status = StatusFixture(
            code: Int64(random.below(5)) - 1, message: random.once(in: 2) ? text() : "")
        span.attributes = spanAttributes()
        span.events = (0..<random.below(3)).map { _ in event() }
        span.links = (0..<random.below(3)).map { _ in
            LinkFixture(
                traceState: text(), attributes: attributes(2), dropped: UInt64(random.below(2)),
                flags: UInt32(random.below(2)))
        }
        return span
    }

    private mutating func event() -> EventFixture {
        guard random.once(in: 2) else {
            return EventFixture(name: text(), attributes: attributes(3))
        }
        let keys = ["exception.type", "exception.message", "exception.stacktrace", "other"]
        return EventFixture(
            name: "exception",
            attributes: keys.compactMap { key in
                random.once(in: 3) ? nil : Attribute(key, value(1))
            })
    }

    // MARK: Attributes

    private mutating func attributes(_ most: Int) -> [Attribute] {
        (0..<random.below(most + 1)).map { _ in Attribute(name(), value(3)) }
    }

    private mutating func spanAttributes() -> [Attribute] {
        var attributes = self.attributes(4)
        if random.once(in: 4) { return attributes }
        let types: [(String, [AttributeValue])] = [
            ("mastra.span.type", SpanTypeNames.all.map { .string($0) }),
            (
                "openinference.span.kind",
                ["LLM", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EMBEDDING", "PROMPT", "?"]
            ),
            (
                "gen_ai.operation.name",
                [
                    "chat", "chat", "chat", "invoke_agent", "execute_tool", "embeddings",
                    "create_agent", "retrieval", "?",
                ]
            ),
        ]
        for (key, values) in types where random.once(in: 2) {
            attributes.append(Attribute(key, random.pick(values)))
        }
        for _ in 0..<random.below(14) {
            attributes.append(Attribute(random.pick(Self.knownKeys), value(2)))
        }
        for key in ["gen_ai.input.messages", "gen_ai.output.messages"] where random.once(in: 2) {
            attributes.append(Attribute(key, messages()))
        }
        for name in ["model", "input", "usage", "stepId"] where random.once(in: 8) {
            attributes.append(Attribute(name, value(1)))
        }
        if random.once(in: 4), let first = attributes.first {
            attributes.append(Attribute(first.key, value(2)))
        }
        return attributes
    }

    private mutating func number() -> Int64 {
        serial += 1
        return 1000 + serial
    }

    private mutating func name() -> String { "k.\(number())" }

    /// Text that comes once, with characters that need thought.
    private mutating func text() -> String {
        let ends = ["", "", "\"", "\\u", "\n", "é", "🦊", " ", "\u{1}"]
        return "‹\(number())›" + random.pick(ends)
    }

    private mutating func value(_ depth: Int) -> AttributeValue {
        switch random.below(depth > 0 ? 18 : 10) {
        case 0, 1, 2: return .string(text())
        case 3: return .int(number())
        case 4: return .int(random.pick([.max, .min, 1 << 53, -1, 0]))
        case 5: return .double(Double(number()) + 0.5)
        case 6: return .double(random.pick([.nan, .infinity, -.infinity, -0.0, 1e300, 12]))
        case 7: return .bool(random.once(in: 2))
        case 8:
            return random.pick([.empty, "", [], "[]", "{}", "true", "-1", .text([0x61, 0xff])])
        case 9: return .string("\(number())")
        case 10: return .bytes(Array(text().utf8))
        case 11: return .array((0..<random.below(4)).map { _ in value(depth - 1) })
        case 12: return .array((0...random.below(3)).map { _ in .string(text()) })
        case 13: return .map((0..<random.below(4)).map { _ in Attribute(name(), value(depth - 1)) })
        case 14: return .string("\(text()), \(text())")
        case 15: return .string(json(2).text.dropLastSometimes(using: &random))
        default: return .string(JSON.array((0...random.below(3)).map { _ in json(1) }).text)
        }
    }

    private mutating func json(_ depth: Int) -> JSON {
        switch random.below(depth > 0 ? 8 : 5) {
        case 0: return .null
        case 1: return .bool(true)
        case 2: return .int(number())
        case 3, 4: return .string(text())
        case 5: return .array((0..<random.below(3)).map { _ in json(depth - 1) })
        default:
            var members: [String: JSON] = [:]
            for _ in 0..<random.below(4) { members[name()] = json(depth - 1) }
            return .object(members)
        }
    }

    // MARK: Messages

    private mutating func messages() -> AttributeValue {
        let list = JSON.array((0..<random.below(4)).map { _ in message() })
        if random.once(in: 3) { return list.attributeValue }
        return .string(list.text.dropLastSometimes(using: &random))
    }

    private mutating func message() -> JSON {
        var members: [String: JSON] = [
            "role": .string(random.pick(["system", "user", "assistant", "tool", text()]))
        ]
        if random.once(in: 5) { members["content"] = json(1) }
        if !random.once(in: 4) {
            members["parts"] = .array((0..<random.below(4)).map { _ in part() })
        }
        for extra in ["name", "finish_reason", "text"] where random.once(in: 6) {
            members[extra] = json(1)
        }
        return .object(members)
    }

    private mutating func part() -> JSON {
        let types = [
            "text", "text", "reasoning", "tool_call", "tool_call_response", "blob", "uri", "file",
            "other",
        ]
        var members: [String: JSON] = ["type": .string(random.pick(types))]
        let names = [
            "content", "id", "name", "arguments", "response", "result", "mime_type", "uri",
            "file_id", "text", "input", "toolCallId", "args", "extra",
        ]
        if !random.once(in: 4) { members["content"] = .string(text()) }
        for name in names where random.once(in: 5) {
            members[name] = random.once(in: 3) ? .string(json(2).text) : json(2)
        }
        return random.once(in: 12) ? json(1) : .object(members)
    }
}

enum SpanTypeNames {
    static let all = [
        "agent_run", "generic", "model_generation", "model_step", "model_inference",
        "tool_call", "mcp_tool_call", "workflow_run", "workflow_step", "rag_embedding",
        "rag_vector_operation", "processor_run", "llm_generation", "no_type",
    ]
}

extension String {
    /// Now and then cut off, as exporters with a limit do.
    fileprivate func dropLastSometimes(using random: inout SplitMix64) -> String {
        random.once(in: 6) ? String(dropLast()) : self
    }
}

extension JSON {
    /// As JSON text.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .digits(let digits): digits
        case .string(let text): "\"" + text.unicodeScalars.map(Self.escaped).joined() + "\""
        case .array(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { JSON.string($0.key).text + ":" + $0.value.text }.joined(separator: ",")
                + "}"
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\u{1}": "\\u0001"
        default: String(scalar)
        }
    }

    /// The same as an `AnyValue`.
    var attributeValue: AttributeValue {
        switch self {
        case .null: .empty
        case .bool(let flag): .bool(flag)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .digits(let text), .string(let text): .string(text)
        case .array(let items): .array(items.map(\.attributeValue))
        case .object(let members):
            .map(
                members.sorted { $0.key < $1.key }.map {
                    Attribute($0.key, $0.value.attributeValue)
                })
        }
    }
}
