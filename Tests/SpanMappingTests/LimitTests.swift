import MastraRecords
import SpanMapping
import TestKit
import Testing

/// How much of a value goes upstream, and the marks for what does not (MASTRA-CONTRACT 2.5).
struct LimitTests {
    /// One below a limit, at it, one above, and far above.
    private static let around = [-1, 0, 1, 100]

    private static func expectLimited(
        _ values: [JSON], in place: Place, _ reference: ReferencePolicy,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for (value, result) in zip(values, try place.map(values, reference.policy)) {
            let expected = reference.apply(value, key: "k", depth: place.depth)
            expectEqual(result, expected, "\(place)", sourceLocation: sourceLocation)
        }
    }

    // MARK: Strings

    @Test(arguments: Place.allCases)
    func `a string has at most as many UTF-16 units as the limit`(_ place: Place) throws {
        // The usual limit is long to read, and tried where values come in different ways.
        let usual = [Place.attribute, .inputText, .messages].contains(place) ? [131_072] : []
        for limit in [1, 10] + usual {
            var reference = ReferencePolicy()
            reference.maxStringLength = limit
            let texts = Self.around.map {
                JSON.string(String(repeating: "x", count: limit + $0))
            }
            try Self.expectLimited(texts, in: place, reference)
        }
    }

    @Test(
        arguments: [
            // Two bytes, one unit; three bytes, one unit; four bytes, two units.
            ("éééé", 4, "éééé"), ("ééééé", 4, "éééé…[truncated]"), ("漢漢漢漢漢", 4, "漢漢漢漢…[truncated]"),
            ("🦊🦊", 4, "🦊🦊"), ("🦊🦊🦊", 4, "🦊🦊…[truncated]"), ("🦊🦊🦊", 5, "🦊🦊…[truncated]"),
            ("a🦊🦊", 4, "a🦊…[truncated]"), ("a🦊🦊", 5, "a🦊🦊"), ("🦊", 1, "…[truncated]"),
            ("ab🦊", 2, "ab…[truncated]"), ("ab🦊", 3, "ab…[truncated]"), ("ab🦊", 4, "ab🦊"),
            // A letter and its accent are two characters, and may be parted as JavaScript would.
            ("e\u{301}e\u{301}", 3, "e\u{301}e…[truncated]"),
            ("\"\"\"\"", 3, "\"\"\"…[truncated]"), ("\n\n\n\n", 3, "\n\n\n…[truncated]"),
        ] as [(String, Int, String)])
    func `a pair of surrogates is never split`(
        _ text: String, _ limit: Int, _ expected: String
    ) throws {
        var policy = ContentPolicy()
        policy.maxStringLength = limit
        for place in [Place.attribute, .resource, .inputText, .messages, .metadataText] {
            let value = try place.map(.string(text), policy)
            guard case .string(let string) = value else {
                Issue.record("\(place): \(String(describing: value))")
                continue
            }
            // Swift calls `e` and its accent equal however they are written.
            #expect(Array(string.utf8) == Array(expected.utf8), "\(place)")
        }
    }

    @Test(arguments: Place.allCases.filter(\.isText))
    func `a character counts as itself and not as its escape`(_ place: Place) throws {
        var policy = ContentPolicy()
        policy.maxStringLength = 4
        let texts = [
            (#"\u0061\u0061\u0061\u0061"#, "aaaa"), (#"\n\n\n\n"#, "\n\n\n\n"),
            (#"\u0061aaa\u0062"#, "aaaa…[truncated]"), (#"\ud83e\udd8a\ud83e\udd8a"#, "🦊🦊"),
            (#"a\ud83e\udd8a\ud83e\udd8a"#, "a🦊…[truncated]"),
        ]
        for (escaped, expected) in texts where place != .metadataText {
            let request = place.request("k", "", text: #"{"k":"\#(escaped)"}"#)
            let record = try #require(try map(request, policy: policy).first)
            #expect(place.value("k", in: record) == .string(expected), "\(escaped)")
        }
    }

    @Test func `the texts of messages have the limit of strings`() throws {
        var policy = ContentPolicy()
        policy.maxStringLength = 8
        let record = try map(
            .chat([
                "gen_ai.input.messages": [
                    .map(["role": "user", "content": "12345678"]),
                    .map(["role": "user", "content": "123456789"]),
                ],
                "gen_ai.output.messages":
                    #"[{"role":"assistant","parts":[{"type":"text","content":"123456789"}]}]"#,
            ]), policy: policy)
        let messages = record["input"]?["messages"]
        #expect(messages?[0]?["content"] == "12345678")
        #expect(messages?[1]?["content"] == "12345678…[truncated]")
        #expect(record["output"]?["text"] == "12345678…[truncated]")
    }

    @Test func `bytes are cut as the text that they become`() throws {
        var policy = ContentPolicy()
        policy.maxStringLength = 8
        let span = SpanFixture.span(attributes: [
            "six": .bytes([0, 0, 0, 0, 0, 0]), "seven": .bytes([0, 0, 0, 0, 0, 0, 0]),
        ])
        let attributes = try #require(try map(span, policy: policy)["attributes"])
        #expect(attributes["six"] == "AAAAAAAA")
        #expect(attributes["seven"] == "AAAAAAAA…[truncated]")
    }

    @Test func `the words of an error and of a status have the limit of strings`() throws {
        var policy = ContentPolicy()
        policy.maxStringLength = 5
        let failed = try map(
            .span(
                events: [
                    .exception(["exception.type": "123456", "exception.stacktrace": "123456"])
                ],
                status: .error("123456")), policy: policy)
        #expect(failed["error"]?["message"] == "12345…[truncated]")
        #expect(failed["error"]?["name"] == "12345…[truncated]")
        #expect(failed["error"]?["stack"] == "12345…[truncated]")
        let fine = try map(
            .span(
                events: [.event("123456")], links: [LinkFixture(traceState: "123456")],
                status: StatusFixture(code: 1, message: "123456"), traceState: "123456"),
            policy: policy)
        let otel = fine["metadata"]?["otel"]
        #expect(otel?["statusMessage"] == "12345…[truncated]")
        #expect(otel?["traceState"] == "12345…[truncated]")
        #expect(otel?["events"]?[0]?["name"] == "12345…[truncated]")
        #expect(otel?["links"]?[0]?["traceState"] == "12345…[truncated]")
    }

    // MARK: Lists and objects

    @Test(arguments: Place.allCases)
    func `a list has at most as many items as the limit, and one that counts the others`(
        _ place: Place
    ) throws {
        for limit in [1, 7, 50] {
            var reference = ReferencePolicy()
            reference.maxArrayItems = limit
            let lists = Self.around.map { JSON.array((0..<Int64(limit + $0)).map { .int($0) }) }
            try Self.expectLimited(lists, in: place, reference)
        }
    }

    @Test(arguments: Place.allCases)
    func `an object has at most as many keys as the limit, and one that counts the others`(
        _ place: Place
    ) throws {
        for limit in [1, 7, 50] where limit > 1 || !place.isPart {
            var reference = ReferencePolicy()
            reference.maxObjectKeys = limit
            let objects = Self.around.map { JSON.members(limit + $0) }
            try Self.expectLimited(objects, in: place, reference)
        }
    }

    @Test func `the marks read as Mastra writes them`() throws {
        let list = AttributeValue.array((0..<53).map { .int($0) })
        let object = AttributeValue.map((0..<53).map { Attribute("m\($0)", 0) })
        let attributes = try attributes(of: .span(attributes: ["list": list, "object": object]))
        #expect(attributes["list"]?[49] == 49)
        #expect(attributes["list"]?[50] == "[…3 more items]")
        #expect(attributes["list"]?[51] == nil)
        #expect(attributes["object"]?["m49"] == 0)
        #expect(attributes["object"]?["m50"] == nil)
        #expect(attributes["object"]?["__truncated"] == "3 more keys omitted")
    }

    // MARK: Depth

    @Test(arguments: Place.allCases)
    func `an object or a list below the deepest level is a word`(_ place: Place) throws {
        for limit in [1, 6, 8, 20] {
            var reference = ReferencePolicy()
            reference.maxDepth = limit
            // Of a place deeper than the limit all is cut.
            guard place.depth <= limit else { continue }
            let levels = [-1, 0, 1, 2].map { limit - place.depth + $0 }
            let values = levels.filter { $0 > 0 }.flatMap {
                [Self.nest($0, "deep"), Self.nest($0, [])]
            }
            try Self.expectLimited(values, in: place, reference)
        }
    }

    private static func nest(_ levels: Int, _ inner: JSON) -> JSON {
        (0..<levels).reduce(inner) { $1.isMultiple(of: 2) ? [$0] : ["m": $0] }
    }

    @Test func `level eight of an attribute is there and level nine is not`() throws {
        var value = AttributeValue.map(["nine": ["x"], "word": "x"])
        for _ in 0..<7 { value = .map(["m": value]) }
        var inner = try attributes(of: .span(attributes: ["k": value]))["k"]
        for _ in 0..<7 { inner = inner?["m"] }
        #expect(inner == ["nine": "[MaxDepth]", "word": "x"])
    }

    @Test func `a limit of depth above that of requests changes nothing`() throws {
        var value = AttributeValue.string("deep")
        for _ in 0..<64 { value = [value] }
        let record = try map(.span(attributes: ["k": value]), policy: .unlimited)
        var inner = record["attributes"]?["k"]
        for _ in 0..<64 { inner = inner?[0] }
        #expect(inner == "deep")
    }

    // MARK: Together

    @Test(arguments: Place.allCases)
    func `limits hold at each level of a value`(_ place: Place) throws {
        for seed in Seeds(count: 12, first: 4_000_000) {
            var random = SplitMix64(seed: seed)
            var reference = ReferencePolicy()
            reference.maxDepth = place.depth + random.below(4)
            reference.maxStringLength = 1 + random.below(6)
            reference.maxArrayItems = 1 + random.below(4)
            reference.maxObjectKeys = 1 + random.below(4)
            if place.isPart { reference.maxObjectKeys += 4 }
            let value = JSON.random(depth: 5, using: &random)
            guard value.isContainer else { continue }
            let expected = reference.apply(value, key: "k", depth: place.depth)
            let result = try place.map(value, reference.policy)
            expectEqual(result, expected, "seed \(seed), \(place)")
        }
    }

    @Test func `attributes, events and links of one span are many and are all there`() throws {
        var policy = ContentPolicy()
        policy.maxArrayItems = 3
        policy.maxObjectKeys = 3
        let many = (0..<60).map { Attribute("k\($0)", .int($0)) }
        let families = (0..<60).map { Attribute("langsmith.metadata.m\($0)", .int($0)) }
        var span = SpanFixture(attributes: many + families)
        span.events = (0..<60).map { EventFixture(name: "e\($0)", attributes: many) }
        span.links = (0..<60).map { _ in LinkFixture(attributes: many) }
        let request = RequestFixture(
            [span], resource: ResourceFixture(attributes: many),
            scope: ScopeFixture(attributes: many))
        let record = try #require(try map(request, policy: policy).first)
        let metadata = record["metadata"]
        let expected = Set(many.map(\.key))
        #expect(record["attributes"]?.names == expected)
        #expect(metadata?["resource"]?.names == expected)
        #expect(metadata?["scope"]?["attributes"]?.names == expected)
        #expect(metadata?.names.isSuperset(of: (0..<60).map { "m\($0)" }) == true)
        for index in 0..<60 {
            #expect(metadata?["otel"]?["events"]?[index]?["name"] == .string("e\(index)"))
            #expect(metadata?["otel"]?["events"]?[index]?["attributes"]?.names == expected)
            #expect(metadata?["otel"]?["links"]?[index]?["attributes"]?.names == expected)
        }
    }

    // MARK: Schemas

    /// A JSON schema above every limit.
    private static let schema: JSON = {
        var inner: JSON = ["type": "string"]
        for _ in 0..<20 { inner = ["type": "object", "properties": ["m": inner]] }
        var properties: [String: JSON] = ["deep": inner]
        for index in 0..<60 {
            properties["p\(index)"] = ["type": "string", "description": "a long description"]
        }
        return [
            "type": "object", "properties": .object(properties),
            "required": .array(properties.keys.sorted().map { .string($0) }),
        ]
    }()

    @Test(arguments: [false, true])
    func `the JSON schema of a tool is not cut`(_ isText: Bool) throws {
        var policy = ContentPolicy()
        policy.maxStringLength = 10
        let tools: JSON = [
            [
                "type": "function", "name": "f", "parameters": Self.schema,
                "description": "12345678901",
            ]
        ]
        let definitions = isText ? .string(tools.text) : tools.attributeValue
        let record = try map(.chat(["gen_ai.tool.definitions": definitions]), policy: policy)
        let tool = record["attributes"]?["tools"]?[0]
        expectEqual(tool?["parameters"], Self.schema)
        #expect(tool?["description"] == "1234567890…[truncated]")
    }

    @Test func `the JSON schema of an answer in the input is not cut`() throws {
        let record = try map(
            .span(attributes: [
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.call.arguments": .string(JSON.object(["schema": Self.schema]).text),
            ]))
        expectEqual(record["input"]?["schema"], Self.schema)
    }

    @Test func `what only resembles a schema is cut`() throws {
        let object = JSON.members(60)
        for value in [["type": 1, "properties": object], ["properties": object]] as [JSON] {
            let result = try Place.inputText.map(value, ContentPolicy())
            #expect(result?["properties"]?["__truncated"] == "10 more keys omitted")
        }
    }
}
