import TestKit

/// Random Mastra records: a sample with some of its fields gone and others in their place.
struct RecordGenerator {
    var random: SplitMix64
    private var serial: UInt64 = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func record(_ generation: MastraGeneration) -> MastraRecord {
        var record = random.pick(generation == .a ? Samples.first : Samples.all)
        serial += 1
        record.traceID = hex(16)
        record.id = hex(8)
        record.parent = random.once(in: 3) ? nil : hex(8)
        if !record.isEvent {
            record.start = 1_700_000_000_000 + UInt64(random.below(500))
            record.end = record.start + 600 + UInt64(random.below(4000))
        }
        record.attributes = thinned(record.attributes)
        if record.type == "mcp_tool_call" { record.attributes["mcpServer"] = .string(name()) }
        changeContent(&record)
        for _ in 0..<random.below(5) { record.metadata[name()] = value(2) }
        if random.once(in: 3) { record.tags = (0...random.below(3)).map { _ in name() } }
        if random.once(in: 4), !record.isEvent { record.error = error() }
        if record.entityID != nil, random.once(in: 3) { record.entityID = name() }
        return record
    }

    private mutating func changeContent(_ record: inout MastraRecord) {
        let isCall = ["model_generation", "model_inference", "llm_generation"]
            .contains(record.type)
        if !record.isEvent, random.once(in: 2) {
            record.input = isCall && random.once(in: 2) ? messages() : content()
        }
        if random.once(in: 2) {
            record.output = isCall && random.once(in: 2) ? ["text": .string(text())] : content()
        }
    }

    /// Members gone here and there; a total goes with its parts.
    private mutating func thinned(_ members: [String: JSON]) -> [String: JSON] {
        var left: [String: JSON] = [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where !random.once(in: 4) {
            if name == "parameters", case .object(let inner) = value {
                let inner = thinned(inner)
                if !inner.isEmpty { left[name] = .object(inner) }
            } else {
                left[name] = value
            }
        }
        // A name of a span is made of it.
        for name in ["model", "agentId", "toolId"] { left[name] = members[name] }
        return left
    }

    private mutating func error() -> [String: JSON] {
        var error: [String: JSON] = ["message": .string(text())]
        for name in ["id", "domain", "category", "name", "stack"] where random.once(in: 2) {
            error[name] = .string(text())
        }
        if random.once(in: 3) { error["details"] = ["stack": .string(text()), "n": 1] }
        return error
    }

    // MARK: Values

    private mutating func hex(_ bytes: Int) -> String {
        (0..<bytes).map { _ in UInt8(truncatingIfNeeded: random.next()) | 1 }.hex
    }

    private mutating func name() -> String {
        serial += 1
        return random.pick(["plan", "größe", "a.b", "Kind of"]) + "-\(serial)"
    }

    private mutating func text() -> String {
        serial += 1
        let texts = [
            "t\(serial)", "two words", "“\(serial)”", "a\nb", "{not json}", "[1, 2", "true", "12",
            "\"q\"", "\\u", "🦊", #"{"a": [\#(serial)]}"#, "[]", "a'b",
        ]
        return random.pick(texts)
    }

    private mutating func value(_ depth: Int) -> JSON {
        switch random.below(depth > 0 ? 9 : 6) {
        case 0: return .null
        case 1: return .bool(random.once(in: 2))
        case 2: return .int(Int64(random.below(2000)) - 1000)
        case 3: return .double(Double(random.below(2000)) + 0.5)
        case 4, 5: return .string(text())
        case 6: return .array((0..<random.below(4)).map { _ in value(depth - 1) })
        default:
            var members: [String: JSON] = [:]
            for _ in 0..<random.below(4) { members[name()] = value(depth - 1) }
            return .object(members)
        }
    }

    private mutating func content() -> JSON {
        let value = value(3)
        // What is null has no content.
        return value == .null ? [:] : value
    }

    private mutating func messages() -> JSON {
        ["messages": .array((0...random.below(3)).map { _ in message() })]
    }

    private mutating func message() -> JSON {
        let role = JSON.string(random.pick(["system", "user", "assistant", "tool"]))
        if random.once(in: 2) || role == "system" {
            return ["role": role, "content": .string(text())]
        }
        return ["role": role, "content": .array((0...random.below(3)).map { _ in part() })]
    }

    private mutating func part() -> JSON {
        switch random.below(5) {
        case 0, 1: return ["type": "text", "text": .string(text())]
        case 2:
            return [
                "type": "tool-call", "toolCallId": .string(name()), "toolName": .string(name()),
                "input": value(2),
            ]
        case 3:
            let type = JSON.string(random.pick(["json", "text", "content", "error-text"]))
            return [
                "type": "tool-result", "toolCallId": .string(name()),
                "toolName": .string(name()), "output": ["type": type, "value": value(2)],
            ]
        default: return ["type": "source", "sourceType": "url", "url": .string(text())]
        }
    }
}
