import Testing

@testable import MastraRecords

@Suite struct DurationMetricTests {
    private static let names = [
        "agent_run": "mastra_agent_duration_ms", "tool_call": "mastra_tool_duration_ms",
        "mcp_tool_call": "mastra_tool_duration_ms", "client_tool_call": "mastra_tool_duration_ms",
        "workflow_run": "mastra_workflow_duration_ms",
        "model_generation": "mastra_model_duration_ms",
        "processor_run": "mastra_processor_duration_ms",
    ]

    @Test(arguments: SpanType.allCases)
    func `a span has the duration of its type, in both dialects`(_ type: SpanType) throws {
        let expected = Self.names["\(type.name)"].map { [$0] } ?? []
        let records = [String.platformRecord("\(type.name)"), .cloudRecord("\(type.name)")]
        for record in records {
            let derived = try #require(Derivation(record))
            #expect(derived.names == expected)
            #expect(derived.metrics.allSatisfy { $0["value"] as? Double == 2412 })
        }
    }

    @Test func `a metric is the span's, at its end`() throws {
        let derived = try #require(Derivation(.platformRecord("agent_run")))
        let metric = try #require(derived.metric("mastra_agent_duration_ms"))
        #expect(
            Set(metric.keys) == [
                "metricId", "timestamp", "name", "value", "labels", "traceId", "spanId",
                "correlationContext",
            ])
        #expect(metric["timestamp"] as? String == "2026-11-22T10:00:02.412Z")
        #expect(metric["traceId"] as? String == .traceID)
        #expect(metric["spanId"] as? String == "00f067aa0ba902b7")
        #expect(String(decoding: derived.bytes, as: UTF8.self).contains(#""value":2412,"#))
    }

    @Test func `without an end there is no metric, and an event has none`() throws {
        for record in [
            String.platformRecord("agent_run", ended: "null"),
            .platformRecord("agent_run", isEvent: true),
            .cloudRecord("model_generation", ended: "null"),
            .platformRecord("agent_run", ended: "\"yesterday\""),
        ] {
            #expect(try #require(Derivation(record)).metrics.isEmpty, "\(record)")
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z", 1.0),
        ("2024-02-28T23:59:59.999Z", "2024-03-01T00:00:00.000Z", 86_400_001),
        ("2023-12-31T23:59:59.000Z", "2024-01-01T00:00:00.500Z", 1500),
        ("2000-02-28T00:00:00.000Z", "2000-03-01T00:00:00.000Z", 172_800_000),
        ("2026-11-22T10:00:00.000Z", "2026-11-22T10:00:00.000Z", 0),
        ("2026-11-22T10:00:01.000Z", "2026-11-22T10:00:00.000Z", 0),
    ])
    func `durations run over days and years, and never backwards`(
        _ start: String, _ end: String, _ value: Double
    ) throws {
        let record = String.cloudRecord("agent_run", ended: "\"\(end)\"")
            .replacing("2026-11-22T10:00:00.000Z\",\"endedAt", with: "\(start)\",\"endedAt")
        #expect(try #require(Derivation(record)).value("mastra_agent_duration_ms") == value)
    }

    @Test func `a failed span is labelled as such`() throws {
        let error = #"{"message":"no"}"#
        for record in [
            String.platformRecord("tool_call", error: error),
            .cloudRecord("tool_call", error: error),
        ] {
            let derived = try #require(Derivation(record))
            #expect(derived.labels("mastra_tool_duration_ms") == ["status": "error"])
        }
        let fine = try #require(Derivation(.cloudRecord("tool_call")))
        #expect(fine.labels("mastra_tool_duration_ms") == ["status": "ok"])
    }

    @Test(arguments: [
        ("client_tool_call", "{}", true), ("tool_call", #"{"toolType":"client"}"#, true),
        ("mcp_tool_call", #"{"toolType":"client"}"#, true),
        ("tool_call", #"{"toolType":"function"}"#, false),
        ("tool_call", #"{"toolType":7}"#, false), ("tool_call", "{}", false),
        ("agent_run", #"{"toolType":"client"}"#, false),
    ])
    func `a client's tool is labelled as such`(
        _ type: String, _ attributes: String, _ isClient: Bool
    ) throws {
        let derived = try #require(Derivation(.platformRecord(type, attributes: attributes)))
        let labels = try #require(derived.metrics.first?["labels"] as? [String: String])
        #expect(labels["toolType"] == (isClient ? "client" : nil))
        #expect(labels["status"] == "ok")
    }

    @Test func `nothing that a span says becomes a label`() throws {
        let uuid = "6c1e9d1e-4d0e-4a2c-9b7e-0c3a2f6d1a11"
        let ids =
            #""trace_id":"t","run_id":"\#(uuid)","user_id":"u","userId":"u","toolType":"\#(uuid)""#
        let derived = try #require(
            Derivation(
                .platformRecord("tool_call", attributes: "{\(ids)}", metadata: "{\(ids)}"),
                .platformRecord(
                    "model_generation", attributes: #"{"usage":{"inputTokens":1},\#(ids)}"#,
                    metadata: "{\(ids)}")))
        let labels = derived.metrics.compactMap { $0["labels"] as? [String: String] }
        #expect(labels == [["status": "ok"], ["status": "ok"], [:]])
    }
}
