import Testing

/// `input` and `output`: which attribute, and JSON inside strings (MAPPING 2.1, 5.5).
struct ContentTests {
    /// A tool's result is content of any form.
    private static func tool(_ result: AttributeValue) -> SpanFixture {
        .span(attributes: [
            "gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": result,
        ])
    }

    @Test(
        arguments: [
            (#"{"a":1}"#, ["a": 1]), (#" [1, 2.0, "x"] "#, [1, 2.0, "x"]),
            ("\n{\"a\":[{\"b\":null}]}\n", ["a": [["b": .null]]]),
            (#"{"n":12345678901234567890123}"#, ["n": .digits("12345678901234567890123")]),
            (#"{"é":"\u00e9\n"}"#, ["é": "é\n"]),
        ] as [(String, JSON)])
    func `a string that is an object or a list in JSON becomes that`(
        _ text: String, _ value: JSON
    ) throws {
        let record = try map(Self.tool(.string(text)))
        #expect(record["output"] == value)
        #expect(record["attributes"]?["gen_ai.tool.call.result"] == nil)
        #expect(record["metadata"]?["otel"]?["warnings"] == nil)
    }

    @Test(arguments: ["0042", "true", "1e5", "null", "\"x\" and more", "plain", " ", "x{}"])
    func `any other string stays one`(_ text: String) throws {
        let record = try map(Self.tool(.string(text)))
        #expect(record["output"] == .string(text))
        #expect(record["metadata"]?["otel"]?["warnings"] == nil)
    }

    @Test(arguments: [
        #"{"a":1"#, "[1,]", "{'a': None}", "[1] [2]", #"{"a":01}"#, "[NaN]", "[\u{1}]",
        String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
    ])
    func `JSON that does not parse stays a string, with a warning`(_ text: String) throws {
        let record = try map(Self.tool(.string(text)))
        #expect(record["output"] == .string(text))
        let warnings = record["metadata"]?["otel"]?["warnings"]
        #expect(warnings == ["unparsed:gen_ai.tool.call.result"])
    }

    @Test func `JSON that is not UTF-8 stays a string, and both are told`() throws {
        let record = try map(Self.tool(.text(Array("[\"".utf8) + [0xff] + Array("\"]".utf8))))
        #expect(record["output"] == "[\"\u{fffd}\"]")
        #expect(
            record["metadata"]?["otel"]?["warnings"]
                == ["unparsed:gen_ai.tool.call.result", "invalid_utf8"])
    }

    @Test func `text above the limit is passed on unread`() throws {
        let text = "[\"" + String(repeating: "x", count: 1 << 20) + "\"]"
        #expect(
            try map(Self.tool(.string(text)), policy: .unlimited)["output"] == .string(text))
    }

    @Test(
        arguments: [
            (5, 5), (0.5, 0.5), (true, true), ([1, "a", .empty], [1, "a", .null]),
            (.map(["a": [1], "{}": "[1]"]), ["a": [1], "{}": "[1]"]),
            (.bytes([0xff, 0xfe]), "//4="),
        ] as [(AttributeValue, JSON)])
    func `a structured value is itself`(_ value: AttributeValue, _ expected: JSON) throws {
        #expect(try map(Self.tool(value))["output"] == expected)
    }

    @Test(arguments: ["", "[]", "{}", [], .map([]), .bytes([]), .empty] as [AttributeValue])
    func `an empty value is no content, and left over`(_ value: AttributeValue) throws {
        var span = Self.tool(value)
        span.attributes.append(Attribute("output.value", "next"))
        let record = try map(span)
        #expect(record["output"] == "next")
        #expect(record["attributes"]?["gen_ai.tool.call.result"] != nil)
    }

    @Test(arguments: ["a", "http.request.body", "gen_ai.other"])
    func `JSON under a key that is not for content stays a string`(_ key: String) throws {
        let span = SpanFixture(attributes: [Attribute(key, #"{"a":1}"#)])
        #expect(try attributes(of: span)[key] == #"{"a":1}"#)
    }

    @Test(
        arguments: [
            ("text/plain", .string(#"{"a":1}"#)), ("TEXT/PLAIN", .string(#"{"a":1}"#)),
            ("application/json", ["a": 1]), ("", ["a": 1]),
        ] as [(String, JSON)])
    func `a MIME type of plain text forbids parsing`(_ type: String, _ value: JSON) throws {
        let record = try map(
            .span(attributes: [
                "openinference.span.kind": "CHAIN", "input.value": #"{"a":1}"#,
                "input.mime_type": .string(type), "output.value": #"{"a":1}"#,
                "output.mime_type": .string(type),
            ]))
        #expect(record["input"] == value)
        #expect(record["output"] == value)
        #expect(record["attributes"]?["input.mime_type"] == .string(type))
    }

    struct Sources: Sendable {
        var operation: String
        var input: [String]
        var output: [String]
    }

    private static let messages = ["gen_ai.input.messages", "gen_ai.output.messages"]

    @Test(arguments: [
        Sources(
            operation: "chat", input: ["gen_ai.input.messages", "gen_ai.prompt", "input.value"],
            output: ["gen_ai.output.messages", "gen_ai.completion", "output.value"]),
        Sources(
            operation: "invoke_agent", input: ["gen_ai.input.messages", "input.value"],
            output: ["gen_ai.output.messages", "output.value"]),
        Sources(
            operation: "execute_tool", input: ["gen_ai.tool.call.arguments", "input.value"],
            output: ["gen_ai.tool.call.result", "output.value"]),
        Sources(
            operation: "retrieval", input: ["gen_ai.retrieval.query.text", "input.value"],
            output: ["gen_ai.retrieval.documents", "output.value"]),
        Sources(
            operation: "embeddings",
            input: ["gen_ai.input.messages", "gen_ai.prompt", "input.value"],
            output: []),
        Sources(
            operation: "agent_step",
            input: ["input.value", "gen_ai.input.messages", "gen_ai.prompt"],
            output: ["output.value", "gen_ai.output.messages", "gen_ai.completion"]),
        Sources(
            operation: "invoke_workflow",
            input: ["input.value", "gen_ai.input.messages", "gen_ai.prompt"],
            output: ["output.value", "gen_ai.output.messages", "gen_ai.completion"]),
        Sources(
            operation: "create_agent",
            input: ["input.value", "gen_ai.input.messages", "gen_ai.prompt"],
            output: ["output.value", "gen_ai.output.messages", "gen_ai.completion"]),
    ])
    func `content comes from the best source of the type, and the others are left over`(
        _ sources: Sources
    ) throws {
        let sides = [("input", sources.input), ("output", sources.output)]
        for (side, keys) in sides {
            for first in keys.indices {
                let span = SpanFixture(
                    attributes: [
                        Attribute("gen_ai.operation.name", .string(sources.operation))
                    ] + keys[first...].reversed().map { Attribute($0, .string("by \($0)")) })
                let record = try map(span)
                #expect(record[side] == .string("by \(keys[first])"))
                #expect(record["attributes"]?[keys[first]] == nil)
                for loser in keys[(first + 1)...] {
                    #expect(record["attributes"]?[loser] == .string("by \(loser)"))
                }
            }
        }
    }

    @Test func `content of a plain span is no field`() throws {
        let platform = try map(.span(attributes: ["input": "x", "http.method": "GET"]))
        #expect(platform["input"] == nil)
        #expect(platform["output"] == nil)
        #expect(platform["attributes"]?["otel.input"] == "x")
        let cloud = try map(.span(), dialect: .cloud)
        #expect(cloud["input"] == .null)
        #expect(cloud["output"] == .null)
        let half = try map(.chat(["gen_ai.prompt": "x"]), dialect: .cloud)
        #expect(half["input"] == "x")
        #expect(half["output"] == .null)
    }
}
