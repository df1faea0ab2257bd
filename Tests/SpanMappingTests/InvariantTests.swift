import MastraRecords
import SpanMapping
import Testing

/// What holds for every span, tried on random ones. A failure names the seed that makes it again.
struct InvariantTests {
    private static func parse(_ bytes: [UInt8]) throws -> (record: JSON, leaves: [JSON]) {
        var parser = JSONParser(bytes)
        let record = try parser.parse()
        return (record, parser.leaves)
    }

    @Test(arguments: RecordDialect.allCases)
    func `every leaf value of a span is found in its record`(_ dialect: RecordDialect) throws {
        for seed in Seeds(count: 200, first: 0) {
            var generator = SpanGenerator(seed: seed)
            let request = generator.request()
            var options = MappingOptions(dialect: dialect)
            options.policy = .unlimited
            options.keepsVectors = true
            var mapper = SpanMapper(options: options)
            let records = mapper.records(of: request.encoded)
            #expect(records.count == request.spans.count, "seed \(seed)")
            for (span, bytes) in zip(request.spans, records) {
                let (record, leaves) = try Self.parse(bytes)
                let found = RecordLeaves(leaves)
                // The sum stands in for the total that was repaired.
                let isRepaired = record["attributes"]?["mastra.usage_repaired"] == true
                for (what, witness) in span.witnesses + request.witnesses {
                    if found.hold(witness) || isRepaired && what.contains("usage") { continue }
                    let text = String(decoding: bytes, as: UTF8.self)
                    Issue.record("seed \(seed): \(what) is not in \(text)")
                }
            }
        }
    }

    @Test func `a mapper forgets each span over the next`() throws {
        for dialect in RecordDialect.allCases {
            var used = SpanMapper(dialect: dialect)
            for seed in Seeds(count: 120, first: 100_000) {
                var generator = SpanGenerator(seed: seed)
                let request = generator.request()
                let records = used.records(of: request.encoded)
                #expect(records == used.records(of: request.encoded), "seed \(seed): a second time")
                var fresh = SpanMapper(dialect: dialect)
                #expect(records == fresh.records(of: request.encoded), "seed \(seed): a fresh one")
                let alone = request.spans.flatMap { span in
                    var fresh = SpanMapper(dialect: dialect)
                    var single = request
                    single.spans = [span]
                    return fresh.records(of: single.encoded)
                }
                #expect(records == alone, "seed \(seed): one by one")
            }
        }
    }

    private static let platform: Set<String> = [
        "id", "traceId", "name", "type", "parentSpanId", "isRootSpan", "isEvent", "startTime",
        "attributes", "metadata", "spanId", "spanType", "startedAt", "endedAt", "error",
        "createdAt", "updatedAt",
    ]

    private static let cloud: Set<String> = [
        "traceId", "spanId", "parentSpanId", "name", "spanType", "attributes", "metadata",
        "startedAt", "endedAt", "input", "output", "isEvent", "createdAt", "updatedAt",
    ]

    private static let types: Set<JSON> = Set(SpanType.allCases.map { .string("\($0.name)") })

    @Test func `a platform record has the fields of its shape and no others`() throws {
        for seed in Seeds(count: 150, first: 200_000) {
            var generator = SpanGenerator(seed: seed)
            for record in try map(generator.request()) {
                var optional: Set<String> = ["input", "output", "tags"]
                if record["endedAt"] != .null { optional.insert("endTime") }
                if record["error"] != .null { optional.insert("errorInfo") }
                let entity: Set<String> = ["entityType", "entityId", "entityName"]
                if record["entityType"] != nil { optional.formUnion(entity) }
                #expect(record.names.isSuperset(of: Self.platform), "seed \(seed)")
                #expect(record.names.isSubset(of: Self.platform.union(optional)), "seed \(seed)")
                #expect(
                    optional.subtracting(["input", "output", "tags"]).isSubset(of: record.names),
                    "seed \(seed)")
                #expect(record["id"] == record["spanId"], "seed \(seed)")
                #expect(record["type"] == record["spanType"], "seed \(seed)")
                #expect(record["startTime"] == record["startedAt"], "seed \(seed)")
                #expect(record["errorInfo"] ?? .null == record["error"], "seed \(seed)")
                #expect((record["parentSpanId"] == .null) == (record["isRootSpan"] == true))
                #expect(Self.types.contains(try #require(record["type"])), "seed \(seed)")
            }
        }
    }

    @Test func `an original record has its fourteen fields, or fifteen`() throws {
        for seed in Seeds(count: 150, first: 300_000) {
            var generator = SpanGenerator(seed: seed)
            let request = generator.request()
            let pairs = zip(try map(request, dialect: .cloud), try map(request))
            for (record, platform) in pairs {
                let hasFailed = platform["error"] != .null
                #expect(
                    record.names == Self.cloud.union(hasFailed ? ["error"] : []), "seed \(seed)")
                for name in Self.cloud where name != "attributes" && name != "metadata" {
                    let expected = platform[name] ?? .null
                    #expect(record[name] == expected, "seed \(seed): \(name)")
                }
            }
        }
    }
}

extension SpanFixture {
    /// Every value of the span that its record has to hold.
    var witnesses: [(what: String, Witness)] {
        let texts = [
            ("name", name.isEmpty ? "unknown" : name), ("trace state", traceState),
            ("status", status.message), ("start", "\(start)"), ("end", "\(end)"),
            ("trace id", traceID.hex), ("span id", spanID.hex), ("parent", parent.hex),
        ]
        let own: [(what: String, Witness)] = attributes.map { attribute in
            // Token counts of either convention are told of as usage.
            let isUsage = attribute.key.contains("token")
            return (
                isUsage ? "usage \(attribute)" : "\(attribute)",
                .value(attribute.value, isOpen: true)
            )
        }
        return texts.map { ($0, .text($1)) } + own + events.flatMap(\.witnesses)
            + links.flatMap(\.witnesses)
    }
}

extension EventFixture {
    var witnesses: [(what: String, Witness)] {
        [("event", .text(name)), ("event time", .text("\(time)"))]
            + attributes.map { ("event \($0)", .value($0.value, isOpen: isContent)) }
    }

    /// Messages are read out of it (MAPPING 6).
    private var isContent: Bool {
        name.hasPrefix("gen_ai.") && name != "gen_ai.evaluation.result"
    }
}

extension LinkFixture {
    var witnesses: [(what: String, Witness)] {
        [
            ("link", .text(traceID.hex)), ("link", .text(spanID.hex)), ("link", .text(traceState)),
        ] + attributes.map { ("link \($0)", .value($0.value, isOpen: false)) }
    }
}

extension RequestFixture {
    /// Every value around the spans.
    var witnesses: [(what: String, Witness)] {
        let attributes = (resource?.attributes ?? []) + (scope?.attributes ?? [])
        let texts = [resourceSchemaURL, scopeSchemaURL, scope?.name ?? "", scope?.version ?? ""]
        return attributes.map { ("context \($0)", .value($0.value, isOpen: false)) }
            + texts.map { ("context", .text($0)) }
    }
}

extension [UInt8] {
    var hex: String {
        map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
