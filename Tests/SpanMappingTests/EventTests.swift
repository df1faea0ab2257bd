import Testing

/// Content and other facts in span events (MAPPING 5.9, 6, 7.1).
struct EventTests {
    private static func chat(_ events: [EventFixture]) throws -> JSON {
        try map(["gen_ai.operation.name": "chat", "gen_ai.system": "openai"], events: events)
    }

    // MARK: Messages

    @Test func `flat events are messages with the role of their name`() throws {
        let record = try Self.chat([
            .event("gen_ai.system.message", attributes: ["content": "be kind"]),
            .event(
                "gen_ai.user.message",
                attributes: ["content": #"[{"text":"weather?"}]"#, "gen_ai.system": "openai"]),
            .event(
                "gen_ai.assistant.message",
                attributes: [
                    "content":
                        #"[{"text":"wait"},{"toolUse":{"toolUseId":"c","name":"f","input":{"a":1}}}]"#
                ]),
            .event(
                "gen_ai.user.message",
                attributes: [
                    "content": .string(
                        #"[{"toolResult":{"toolUseId":"c","status":"success","#
                            + #""content":[{"text":"sun"}]}}]"#)
                ]),
            .event(
                "gen_ai.choice",
                attributes: ["message": #"[{"text":"It is sunny"}]"#, "finish_reason": "end_turn"]),
        ])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "system", "content": "be kind"],
                    ["role": "user", "content": [["type": "text", "text": "weather?"]]],
                    [
                        "role": "assistant",
                        "content": [
                            ["type": "text", "text": "wait"],
                            [
                                "type": "tool-call", "toolCallId": "c", "toolName": "f",
                                "input": ["a": 1],
                            ],
                        ],
                    ],
                    [
                        "role": "tool",
                        "content": [
                            [
                                "type": "tool-result", "toolCallId": "c", "status": "success",
                                "output": ["type": "json", "value": [["text": "sun"]]],
                            ]
                        ],
                    ],
                ]
            ])
        #expect(record["output"]?["text"] == "It is sunny")
        #expect(record["attributes"]?["finishReason"] == "stop")
        #expect(record["metadata"]?["otel"]?["events"] == nil, "all are used up")
    }

    @Test func `packed events hold the whole message`() throws {
        let record = try Self.chat([
            .event(
                "gen_ai.user.message",
                attributes: ["gen_ai.event.content": #"{"role":"user","content":"hi"}"#]),
            .event(
                "gen_ai.assistant.message",
                attributes: [
                    "gen_ai.event.content": .string(
                        #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","#
                            + #""function":{"name":"f","arguments":"{\"a\":1}"}}]}"#)
                ]),
            .event(
                "gen_ai.tool.message",
                attributes: [
                    "gen_ai.event.content":
                        #"{"role":"tool","tool_call_id":"c","content":"sun"}"#
                ]),
            .event(
                "gen_ai.choice",
                attributes: [
                    "gen_ai.event.content": .string(
                        #"{"index":0,"finish_reason":"stop","#
                            + #""message":{"role":"assistant","content":"sunny"}}"#)
                ]),
        ])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "user", "content": "hi"],
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
        #expect(record["metadata"]?["otel"]?["events"] == nil)
    }

    @Test func `several choices are messages`() throws {
        let record = try Self.chat([
            .event("gen_ai.choice", attributes: ["index": 0, "message": "a"]),
            .event("gen_ai.choice", attributes: ["index": 1, "message": "b"]),
        ])
        #expect(record["output"]?["messages"]?[0]?["content"] == "a")
        #expect(record["output"]?["messages"]?[1]?["content"] == "b")
    }

    @Test func `messages in attributes go before those in events, which stay`() throws {
        let record = try map(
            [
                "gen_ai.operation.name": "chat",
                "gen_ai.input.messages": #"[{"role":"user","content":"attribute"}]"#,
            ], events: [.event("gen_ai.user.message", attributes: ["content": "event"])])
        #expect(record["input"]?["messages"]?[0]?["content"] == "attribute")
        let kept = record["metadata"]?["otel"]?["events"]?[0]
        #expect(kept?["attributes"] == ["content": "event"])
    }

    @Test func `a tool's events are its arguments and its result`() throws {
        let record = try map(
            ["gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.id": "c"],
            events: [
                .event(
                    "gen_ai.tool.message",
                    attributes: ["role": "tool", "content": #"{"city":"Rome"}"#, "id": "c"]),
                .event(
                    "gen_ai.choice",
                    attributes: ["message": #"[{"text":"sun"}]"#, "id": "c"]),
            ])
        #expect(record["input"] == ["city": "Rome"])
        #expect(record["output"] == [["text": "sun"]])
        #expect(record["metadata"]?["otel"]?["events"] == nil)
    }

    @Test(arguments: ["invoke_agent", "invoke_workflow", "agent_step"])
    func `other spans have messages in events too`(_ operation: String) throws {
        let record = try map(
            ["gen_ai.operation.name": .string(operation)],
            events: [
                .event("gen_ai.user.message", attributes: ["content": "hi"]),
                .event("gen_ai.choice", attributes: ["message": "ho"]),
            ])
        expectEqual(record["input"], ["messages": [["role": "user", "content": "hi"]]])
        #expect(record["output"]?["text"] == "ho")
    }

    // MARK: Prompt and completion

    @Test func `content events hold prompt and completion`() throws {
        let record = try Self.chat([
            .event("gen_ai.content.prompt", attributes: ["gen_ai.prompt": "user: hi\nuser: ho"]),
            .event("gen_ai.content.completion", attributes: ["gen_ai.completion": "hello"]),
        ])
        #expect(record["input"] == "user: hi\nuser: ho", "one text that is not split")
        #expect(record["output"] == "hello")
        #expect(record["metadata"]?["otel"]?["events"] == nil)
    }

    @Test func `content events that say once more what an attribute says are used up`() throws {
        let record = try map(
            [
                "gen_ai.operation.name": "chat", "gen_ai.prompt": "hi", "gen_ai.completion": "ho",
            ],
            events: [
                .event("gen_ai.content.prompt", attributes: ["gen_ai.prompt": "hi"]),
                .event("gen_ai.content.completion", attributes: ["gen_ai.completion": "other"]),
            ])
        #expect(record["input"] == "hi")
        #expect(record["output"] == "ho")
        let events = record["metadata"]?["otel"]?["events"]
        #expect(events?[0]?["attributes"] == ["gen_ai.completion": "other"])
        #expect(events?[1] == nil)
    }

    @Test func `details of an operation are the span's own, of lower rank`() throws {
        let details: KeyValuePairs<String, AttributeValue> = [
            "gen_ai.input.messages":
                #"[{"role":"user","parts":[{"type":"text","content":"hi"}]}]"#,
            "gen_ai.output.messages":
                #"[{"role":"assistant","parts":[{"type":"text","content":"ho"}]}]"#,
            "gen_ai.system_instructions": #"[{"type":"text","content":"be kind"}]"#,
            "gen_ai.request.model": "of the event", "gen_ai.response.id": "r",
            "gen_ai.usage.input_tokens": 3,
        ]
        let record = try map(
            ["gen_ai.operation.name": "chat", "gen_ai.request.model": "of the span"],
            events: [.event("gen_ai.client.inference.operation.details", attributes: details)])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "system", "content": "be kind"],
                    ["role": "user", "content": [["type": "text", "text": "hi"]]],
                ]
            ])
        #expect(record["output"] == ["text": "ho"])
        #expect(record["attributes"]?["model"] == "of the span")
        #expect(record["attributes"]?["responseId"] == "r")
        #expect(record["attributes"]?["usage"] == ["inputTokens": 3])
        let kept = record["metadata"]?["otel"]?["events"]?[0]?["attributes"]
        #expect(kept?["gen_ai.request.model"] == "of the event", "what was not taken stays")
    }

    @Test func `details of an operation that say nothing new are used up`() throws {
        let record = try map(
            ["gen_ai.operation.name": "chat"],
            events: [
                .event(
                    "gen_ai.client.inference.operation.details",
                    attributes: [
                        "gen_ai.operation.name": "chat",
                        "gen_ai.output.messages": #"[{"role":"assistant","content":"ho"}]"#,
                    ])
            ])
        #expect(record["output"] == ["text": "ho"])
        #expect(record["metadata"]?["otel"]?["events"] == nil)
        #expect(record["metadata"]?["otel"]?["warnings"] == nil)
    }

    // MARK: Others

    @Test func `events without attributes, one for each token, are counted`() throws {
        let record = try Self.chat(
            (0..<50).map { .event("gen_ai.content.completion.chunk", time: UInt64($0)) } + [
                .event("gen_ai.content.completion.chunk", attributes: ["n": 1]),
                .event("llm.content.completion.chunk"), .event("other"),
            ])
        let otel = record["metadata"]?["otel"]
        expectEqual(
            otel?["collapsedEvents"],
            ["gen_ai.content.completion.chunk": 50, "llm.content.completion.chunk": 1])
        #expect(otel?["events"]?[0]?["attributes"] == ["n": 1])
        #expect(otel?["events"]?[1]?["name"] == "other")
        #expect(otel?["events"]?[2] == nil)
    }

    @Test func `evaluations stay events`() throws {
        let record = try Self.chat([
            .event("gen_ai.evaluation.result", attributes: ["gen_ai.evaluation.name": "n"])
        ])
        let event = record["metadata"]?["otel"]?["events"]?[0]
        #expect(event?["attributes"] == ["gen_ai.evaluation.name": "n"])
    }

    // MARK: Logfire

    @Test func `a log line of Logfire is an event without an end`() throws {
        let span = SpanFixture.span(
            start: 1_700_000_000_000_000_000, end: 1_700_000_000_000_000_000,
            attributes: ["logfire.span_type": "log", "logfire.msg": "hello"])
        let record = try map(span)
        #expect(record["isEvent"] == true)
        #expect(record["endedAt"] == .null)
        #expect(record["endTime"] == nil)
        #expect(record["startedAt"] == "2023-11-14T22:13:20.000Z")
        let plain = try map(.span(attributes: ["logfire.span_type": "span"]))
        #expect(plain["isEvent"] == false)
        #expect(plain["endedAt"] != .null)
    }

    @Test func `the mark of a span that has begun is no record`() throws {
        let request = RequestFixture([
            .span(attributes: ["logfire.span_type": "pending_span"]), .span(name: "next"),
        ])
        let records = try map(request)
        #expect(records.count == 1)
        #expect(records.first?["name"] == "next")
    }

    @Test func `the schema of Logfire tells which of the user's attributes are JSON`() throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "logfire.json_schema": .string(
                    #"{"type":"object","properties":{"order":{"type":"object"},"#
                        + #""items":{"type":"array"},"text":{"type":"string"},"untyped":{}}}"#),
                "order": #"{"id":1}"#, "items": "[1,2]", "text": "[1,2]", "untyped": "[1]",
                "other": "{}", "broken": "[1",
            ]))
        #expect(attributes["order"] == ["id": 1])
        #expect(attributes["items"] == [1, 2])
        #expect(attributes["text"] == "[1,2]")
        #expect(attributes["untyped"] == "[1]")
        #expect(attributes["other"] == "{}")
        #expect(attributes["broken"] == "[1")
    }
}
