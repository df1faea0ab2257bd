import Testing

/// GenAI messages in Mastra's form (MASTRA-CONTRACT 3.7 and 4.2, MAPPING 6).
struct MessageTests {
    /// The content of one user message with the given parts.
    private static func content(_ parts: String) throws -> JSON? {
        let record = try map(
            .chat(["gen_ai.input.messages": .string(#"[{"role":"user","parts":\#(parts)}]"#)]))
        #expect(record["attributes"]?["gen_ai.input.messages"] == nil)
        return record["input"]?["messages"]?[0]?["content"]
    }

    private static func output(_ messages: String) throws -> JSON? {
        try map(.chat(["gen_ai.output.messages": .string(messages)]))["output"]
    }

    @Test(
        arguments: [
            (#"{"type":"text","content":"hi"}"#, ["type": "text", "text": "hi"]),
            (#"{"type":"reasoning","content":"hm"}"#, ["type": "reasoning", "text": "hm"]),
            (
                #"{"type":"tool_call","id":"c","name":"f","arguments":{"a":1}}"#,
                ["type": "tool-call", "toolCallId": "c", "toolName": "f", "input": ["a": 1]]
            ),
            (
                #"{"type":"tool_call","id":"c","name":"f","arguments":"{\"a\":\"\\u00e9\"}"}"#,
                ["type": "tool-call", "toolCallId": "c", "toolName": "f", "input": ["a": "é"]]
            ),
            (
                #"{"type":"tool_call","id":null,"name":"f","arguments":"{\"a\":"}"#,
                ["type": "tool-call", "toolCallId": .null, "toolName": "f", "input": "{\"a\":"]
            ),
            (
                #"{"type":"tool_call","name":"f","arguments":"7"}"#,
                ["type": "tool-call", "toolName": "f", "input": "7"]
            ),
            (
                #"{"type":"tool_call_response","id":"c","response":"sunny"}"#,
                [
                    "type": "tool-result", "toolCallId": "c",
                    "output": ["type": "text", "value": "sunny"],
                ]
            ),
            (
                #"{"type":"tool_call_response","id":"c","name":"f","response":{"t":21}}"#,
                [
                    "type": "tool-result", "toolCallId": "c", "toolName": "f",
                    "output": ["type": "json", "value": ["t": 21]],
                ]
            ),
            (
                #"{"type":"tool_call_response","id":"c","result":"[1]"}"#,
                [
                    "type": "tool-result", "toolCallId": "c",
                    "output": ["type": "json", "value": [1]],
                ]
            ),
            (
                #"{"type":"tool_call_response","id":"c","response":null}"#,
                [
                    "type": "tool-result", "toolCallId": "c",
                    "output": ["type": "json", "value": .null],
                ]
            ),
            (
                #"{"type":"blob","mime_type":"image/png","content":"iVBO","modality":"image"}"#,
                ["type": "image", "data": "iVBO", "mediaType": "image/png", "modality": "image"]
            ),
            (
                #"{"type":"blob","mime_type":"audio/wav","content":"UklG","modality":"audio"}"#,
                ["type": "file", "data": "UklG", "mediaType": "audio/wav", "modality": "audio"]
            ),
            (
                #"{"type":"uri","mime_type":"image/png","uri":"https://x.test/a.png"}"#,
                ["type": "image", "url": "https://x.test/a.png", "mediaType": "image/png"]
            ),
            (
                #"{"type":"uri","uri":"https://x.test/a.pdf"}"#,
                ["type": "file", "url": "https://x.test/a.pdf"]
            ),
            (
                #"{"type":"file","file_id":"f-1","mime_type":"application/pdf"}"#,
                ["type": "file", "fileId": "f-1", "mediaType": "application/pdf"]
            ),
            // Members that have no counterpart go along.
            (
                #"{"type":"text","content":"hi","cache_control":{"a":[1]},"x":null}"#,
                ["type": "text", "text": "hi", "cache_control": ["a": [1]], "x": .null]
            ),
            // What is not known is left alone.
            (#"{"type":"video","content":"v"}"#, ["type": "video", "content": "v"]),
            (#"{"content":"no type"}"#, ["content": "no type"]),
            (#"{"type":7,"content":"x"}"#, ["type": 7, "content": "x"]),
            (#""a text""#, "a text"), ("null", .null), ("[1]", [1]), ("{}", [:]),
        ] as [(String, JSON)])
    func `a part has its form`(_ part: String, _ expected: JSON) throws {
        expectEqual(try Self.content("[\(part)]"), [expected])
        expectEqual(try Self.content("[\(part),\(part)]"), [expected, expected])
    }

    @Test func `a name that is taken does not hide what had it`() throws {
        expectEqual(
            try Self.content(#"[{"type":"text","content":"a","text":"b"}]"#),
            [["type": "text", "text": "a", "otel.text": "b"]])
        let record = try map(
            .chat([
                "gen_ai.input.messages":
                    #"[{"role":"user","content":"b","parts":[{"type":"text","content":"a"}]}]"#
            ]))
        expectEqual(
            record["input"],
            [
                "messages": [
                    [
                        "role": "user", "content": [["type": "text", "text": "a"]],
                        "otel.content": "b",
                    ]
                ]
            ])
        expectEqual(
            try Self.output(
                #"[{"role":"assistant","text":"b","parts":[{"type":"text","content":"a"}]}]"#),
            ["text": "a", "otel.text": "b"])
    }

    @Test func `the text of a system message is its content`() throws {
        let record = try map(
            .chat([
                "gen_ai.input.messages": .string(
                    #"[{"role":"system","parts":[{"type":"text","content":"be \"kind\""}]},"#
                        + #"{"role":"system","parts":[{"type":"text","content":"a"},"#
                        + #"{"type":"text","content":"b"}]},"#
                        + #"{"role":"user","name":"Ann","parts":[],"weight":1.50}]"#)
            ]))
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "system", "content": "be \"kind\""],
                    [
                        "role": "system",
                        "content": [
                            ["type": "text", "text": "a"], ["type": "text", "text": "b"],
                        ],
                    ],
                    ["role": "user", "name": "Ann", "weight": 1.5, "content": []],
                ]
            ])
    }

    @Test func `messages of role and content are Mastra's own form`() throws {
        let messages = #"[{"role":"user","content":"hi"},{"role":"tool","content":[{"a":1}]}]"#
        let list: JSON = [
            ["role": "user", "content": "hi"], ["role": "tool", "content": [["a": 1]]],
        ]
        let chat = try map(.chat(["gen_ai.input.messages": .string(messages)]))
        expectEqual(chat["input"], ["messages": list])
        for type in ["model_inference", "model_step"] {
            let record = try map(
                .span(attributes: [
                    "mastra.span.type": .string(type), "gen_ai.input.messages": .string(messages),
                ]))
            expectEqual(record["input"], list, "kept as it is")
        }
    }

    @Test func `messages of both forms can stand in one list`() throws {
        let record = try map(
            .chat([
                "gen_ai.input.messages": .string(
                    #"[{"role":"user","content":"hi"},"#
                        + #"{"role":"user","parts":[{"type":"text","content":"ho"}]}]"#)
            ]))
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "user", "content": "hi"],
                    ["role": "user", "content": [["type": "text", "text": "ho"]]],
                ]
            ])
    }

    @Test(
        arguments: [
            (#"{"content":"hi"}"#, ["content": "hi"]), (#"["hi"]"#, ["hi"]),
            (#"[{"role":"user"}]"#, [["role": "user"]]),
            (#"[{"role":"user","parts":"hi"}]"#, [["role": "user", "parts": "hi"]]),
            (#"[{"role":"user","content":"a"},null]"#, [["role": "user", "content": "a"], .null]),
            ("hi", "hi"), (#"[{"role":"#, #"[{"role":"#),
        ] as [(String, JSON)])
    func `what are no messages is passed on`(_ text: String, _ expected: JSON) throws {
        let record = try map(
            .chat([
                "gen_ai.input.messages": .string(text), "gen_ai.output.messages": .string(text),
            ]))
        expectEqual(record["input"], expected)
        expectEqual(record["output"], expected)
    }

    // MARK: System instructions

    @Test(
        arguments: [
            ("be kind", "be kind"), (#"[{"type":"text","content":"be kind"}]"#, "be kind"),
            (
                #"[{"type":"text","content":"a"},{"type":"x","content":"b"}]"#,
                [["type": "text", "text": "a"], ["type": "x", "content": "b"]]
            ),
            (["be", "kind"], ["be", "kind"]),
            ([.map(["type": "text", "content": "be kind"])], "be kind"),
            (#"["be kind""#, #"["be kind""#),
        ] as [(AttributeValue, JSON)])
    func `instructions come first, as a system message`(
        _ instructions: AttributeValue, _ content: JSON
    ) throws {
        let forms: [AttributeValue] = [
            #"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#,
            [
                .map([
                    "role": "user", "parts": [.map(["type": "text", "content": "hi"])],
                ])
            ],
        ]
        for messages in forms {
            let record = try map(
                .chat([
                    "gen_ai.input.messages": messages, "gen_ai.system_instructions": instructions,
                ]))
            expectEqual(
                record["input"],
                [
                    "messages": [
                        ["role": "system", "content": content],
                        ["role": "user", "content": [["type": "text", "text": "hi"]]],
                    ]
                ])
            #expect(record["attributes"]?["gen_ai.system_instructions"] == nil)
        }
    }

    @Test func `instructions of an agent are a field of its own`() throws {
        let record = try map(
            .span(attributes: [
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.system_instructions": #"[{"type":"text","content":"be kind"}]"#,
                "gen_ai.input.messages": #"[{"role":"user","content":"hi"}]"#,
            ]))
        #expect(record["attributes"]?["instructions"] == "be kind")
        #expect(record["attributes"]?["gen_ai.system_instructions"] == nil)
        expectEqual(record["input"], ["messages": [["role": "user", "content": "hi"]]])
    }

    @Test(
        arguments: [
            nil, "hi", #"[{"role":"#, #"{"role":"user"}"#, #"["hi"]"#, "[]", ["hi"],
            .map(["role": "user"]), 5,
        ] as [AttributeValue?])
    func `instructions that no list of messages can take are left over`(
        _ messages: AttributeValue?
    ) throws {
        var span = SpanFixture.chat(["gen_ai.system_instructions": "be kind"])
        if let messages { span.attributes.append(Attribute("gen_ai.input.messages", messages)) }
        #expect(try attributes(of: span)["gen_ai.system_instructions"] == "be kind")
    }

    @Test func `instructions before a list that stays bare are left over`() throws {
        let record = try map(
            .span(attributes: [
                "mastra.span.type": "model_inference",
                "gen_ai.input.messages": #"[{"role":"user","content":"hi"}]"#,
                "gen_ai.system_instructions": "be kind",
            ]))
        #expect(record["attributes"]?["gen_ai.system_instructions"] == "be kind")
        #expect(record["input"] == [["role": "user", "content": "hi"]])
    }

    // MARK: Output

    @Test(
        arguments: [
            (#"[{"type":"text","content":"hi"}]"#, ["text": "hi"]),
            (
                #"[{"type":"text","content":"a\n"},{"type":"text","content":"\"b\""}]"#,
                ["text": "a\n\"b\""]
            ),
            ("[]", ["text": ""]),
            (
                #"[{"type":"reasoning","content":"h"},{"type":"reasoning","content":"m"}]"#,
                ["text": "", "reasoningText": "hm"]
            ),
            (
                #"[{"type":"tool_call","id":"c","name":"f","arguments":"{\"a\":1}","extra":true}]"#,
                [
                    "text": "",
                    "toolCalls": [
                        ["toolCallId": "c", "toolName": "f", "args": ["a": 1], "extra": true]
                    ],
                ]
            ),
            (
                #"[{"type":"text","content":"a","annotations":[1]},{"type":"blob","content":"x"}]"#,
                [
                    "text": "",
                    "parts": [
                        ["type": "text", "text": "a", "annotations": [1]],
                        ["type": "file", "data": "x"],
                    ],
                ]
            ),
        ] as [(String, JSON)])
    func `one answer is text, reasoning and tool calls`(
        _ parts: String, _ expected: JSON
    ) throws {
        expectEqual(try Self.output(#"[{"role":"assistant","parts":\#(parts)}]"#), expected)
    }

    @Test func `what an answer says of itself goes along`() throws {
        let output = try Self.output(
            #"[{"role":"model","parts":[{"type":"text","content":"hi"}],"finish_reason":"stop"}]"#)
        expectEqual(output, ["text": "hi", "finish_reason": "stop"])
    }

    @Test func `several answers are messages`() throws {
        let one = #"{"role":"assistant","parts":[{"type":"text","content":"a"}]}"#
        let message: JSON = ["role": "assistant", "content": [["type": "text", "text": "a"]]]
        expectEqual(try Self.output("[\(one),\(one)]"), ["messages": [message, message]])
    }

    @Test(arguments: [
        #"[{"role":"assistant","content":"hi"}]"#, #"{"role":"assistant","content":"hi"}"#,
    ])
    func `an answer of role and content is its text`(_ text: String) throws {
        expectEqual(try Self.output(text), ["text": "hi"])
    }

    @Test func `of Mastra's own spans an answer of role and content stays a message`() throws {
        let record = try map(
            .span(attributes: [
                "mastra.span.type": "model_generation",
                "gen_ai.output.messages": #"[{"role":"assistant","content":"hi"}]"#,
            ]))
        expectEqual(record["output"], ["messages": [["role": "assistant", "content": "hi"]]])
    }

    // MARK: Structured values

    @Test func `structured messages are mapped as their JSON is`() throws {
        let json = SpanFixture.chat([
            "gen_ai.input.messages": .string(
                #"[{"role":"user","parts":[{"type":"text","content":"h\"i"},"#
                    + #"{"type":"tool_call","id":"c","name":"f","arguments":{"a":1,"b":[0.5]}},"#
                    + #"{"type":"tool_call_response","id":"c","response":null}]}]"#),
            "gen_ai.output.messages":
                #"[{"role":"assistant","parts":[{"type":"text","content":"yes"}]}]"#,
            "gen_ai.system_instructions": #"[{"type":"text","content":"be kind"}]"#,
        ])
        let structured = SpanFixture.chat([
            "gen_ai.input.messages": [
                .map([
                    "role": "user",
                    "parts": [
                        .map(["type": "text", "content": "h\"i"]),
                        .map([
                            "type": "tool_call", "id": "c", "name": "f",
                            "arguments": .map(["a": 1, "b": [0.5]]),
                        ]),
                        .map(["type": "tool_call_response", "id": "c", "response": .empty]),
                    ],
                ])
            ],
            "gen_ai.output.messages": [
                .map([
                    "role": "assistant", "parts": [.map(["type": "text", "content": "yes"])],
                ])
            ],
            "gen_ai.system_instructions": [.map(["type": "text", "content": "be kind"])],
        ])
        expectEqual(try map(structured), try map(json))
        #expect(try map(json)["output"] == ["text": "yes"])
    }

    @Test func `structured messages that are not UTF-8 are told of`() throws {
        for key in ["gen_ai.input.messages", "gen_ai.output.messages"] {
            let span = SpanFixture(
                attributes: [
                    Attribute("gen_ai.operation.name", "chat"),
                    Attribute(
                        key, [.map(["role": "user", "content": .text([0x61, 0xff])])]),
                ])
            let record = try map(span)
            #expect(record["metadata"]?["otel"]?["warnings"] == ["invalid_utf8"])
        }
    }

    @Test func `structured messages of the greatest depth are messages`() throws {
        var value: AttributeValue = "deep"
        for _ in 0..<62 { value = [value] }
        let record = try map(
            .chat([
                "gen_ai.input.messages": [.map(["role": "user", "content": value])],
                "gen_ai.system_instructions": "be kind",
            ]), policy: .unlimited)
        var inner = record["input"]?["messages"]?[1]?["content"]
        for _ in 0..<62 { inner = inner?[0] }
        #expect(inner == "deep")
    }
}
