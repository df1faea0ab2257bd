import Testing

/// In generation C the calls below a generation have its counts (MASTRA-CONTRACT 4.5).
struct InheritedUsageTests {
    private static let exporter = MastraExporter(generation: .c)

    private static func call(
        _ type: String, _ id: String, below parent: String?, _ attributes: [String: JSON],
        end: UInt64 = 1_700_000_002_300
    ) -> MastraRecord {
        .record(type, name: type) {
            $0.id = id
            $0.parent = parent
            $0.entityType = "agent"
            $0.entityID = "weather-agent"
            $0.attributes = attributes
            $0.end = end
        }
    }

    private static let generation = call(
        "model_generation", "0000000000000001", below: nil,
        ["model": "gpt-4o", "provider": "openai"])

    private static func usage(_ input: Int64, _ output: Int64, cached: Int64? = nil) -> JSON {
        var usage: JSON = [
            "inputTokens": .int(input), "outputTokens": .int(output),
            "inputDetails": ["text": .int(input - (cached ?? 0))],
            "outputDetails": ["text": .int(output)],
        ]
        usage[["inputDetails", "cacheRead"]] = cached.map { .int($0) }
        return usage
    }

    private static func inference(
        _ id: String, below parent: String, _ usage: JSON?, finishReason: String,
        end: UInt64 = 1_700_000_002_300
    ) -> MastraRecord {
        var attributes: [String: JSON] = [
            "model": "gpt-4o", "provider": "openai", "finishReason": .string(finishReason),
        ]
        attributes["usage"] = usage
        return call("model_inference", id, below: parent, attributes, end: end)
    }

    private func attributes(of records: [MastraRecord]) throws -> JSON? {
        try roundTrip(records, Self.exporter).first { $0["id"] == "0000000000000001" }?[
            "attributes"]
    }

    @Test func `a generation has the sum of its calls, and what the last of them tells`() throws {
        let records = [
            Self.inference(
                "0000000000000021", below: "0000000000000011", Self.usage(20, 5, cached: 4),
                finishReason: "tool-calls", end: 1_700_000_001_000),
            Self.call("model_step", "0000000000000011", below: "0000000000000001", [:]),
            Self.inference(
                "0000000000000022", below: "0000000000000012", Self.usage(30, 7),
                finishReason: "stop"),
            Self.call("model_step", "0000000000000012", below: "0000000000000001", [:]),
            Self.generation,
        ]
        let expected: JSON = [
            "model": "gpt-4o", "provider": "openai", "finishReason": "stop",
            "usage": Self.usage(50, 12, cached: 4),
        ]
        expectEqual(try attributes(of: records), expected)
        // Spans of a request may stand in any order: the last call is the one that began last.
        let moved = records.map { record in
            var record = record
            if record.id == "0000000000000022" { record.start += 1000 }
            return record
        }
        expectEqual(try attributes(of: moved.reversed()), expected)
    }

    @Test func `a call keeps the counts that its generation has as well`() throws {
        let records = [
            Self.generation,
            Self.inference(
                "0000000000000021", below: "0000000000000001", Self.usage(20, 5),
                finishReason: "stop"),
        ]
        let mapped = try roundTrip(records, Self.exporter)
        #expect(mapped[0]["attributes"]?["usage"] == Self.usage(20, 5))
        #expect(mapped[1]["attributes"]?["usage"] == Self.usage(20, 5))
    }

    @Test func `calls of other generations and of other traces do not count`() throws {
        var stranger = Self.inference(
            "0000000000000023", below: "0000000000000001", Self.usage(1000, 1000),
            finishReason: "length")
        stranger.traceID = "ffffffffffffffffffffffffffffffff"
        var inner = Self.generation
        inner.id = "0000000000000002"
        inner.parent = "0000000000000011"
        let records = [
            Self.generation,
            Self.call("tool_call", "0000000000000011", below: "0000000000000001", [:]), inner,
            Self.inference(
                "0000000000000022", below: "0000000000000002", Self.usage(300, 70),
                finishReason: "length"),
            stranger,
            Self.inference(
                "0000000000000021", below: "0000000000000001", Self.usage(20, 5),
                finishReason: "stop"),
        ]
        expectEqual(
            try attributes(of: records),
            [
                "model": "gpt-4o", "provider": "openai", "finishReason": "stop",
                "usage": Self.usage(20, 5),
            ])
    }

    @Test func `a call without counts still tells what it ran`() throws {
        let records = [
            Self.generation,
            Self.inference(
                "0000000000000021", below: "0000000000000001", nil, finishReason: "error"),
        ]
        expectEqual(
            try attributes(of: records),
            ["model": "gpt-4o", "provider": "openai", "finishReason": "error"])
    }

    @Test func `a generation whose calls are in another request has the model of its name`() throws
    {
        expectEqual(try attributes(of: [Self.generation]), ["model": "gpt-4o"])
    }

    @Test func `an older core's generation tells its counts itself`() throws {
        // B's rows on the generation, and C's elsewhere.
        var record = Self.generation
        record.attributes["usage"] = Self.usage(20, 5)
        let request = MastraExporter(generation: .b).request([record])
        let mapped = try #require(try map(request).first)
        #expect(mapped["attributes"]?["usage"] == Self.usage(20, 5))
    }
}
