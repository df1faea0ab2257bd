import MastraRecords
import OTLP
import SpanMapping
import TestKit
import Testing

/// What a selection leaves, and that it leaves it as it was.
struct SelectionTests {
    // MARK: Only spans of AI

    @Test(arguments: CorpusTests.names)
    func `of a real payload, ai_only keeps the records that are not generic`(
        _ name: String
    ) throws {
        let payload = try CorpusTests.payload(name)
        var whole = SpanMapper(dialect: .platform)
        var selecting = SpanMapper(options: try .selecting(aiOnly: true))
        let before = whole.results(of: payload)
        let after = selecting.results(of: payload)
        #expect(before.count == after.count)
        for (plain, selected) in zip(before, after) {
            guard plain.outcome == .record else {
                #expect(selected.outcome == plain.outcome)
                continue
            }
            var parser = JSONParser(plain.record)
            if try parser.parse()["type"] == "generic" {
                #expect(selected.outcome == .left(.notAI))
                #expect(selected.record.isEmpty)
            } else {
                #expect(selected.outcome == .record)
                #expect(selected.record == plain.record)
            }
        }
    }

    private static let counts: [(name: String, kept: Int, left: Int)] = [
        ("livekit-a", 7, 10), ("fastmcp-a", 3, 5), ("logfire-a", 4, 4),
        ("oi-langchain-rag", 5, 1), ("semantic-kernel-a", 4, 1),
        ("mastra-exporter-current", 9, 1),
    ]

    @Test(arguments: counts)
    func `so many spans of a payload are those of AI`(
        _ name: String, _ kept: Int, _ left: Int
    ) throws {
        var mapper = SpanMapper(options: try .selecting(aiOnly: true))
        let outcomes = mapper.results(of: try CorpusTests.payload(name)).map(\.outcome)
        #expect(outcomes.count { $0 == .record } == kept)
        #expect(outcomes.count { $0 == .left(.notAI) } == left)
    }

    @Test func `a type of later releases that falls back to generic is left out with it`() throws {
        let request = RequestFixture([.openInference("RETRIEVER")])
        var options = try MappingOptions.selecting(aiOnly: true)
        #expect(outcomes(request, options) == [.record])
        options.spanTypes = .core
        #expect(outcomes(request, options) == [.left(.notAI)])
    }

    @Test func `a span below one that is left out keeps its parent`() throws {
        let root = SpanFixture.span(name: "GET /")
        var call = SpanFixture.chat()
        call.spanID = Array(1...8)
        call.parent = root.spanID
        let records = try map(RequestFixture([root, call]), .selecting(aiOnly: true))
        #expect(records.map { $0["parentSpanId"] } == ["b0b1b2b3b4b5b6b7"])
        #expect(records.map { $0["isRootSpan"] } == [false])
    }

    // MARK: Neighbours

    /// A call told twice is one call, also where the outer one is dropped.
    @Test func `a span that is dropped still tells what its neighbours are`() throws {
        let counts: KeyValuePairs<String, AttributeValue> = [
            "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5,
        ]
        let outer = SpanFixture.chat(counts, name: "outer")
        var inner = SpanFixture.chat(counts, name: "inner")
        inner.spanID = Array(1...8)
        inner.parent = outer.spanID
        let records = try map(RequestFixture([outer, inner]), .selecting(["name=outer"]))
        #expect(records.map { $0["name"] } == ["inner"])
        #expect(records.map { $0["type"] } == ["model_step"])
    }

    @Test func `an id that comes again is told, also where the first span was dropped`() throws {
        let spans = [SpanFixture.span(name: "first"), .span(name: "second")]
        let whole = try map(RequestFixture(spans), MappingOptions(dialect: .platform))
        let records = try map(RequestFixture(spans), .selecting(["name=first"]))
        #expect(records == Array(whole.dropFirst()))
        #expect(records[0]["metadata"]?["otel"]?["warnings"] != nil)
    }

    /// A plain span is not drafted, and would meet what the one before has left in the draft.
    @Test func `a span that is dropped leaves none of its events to the next`() throws {
        let details = EventFixture.event(
            "gen_ai.client.inference.operation.details",
            attributes: ["gen_ai.operation.name": "chat"])
        let spans = [
            SpanFixture.span(name: "first"), .span(name: "call", events: [details]).numbered(2),
            .span(name: "last", events: [.event("an event")]).numbered(3),
        ]
        let request = RequestFixture(spans)
        let whole = try map(request, MappingOptions(dialect: .platform))
        for options in [
            try MappingOptions.selecting(["name=call"]),
            try .selecting(["span_type=model_generation"]),
        ] {
            #expect(try map(request, options) == [whole[0], whole[2]])
        }
        #expect(whole[2]["metadata"]?["otel"]?["events"]?[0]?["name"] == "an event")
    }

    private static let selections: [(rules: [String], keepRatio: Double, aiOnly: Bool)] = [
        ([], 0.5, false), ([], 0.5, true), (["name=*a*"], 1, false),
        (["span_type=model_*", "attributes.http.*=*"], 1, false),
        (["service=*a*", "span_type=generic"], 0.7, false),
        (["span_type=agent_run & name=*", "resource.service.name=?*s*"], 0.9, true),
    ]

    /// Not one byte of a record depends on which others are kept.
    @Test(arguments: selections)
    func `records of real payloads are those without a selection`(
        _ rules: [String], _ keepRatio: Double, _ aiOnly: Bool
    ) throws {
        let options = try MappingOptions.selecting(rules, keepRatio: keepRatio, aiOnly: aiOnly)
        var whole = SpanMapper(dialect: .platform)
        var selecting = SpanMapper(options: options)
        var kept = 0
        var left = 0
        for name in CorpusTests.names {
            let payload = try CorpusTests.payload(name)
            for (plain, selected) in zip(
                whole.results(of: payload), selecting.results(of: payload))
            {
                if selected.outcome == .record {
                    kept += 1
                    #expect(selected.record == plain.record, "\(name)")
                } else {
                    left += 1
                    #expect(selected.record.isEmpty, "\(name)")
                }
            }
        }
        #expect(kept > 0 && left > 0)
    }

    // MARK: Order and books

    @Test func `a span that has several reasons is left for the first`() throws {
        let pending = SpanFixture.span(attributes: ["logfire.span_type": "pending_span"])
        let plain = SpanFixture.span()
        let request = RequestFixture([pending, plain.numbered(2)])
        let rules = ["name=span"]
        let none = try MappingOptions.selecting(rules, keepRatio: 0, aiOnly: true)
        #expect(outcomes(request, none) == [.left(.pendingSpan), .left(.sampled)])
        let all = try MappingOptions.selecting(rules, aiOnly: true)
        #expect(outcomes(request, all) == [.left(.pendingSpan), .left(.filtered)])
        let ai = try MappingOptions.selecting(aiOnly: true)
        #expect(outcomes(request, ai) == [.left(.pendingSpan), .left(.notAI)])
    }

    @Test func `reasons are named as their counters are`() {
        #expect(
            SpanMapper.Reason.allCases.map(\.rawValue)
                == ["pending_span", "model_chunk", "filtered", "sampled", "not_ai"])
    }

    /// On damaged requests as well: nothing traps, each span ends once, spans that were rejected stay
    /// so, and what is kept is what it was.
    @Test(arguments: CorpusTests.names)
    func `the books of changed payloads close`(_ name: String) throws {
        let payload = try CorpusTests.payload(name)
        let options = try MappingOptions.selecting(
            ["name=*e*t* & attributes.*=*", "span_type=*_step", "scope=*a*i & name=?*"],
            keepRatio: 0.6, aiOnly: true)
        var whole = SpanMapper(dialect: .platform, hashSeed: 1)
        var selecting = SpanMapper(options: options, hashSeed: 1)
        for seed in Seeds(count: 6, first: 6_000_000) {
            var random = SplitMix64(seed: seed)
            var mutant = payload
            for _ in 0..<random.below(12) { mutant.mutate(using: &random) }
            let before = whole.results(of: mutant)
            let after = selecting.results(of: mutant)
            let what: Comment = "\(name), seed \(seed)"
            #expect(before.count == after.count, what)
            for (plain, selected) in zip(before, after) {
                switch selected.outcome {
                case .record: #expect(selected.record == plain.record, what)
                case .rejected: #expect(plain.outcome == .rejected, what)
                case .left(.pendingSpan), .left(.modelChunk):
                    #expect(plain.outcome == selected.outcome, what)
                case .left: #expect(plain.outcome == .record && selected.record.isEmpty, what)
                }
            }
            let cut = random.below(after.count + 1)
            var cursor = RequestCursor()
            selecting.beginRequest()
            let taken = after.prefix(cut).count { $0.outcome != .rejected }
            selecting.skip(taken, with: &cursor, in: mutant.span)
            var writer = JSONWriter(capacity: 64)
            let rest = after.filter { $0.outcome != .rejected }.dropFirst(taken)
            for expected in rest {
                let start = writer.count
                var outcome = SpanMapper.Outcome.rejected
                while outcome == .rejected, let range = cursor.next(in: mutant.span) {
                    outcome = selecting.write(
                        range, of: cursor, in: mutant.span, receivedAt: receivedAt, to: &writer)
                }
                #expect(outcome == expected.outcome, what)
                #expect(writer.bytes(from: start) == expected.record, what)
            }
        }
    }

    @Test func `a record that has to be short is made short`() throws {
        var span = SpanFixture.span(name: "keep", attributes: ["k": "v"])
        span.attributes.append(Attribute("long", .string(String(repeating: "x", count: 5000))))
        var mapper = SpanMapper(options: try .selecting(["name=drop"], keepRatio: 0.999))
        let results = mapper.results(of: RequestFixture([span]).encoded, maxBytes: 2000)
        let result = try #require(results.first)
        #expect(result.outcome == .record)
        #expect(result.record.count <= 2000 && result.record.count > 500)
    }

    // MARK: Explanations

    private static func omission(
        _ span: SpanFixture, _ options: MappingOptions
    ) -> String? {
        var mapper = SpanMapper(options: options)
        mapper.explains = true
        return mapper.results(of: RequestFixture([span]).encoded).first?.explanation?.omission
    }

    @Test func `a span that is left out is told why`() throws {
        let rules = ["name=other", " name=s* & span_type=generic "]
        #expect(
            Self.omission(.span(), try .selecting(rules))
                == "drop_spans: name=s* & span_type=generic")
        #expect(
            Self.omission(.span(), try .selecting(keepRatio: 0.1))
                == "keep_ratio 0.1: random value 0xa9aaabacadaeaf is below the threshold 0xe6666666666666"
        )
        #expect(
            Self.omission(.span(), try .selecting(aiOnly: true)) == "ai_only: the type is generic")
        let pending = SpanFixture.span(attributes: ["logfire.span_type": "pending_span"])
        #expect(
            Self.omission(pending, MappingOptions(dialect: .platform))
                == "logfire.span_type: the span itself comes with its end")
        let chunk = SpanFixture.span(attributes: ["mastra.span.type": "model_chunk"])
        #expect(
            Self.omission(chunk, MappingOptions(dialect: .platform))
                == "mastra.span.type: one token of a stream")
        #expect(Self.omission(.span(), MappingOptions(dialect: .platform)) == nil)
    }

    private static func kept(_ span: SpanFixture, _ options: MappingOptions) -> [String] {
        var mapper = SpanMapper(options: options)
        mapper.explains = true
        let explanation = mapper.results(of: RequestFixture([span]).encoded).first?.explanation
        return (explanation?.entries ?? []).filter { $0.field == "selection" }.map(\.source)
    }

    @Test func `a span that is kept is told why, where some are not`() throws {
        #expect(
            Self.kept(.chat(), try .selecting(["name=other"], keepRatio: 0.5, aiOnly: true)) == [
                "kept, keep_ratio 0.5: random value 0xa9aaabacadaeaf is not below the threshold 0x80000000000000; drop_spans: no rule matches; ai_only: the type is not generic"
            ])
        #expect(
            Self.kept(.span(traceState: "ot=th:f"), try .selecting(keepRatio: 0.1)) == [
                "kept, keep_ratio 0.1: th 0xf0000000000000 is not below the threshold 0xe6666666666666"
            ])
        #expect(
            Self.kept(.span(), try .selecting(["name=x"])) == ["kept, drop_spans: no rule matches"])
        #expect(Self.kept(.span(), MappingOptions(dialect: .platform)) == [])
    }

    @Test func `an explanation changes no outcome`() throws {
        let options = try MappingOptions.selecting(["span_type=model_*"], keepRatio: 0.8)
        for name in CorpusTests.names {
            let payload = try CorpusTests.payload(name)
            var silent = SpanMapper(options: options)
            var telling = SpanMapper(options: options)
            telling.explains = true
            let expected = silent.results(of: payload)
            for (result, other) in zip(telling.results(of: payload), expected) {
                #expect(result.outcome == other.outcome && result.record == other.record)
                let isLeft = result.outcome != .record
                #expect((result.explanation?.omission != nil) == isLeft)
            }
        }
    }
}
