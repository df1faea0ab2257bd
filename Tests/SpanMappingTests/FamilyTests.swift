import SpanMapping
import Testing

/// Lists that senders wrote as one attribute a leaf (MAPPING 6).
struct FamilyTests {
    private static func chat(_ attributes: [(String, AttributeValue)]) throws -> JSON {
        try map(
            SpanFixture(
                attributes: [Attribute("openinference.span.kind", "LLM")]
                    + attributes.map { Attribute($0, $1) }))
    }

    // MARK: What they say

    @Test func `OpenInference's messages are rebuilt with contents and calls`() throws {
        let prefix = "llm.input_messages"
        let record = try Self.chat([
            ("\(prefix).0.message.role", "system"), ("\(prefix).0.message.content", "be kind"),
            ("\(prefix).1.message.role", "user"),
            ("\(prefix).1.message.contents.0.message_content.type", "text"),
            ("\(prefix).1.message.contents.0.message_content.text", "hi"),
            ("\(prefix).1.message.contents.1.message_content.type", "image"),
            (
                "\(prefix).1.message.contents.1.message_content.image.image.url",
                "https://x.test/a.png"
            ),
            ("\(prefix).2.message.role", "assistant"),
            ("\(prefix).2.message.tool_calls.0.tool_call.id", "c"),
            ("\(prefix).2.message.tool_calls.0.tool_call.function.name", "f"),
            ("\(prefix).2.message.tool_calls.0.tool_call.function.arguments", #"{"a":1}"#),
            ("\(prefix).3.message.role", "tool"), ("\(prefix).3.message.content", "sun"),
            ("\(prefix).3.message.tool_call_id", "c"), ("\(prefix).3.message.name", "f"),
        ])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "system", "content": "be kind"],
                    [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "hi"],
                            ["type": "image", "url": "https://x.test/a.png"],
                        ],
                    ],
                    [
                        "role": "assistant",
                        "content": [
                            [
                                "type": "tool-call", "toolCallId": "c", "toolName": "f",
                                "input": ["a": 1],
                            ]
                        ],
                    ],
                    [
                        "role": "tool",
                        "content": [
                            [
                                "type": "tool-result", "toolCallId": "c", "toolName": "f",
                                "output": ["type": "text", "value": "sun"],
                            ]
                        ],
                    ],
                ]
            ])
        #expect(record["attributes"]?.names == ["openinference.span.kind"])
    }

    @Test func `a call beside the content of a part is that call`() throws {
        let prefix = "llm.output_messages.0.message"
        let record = try Self.chat([
            ("\(prefix).role", "assistant"),
            ("\(prefix).contents.0.message_content.type", "reasoning"),
            ("\(prefix).contents.0.message_content.text", "hm"),
            ("\(prefix).contents.1.message_content.type", "text"),
            ("\(prefix).contents.1.message_content.text", "wait"),
            ("\(prefix).contents.2.message_content.type", "tool_use"),
            ("\(prefix).contents.2.tool_call.id", "c"),
            ("\(prefix).contents.2.tool_call.function.name", "f"),
            ("\(prefix).contents.2.tool_call.function.arguments", #"{"a":1}"#),
            ("\(prefix).finish_reason", "tool_calls"),
        ])
        #expect(record["output"]?["text"] == "wait")
        #expect(record["output"]?["reasoningText"] == "hm")
        let call = record["output"]?["toolCalls"]?[0]
        #expect(call?["toolCallId"] == "c")
        #expect(call?["toolName"] == "f")
        #expect(call?["args"] == ["a": 1])
        #expect(record["attributes"]?["finishReason"] == "tool-calls")
    }

    @Test func `Traceloop's messages are rebuilt, thoughts as reasoning of the next one`() throws {
        let record = try map([
            "gen_ai.operation.name": "chat", "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": #"[{"type":"text","text":"hi"}]"#,
            "gen_ai.prompt.1.role": "assistant", "gen_ai.prompt.1.tool_calls.0.id": "c",
            "gen_ai.prompt.1.tool_calls.0.name": "f",
            "gen_ai.prompt.1.tool_calls.0.arguments": #"{"a":1}"#,
            "gen_ai.prompt.2.role": "tool", "gen_ai.prompt.2.content": "sun",
            "gen_ai.prompt.2.tool_call_id": "c", "gen_ai.completion.0.role": "thinking",
            "gen_ai.completion.0.content": "hm", "gen_ai.completion.1.role": "assistant",
            "gen_ai.completion.1.content": "sunny", "gen_ai.completion.1.finish_reason": "stop",
        ])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "user", "content": [["type": "text", "text": "hi"]]],
                    [
                        "role": "assistant",
                        "content": [
                            [
                                "type": "tool-call", "toolCallId": "c", "toolName": "f",
                                "input": ["a": 1],
                            ]
                        ],
                    ],
                    [
                        "role": "tool",
                        "content": [
                            [
                                "type": "tool-result", "toolCallId": "c",
                                "output": ["type": "text", "value": "sun"],
                            ]
                        ],
                    ],
                ]
            ])
        #expect(record["output"]?["text"] == "sunny")
        #expect(record["output"]?["reasoningText"] == "hm")
        #expect(record["attributes"]?["finishReason"] == "stop")
        #expect(record["attributes"]?.names == ["gen_ai.operation.name", "finishReason"])
    }

    @Test func `OpenInference's texts are prompt and completion`() throws {
        let record = try Self.chat([
            ("llm.prompts.0.prompt.text", "a"), ("llm.prompts.1.prompt.text", "b"),
            ("llm.choices.0.completion.text", "c"),
        ])
        #expect(record["input"] == ["a", "b"])
        #expect(record["output"] == ["c"])
    }

    // MARK: Indices

    @Test func `indices are numbers, in any order and with gaps`() throws {
        let record = try Self.chat([
            ("llm.input_messages.10.message.content", "c"),
            ("llm.input_messages.2.message.content", "b"),
            ("llm.input_messages.10.message.role", "user"),
            ("llm.input_messages.0.message.role", "user"),
            ("llm.input_messages.2.message.role", "user"),
            ("llm.input_messages.0.message.content", "a"),
        ])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "user", "content": "a"], ["role": "user", "content": "b"],
                    ["role": "user", "content": "c"],
                ]
            ])
    }

    @Test(arguments: [
        "10001", "99999", "100000", "18446744073709551616", "x", "-1", "1x", "", "0x1", " 1",
    ])
    func `what is no index, or too large for one, is left over`(_ index: String) throws {
        let key = "llm.input_messages.\(index).message.content"
        let record = try Self.chat([
            (key, "left"), ("llm.input_messages.10000.message.content", "b"),
            ("llm.input_messages.10000.message.role", "user"),
        ])
        expectEqual(record["input"], ["messages": [["role": "user", "content": "b"]]])
        #expect(record["attributes"]?[key] == "left")
    }

    @Test func `an index too large within a message is no index`() throws {
        let key = "llm.input_messages.0.message.tool_calls.10001.tool_call.id"
        let record = try Self.chat([
            ("llm.input_messages.0.message.role", "user"),
            ("llm.input_messages.0.message.content", "hi"), (key, "c"),
        ])
        let held = try #require(record["input"]).holds("c")
        #expect(held || record["attributes"]?[key] == "c", "but nothing is lost")
    }

    @Test func `a text where an object should be is left over`() throws {
        let record = try Self.chat([
            ("llm.input_messages.0", "text"), ("llm.input_messages.1.message.role", "user"),
            ("llm.input_messages.1.message.content", "hi"),
        ])
        expectEqual(record["input"], ["messages": [["role": "user", "content": "hi"]]])
        #expect(record["attributes"]?["llm.input_messages.0"] == "text")
    }

    @Test(arguments: [false, true])
    func `a text beside the members of its object is left over`(_ isLast: Bool) throws {
        var attributes: [(String, AttributeValue)] = [
            ("llm.input_messages.0.message.role", "user"),
            ("llm.input_messages.0.message.content", "hi"),
        ]
        attributes.insert(("llm.input_messages.0", "text"), at: isLast ? 2 : 0)
        attributes.insert(("llm.input_messages.0.message", "text"), at: isLast ? 3 : 0)
        let record = try Self.chat(attributes)
        expectEqual(record["input"], ["messages": [["role": "user", "content": "hi"]]])
        #expect(record["attributes"]?["llm.input_messages.0"] == "text")
        #expect(record["attributes"]?["llm.input_messages.0.message"] == "text")
    }

    @Test(arguments: [
        "llm.input_messages.0", "gen_ai.prompt.0", "llm.tools.0", "llm.prompts.0",
        "llm.input_messages.", "llm.input_messages..role",
    ])
    func `a text alone where a list of objects should be is left over`(_ key: String) throws {
        let record = try Self.chat([(key, "text"), ("input.value", "hi")])
        #expect(record["input"] == "hi")
        #expect(record["attributes"]?[key] == "text")
    }

    @Test func `a path deeper than any message loses nothing`() throws {
        let key = "llm.input_messages.0.message." + String(repeating: "a.", count: 100) + "z"
        let record = try Self.chat([
            ("llm.input_messages.0.message.role", "user"),
            ("llm.input_messages.0.message.content", "hi"), (key, "deep"),
        ])
        let held = try #require(record["input"]).holds("deep")
        #expect(held || record["attributes"]?[key] == "deep")
    }

    @Test func `tens of thousands of indices make as many messages as are allowed`() throws {
        let count = 60_000
        let span = SpanFixture(
            attributes: [Attribute("openinference.span.kind", "LLM")]
                + (0..<count).reversed().map {
                    Attribute("llm.input_messages.\($0).message.content", "m")
                })
        let request = RequestFixture([span])
        let record = try #require(try map(request, .unlimited).first)
        guard case .array(let messages) = record["input"]?["messages"] else {
            Issue.record("no messages")
            return
        }
        #expect(messages.count == 10_001)
        #expect(record["attributes"]?.names.count == count - 10_001 + 1)
    }

    @Test(arguments: ["llm.input_messages.0.message.", "llm.input_messages.0.message.content."])
    func `tens of thousands of members make one object`(_ prefix: String) throws {
        let span = SpanFixture(
            attributes: [
                Attribute("openinference.span.kind", "LLM"),
                Attribute("llm.input_messages.0.message.role", "user"),
            ] + (0..<60_000).map { Attribute("\(prefix)k\($0)", "m") })
        let record = try #require(try map(RequestFixture([span]), .unlimited).first)
        #expect(record["input"] != nil)
        #expect(record["attributes"]?.names == ["openinference.span.kind"])
    }

    @Test func `tens of thousands of the user's values are kept`() throws {
        let span = SpanFixture(
            attributes: (0..<60_000).map {
                Attribute("traceloop.association.properties.k\($0)", "v")
            })
        let record = try #require(try map(RequestFixture([span]), .unlimited).first)
        let inMetadata = record["metadata"]?.names.filter { $0.hasPrefix("k") }.count ?? 0
        #expect(inMetadata > 0)
        #expect(inMetadata + (record["attributes"]?.names.count ?? 0) == 60_000)
    }
}

extension JSON {
    fileprivate func holds(_ leaf: JSON) -> Bool {
        switch self {
        case .array(let items): items.contains { $0.holds(leaf) }
        case .object(let members): members.values.contains { $0.holds(leaf) }
        default: self == leaf
        }
    }
}
