import MastraRecords

/// Records as the mapping writes them, and bodies of them.
struct TestRecord {
    var trace = 1
    var span = 1
    var parent: Int?
    var name = "chat gpt-4o-mini"
    var type = "model_generation"
    /// Milliseconds since 1970.
    var start = 1_780_000_000_000
    var milliseconds = 500
    var service: String? = "weather"
    var thread: String?
    var model: String? = "gpt-4o-mini"
    var tokens: (input: Int, output: Int)? = (30, 12)
    var cost: String?
    var input: String? = #"{"messages":[{"role":"user","content":"Weather in Paris?"}]}"#
    var output: String? = #"{"text":"Sunny, 21 C"}"#
    var error: String?
    var entity: String?
    var isEvent = false
    var extra = ""

    static func traceID(_ number: Int) -> String { hex(number, 32) }
    static func spanID(_ number: Int) -> String { hex(number, 16) }

    private static func hex(_ number: Int, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }

    static func time(_ milliseconds: Int) -> String {
        var writer = JSONWriter()
        writer.time(milliseconds: UInt64(milliseconds))
        return String(decoding: writer.bytes(from: 0), as: UTF8.self)
    }

    var json: String {
        let id = Self.spanID(span)
        let parentText = parent.map { "\"\(Self.spanID($0))\"" } ?? "null"
        let begin = Self.time(start)
        let end = isEvent ? "null" : Self.time(start + milliseconds)
        var attributes: [String] = []
        if let model { attributes.append("\"model\":\"\(model)\"") }
        if let tokens {
            attributes.append(
                "\"usage\":{\"inputTokens\":\(tokens.input),\"outputTokens\":\(tokens.output)}")
        }
        if let cost { attributes.append("\"costContext\":{\"estimatedCost\":\(cost)}") }
        var metadata: [String] = []
        if let thread { metadata.append("\"threadId\":\"\(thread)\"") }
        if let service { metadata.append("\"serviceName\":\"\(service)\"") }
        metadata.append(
            "\"otel\":{\"startTimeUnixNano\":\"\(start)000123\",\"endTimeUnixNano\":\"\(start + milliseconds)000123\"}"
        )
        var members = [
            "\"id\":\"\(id)\",\"traceId\":\"\(Self.traceID(trace))\",\"parentSpanId\":\(parentText)",
            "\"name\":\"\(name)\",\"type\":\"\(type)\",\"isRootSpan\":\(parent == nil),\"isEvent\":\(isEvent)",
        ]
        if let entity {
            members.append(
                "\"entityType\":\"agent\",\"entityId\":\"\(entity)\",\"entityName\":\"\(entity)\"")
        }
        members.append("\"attributes\":{\(attributes.joined(separator: ","))}")
        if let input { members.append("\"input\":\(input)") }
        if let output { members.append("\"output\":\(output)") }
        members.append(
            "\"error\":\(error.map { "{\"message\":\"\($0)\"}" } ?? "null"),\"spanId\":\"\(id)\",\"spanType\":\"\(type)\""
        )
        members.append(
            "\"startedAt\":\(begin),\"endedAt\":\(end),\"createdAt\":\(begin),\"updatedAt\":null")
        members.append("\"metadata\":{\(metadata.joined(separator: ","))}\(extra)")
        return "{" + members.joined(separator: ",") + "}"
    }
}

extension ByteBlock {
    static func body(_ records: [TestRecord]) -> ByteBlock {
        ByteBlock(
            copying: Array(
                ("{\"spans\":[" + records.map(\.json).joined(separator: ",") + "]}").utf8))
    }
}
