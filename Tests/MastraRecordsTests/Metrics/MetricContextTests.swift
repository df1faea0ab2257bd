import Testing

@testable import MastraRecords

@Suite struct MetricContextTests {
    private static let metadata = """
        {"entityVersionId":"v","userId":"u","organizationId":"o","resourceId":"r","runId":"run",\
        "sessionId":"s","threadId":"t","requestId":"q","environment":"production","source":"otel",\
        "serviceName":"api","experimentId":"e","otel":{"userId":"not this one"},"resource":{"runId":1}}
        """
    private static let entity = #","entityType":"agent","entityId":"a-1","entityName":"Agent""#

    @Test func `a root knows itself as its root`() throws {
        let derived = try #require(
            Derivation(
                .platformRecord(
                    "agent_run", metadata: Self.metadata, parent: "null",
                    more: Self.entity + #","tags":["a","b"],"projectId":"p""#)))
        let context = try #require(derived.context("mastra_agent_duration_ms"))
        #expect(context["tags"] as? [String] == ["a", "b"])
        let texts = context.compactMapValues { $0 as? String }
        #expect(
            texts == [
                "traceId": .traceID, "spanId": "00f067aa0ba902b7",
                "entityType": "agent", "entityId": "a-1", "entityName": "Agent",
                "entityVersionId": "v", "rootEntityType": "agent", "rootEntityId": "a-1",
                "rootEntityName": "Agent", "rootEntityVersionId": "v",
                "userId": "u", "organizationId": "o", "resourceId": "r", "runId": "run",
                "sessionId": "s", "threadId": "t", "requestId": "q",
                "environment": "production", "source": "otel", "serviceName": "api",
                "experimentId": "e", "projectId": "p",
            ])
    }

    @Test func `of a child neither parent nor root is known`() throws {
        let derived = try #require(
            Derivation(.platformRecord("agent_run", more: Self.entity)))
        let context = try #require(derived.context("mastra_agent_duration_ms"))
        #expect(Set(context.keys) == ["traceId", "spanId", "entityType", "entityId", "entityName"])
    }

    @Test func `all metrics of a span have one context`() throws {
        let derived = try #require(
            Derivation(
                .platformRecord(
                    "model_generation",
                    attributes: #"{"usage":{"inputTokens":1,"outputTokens":2}}"#,
                    metadata: Self.metadata, more: Self.entity)))
        let contexts = derived.names.compactMap { derived.context($0) as? [String: String] }
        #expect(contexts.count == 3)
        #expect(Set(contexts).count == 1)
        #expect(contexts.first?["serviceName"] == "api")
    }

    @Test(arguments: [
        ("agent_run", #"{"agentId":"a","agentName":"A"}"#, ["agent", "a", "A"]),
        ("model_generation", #"{"agentId":"a"}"#, ["agent", "a", "a"]),
        ("tool_call", #"{"toolId":"t","agentId":"a"}"#, ["tool", "t", "t"]),
        ("mcp_tool_call", #"{"toolId":"t"}"#, ["tool", "t", "t"]),
        ("workflow_run", #"{"workflowId":"w"}"#, ["workflow_run", "w", "w"]),
        ("workflow_run", "{}", []),
    ])
    func `records of the original exporter have entities and tags elsewhere`(
        _ type: String, _ attributes: String, _ entity: [String]
    ) throws {
        let derived = try #require(
            Derivation(
                .cloudRecord(
                    type, attributes: attributes, metadata: #"{"tags":["x"],"userId":"u"}"#)))
        let context = try #require(derived.metrics.first?["correlationContext"] as? [String: Any])
        #expect(context["tags"] as? [String] == ["x"])
        #expect(context["userId"] as? String == "u")
        let keys = ["Type", "Id", "Name"]
        #expect(keys.compactMap { context["entity" + $0] as? String } == entity)
        #expect(keys.compactMap { context["rootEntity" + $0] as? String } == entity)
    }

    @Test func `texts are copied with their escapes, and long or strange ones left out`() throws {
        let long = String(repeating: "x", count: 511)
        let derived = try #require(
            Derivation(
                .platformRecord(
                    "agent_run",
                    metadata:
                        #"{"userId":"a\"\u00e9\n€","runId":7,"source":"","threadId":"\#(long)"}"#,
                    more: #","tags":[],"entityId":{"a":1}"#)))
        let context = try #require(derived.context("mastra_agent_duration_ms"))
        #expect(context["userId"] as? String == "a\"é\n€")
        #expect(Set(context.keys) == ["traceId", "spanId", "userId"])
    }

    @Test func `a context is short, whatever the record holds`() throws {
        let tags = "[" + [String](repeating: "\"tag\"", count: 500).joined(separator: ",") + "]"
        let derived = try #require(
            Derivation(.platformRecord("agent_run", more: ",\"tags\":\(tags)")))
        #expect(derived.context("mastra_agent_duration_ms")?["tags"] == nil)
    }

    // MARK: Ids

    @Test func `an id follows from the span and the name, and from nothing else`() throws {
        let usage = #"{"usage":{"inputTokens":1,"outputTokens":2}}"#
        let first = try #require(
            Derivation(.platformRecord("model_generation", attributes: usage)))
        let again = try #require(
            Derivation(
                .cloudRecord("model_generation", attributes: usage, metadata: Self.metadata)))
        #expect(first.ids == again.ids)
        #expect(Set(first.ids).count == 3)
        let other = try #require(
            Derivation(
                .platformRecord(
                    "model_generation", spanID: "00f067aa0ba902b8", attributes: usage)))
        #expect(Set(first.ids).isDisjoint(with: other.ids))
    }

    @Test func `an id is a UUID of version 8, and stays what it is`() throws {
        let derived = try #require(Derivation(.platformRecord("agent_run")))
        let id = try #require(derived.ids.first)
        #expect(
            id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
                != nil)
        // What a release sends again has to be what the one before it has sent.
        #expect(id == "be2b7566-3adf-89e8-aa07-7f671034bc29")
    }

    @Test func `the hash is FNV-1a`() {
        // The offset basis, then "a" by the published test vector, before the byte that ends a part.
        #expect(MetricID().hash == UInt128("6c62272e07bb014262b821756295c58d", radix: 16))
        var id = MetricID()
        id.add("a")
        let a = UInt128("d228cb696f1a8caf78912b704e4a8964", radix: 16)!
        #expect(id.hash == a &* (UInt128(1) << 88 + 0x13b))
    }

    @Test func `ids of many spans differ`() throws {
        var ids: Set<UInt128> = []
        for number in 0..<20_000 {
            let text = Array(String(number, radix: 16).utf8)
            for name: StaticString in ["mastra_model_duration_ms", "mastra_tool_duration_ms"] {
                var id = MetricID()
                id.add(text.span, 0..<text.count)
                id.add(name)
                ids.insert(id.bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
            }
        }
        #expect(ids.count == 40_000)
    }

    // MARK: Any bytes

    @Test func `cut and mutated records do no harm`() {
        let record = Array(
            String.platformRecord(
                "model_generation", attributes: #"{"usage":{"inputTokens":1,"outputTokens":2}}"#,
                metadata: Self.metadata, more: Self.entity
            ).utf8)
        var generator = JSONGenerator(seed: 7)
        for length in 0...record.count {
            for bytes in [Array(record[..<length]), generator.mutate(record)] {
                var writer = JSONWriter()
                var ends: [UInt32] = []
                RecordMetrics.derive(from: bytes.span, 0..<bytes.count, to: &writer, ends: &ends)
            }
        }
    }
}
