import MastraRecords
import OTLP
import SpanMapping
import Testing

/// The table of MAPPING 9, row by row: what becomes of values that should not be there. More about most
/// of them stands in the tests of the field that they are for.
struct BadValueTests {
    private static func warnings(_ record: JSON?) -> JSON? {
        record?["metadata"]?["otel"]?["warnings"]
    }

    // MARK: Ids

    @Test(
        arguments: [
            [], [1], Array(repeating: 1, count: 8), Array(repeating: 1, count: 15),
            Array(repeating: 1, count: 17), Array(repeating: 0, count: 16),
        ] as [[UInt8]])
    func `row: trace id not 16 bytes or all zero`(_ id: [UInt8]) throws {
        var bad = SpanFixture.span(name: "bad")
        bad.traceID = id
        let request = RequestFixture([.span(name: "a"), bad, .span(name: "b")])
        #expect(try map(request).map { $0["name"] } == ["a", "b"])
        #expect(try walkRequest(request.encoded.span).rejected == 1)
    }

    @Test(
        arguments: [
            [], [1], Array(repeating: 1, count: 7), Array(repeating: 1, count: 9),
            Array(repeating: 1, count: 16), Array(repeating: 0, count: 8),
        ] as [[UInt8]])
    func `row: span id not 8 bytes or all zero`(_ id: [UInt8]) throws {
        var bad = SpanFixture.span(name: "bad")
        bad.spanID = id
        let request = RequestFixture([bad, .span(name: "a"), bad])
        #expect(try map(request).map { $0["name"] } == ["a"])
        #expect(try walkRequest(request.encoded.span).rejected == 2)
    }

    @Test(
        arguments: [
            ([0xab], "invalid_parent_span_id:ab"),
            (Array(repeating: 0xcd, count: 9), "invalid_parent_span_id:cdcdcdcdcdcdcdcdcd"),
        ] as [([UInt8], JSON)])
    func `row: parent id wrong length`(_ parent: [UInt8], _ warning: JSON) throws {
        let record = try map(.span(parent: parent))
        #expect(record["parentSpanId"] == .null)
        #expect(record["isRootSpan"] == true)
        #expect(Self.warnings(record) == [warning])
    }

    @Test func `row: an all-zero parent is no parent`() throws {
        let record = try map(.span(parent: Array(repeating: 0, count: 8)))
        #expect(record["isRootSpan"] == true)
        #expect(Self.warnings(record) == nil)
    }

    @Test func `row: parent missing from the request`() throws {
        let record = try map(.span(parent: Array(1...8)))
        #expect(record["parentSpanId"] == "0102030405060708")
        #expect(record["isRootSpan"] == false)
        #expect(Self.warnings(record) == nil)
    }

    @Test func `row: self parent`() throws {
        let record = try map(.span(parent: Array(0xb0...0xb7)))
        #expect(record["parentSpanId"] == .null)
        #expect(Self.warnings(record) == ["span_is_its_own_parent"])
    }

    @Test func `row: a longer cycle is passed through`() throws {
        var one = SpanFixture.span(parent: Array(1...8))
        one.spanID = Array(2...9)
        var other = SpanFixture.span(parent: Array(2...9))
        other.spanID = Array(1...8)
        let records = try map(RequestFixture([one, other]))
        #expect(records.map { $0["parentSpanId"] } == ["0102030405060708", "0203040506070809"])
        #expect(records.allSatisfy { Self.warnings($0) == nil })
    }

    /// Both are sent in order; the warning that the row asks for is not there yet.
    @Test func `row: duplicate span id in one request`() throws {
        let request = RequestFixture([.span(name: "first"), .span(name: "last")])
        let records = try map(request)
        #expect(records.map { $0["name"] } == ["first", "last"])
        #expect(records[0]["spanId"] == records[1]["spanId"])
    }

    // MARK: Times

    @Test func `row: start 0`() throws {
        let ended = try map(.span(start: 0))
        #expect(ended["startedAt"] == "2023-11-14T22:13:21.500Z")
        #expect(Self.warnings(ended) == ["missing_start_time"])
        let none = try map(.span(start: 0, end: 0))
        #expect(none["startedAt"] == none["createdAt"])
        #expect(none["startedAt"] == "2023-11-14T22:13:21.750Z")
        #expect(Self.warnings(none) == ["missing_start_time"])
    }

    @Test(
        arguments: [
            (.unset, .null), (.ok, "2023-11-14T22:13:20.000Z"),
            (.error, "2023-11-14T22:13:20.000Z"), (StatusFixture(code: 7), .null),
        ] as [(StatusFixture, JSON)])
    func `row: end 0`(_ status: StatusFixture, _ endedAt: JSON) throws {
        #expect(try map(.span(end: 0, status: status))["endedAt"] == endedAt)
    }

    @Test func `row: end before start`() throws {
        let record = try map(.span(end: 1_699_999_999_999_999_999))
        #expect(record["endedAt"] == record["startedAt"])
        #expect(Self.warnings(record) == ["end_before_start"])
        #expect(record["metadata"]?["otel"]?["endTimeUnixNano"] == "1699999999999999999")
    }

    /// No nanosecond that 64 bits can count is beyond the year 9999.
    @Test func `row: time beyond year 9999`() throws {
        let record = try map(.span(start: .max, end: .max))
        #expect(record["startedAt"] == "2554-07-21T23:34:33.709Z")
        #expect(record["endedAt"] == "2554-07-21T23:34:33.709Z")
        #expect(record["metadata"]?["otel"]?["startTimeUnixNano"] == "18446744073709551615")
        #expect(Self.warnings(record) == nil)
    }

    // MARK: Words and enums

    @Test func `row: empty name`() throws {
        #expect(try map(.span(name: ""))["name"] == "unknown")
        #expect(try map(.span(name: " "))["name"] == " ")
    }

    @Test(arguments: [6, 99, -1] as [Int64])
    func `row: kind out of range`(_ kind: Int64) throws {
        #expect(try otel(of: .span(kind: kind))["kind"] == .int(kind))
    }

    @Test(arguments: [3, 99, -1] as [Int64])
    func `row: status code out of range`(_ code: Int64) throws {
        let record = try map(.span(status: StatusFixture(code: code)))
        #expect(record["error"] == .null)
        #expect(record["metadata"]?["otel"]?["statusCode"] == .int(code))
        // As with a status that is not set, `error.type` alone makes a failure.
        let failed = try map(
            .span(attributes: ["error.type": "e"], status: StatusFixture(code: code)))
        #expect(failed["error"]?["message"] == "e")
    }

    // MARK: Typed fields

    private static let counts = [
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt",
        "ai.usage.promptTokens",
    ]

    private static func chat(_ key: String, _ value: AttributeValue) throws -> JSON {
        var span = SpanFixture.chat()
        span.attributes.append(Attribute(key, value))
        return try #require(try map(span)["attributes"])
    }

    @Test(
        arguments: [("12", 12), (" 12 ", 12), ("0", 0), ("012", 12)] as [(AttributeValue, JSON)])
    func `row: tokens as string`(_ value: AttributeValue, _ count: JSON) throws {
        for key in Self.counts {
            #expect(try Self.chat(key, value)["usage"]?["inputTokens"] == count, "\(key)")
        }
    }

    @Test func `row: tokens as double`() throws {
        for key in Self.counts {
            let whole = try Self.chat(key, 12.0)
            #expect(whole["usage"]?["inputTokens"] == 12, "\(key)")
            let part = try Self.chat(key, 7.9)
            #expect(part["usage"] == nil, "\(key)")
            #expect(part[key] == 7.9, "\(key)")
        }
    }

    @Test(
        arguments: [
            (-1, -1), (.double(.nan), "NaN"), (.double(.infinity), "Infinity"),
            (.double(-.infinity), "-Infinity"), (.int(1 << 53), "9007199254740992"),
            (.double(9_007_199_254_740_992), 9_007_199_254_740_992.0), (.map(["a": 1]), ["a": 1]),
            ([1], [1]), (-1.0, -1.0),
        ] as [(AttributeValue, JSON)])
    func `row: tokens negative, NaN, infinite, too large, an object or a list`(
        _ value: AttributeValue, _ raw: JSON
    ) throws {
        for key in Self.counts {
            let attributes = try Self.chat(key, value)
            #expect(attributes["usage"] == nil, "\(key)")
            #expect(attributes[key] == raw, "\(key)")
        }
    }

    @Test(
        arguments: [
            (.double(.nan), "NaN"), (.double(-.infinity), "-Infinity"), ("warm", "warm"),
            (["x"], ["x"]),
        ] as [(AttributeValue, JSON)])
    func `row: temperature and the like non-finite or non-numeric`(
        _ value: AttributeValue, _ raw: JSON
    ) throws {
        for key in ["gen_ai.request.temperature", "gen_ai.request.top_p", "ai.settings.topK"] {
            let attributes = try Self.chat(key, value)
            #expect(attributes["parameters"] == nil, "\(key)")
            #expect(attributes[key] == raw, "\(key)")
        }
    }

    @Test(arguments: [(5, 5), (true, true), (["m"], ["m"])] as [(AttributeValue, JSON)])
    func `row: model not a string`(_ value: AttributeValue, _ raw: JSON) throws {
        for key in ["gen_ai.request.model", "gen_ai.response.model", "llm.model_name"] {
            let attributes = try Self.chat(key, value)
            #expect(attributes["model"] == nil, "\(key)")
            #expect(attributes["responseModel"] == nil, "\(key)")
            #expect(attributes[key] == raw, "\(key)")
        }
    }

    @Test func `row: truncated JSON messages`() throws {
        let text = #"[{"role":"user","parts":[{"type":"text","content":"he"#
        let record = try map(.chat(["gen_ai.input.messages": .string(text)]))
        #expect(record["input"] == .string(text))
        #expect(Self.warnings(record) == ["unparsed:gen_ai.input.messages"])
    }

    @Test func `row: unknown operation or kind value`() throws {
        let record = try map(
            .span(attributes: [
                "gen_ai.operation.name": "levitate", "openinference.span.kind": "WIZARD",
                "traceloop.span.kind": "wand", "gen_ai.tool.name": "t",
            ]))
        #expect(record["spanType"] == "tool_call")
        for (key, value) in [
            ("gen_ai.operation.name", "levitate"), ("openinference.span.kind", "WIZARD"),
            ("traceloop.span.kind", "wand"),
        ] {
            #expect(record["attributes"]?[key] == .string(value), "\(key)")
        }
    }

    // MARK: Size

    /// The mark is that of MASTRA-CONTRACT 2.5, which goes before the one of this row.
    @Test func `row: huge strings`() throws {
        let huge = String(repeating: "🦊", count: 200_000)
        #expect(
            try map(.span(attributes: ["k": .string(huge)]), policy: .unlimited)["attributes"]?["k"]
                == .string(huge))
        #expect(
            try map(.span(attributes: ["k": .string(huge)]))["attributes"]?["k"]
                == .string(String(repeating: "🦊", count: 65_536) + "…[truncated]"))
    }

    @Test func `row: more than 128 attributes`() throws {
        let many = (0..<129).map { Attribute("k\($0)", .int($0)) }
        #expect(try map(SpanFixture(attributes: many))["attributes"]?.names.count == 129)
    }

    @Test func `row: indices without end`() throws {
        var span = SpanFixture.chat()
        let indices = Array(0...3) + Array(10_000...10_003) + [99_999, 4_294_967_296]
        span.attributes += indices.map {
            Attribute("gen_ai.prompt.\($0).content", .string("text \($0)"))
        }
        span.attributes += ["x", "-1", "", "1e2", "99999999999999999999999"].map {
            Attribute("gen_ai.prompt.\($0).content", .string("odd \($0)"))
        }
        let record = try map(span)
        let messages = record["input"]?["messages"]
        for (position, index) in ([0, 1, 2, 3, 10_000] as [Int]).enumerated() {
            #expect(messages?[position]?["content"] == .string("text \(index)"))
        }
        #expect(messages?[5] == nil)
        for index in indices where index > 10_000 {
            let key = "gen_ai.prompt.\(index).content"
            #expect(record["attributes"]?[key] == .string("text \(index)"))
        }
        for odd in ["x", "-1", "", "1e2", "99999999999999999999999"] {
            let key = "gen_ai.prompt.\(odd).content"
            #expect(record["attributes"]?[key] == .string("odd \(odd)"))
        }
    }

    @Test func `row: as many indices as a span can have`() throws {
        var span = SpanFixture.chat()
        span.attributes += (0..<20_000).map {
            Attribute("llm.input_messages.\(19_999 - $0).message.content", .string("\($0)"))
        }
        var mapper = SpanMapper(options: .unlimited)
        let duration = ContinuousClock().measure {
            _ = mapper.records(of: RequestFixture([span]).encoded)
        }
        // Seconds where each key would be compared with each.
        #expect(duration < .seconds(5))
    }

    // MARK: Characters

    @Test(arguments: Place.allCases)
    func `row: NUL and control characters`(_ place: Place) throws {
        let text = String(String.UnicodeScalarView((0...0x1f).compactMap(Unicode.Scalar.init)))
        let request = place.request(
            "k", .string("a" + text + "\u{7f}"), text: "{\"k\":\"a\(text.escapedControls)\u{7f}\"}")
        var mapper = SpanMapper(dialect: .platform)
        let bytes = try #require(mapper.records(of: request.encoded).first)
        #expect(!bytes.contains { $0 < 0x20 })
        var parser = JSONParser(bytes)
        let record = try parser.parse()
        if place != .metadataText {
            #expect(place.value("k", in: record) == .string("a" + text + "\u{7f}"))
        }
    }

    @Test(
        arguments: [
            (#"\ud83e"#, "\u{fffd}"), (#"\udd8a"#, "\u{fffd}"), (#"a\ud83eb"#, "a\u{fffd}b"),
            (#"\ud83e\ud83e\udd8a"#, "\u{fffd}🦊"), (#"\udd8a\ud83e"#, "\u{fffd}\u{fffd}"),
            (#"\uD83E\u0041"#, "\u{fffd}A"), (#"\ud83e\n"#, "\u{fffd}\n"),
            (#"\\ud83e"#, #"\ud83e"#), (#"\ud83e\udd8a"#, "🦊"), (#"\ud83e\\udd8a"#, #"�\udd8a"#),
        ] as [(String, String)])
    func `row: lone surrogates`(_ escaped: String, _ expected: String) throws {
        for place in Place.allCases where place.isText && place != .metadataText {
            let text = #"{"k":"\#(escaped)","\#(escaped)":1,"more":["\#(escaped)"]}"#
            let request = place.request("k", "", text: text)
            var mapper = SpanMapper(dialect: .platform)
            let bytes = try #require(mapper.records(of: request.encoded).first)
            // Not even as an escape, which stores refuse (MASTRA-CONTRACT 6.3).
            #expect(!String(decoding: bytes, as: UTF8.self).holdsLoneSurrogate, "\(place)")
            var parser = JSONParser(bytes)
            let record = try parser.parse()
            #expect(place.value("k", in: record) == .string(expected), "\(place)")
            #expect(place.value("more", in: record) == [.string(expected)], "\(place)")
            #expect(place.value(expected, in: record) == 1, "\(place)")
        }
    }

    // MARK: Absence

    @Test func `row: resource or scope absent`() throws {
        let metadata = try map(.span())["metadata"]
        #expect(metadata?.names == ["otel"])
    }

    @Test func `row: zero-byte body`() throws {
        var mapper = SpanMapper(dialect: .platform)
        #expect(mapper.records(of: []).isEmpty)
        #expect(try walkRequest([UInt8]().span).rejected == 0)
    }
}

extension String {
    /// With control characters as JSON writes them.
    fileprivate var escapedControls: String {
        unicodeScalars.map { scalar in
            guard scalar.value < 0x20 else { return String(scalar) }
            let hex = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }.joined()
    }

    /// Whether JSON text has an escape of half a pair.
    fileprivate var holdsLoneSurrogate: Bool {
        let bytes = Array(utf8)
        var position = 0
        var isOpen = false
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count else {
                if isOpen { return true }
                position += 1
                continue
            }
            guard bytes[position + 1] == UInt8(ascii: "u"), position + 6 <= bytes.count else {
                if isOpen { return true }
                position += 2
                continue
            }
            let digits = String(decoding: bytes[position + 2..<position + 6], as: UTF8.self)
            let unit = UInt32(digits, radix: 16) ?? 0
            let isSecond = unit & 0xfc00 == 0xdc00
            if isOpen != isSecond { return true }
            isOpen = unit & 0xfc00 == 0xd800
            position += 6
        }
        return isOpen
    }
}
