import Testing

/// Messages of every SDK's own shape in Mastra's form (MAPPING 6, MASTRA-CONTRACT 3.7, 4.2).
struct MessageShapeTests {
    private static func record(
        input: String? = nil, output: String? = nil, scope: String? = nil
    ) throws -> JSON {
        var span = SpanFixture.openInference()
        if let input { span.attributes.append(Attribute("input.value", .string(input))) }
        if let output { span.attributes.append(Attribute("output.value", .string(output))) }
        return try map(span, scope: scope.map { ScopeFixture(name: $0) })
    }

    private static func messages(_ input: String, scope: String? = nil) throws -> JSON? {
        try record(input: input, scope: scope)["input"]?["messages"]
    }

    private static let call: JSON = [
        "type": "tool-call", "toolCallId": "c", "toolName": "f", "input": ["a": 1],
    ]
    private static let outputCall: JSON = ["toolCallId": "c", "toolName": "f", "args": ["a": 1]]
    private static let textResult: JSON = [
        "type": "tool-result", "toolCallId": "c", "output": ["type": "text", "value": "sun"],
    ]

    // MARK: OpenAI

    @Test func `OpenAI's chat has calls beside the content, and results as messages`() throws {
        let messages = try Self.messages(
            #"{"messages":[{"role":"system","content":"be kind"},"#
                + #"{"role":"user","content":[{"type":"text","text":"hi"},"#
                + #"{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}]},"#
                + #"{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","#
                + #""function":{"name":"f","arguments":"{\"a\":1}"}}]},"#
                + #"{"role":"tool","tool_call_id":"c","content":"sun"}]}"#)
        expectEqual(
            messages,
            [
                ["role": "system", "content": "be kind"],
                [
                    "role": "user",
                    "content": [
                        ["type": "text", "text": "hi"],
                        ["type": "image", "url": "https://x.test/a.png"],
                    ],
                ],
                ["role": "assistant", "content": [Self.call]],
                ["role": "tool", "content": [Self.textResult]],
            ])
    }

    @Test func `what stands beside the messages goes along`() throws {
        let record = try Self.record(
            input: #"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}"#)
        expectEqual(
            record["input"],
            ["messages": [["role": "user", "content": "hi"]], "model": "m", "stream": true])
    }

    @Test func `the function call of an older OpenAI is a call`() throws {
        let messages = try Self.messages(
            #"[{"role":"assistant","content":null,"#
                + #""function_call":{"name":"f","arguments":"{\"a\":1}"}}]"#)
        expectEqual(
            messages,
            [
                [
                    "role": "assistant",
                    "content": [["type": "tool-call", "toolName": "f", "input": ["a": 1]]],
                ]
            ])
    }

    @Test func `the answer of OpenAI's chat is text and calls`() throws {
        let record = try Self.record(
            output: #"{"id":"r","choices":[{"index":0,"finish_reason":"tool_calls","message":"#
                + #"{"role":"assistant","content":"wait","tool_calls":[{"id":"c","#
                + #""type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}}]}"#)
        #expect(record["output"]?["text"] == "wait")
        expectEqual(record["output"]?["toolCalls"], [Self.outputCall])
        #expect(record["output"]?["id"] == "r")
        #expect(record["attributes"]?["finishReason"] == "tool-calls")
    }

    @Test func `several choices are messages`() throws {
        let record = try Self.record(
            output: #"{"choices":[{"message":{"role":"assistant","content":"a"}},"#
                + #"{"message":{"role":"assistant","content":"b"}}]}"#)
        expectEqual(
            record["output"],
            [
                "messages": [
                    ["role": "assistant", "content": "a"], ["role": "assistant", "content": "b"],
                ]
            ])
    }

    @Test func `calls and results of OpenAI's responses are items of the list`() throws {
        let messages = try Self.messages(
            #"[{"role":"user","content":[{"type":"input_text","text":"hi"}]},"#
                + #"{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"},"#
                + #"{"type":"function_call_output","call_id":"c","output":"sun"}]"#)
        expectEqual(
            messages,
            [
                ["role": "user", "content": [["type": "text", "text": "hi"]]],
                ["role": "assistant", "content": [Self.call]],
                ["role": "tool", "content": [Self.textResult]],
            ])
    }

    // MARK: Anthropic, Bedrock, Gemini

    @Test func `Anthropic's blocks are parts`() throws {
        let record = try Self.record(
            input: #"{"system":"be kind","messages":[{"role":"user","content":"hi"},"#
                + #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},"#
                + #"{"type":"text","text":"wait"},"#
                + #"{"type":"tool_use","id":"c","name":"f","input":{"a":1}}]},"#
                + #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","#
                + #""content":"sun"}]}]}"#,
            output: #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},"#
                + #"{"type":"text","text":"It is "},{"type":"text","text":"sunny"},"#
                + #"{"type":"tool_use","id":"c","name":"f","input":{"a":1}}]}"#)
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "system", "content": "be kind"],
                    ["role": "user", "content": "hi"],
                    [
                        "role": "assistant",
                        "content": [
                            ["type": "reasoning", "text": "hm"],
                            ["type": "text", "text": "wait"], Self.call,
                        ],
                    ],
                    ["role": "user", "content": [Self.textResult]],
                ]
            ])
        expectEqual(
            record["output"],
            [
                "text": "It is sunny", "reasoningText": "hm", "toolCalls": [Self.outputCall],
            ])
    }

    @Test func `Bedrock's blocks are parts`() throws {
        let messages = try Self.messages(
            #"[{"role":"user","content":[{"text":"hi"}]},"#
                + #"{"role":"assistant","content":[{"reasoningContent":{"reasoningText":"#
                + #"{"text":"hm","signature":"s"}}},"#
                + #"{"toolUse":{"toolUseId":"c","name":"f","input":{"a":1}}}]},"#
                + #"{"role":"user","content":[{"toolResult":{"toolUseId":"c","#
                + #""content":[{"text":"sun"}]}}]}]"#)
        expectEqual(messages?[0], ["role": "user", "content": [["type": "text", "text": "hi"]]])
        let reasoning = messages?[1]?["content"]?[0]
        #expect(reasoning?["type"] == "reasoning")
        #expect(reasoning?["text"] == "hm")
        expectEqual(messages?[1]?["content"]?[1], Self.call)
        expectEqual(
            messages?[2]?["content"],
            [
                [
                    "type": "tool-result", "toolCallId": "c",
                    "output": ["type": "json", "value": [["text": "sun"]]],
                ]
            ])
    }

    @Test func `ADK's request has contents, and instructions in its configuration`() throws {
        let record = try map(
            [
                "gcp.vertex.agent.llm_request": .string(
                    #"{"model":"gemini","config":{"system_instruction":"be kind"},"contents":["#
                        + #"{"role":"user","parts":[{"text":"hi"}]},"#
                        + #"{"role":"model","parts":[{"function_call":{"id":"c","name":"f","#
                        + #""args":{"a":1}}}]},"#
                        + #"{"role":"user","parts":[{"function_response":{"id":"c","name":"f","#
                        + #""response":{"t":21}}}]}]}"#),
                "gcp.vertex.agent.llm_response": .string(
                    #"{"content":{"role":"model","parts":[{"text":"sunny"},"#
                        + #"{"function_call":{"id":"c","name":"f","args":{"a":1}}}]},"#
                        + #""finish_reason":"STOP"}"#),
            ], name: "call_llm", scope: "gcp.vertex.agent")
        expectEqual(
            record["input"]?["messages"],
            [
                ["role": "system", "content": "be kind"],
                ["role": "user", "content": [["type": "text", "text": "hi"]]],
                ["role": "assistant", "content": [Self.call]],
                [
                    "role": "user",
                    "content": [
                        [
                            "type": "tool-result", "toolCallId": "c", "toolName": "f",
                            "output": ["type": "json", "value": ["t": 21]],
                        ]
                    ],
                ],
            ])
        #expect(record["input"]?["model"] == "gemini")
        #expect(record["output"]?["text"] == "sunny")
        expectEqual(record["output"]?["toolCalls"], [Self.outputCall])
        #expect(record["attributes"]?["finishReason"] == "stop")
    }

    @Test func `ADK's empty content is none`() throws {
        let record = try map(
            [
                "gcp.vertex.agent.llm_request": "{}", "gcp.vertex.agent.llm_response": "{}",
                "input.value": "hi",
            ], name: "call_llm", scope: "gcp.vertex.agent")
        #expect(record["input"] == "hi")
        #expect(record["output"] == nil)
    }

    // MARK: LangChain

    @Test func `LangChain dumps messages with their classes`() throws {
        let input =
            #"{"messages":[[{"lc":1,"type":"constructor","id":["langchain","HumanMessage"],"#
            + #""kwargs":{"content":"hi","type":"human"}},"#
            + #"{"lc":1,"type":"constructor","id":["langchain","AIMessage"],"kwargs":"#
            + #"{"content":"","type":"ai","tool_calls":[{"name":"f","args":{"a":1},"id":"c","#
            + #""type":"tool_call"}]}},"#
            + #"{"lc":1,"type":"constructor","id":["langchain","ToolMessage"],"kwargs":"#
            + #"{"content":"sun","type":"tool","tool_call_id":"c"}}]]}"#
        expectEqual(
            try Self.messages(input),
            [
                ["role": "user", "content": "hi"], ["role": "assistant", "content": [Self.call]],
                ["role": "tool", "content": [Self.textResult]],
            ])
    }

    @Test func `LangChain's generations are an answer`() throws {
        let record = try Self.record(
            output: #"{"generations":[[{"text":"sunny","generation_info":"#
                + #"{"finish_reason":"stop"},"message":{"lc":1,"type":"constructor","#
                + #""id":["langchain","AIMessage"],"kwargs":{"content":"sunny","type":"ai"}}}]]}"#)
        #expect(record["output"]?["text"] == "sunny")
        #expect(record["attributes"]?["finishReason"] == "stop")
    }

    @Test func `LangSmith writes dumps as prompt and completion`() throws {
        let record = try map([
            "langsmith.span.kind": "llm",
            "gen_ai.prompt": .string(
                #"{"messages":[[{"lc":1,"type":"constructor","id":["x"],"#
                    + #""kwargs":{"content":"hi","type":"human"}}]]}"#),
            "gen_ai.completion": .string(
                #"{"generations":[[{"text":"ho","message":{"lc":1,"type":"constructor","#
                    + #""id":["x"],"kwargs":{"content":"ho","type":"ai"}}}]]}"#),
        ])
        expectEqual(record["input"]?["messages"], [["role": "user", "content": "hi"]])
        #expect(record["output"]?["text"] == "ho")
    }

    // MARK: LiveKit, AI SDK, Pydantic AI

    @Test func `LiveKit's items are messages`() throws {
        let record = try map(
            [
                "gen_ai.operation.name": "chat",
                "lk.chat_ctx": .string(
                    #"{"items":[{"type":"message","role":"user","content":["hi"]},"#
                        + #"{"type":"function_call","call_id":"c","name":"f","#
                        + #""arguments":"{\"a\":1}"},"#
                        + #"{"type":"function_call_output","call_id":"c","output":"sun"}]}"#),
                "lk.response.text": "sunny",
            ], scope: "livekit-agents")
        let messages = record["input"]?["messages"]
        #expect(messages?[0]?["role"] == "user")
        expectEqual(messages?[0]?["content"], [["type": "text", "text": "hi"]])
        expectEqual(messages?[1]?["content"], [Self.call])
        expectEqual(messages?[2]?["content"], [Self.textResult])
        #expect(record["output"] == "sunny")
    }

    @Test func `the AI SDK's messages are Mastra's already`() throws {
        let record = try map([
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.prompt.messages": .string(
                #"[{"role":"user","content":[{"type":"text","text":"hi"}]},"#
                    + #"{"role":"assistant","content":[{"type":"tool-call","toolCallId":"c","#
                    + #""toolName":"f","input":{"a":1}}]}]"#),
            "ai.response.text": "sunny",
            "ai.response.toolCalls": #"[{"toolCallId":"c","toolName":"f","input":"{\"a\":1}"}]"#,
            "ai.response.reasoning": "hm",
        ])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "user", "content": [["type": "text", "text": "hi"]]],
                    ["role": "assistant", "content": [Self.call]],
                ]
            ])
        expectEqual(
            record["output"],
            ["text": "sunny", "reasoningText": "hm", "toolCalls": [Self.outputCall]])
        #expect(record["attributes"]?.names == ["ai.operationId"])
    }

    @Test func `the AI SDK's prompt has its instructions beside the messages`() throws {
        let record = try map([
            "ai.operationId": "ai.generateText",
            "ai.prompt":
                #"{"system":"be kind","messages":[{"role":"user","content":"hi"}]}"#,
            "ai.response.object": #"{"answer":42}"#,
        ])
        expectEqual(
            record["input"],
            [
                "messages": [
                    ["role": "system", "content": "be kind"], ["role": "user", "content": "hi"],
                ]
            ])
        #expect(record["output"] == ["object": ["answer": 42]])
    }

    @Test func `Pydantic AI's list of events has both sides`() throws {
        let record = try map(
            [
                "gen_ai.operation.name": "chat",
                "events": .string(
                    #"[{"event.name":"gen_ai.system.message","role":"system","content":"be kind"},"#
                        + #"{"event.name":"gen_ai.user.message","role":"user","content":"hi"},"#
                        + #"{"event.name":"gen_ai.choice","index":0,"message":"#
                        + #"{"role":"assistant","content":"wait","tool_calls":[{"id":"c","#
                        + #""type":"function","function":{"name":"f","#
                        + #""arguments":"{\"a\":1}"}}]}}]"#),
            ], scope: "pydantic-ai")
        let messages = record["input"]?["messages"]
        #expect(messages?[0]?["role"] == "system")
        #expect(messages?[0]?["content"] == "be kind")
        #expect(messages?[1]?["content"] == "hi")
        #expect(messages?[2] == nil)
        #expect(record["output"]?["text"] == "wait")
        expectEqual(record["output"]?["toolCalls"], [Self.outputCall])
        #expect(record["attributes"]?["events"] == nil, "both sides together are all of it")
    }

    @Test(arguments: ["pydantic_ai.all_messages", "all_messages_events"])
    func `an agent's conversation is what was asked and what it came to`(_ key: String) throws {
        let list =
            key == "all_messages_events"
            ? #"[{"event.name":"gen_ai.user.message","role":"user","content":"hi"},"#
                + #"{"event.name":"gen_ai.assistant.message","role":"assistant","content":"wait"},"#
                + #"{"event.name":"gen_ai.assistant.message","role":"assistant","content":"sunny"}]"#
            : #"[{"role":"user","parts":[{"type":"text","content":"hi"}]},"#
                + #"{"role":"assistant","parts":[{"type":"text","content":"wait"}]},"#
                + #"{"role":"assistant","parts":[{"type":"text","content":"sunny"}]}]"#
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "invoke_agent"), Attribute(key, .string(list)),
        ])
        let record = try map(span)
        let messages = record["input"]?["messages"]
        #expect(messages?[0]?["role"] == "user")
        #expect(messages?[1] == nil)
        #expect(record["output"]?["text"] == "sunny")
        #expect(record["attributes"]?[key] != nil, "the rest is not lost")
        var final = span
        final.attributes.append(Attribute("final_result", "rain"))
        #expect(try map(final)["output"] == "rain")
    }

    // MARK: Merging and passing on

    @Test func `an answer without content is filled from the next source`() throws {
        let record = try map([
            "gen_ai.operation.name": "chat",
            "gen_ai.output.messages":
                #"[{"role":"assistant","parts":[],"finish_reason":"tool_calls"}]"#,
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.function_call.name": "f",
            "gen_ai.completion.0.function_call.arguments": #"{"a":1}"#,
        ])
        expectEqual(
            record["output"]?["toolCalls"], [["toolName": "f", "args": ["a": 1]]])
        #expect(record["attributes"]?["finishReason"] == "tool-calls")
        #expect(record["attributes"]?["gen_ai.output.messages"] == nil)
        #expect(record["attributes"]?["gen_ai.completion.0.function_call.name"] == nil)
    }

    @Test func `an answer with content is not filled`() throws {
        let record = try map([
            "gen_ai.operation.name": "chat",
            "gen_ai.output.messages": #"[{"role":"assistant","content":"first"}]"#,
            "gen_ai.completion.0.content": "second",
        ])
        #expect(record["output"] == ["text": "first"])
        #expect(record["attributes"]?["gen_ai.completion.0.content"] == "second")
    }

    @Test(arguments: ["<REDACTED>", "__REDACTED__", "[REDACTED]"])
    func `what was redacted is passed on`(_ text: String) throws {
        let record = try Self.record(input: text, output: text)
        #expect(record["input"] == .string(text))
        #expect(record["output"] == .string(text))
    }

    @Test func `input and output that repeat the messages are used up, and others stay`() throws {
        let span = SpanFixture.openInference(
            "LLM",
            [
                "llm.input_messages.0.message.role": "user",
                "llm.input_messages.0.message.content": "hi",
                "input.value": #"{"messages":[{"role":"user","content":"hi"}]}"#,
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": "ho",
                "output.value": #"{"content":"ho","other":"not told elsewhere"}"#,
            ])
        let attributes = try attributes(of: span)
        #expect(attributes["input.value"] == nil)
        #expect(
            attributes["output.value"] == ["content": "ho", "other": "not told elsewhere"])
    }

    // MARK: Arguments and any span's content

    @Test(arguments: ["agent", "workflow"])
    func `one argument stands for itself on agents and workflows`(_ kind: String) throws {
        func input(_ text: String) throws -> JSON? {
            try map([
                "traceloop.span.kind": .string(kind), "traceloop.entity.input": .string(text),
            ])["input"]
        }
        #expect(try input(#"{"args":["hi"],"kwargs":{}}"#) == "hi")
        #expect(
            try input(#"{"args":["a","b"],"kwargs":{}}"#)
                == ["args": ["a", "b"], "kwargs": [:]])
        #expect(
            try input(#"{"args":["a"],"kwargs":{"b":1}}"#) == ["args": ["a"], "kwargs": ["b": 1]])
    }

    @Test(arguments: ["tool", "task"])
    func `arguments of tools and tasks are kept as they are`(_ kind: String) throws {
        let record = try map([
            "traceloop.span.kind": .string(kind),
            "traceloop.entity.input": #"{"args":["hi"],"kwargs":{}}"#,
            "traceloop.entity.output": "\"ho\"",
        ])
        #expect(record["input"] == ["args": ["hi"], "kwargs": [:]])
        #expect(record["output"] == "ho")
    }

    @Test(arguments: [
        ("langfuse.observation.input", "langfuse.observation.output"),
        ("mlflow.spanInputs", "mlflow.spanOutputs"), ("lmnr.span.input", "lmnr.span.output"),
        ("braintrust.input_json", "braintrust.output_json"),
    ])
    func `some write the content of every span under the same keys`(
        _ input: String, _ output: String
    ) throws {
        for kind in ["LLM", "AGENT", "TOOL", "CHAIN", "GUARDRAIL", "EVALUATOR", "PROMPT"] {
            let span = SpanFixture(attributes: [
                Attribute("openinference.span.kind", .string(kind)),
                Attribute("input.value", "later"), Attribute("output.value", "later"),
                Attribute(input, #"{"q":1}"#), Attribute(output, #"{"r":2}"#),
            ])
            let record = try map(span)
            #expect(record["input"] == ["q": 1], "\(kind)")
            #expect(record["output"] == ["r": 2], "\(kind)")
        }
    }

    @Test(arguments: [
        "langfuse.observation.output", "mlflow.spanOutputs", "lmnr.span.output",
        "traceloop.entity.output", "output.value", "gen_ai.tool.call.result",
    ])
    func `text in quotes is that text where its writer encodes everything`(
        _ key: String
    ) throws {
        let span = SpanFixture(attributes: [
            Attribute("openinference.span.kind", "TOOL"), Attribute(key, #""a \"b\"""#),
        ])
        #expect(try map(span)["output"] == #"a "b""#)
    }

    @Test func `a trace's content is that of a root without its own`() throws {
        let trace: [Attribute] = [
            Attribute("langfuse.observation.type", "span"),
            Attribute("langfuse.trace.input", #"{"q":1}"#),
            Attribute("langfuse.trace.output", "\"r\""),
        ]
        let root = try map(SpanFixture(attributes: trace))
        #expect(root["input"] == ["q": 1])
        #expect(root["output"] == "r")
        let child = try map(SpanFixture(parent: Array(1...8), attributes: trace))
        #expect(child["input"] == nil)
        #expect(child["output"] == nil)
        let own = try map(
            SpanFixture(
                attributes: trace + [
                    Attribute("langfuse.observation.input", "own"),
                    Attribute("langfuse.observation.output", "own"),
                ]))
        #expect(own["input"] == "own")
        #expect(own["output"] == "own")
    }

    @Test(arguments: ["ai.toolCall", "gen_ai", "lk", "adk", "pydantic"])
    func `a tool has arguments and a result by any convention`(_ who: String) throws {
        let keys: [String: (String, String)] = [
            "ai.toolCall": ("ai.toolCall.args", "ai.toolCall.result"),
            "gen_ai": ("gen_ai.tool.input", "gen_ai.tool.output"),
            "lk": ("lk.function_tool.arguments", "lk.function_tool.output"),
            "adk": ("gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response"),
            "pydantic": ("tool_arguments", "tool_response"),
        ]
        let (arguments, result) = try #require(keys[who])
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "execute_tool"),
            Attribute(arguments, #"{"city":"Rome"}"#), Attribute(result, #"{"t":21}"#),
        ])
        let record = try map(span)
        #expect(record["input"] == ["city": "Rome"])
        #expect(record["output"] == ["t": 21])
        #expect(record["attributes"]?[arguments] == nil)
    }
}
