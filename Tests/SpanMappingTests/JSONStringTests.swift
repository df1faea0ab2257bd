import MastraRecords
import SpanMapping
import Testing

/// JSON inside strings, by the rows of MAPPING 2.1; which source wins is told in `ContentTests`.
struct JSONStringTests {
    /// A tool's result, of a key that is not marked for plain literals unless `isMarked`.
    private static func result(_ text: String, isMarked: Bool = true) throws -> JSON {
        let key = isMarked ? "gen_ai.tool.call.result" : "ai.toolCall.result"
        var span = SpanFixture.span(attributes: ["gen_ai.operation.name": "execute_tool"])
        span.attributes.append(Attribute(key, .string(text)))
        return try map(span)
    }

    private static let object = #"{"a":[1,{"b":null}]}"#
    private static let value: JSON = ["a": [1, ["b": .null]]]

    @Test(arguments: [
        ("input", "execute_tool", "gen_ai.tool.call.arguments"),
        ("output", "execute_tool", "gen_ai.tool.call.result"),
        ("input", "execute_tool", "ai.toolCall.args"),
        ("output", "execute_tool", "ai.toolCall.result"),
        ("input", "execute_tool", "input.value"), ("output", "execute_tool", "output.value"),
        ("input", "execute_tool", "traceloop.entity.input"),
        ("output", "execute_tool", "traceloop.entity.output"),
        ("input", "execute_tool", "langfuse.observation.input"),
        ("output", "execute_tool", "langfuse.observation.output"),
        ("input", "execute_tool", "mlflow.spanInputs"),
        ("output", "execute_tool", "mlflow.spanOutputs"),
        ("input", "execute_tool", "lmnr.span.input"),
        ("output", "execute_tool", "lmnr.span.output"),
        ("output", "retrieval", "gen_ai.retrieval.documents"),
    ])
    func `J1: content is parsed`(_ side: String, _ operation: String, _ key: String) throws {
        var span = SpanFixture.span(attributes: ["gen_ai.operation.name": .string(operation)])
        span.attributes.append(Attribute(key, .string(Self.object)))
        let record = try map(span)
        expectEqual(record[side], Self.value)
        #expect(record["attributes"]?[key] == nil)
    }

    @Test(arguments: ["llm.invocation_parameters", "ai.response.providerMetadata"])
    func `J1: parameters and usage that are left over are parsed`(_ key: String) throws {
        var span = SpanFixture.chat()
        span.attributes.append(Attribute(key, .string(Self.object)))
        let attributes = try #require(try map(span)["attributes"])
        let left = attributes[key] ?? attributes["providerMetadata"]
        expectEqual(left, Self.value)
    }

    @Test(arguments: [
        "http.request.body", "gen_ai.request.model", "db.query.text", "gen_ai.agent.name", "mine",
        "gen_ai.conversation.id", "session.id", "url.full", "exception.message",
    ])
    func `J1: any other string stays one`(_ key: String) throws {
        var span = SpanFixture.chat()
        span.attributes.append(Attribute(key, .string(Self.object)))
        var mapper = SpanMapper(dialect: .platform)
        let bytes = try #require(mapper.records(of: RequestFixture([span]).encoded).first)
        var parser = JSONParser(bytes)
        _ = try parser.parse()
        #expect(parser.leaves.contains(.string(Self.object)))
    }

    @Test(arguments: ["0042", "true", "1e5", "null", "-1", "1.50", "\"", "", "  "])
    func `J1: words and numbers stay text, in JSON too`(_ text: String) throws {
        let list = JSON.array([.string(text), ["a": .string(text)]])
        #expect(try Self.result(list.text)["output"] == list)
        #expect(
            try attributes(of: .span(attributes: ["k": .string(text)]))["k"] == .string(text))
    }

    @Test(arguments: [" ", "\n\t\r ", ""])
    func `J2: space around JSON is nothing`(_ space: String) throws {
        expectEqual(try Self.result(space + Self.object + space)["output"], Self.value)
    }

    @Test(arguments: ["\u{a0}", "\u{feff}", "x"])
    func `J2: anything else around JSON makes it text`(_ other: String) throws {
        for text in [other + Self.object, Self.object + other] {
            #expect(try Self.result(text)["output"] == .string(text))
        }
    }

    @Test func `J3: JSON in a string in a string is opened`() throws {
        let once = JSON.string(Self.object).text
        for isMarked in [true, false] {
            expectEqual(try Self.result(once, isMarked: isMarked)["output"], Self.value)
        }
    }

    @Test func `J3: at most two levels are opened`() throws {
        let once = JSON.string(Self.object).text
        let twice = JSON.string(once).text
        let thrice = JSON.string(twice).text
        // The literal around everything is one level, the text in it the other.
        let output = try Self.result(thrice)["output"]
        #expect(output != Self.value)
        guard case .string = output else {
            Issue.record("opened \(String(describing: output))")
            return
        }
    }

    @Test(
        arguments: [
            (#""hello""#, "hello"), (#""a \"b\" \u00e9\n""#, "a \"b\" é\n"), (#" "x" "#, "x"),
            (#""{not json""#, "{not json"), (#""12""#, "12"),
        ] as [(String, JSON)])
    func `J3: a literal around text is that text for marked keys alone`(
        _ text: String, _ plain: JSON
    ) throws {
        #expect(try Self.result(text)["output"] == plain)
        #expect(try Self.result(text, isMarked: false)["output"] == .string(text))
        #expect(try map(Self.chain(text))["output"] == plain)
    }

    private static func chain(_ text: String) -> SpanFixture {
        .span(attributes: ["openinference.span.kind": "CHAIN", "output.value": .string(text)])
    }

    @Test(arguments: [
        ("gen_ai.tool.call.arguments", "execute_tool"), ("gen_ai.input.messages", "chat"),
        ("input.value", "execute_tool"), ("traceloop.entity.input", "execute_tool"),
    ])
    func `J4: JSON that is cut off is told of by its key`(
        _ key: String, _ operation: String
    ) throws {
        let whole = #"{"a":[1,{"b":"c\u00e9"}],"d":-1.5e+3,"e":true}"#
        for length in 1..<whole.utf8.count {
            // All of it is ASCII.
            let text = String(whole.prefix(length))
            var span = SpanFixture.span(attributes: ["gen_ai.operation.name": .string(operation)])
            span.attributes.append(Attribute(key, .string(text)))
            let record = try map(span)
            #expect(record["input"] == .string(text))
            let warnings = record["metadata"]?["otel"]?["warnings"]
            #expect(warnings == [.string("unparsed:" + key)], "\(text)")
        }
    }

    @Test(arguments: [
        "{'a': None, 'b': True}", "[Document(id='1')]", "{1: 2}", "[1, 2,]", "{\"a\": undefined}",
        "{\"a\": NaN}", "[Infinity]", "[+1]", "[.5]", "[1.]", "[0x1]", "{\"a\" 1}", "[\"\t\"]",
        "// c\n{}", "{\"a\":1}{\"a\":1}",
    ])
    func `J5: what only looks like JSON stays text`(_ text: String) throws {
        #expect(try Self.result(text)["output"] == .string(text))
    }

    @Test(arguments: ["<Kind.A: 1>", "Document(id='1')", "None", "True", "FinishReason.STOP"])
    func `J5: words of Python stay text without a word`(_ text: String) throws {
        let record = try Self.result(text)
        #expect(record["output"] == .string(text))
        #expect(record["metadata"]?["otel"]?["warnings"] == nil)
    }

    @Test(arguments: [
        "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "123456789012345678901234567890", "1e400", "-0", "-0.0", "1E+2",
        "0.1000000000000000055511151231257827",
    ])
    func `J6: every digit of a number is kept`(_ number: String) throws {
        var mapper = SpanMapper(dialect: .platform)
        for text in ["{\"n\":\(number)}", "{\"n\":[\(number)],\"token\":1}"] {
            let request = RequestFixture([
                .span(attributes: [
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.call.result": .string(text),
                ])
            ])
            let bytes = try #require(mapper.records(of: request.encoded).first)
            let record = String(decoding: bytes, as: UTF8.self)
            #expect(record.contains("\"n\":\(number)") || record.contains("\"n\":[\(number)]"))
        }
    }

    @Test func `J7: a mebibyte is parsed and a byte more is not`() throws {
        for (length, isParsed) in [(1 << 20, true), (1 << 20 + 1, false)] {
            let text = "[\"" + String(repeating: "x", count: length - 4) + "\"]"
            let request = RequestFixture([
                .span(attributes: [
                    "gen_ai.operation.name": "execute_tool",
                    "gen_ai.tool.call.result": .string(text),
                ])
            ])
            var mapper = SpanMapper(options: .unlimited)
            let bytes = try #require(mapper.records(of: request.encoded).first)
            let marks = String(decoding: bytes, as: UTF8.self)
            #expect(marks.contains("\"output\":[\"xxx") == isParsed)
            #expect(marks.contains("\"output\":\"[\\\"xxx") == !isParsed)
        }
    }

    @Test func `J7: space counts for the limit no more than around it`() throws {
        let text = String(repeating: " ", count: 1 << 20) + "[1]"
        #expect(try Self.result(text)["output"] == [1])
    }

    @Test(
        arguments: [
            ("text/plain", false), ("application/json", true),
            ("Application/JSON", true),
        ])
    func `J8: a MIME type speaks for its own side`(_ type: String, _ isParsed: Bool) throws {
        let record = try map(
            .span(attributes: [
                "openinference.span.kind": "CHAIN", "input.value": .string(Self.object),
                "input.mime_type": .string(type), "output.value": .string(Self.object),
            ]))
        expectEqual(record["input"], isParsed ? Self.value : .string(Self.object))
        expectEqual(record["output"], Self.value)
    }
}
