import MastraRecords
import SpanMapping
import TestKit
import Testing

/// Every `AnyValue`, and the attributes that no field takes (MAPPING 2, 8, 9).
struct ValueTests {
    @Test(
        arguments: [
            ("", ""), ("text", "text"), ("\0\u{1f}\"\\/\u{7f}é漢🦊", "\0\u{1f}\"\\/\u{7f}é漢🦊"),
            (true, true), (false, false), (0, 0), (-1, -1),
            (.int(9_007_199_254_740_991), 9_007_199_254_740_991),
            (.int(-9_007_199_254_740_991), -9_007_199_254_740_991),
            (.int(9_007_199_254_740_992), "9007199254740992"),
            (.int(-9_007_199_254_740_992), "-9007199254740992"),
            (.int(.max), "9223372036854775807"), (.int(.min), "-9223372036854775808"),
            (0.1, 0.1), (12.0, 12.0), (-0.0, -0.0),
            (.double(.leastNonzeroMagnitude), .double(.leastNonzeroMagnitude)),
            (.double(1.7976931348623157e308), 1.7976931348623157e308), (.double(.nan), "NaN"),
            (.double(-.nan), "NaN"), (.double(.infinity), "Infinity"),
            (.double(-.infinity), "-Infinity"), (.bytes([]), ""), (.bytes([0]), "AA=="),
            (.bytes([0xfb, 0xff]), "+/8="), (.bytes([1, 2, 3]), "AQID"), ([], []), (.map([]), [:]),
            (.empty, .null), ([1, "a", .empty, [], .map([])], [1, "a", .null, [], [:]]),
            (
                .map(["a": .map(["": [.bytes([0]), .int(.max)]]), "b": .double(.nan)]),
                ["a": ["": ["AA==", "9223372036854775807"]], "b": "NaN"]
            ),
        ] as [(AttributeValue, JSON)])
    func `a value has its JSON`(_ value: AttributeValue, _ json: JSON) throws {
        expectEqual(try attributes(of: .span(attributes: ["k.v": value])), ["k.v": json])
    }

    @Test func `negative zero keeps its sign`() throws {
        guard
            case .double(let zero) = try attributes(of: .span(attributes: ["z": -0.0]))["z"]
        else {
            Issue.record("no double")
            return
        }
        #expect(zero.sign == .minus)
    }

    @Test func `a key without a value is kept`() throws {
        var bytes = SpanFixture.span().encoded
        bytes += .field(9, bytes: .field(1, text: "lone"))
        let request: [UInt8] = .field(1, bytes: .field(2, bytes: .field(2, bytes: bytes)))
        var mapper = SpanMapper(dialect: .platform)
        var parser = JSONParser(try #require(mapper.records(of: request).first))
        #expect(try parser.parse()["attributes"] == ["lone": .null])
    }

    private func whole(_ span: SpanFixture, _ resource: ResourceFixture? = nil) throws -> JSON {
        try map(span, resource: resource, policy: .unlimited)
    }

    @Test func `the deepest value that a request may have is kept whole`() throws {
        var value: AttributeValue = "deep"
        for level in 0..<64 { value = level.isMultiple(of: 2) ? [value] : .map(["m": value]) }
        let places: [JSON?] = [
            try whole(.span(attributes: ["k": value]))["attributes"]?["k"],
            try whole(.span(), .resource(["k": value]))["metadata"]?["resource"]?["k"],
            try whole(.span(events: [.event("e", attributes: ["k": value])]))["metadata"]?[
                "otel"]?["events"]?[0]?["attributes"]?["k"],
            try whole(.span(links: [LinkFixture(attributes: [Attribute("k", value)])]))[
                "metadata"]?["otel"]?["links"]?[0]?["attributes"]?["k"],
        ]
        for place in places {
            var inner = place
            for level in 0..<64 { inner = level.isMultiple(of: 2) ? inner?["m"] : inner?[0] }
            #expect(inner == "deep")
        }
    }

    @Test(
        arguments: [
            ([0xff], "\u{fffd}"), ([0x61, 0xc3], "a\u{fffd}"), ([0xc0, 0x80], "\u{fffd}\u{fffd}"),
            ([0xed, 0xa0, 0x80], "\u{fffd}\u{fffd}\u{fffd}"),
        ] as [([UInt8], String)])
    func `what is not UTF-8 is replaced and told of`(_ bytes: [UInt8], _ text: String) throws {
        let record = try map(.span(attributes: ["k": .text(bytes)]))
        #expect(record["attributes"] == ["k": .string(text)])
        #expect(record["metadata"]?["otel"]?["warnings"] == ["invalid_utf8"])
    }

    @Test func `what is not UTF-8 is told of wherever it stands`() throws {
        let bad = AttributeValue.text([0xff])
        let spans: [SpanFixture] = [
            .span(attributes: ["k": [bad]]), .span(attributes: ["k": .map(["a": bad])]),
            .span(events: [.event("e", attributes: ["k": bad])]),
            .span(links: [LinkFixture(attributes: [Attribute("k", bad)])]),
            .chat(["gen_ai.request.model": bad]), .chat(["gen_ai.prompt": bad]),
            .chat(["gen_ai.response.finish_reasons": [bad]]),
            .chat(["user.id": bad]), .span(attributes: ["error.type": bad]),
            .span(attributes: ["tag.tags": [bad]]),
            .span(attributes: ["gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": bad]),
            .span(attributes: [
                "gen_ai.operation.name": "invoke_agent", "gen_ai.tool.definitions": [bad],
            ]),
            .chat([
                "gen_ai.input.messages": #"[{"role":"user","parts":[]}]"#,
                "gen_ai.system_instructions": [bad],
            ]),
        ]
        for span in spans {
            let warnings = try otel(of: span)["warnings"]
            #expect(warnings == ["invalid_utf8"], "\(span.attributes)")
        }
        #expect(try otel(of: .span(name: "fine"))["warnings"] == nil)
    }

    @Test func `what is not UTF-8 in one span is no matter of the next`() throws {
        let records = try map(
            RequestFixture([
                .span(attributes: ["k": .text([0xff])]), .span().numbered(2),
            ]))
        #expect(records.first?["metadata"]?["otel"]?["warnings"] == ["invalid_utf8"])
        #expect(records.last?["metadata"]?["otel"]?["warnings"] == nil)
    }

    // MARK: Left-overs

    @Test func `of a key that comes again the last value wins, and the others are kept`() throws {
        let record = try map(
            .span(attributes: ["k": 1, "other": 0, "k": "two", "k": [3], "": 4, "": 5]))
        expectEqual(record["attributes"], ["k": [3], "other": 0, "": 5])
        let otel = record["metadata"]?["otel"]
        expectEqual(
            otel?["duplicates"],
            [["key": "k", "value": 1], ["key": "k", "value": "two"], ["key": "", "value": 4]])
        #expect(otel?["warnings"] == ["duplicate_attribute"])
    }

    @Test func `of a typed field's key the last value wins too`() throws {
        let record = try map(
            .chat([
                "gen_ai.request.model": "first", "gen_ai.request.model": "last",
                "gen_ai.usage.input_tokens": 1, "gen_ai.usage.input_tokens": "x",
            ]))
        #expect(record["attributes"]?["model"] == "last")
        #expect(record["attributes"]?["usage"] == nil)
        #expect(record["attributes"]?["gen_ai.usage.input_tokens"] == "x")
        expectEqual(
            record["metadata"]?["otel"]?["duplicates"],
            [
                ["key": "gen_ai.request.model", "value": "first"],
                ["key": "gen_ai.usage.input_tokens", "value": 1],
            ])
    }

    @Test func `keys that differ in the least are different`() throws {
        let attributes = try attributes(
            of: .span(attributes: ["k": 1, "K": 2, "k ": 3, "k\0": 4, "kk": 5]))
        expectEqual(attributes, ["k": 1, "K": 2, "k ": 3, "k\0": 4, "kk": 5])
    }

    @Test func `of a map's key that comes again readers take the last`() throws {
        let span = SpanFixture.span(attributes: ["m": .map(["a": 1, "a": 2])])
        var mapper = SpanMapper(dialect: .platform)
        let bytes = try #require(mapper.records(of: RequestFixture([span]).encoded).first)
        var parser = JSONParser(bytes, duplicates: .lastWins)
        #expect(try parser.parse()["attributes"] == ["m": ["a": 2]])
    }

    @Test(arguments: [
        "model", "usage", "provider", "tools", "parameters", "status", "success", "input",
        "output", "agentId", "agentName", "toolId", "workflowId", "stepId", "responseModel",
        "responseId", "finishReason", "streaming", "completionStartTime", "availableTools",
        "serverAddress", "serverPort", "conversationId", "instructions", "toolCallId",
        "toolType", "toolDescription", "mcpServer", "topK", "dimensions",
    ])
    func `a key with the name of a field is kept under otel`(_ name: String) throws {
        for operation in ["", "chat", "invoke_agent", "execute_tool"] {
            let span = SpanFixture(
                attributes: [
                    Attribute("gen_ai.operation.name", .string(operation)),
                    Attribute(name, "mine"),
                ])
            for dialect in RecordDialect.allCases {
                let attributes = try attributes(of: span, dialect: dialect)
                #expect(attributes["otel.\(name)"] == "mine")
                #expect(attributes[name] != "mine")
            }
        }
    }

    @Test(arguments: ["models", "mode", "otel.model", "my.model", "name", "type", "id", "error"])
    func `any other key is kept under its own name`(_ name: String) throws {
        let span = SpanFixture(attributes: [Attribute(name, "mine")])
        #expect(try attributes(of: span) == .object([name: "mine"]))
    }

    @Test func `many attributes are kept, and few after them`() throws {
        var mapper = SpanMapper(options: .unlimited)
        let many = SpanFixture(
            attributes: (0..<20_000).map { Attribute("key.\($0)", .int(Int64($0))) })
        let few = RequestFixture([.span(attributes: ["a": 1])]).encoded
        var fresh = SpanMapper(options: .unlimited)
        let expected = fresh.records(of: few)
        #expect(mapper.records(of: few) == expected)
        var parser = JSONParser(
            try #require(mapper.records(of: RequestFixture([many]).encoded).first))
        #expect(try parser.parse()["attributes"]?.names.count == 20_000)
        #expect(mapper.records(of: few) == expected)
    }
}
