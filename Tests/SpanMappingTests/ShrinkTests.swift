import MastraRecords
import OTLP
import SpanMapping
import TestKit
import Testing

/// A record that is larger than a batch may be loses the middle of its long strings.
struct ShrinkTests {
    /// The records of a request, none of which may have more bytes than `maxBytes`.
    private static func records(
        _ request: RequestFixture, maxBytes: Int, _ options: MappingOptions? = nil
    ) throws -> [(bytes: [UInt8], record: JSON)] {
        var mapper = SpanMapper(options: options ?? MappingOptions(dialect: .platform))
        return try mapper.records(of: request.encoded, maxBytes: maxBytes).map { bytes in
            var parser = JSONParser(bytes)
            return (bytes, try parser.parse())
        }
    }

    private static func warnings(_ record: JSON) -> JSON? {
        record["metadata"]?["otel"]?["warnings"]
    }

    private static func text(_ length: Int, of characters: String = "abcdefghij") -> String {
        let unit = Array(characters)
        return String((0..<length).map { unit[$0 % unit.count] })
    }

    /// What stands for the middle, and that it counts the bytes that are not there.
    private static func expectCut(
        _ value: JSON?, of whole: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .string(let text) = value, let open = text.range(of: "…["),
            let close = text.range(of: " bytes cut]…")
        else {
            Issue.record("\(String(describing: value)) is not cut", sourceLocation: sourceLocation)
            return
        }
        let head = text[..<open.lowerBound]
        let tail = text[close.upperBound...]
        #expect(whole.hasPrefix(head), sourceLocation: sourceLocation)
        #expect(whole.hasSuffix(tail), sourceLocation: sourceLocation)
        #expect(!head.isEmpty && !tail.isEmpty, sourceLocation: sourceLocation)
        let cut = whole.utf8.count - head.utf8.count - tail.utf8.count
        #expect(
            Int(text[open.upperBound..<close.lowerBound]) == cut, sourceLocation: sourceLocation)
    }

    private static func chat(_ prompt: String, _ answer: String) -> SpanFixture {
        .chat([
            "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 3,
            "gen_ai.input.messages": [.map(["role": "user", "content": .string(prompt)])],
            "gen_ai.output.messages": .string(
                JSON.array([
                    ["role": "assistant", "parts": [["type": "text", "content": .string(answer)]]]
                ]).text),
        ])
    }

    @Test func `a record that fits is left as it is`() throws {
        let request = RequestFixture([Self.chat(Self.text(90_000), Self.text(90_000))])
        let whole = try #require(try Self.records(request, maxBytes: .max).first)
        let fitting = try Self.records(request, maxBytes: whole.bytes.count)
        #expect(fitting.first?.bytes == whole.bytes)
        #expect(Self.warnings(whole.record) == nil)
        let shrunk = try #require(
            try Self.records(request, maxBytes: whole.bytes.count - 1).first)
        #expect(shrunk.bytes.count < whole.bytes.count)
        #expect(Self.warnings(shrunk.record) == ["record_shrunk"])
    }

    @Test(arguments: [150_000, 20_000, 2500])
    func `messages lose their middle until the record fits`(_ maxBytes: Int) throws {
        let prompt = Self.text(100_000)
        let answer = Self.text(100_000, of: "0123456789")
        let request = RequestFixture([Self.chat(prompt, answer)])
        let (bytes, record) = try #require(try Self.records(request, maxBytes: maxBytes).first)
        #expect(bytes.count <= maxBytes)
        Self.expectCut(record["input"]?["messages"]?[0]?["content"], of: prompt)
        Self.expectCut(record["output"]?["text"], of: answer)
        #expect(Self.warnings(record) == ["record_shrunk"])
        // What a record is found and counted by is whole.
        #expect(record["attributes"]?["model"] == "m")
        #expect(record["attributes"]?["usage"]?["inputTokens"] == 3)
        #expect(record["input"]?["messages"]?[0]?["role"] == "user")
    }

    @Test func `attributes are whole as long as messages are enough`() throws {
        var span = Self.chat(Self.text(100_000), "short")
        let note = Self.text(30_000)
        span.attributes.append(Attribute("note", .string(note)))
        let (bytes, record) = try #require(
            try Self.records(RequestFixture([span]), maxBytes: 40_000).first)
        #expect(bytes.count <= 40_000)
        #expect(record["attributes"]?["note"] == .string(note))
        #expect(record["output"]?["text"] == "short")
    }

    @Test(arguments: Place.allCases)
    func `a long string can be cut wherever it stands`(_ place: Place) throws {
        let text = Self.text(10_000)
        let request = place.request("k", .string(text))
        let (bytes, record) = try #require(try Self.records(request, maxBytes: 4000).first)
        #expect(bytes.count <= 4000)
        Self.expectCut(place.value("k", in: record), of: text)
        #expect(Self.warnings(record)?[0] == "record_shrunk")
    }

    @Test func `the words of a span are cut too`() throws {
        let text = Self.text(8000)
        let failed = RequestFixture([
            .span(
                name: text,
                events: [
                    .event(text),
                    .exception(["exception.type": "E", "exception.stacktrace": .string(text)]),
                ],
                links: [LinkFixture(traceState: text)], status: .error(text), traceState: text)
        ])
        let (bytes, record) = try #require(try Self.records(failed, maxBytes: 4000).first)
        #expect(bytes.count <= 4000)
        let otel = record["metadata"]?["otel"]
        for value in [
            record["name"], record["error"]?["message"], record["error"]?["stack"],
            otel?["events"]?[0]?["name"], otel?["links"]?[0]?["traceState"], otel?["traceState"],
        ] {
            Self.expectCut(value, of: text)
        }
        let fine = RequestFixture([.span(status: StatusFixture(code: 1, message: text))])
        let (short, other) = try #require(try Self.records(fine, maxBytes: 4000).first)
        #expect(short.count <= 4000)
        Self.expectCut(other["metadata"]?["otel"]?["statusMessage"], of: text)
    }

    @Test(arguments: ["é", "漢", "🦊", "aé", "a漢", "ab🦊", "🦊a", "\n", "\"", "\\", "\u{1}é"])
    func `no character is cut in two`(_ characters: String) throws {
        for start in 0..<4 {
            let text = Self.text(start) + Self.text(5000, of: characters)
            for place in [Place.attribute, .inputText, .messages] {
                let request = place.request("k", .string(text))
                let (bytes, record) = try #require(
                    try Self.records(request, maxBytes: 3000).first)
                #expect(bytes.count <= 3000)
                Self.expectCut(place.value("k", in: record), of: text)
                // Bytes that are no UTF-8 would have been told of.
                #expect(Self.warnings(record) == ["record_shrunk"])
            }
        }
    }

    @Test func `text that is not UTF-8 is cut as well`() throws {
        let noise = [UInt8](repeating: 0x80, count: 50_000)
        let request = RequestFixture([.span(attributes: ["k": .text(noise)])])
        let (bytes, record) = try #require(try Self.records(request, maxBytes: 4000).first)
        #expect(bytes.count <= 4000)
        #expect(Self.warnings(record) == ["record_shrunk", "invalid_utf8"])
    }

    @Test func `the span behind is as if there had been none before`() throws {
        let resource = ResourceFixture(attributes: [
            Attribute("service.name", "s"), Attribute("long", .string(Self.text(5000))),
        ])
        let next = Self.chat(Self.text(1500), "answer").numbered(2)
        let request = RequestFixture(
            [Self.chat(Self.text(100_000), Self.text(100_000)), next], resource: resource)
        let records = try Self.records(request, maxBytes: 12_000)
        #expect(records.count == 2)
        #expect(Self.warnings(records[0].record) == ["record_shrunk"])
        let alone = try Self.records(
            RequestFixture([next], resource: resource), maxBytes: 12_000)
        #expect(records[1].bytes == alone[0].bytes)
        #expect(records[1].record["metadata"]?["resource"]?["long"] == .string(Self.text(5000)))
    }

    @Test func `a setting without limits is no reason for a record without an end`() throws {
        let many = AttributeValue.array((0..<5000).map { .string("item \($0)") })
        let request = RequestFixture([.span(attributes: ["k": many])])
        let (bytes, record) = try #require(
            try Self.records(request, maxBytes: 8000, .unlimited).first)
        #expect(bytes.count <= 8000)
        #expect(record["attributes"]?["k"]?[50] == "[…4950 more items]")
    }

    @Test func `what cannot be short is written as short as it can be`() throws {
        let many = (0..<2000).map { Attribute("k\($0)", .string(Self.text(100))) }
        let request = RequestFixture([SpanFixture(attributes: many), .span().numbered(2)])
        let records = try Self.records(request, maxBytes: 2000)
        #expect(records.count == 2)
        #expect(records[0].record["attributes"]?.names.count == 2000)
        #expect(Self.warnings(records[0].record) == ["record_shrunk"])
        #expect(records[1].bytes.count <= 2000)
        #expect(Self.warnings(records[1].record) == nil)
    }

    @Test func `a record that is rejected or left is not made short`() throws {
        var span = Self.chat(Self.text(100_000), "a")
        span.traceID = []
        #expect(try Self.records(RequestFixture([span]), maxBytes: 100).isEmpty)
        span = Self.chat(Self.text(100_000), "a")
        span.attributes.append(Attribute("logfire.span_type", "pending_span"))
        let request = RequestFixture([span], scope: ScopeFixture(name: "logfire"))
        #expect(try Self.records(request, maxBytes: 100).isEmpty)
    }

    @Test(arguments: RecordDialect.allCases)
    func `any record made short is JSON`(_ dialect: RecordDialect) throws {
        var mapper = SpanMapper(dialect: dialect)
        for seed in Seeds(count: 40, first: 6_000_000) {
            var generator = SpanGenerator(seed: seed)
            let request = generator.request().encoded
            let maxBytes = 200 + generator.belowForSize(1500)
            for record in mapper.records(of: request, maxBytes: maxBytes) {
                var parser = JSONParser(record)
                #expect(throws: Never.self, "seed \(seed)") { try parser.parse() }
            }
        }
    }
}

extension SpanGenerator {
    /// Of this generator's own chance.
    fileprivate func belowForSize(_ bound: Int) -> Int {
        var random = self.random
        return random.below(bound)
    }
}
