import MastraRecords
import OTLP
import SpanMapping
import TestKit
import Testing

/// The mapper over bytes that no walk has passed: it never traps, what it writes is JSON, and nothing
/// of them is left behind. A failure names the seed that makes it again.
struct MutationTests {
    private static let good = SpanGeneratorSample.request.encoded

    private static func check(
        _ bytes: [UInt8], _ mapper: inout SpanMapper, _ what: String, maxBytes: Int = .max
    ) {
        for record in mapper.records(of: bytes, maxBytes: maxBytes) {
            var parser = JSONParser(record, duplicates: .lastWins)
            do {
                _ = try parser.parse()
            } catch {
                Issue.record("\(what): \(error)")
            }
        }
    }

    @Test(arguments: RecordDialect.allCases)
    func `changed bytes are mapped to JSON`(_ dialect: RecordDialect) {
        var mapper = SpanMapper(dialect: dialect, hashSeed: 1)
        for seed in Seeds(count: 50, first: 1_000_000) {
            var generator = SpanGenerator(seed: seed)
            let request = generator.request().encoded
            var random = SplitMix64(seed: seed)
            for _ in 0..<20 {
                var mutant = request
                for _ in 0...random.below(3) { mutant.mutate(using: &random) }
                Self.check(mutant, &mapper, "seed \(seed)")
            }
        }
        var fresh = SpanMapper(dialect: dialect)
        #expect(mapper.records(of: Self.good) == fresh.records(of: Self.good))
    }

    /// What real spans hold is richer than what is made up, and their damage gets further.
    @Test(arguments: CorpusTests.names)
    func `changed bytes of a real payload are mapped to JSON`(_ name: String) throws {
        let payload = try CorpusTests.payload(name)
        var options = MappingOptions.unlimited
        options.keepsVectors = true
        var mappers = [
            SpanMapper(dialect: .platform, hashSeed: 1), SpanMapper(dialect: .cloud, hashSeed: 1),
            SpanMapper(options: options, hashSeed: 1),
        ]
        let before = mappers[0].records(of: payload)
        for seed in Seeds(count: 12, first: 3_000_000) {
            var random = SplitMix64(seed: seed)
            var mutant = payload
            // Several, since most of a payload is text.
            for _ in 0...random.below(12) { mutant.mutate(using: &random) }
            let index = random.below(mappers.count)
            let what = "\(name), seed \(seed)"
            Self.check(mutant, &mappers[index], what)
            if random.once(in: 4) {
                Self.check(mutant, &mappers[index], what + ", short", maxBytes: 2000)
            }
        }
        #expect(mappers[0].records(of: payload) == before)
    }

    /// The same damage inside the values, where it leaves the request well-formed.
    @Test(arguments: CorpusTests.names)
    func `changed text of a real payload is mapped to JSON`(_ name: String) throws {
        let requests = PayloadReader.requests(in: try CorpusTests.payload(name))
        var mapper = SpanMapper(dialect: .platform, hashSeed: 1)
        for seed in Seeds(count: 4, first: 3_100_000) {
            var random = SplitMix64(seed: seed)
            for var request in requests {
                for index in request.spans.indices {
                    for place in request.spans[index].attributes.indices
                    where random.once(in: 3) {
                        request.spans[index].attributes[place].value.damage(using: &random)
                    }
                }
                let bytes = request.encoded
                #expect(throws: Never.self) { try walkRequest(bytes.span) }
                let count = mapper.records(of: bytes).count
                #expect(count <= request.spans.count)
                Self.check(bytes, &mapper, "\(name), seed \(seed)")
            }
        }
    }

    @Test func `every beginning of a request is mapped to JSON`() {
        var mapper = SpanMapper(dialect: .platform)
        for length in 0..<Self.good.count {
            Self.check(Array(Self.good[..<length]), &mapper, "length \(length)")
        }
    }

    @Test func `bytes of no meaning are mapped to JSON`() {
        var mapper = SpanMapper(dialect: .platform)
        for seed in Seeds(count: 800, first: 2_000_000) {
            var random = SplitMix64(seed: seed)
            // Tags of the schema, so that the noise gets somewhere, around a span that is taken.
            let tags: [UInt8] = [
                0x0a, 0x12, 0x1a, 0x22, 0x2a, 0x30, 0x39, 0x41, 0x4a, 0x5a, 0x6a, 0x7a, 0x08, 0x10,
            ]
            let noise = (0..<random.below(200)).map { _ -> UInt8 in
                random.once(in: 3)
                    ? random.pick(tags) : UInt8(truncatingIfNeeded: random.next() & 0x3f)
            }
            let span = random.once(in: 2) ? noise : SpanFixture.chat().encoded + noise
            let request: [UInt8] = .field(
                1, bytes: .field(1, bytes: noise) + .field(2, bytes: .field(2, bytes: span)))
            Self.check(random.once(in: 4) ? noise : request, &mapper, "seed \(seed)")
        }
        var fresh = SpanMapper(dialect: .platform)
        #expect(mapper.records(of: Self.good) == fresh.records(of: Self.good))
    }

    /// Values nested deeper than the walk admits end in a word instead of the stack's end.
    @Test func `a value without a bottom is cut`() throws {
        var value: [UInt8] = []
        for _ in 0..<5000 { value = .field(5, bytes: .field(1, bytes: value)) }
        let span =
            SpanFixture.span().encoded
            + .field(
                9, bytes: .field(1, text: "deep") + .field(2, bytes: value))
        let request: [UInt8] = .field(1, bytes: .field(2, bytes: .field(2, bytes: span)))
        #expect(throws: WireError.self) { try walkRequest(request.span) }
        var mapper = SpanMapper(dialect: .platform)
        var parser = JSONParser(try #require(mapper.records(of: request).first))
        var inner = try parser.parse()["attributes"]?["deep"]
        while let next = inner?[0] { inner = next }
        #expect(inner == "[MaxDepth]")
    }
}

/// One request with something of everything.
enum SpanGeneratorSample {
    static let request = RequestFixture(
        [
            .span(
                name: "chat m", kind: 3, parent: Array(1...8),
                attributes: [
                    "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
                    "gen_ai.provider.name": "OpenAI.chat", "gen_ai.usage.input_tokens": "12",
                    "gen_ai.response.finish_reasons": ["stop"], "model": 1, "k": [1, 2.5, .empty],
                    "k": .map(["a": .bytes([1])]), "tag.tags": "a,b",
                    "gen_ai.system_instructions": "be kind",
                    "gen_ai.input.messages":
                        #"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#,
                    "gen_ai.output.messages": [
                        .map([
                            "role": "assistant",
                            "parts": [.map(["type": "text", "content": "hé"])],
                        ])
                    ],
                ],
                events: [.exception(["exception.message": "m"])],
                links: [LinkFixture(attributes: [Attribute("l", true)])], status: .error("bad"),
                traceState: "a=b", flags: 0x301, dropped: [1, 2, 3])
        ],
        resource: .resource(["service.name": "s", "deployment.environment": "e"], dropped: 1),
        scope: ScopeFixture(name: "lib", version: "1", attributes: [Attribute("s", 1)]),
        resourceSchemaURL: "r", scopeSchemaURL: "s")
}

extension AttributeValue {
    /// Text with a few bytes changed, or a value of another kind.
    fileprivate mutating func damage(using random: inout SplitMix64) {
        switch self {
        case .string(let text) where !random.once(in: 5):
            var bytes = Array(text.utf8)
            for _ in 0...random.below(3) { bytes.mutate(using: &random) }
            self = .text(bytes)
        case .array(var items) where !items.isEmpty && !random.once(in: 5):
            items[random.below(items.count)].damage(using: &random)
            self = .array(items)
        case .map(var pairs) where !pairs.isEmpty && !random.once(in: 5):
            pairs[random.below(pairs.count)].value.damage(using: &random)
            self = .map(pairs)
        default: self = .random(depth: 3, using: &random)
        }
    }
}

extension [UInt8] {
    mutating func mutate(using random: inout SplitMix64) {
        guard !isEmpty else { return append(UInt8(truncatingIfNeeded: random.next())) }
        let index = random.below(count)
        switch random.below(6) {
        case 0, 1: self[index] ^= 1 << UInt8(random.below(8))
        case 2: self[index] = UInt8(truncatingIfNeeded: random.next())
        case 3: insert(UInt8(truncatingIfNeeded: random.next()), at: index)
        case 4: remove(at: index)
        default:
            let end = Swift.min(count, index + random.below(40))
            let other = random.below(count)
            replaceSubrange(index..<end, with: self[other..<Swift.min(count, other + 24)])
        }
    }
}
