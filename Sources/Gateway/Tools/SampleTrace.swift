/// A trace to try a gateway with: an agent run, and in it a model call and a tool call.
package enum SampleTrace {
    /// A binary `ExportTraceServiceRequest` with new ids that ends now.
    package static func request() -> [UInt8] {
        let now = WallClock.milliseconds() * 1_000_000
        let trace = ids(16)
        let agent = ids(8)
        let spans = [
            span(
                trace, agent, parent: nil, "invoke_agent weather-agent", kind: 1,
                now - 1_900_000_000, now,
                [
                    ("gen_ai.operation.name", .text("invoke_agent")),
                    ("gen_ai.agent.name", .text("weather-agent")),
                    ("gen_ai.conversation.id", .text("sample-conversation")),
                ]),
            span(
                trace, ids(8), parent: agent, "chat gpt-4o-mini", kind: 3,
                now - 1_850_000_000, now - 700_000_000,
                [
                    ("gen_ai.operation.name", .text("chat")),
                    ("gen_ai.provider.name", .text("openai")),
                    ("gen_ai.request.model", .text("gpt-4o-mini")),
                    ("gen_ai.usage.input_tokens", .integer(30)),
                    ("gen_ai.usage.output_tokens", .integer(12)),
                    (
                        "gen_ai.input.messages",
                        .text(
                            #"[{"role":"user","parts":[{"type":"text","content":"Weather in Paris?"}]}]"#
                        )
                    ),
                    (
                        "gen_ai.output.messages",
                        .text(
                            #"[{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"get_weather","arguments":{"city":"Paris"}}],"finish_reason":"tool_call"}]"#
                        )
                    ),
                ]),
            span(
                trace, ids(8), parent: agent, "execute_tool get_weather", kind: 1,
                now - 650_000_000, now - 100_000_000,
                [
                    ("gen_ai.operation.name", .text("execute_tool")),
                    ("gen_ai.tool.name", .text("get_weather")),
                    ("gen_ai.tool.call.id", .text("call_1")),
                    ("gen_ai.tool.call.arguments", .text(#"{"city":"Paris"}"#)),
                    ("gen_ai.tool.call.result", .text(#"{"celsius":21}"#)),
                ]),
        ]
        var scopeSpans = ProtobufBytes()
        scopeSpans.message(1) { $0.text(1, "mastra-gateway") }
        for span in spans { scopeSpans.bytes(2, span) }
        var resourceSpans = ProtobufBytes()
        resourceSpans.message(1) { $0.attribute(1, "service.name", .text("mastra-gateway-sample")) }
        resourceSpans.bytes(2, scopeSpans.bytes)
        var request = ProtobufBytes()
        request.bytes(1, resourceSpans.bytes)
        return request.bytes
    }

    private static func ids(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 1...255) }
    }

    private static func span(
        _ trace: [UInt8], _ id: [UInt8], parent: [UInt8]?, _ name: String, kind: UInt64,
        _ start: UInt64, _ end: UInt64, _ attributes: [(String, ProtobufBytes.Value)]
    ) -> [UInt8] {
        var span = ProtobufBytes()
        span.bytes(1, trace)
        span.bytes(2, id)
        if let parent { span.bytes(4, parent) }
        span.text(5, name)
        span.varint(6, kind)
        span.fixed64(7, start)
        span.fixed64(8, end)
        for (key, value) in attributes { span.attribute(9, key, value) }
        return span.bytes
    }
}

/// As much of the protobuf wire format as the sample needs.
struct ProtobufBytes {
    enum Value {
        case text(String)
        case integer(Int64)
    }

    private(set) var bytes: [UInt8] = []

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        raw(field << 3)
        raw(value)
    }

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        raw(field << 3 | 1)
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    mutating func bytes(_ field: UInt64, _ content: [UInt8]) {
        raw(field << 3 | 2)
        raw(UInt64(content.count))
        bytes += content
    }

    mutating func text(_ field: UInt64, _ content: String) {
        bytes(field, Array(content.utf8))
    }

    mutating func message(_ field: UInt64, _ fill: (inout ProtobufBytes) -> Void) {
        var inner = ProtobufBytes()
        fill(&inner)
        bytes(field, inner.bytes)
    }

    mutating func attribute(_ field: UInt64, _ key: String, _ value: Value) {
        message(field) { pair in
            pair.text(1, key)
            pair.message(2) { any in
                switch value {
                case .text(let text): any.text(1, text)
                case .integer(let number): any.varint(3, UInt64(bitPattern: number))
                }
            }
        }
    }
}
