import Testing

/// All sources of `input` and `output` of a type, best first (MAPPING 5.5).
struct ContentOrderTests {
    /// Where a text can stand; `%` is the text.
    enum Source: Sendable {
        case key(String)
        /// JSON under a key.
        case json(String, String)
        /// An event and one of its attributes.
        case event(String, String)

        func put(_ text: String, into span: inout SpanFixture) {
            switch self {
            case .key(let key): span.attributes.append(Attribute(key, .string(text)))
            case .json(let key, let form):
                let json = form.split(separator: "%", omittingEmptySubsequences: false)
                span.attributes.append(Attribute(key, .string(json.joined(separator: text))))
            case .event(let name, let key):
                var event = EventFixture.event(name)
                event.attributes = [Attribute(key, .string(text))]
                span.events.append(event)
            }
        }
    }

    struct Case: Sendable {
        var operation: String
        var side: String
        var sources: [Source]
    }

    private static let anyInput: [Source] = [
        .key("langfuse.observation.input"), .key("mlflow.spanInputs"), .key("lmnr.span.input"),
        .key("braintrust.input_json"),
    ]
    private static let anyOutput: [Source] = [
        .key("langfuse.observation.output"), .key("mlflow.spanOutputs"), .key("lmnr.span.output"),
        .key("braintrust.output_json"),
    ]
    private static let choice = Source.event("gen_ai.choice", "message")
    private static let message = Source.event("gen_ai.user.message", "content")

    static let cases: [Case] =
        [
            Case(
                operation: "chat", side: "input",
                sources: anyInput + [
                    .key("gen_ai.input.messages"), .key("llm.input_messages.0.message.content"),
                    message, .key("ai.prompt.messages"), .key("ai.prompt"),
                    .key("gen_ai.prompt.0.content"), .key("gen_ai.prompt"),
                    .event("gen_ai.content.prompt", "gen_ai.prompt"),
                    .json(
                        "events",
                        #"[{"event.name":"gen_ai.user.message","role":"user","content":"%"}]"#),
                    .json(
                        "gcp.vertex.agent.llm_request",
                        #"{"contents":[{"role":"user","parts":[{"text":"%"}]}]}"#),
                    .key("llm.prompts.0.prompt.text"), .key("lk.chat_ctx"), .key("lk.pii.chat_ctx"),
                    .key("input.value"), .key("traceloop.entity.input"), .key("input"),
                ]),
            Case(
                operation: "chat", side: "output",
                sources: anyOutput + [
                    .key("gen_ai.output.messages"), .key("llm.output_messages.0.message.content"),
                    choice, .key("ai.response.text"), .key("gen_ai.completion.0.content"),
                    .key("gen_ai.completion"),
                    .event("gen_ai.content.completion", "gen_ai.completion"),
                    .json(
                        "events",
                        #"[{"event.name":"gen_ai.choice","message":{"role":"assistant","content":"%"}}]"#
                    ),
                    .json(
                        "gcp.vertex.agent.llm_response",
                        #"{"content":{"role":"model","parts":[{"text":"%"}]}}"#),
                    .key("llm.choices.0.completion.text"), .key("lk.response.text"),
                    .key("lk.pii.response.text"), .key("output.value"),
                    .key("traceloop.entity.output"), .key("output"),
                ]),
            Case(
                operation: "invoke_agent", side: "input",
                sources: anyInput + [
                    .key("gen_ai.input.messages"), message, .key("ai.prompt"),
                    .json("pydantic_ai.all_messages", #"[{"role":"user","content":"%"}]"#),
                    .json(
                        "all_messages_events",
                        #"[{"event.name":"gen_ai.user.message","role":"user","content":"%"}]"#),
                    .key("lk.user_input"), .key("lk.pii.user_input"),
                    .key("traceloop.entity.input"),
                    .key("input.value"), .key("llm.input_messages.0.message.content"),
                    .key("prompt"), .key("input"),
                ]),
            Case(
                operation: "invoke_agent", side: "output",
                sources: anyOutput + [
                    .key("final_result"), .key("gen_ai.output.messages"), choice,
                    .key("ai.response.text"), .key("lk.response.text"),
                    .key("traceloop.entity.output"), .key("output.value"), .key("output"),
                ]),
            Case(
                operation: "execute_tool", side: "input",
                sources: anyInput + [
                    .key("gen_ai.tool.call.arguments"), .key("ai.toolCall.args"),
                    .key("tool_arguments"), .key("gcp.vertex.agent.tool_call_args"),
                    .key("lk.function_tool.arguments"), .key("gen_ai.tool.args"),
                    .key("gen_ai.tool.input"), .event("gen_ai.tool.message", "content"),
                    .key("traceloop.entity.input"), .key("input.value"), .key("gen_ai.prompt"),
                    .key("input"),
                ]),
            Case(
                operation: "execute_tool", side: "output",
                sources: anyOutput + [
                    .key("gen_ai.tool.call.result"), .key("ai.toolCall.result"),
                    .key("tool_response"), .key("gcp.vertex.agent.tool_response"),
                    .key("lk.function_tool.output"), .key("gen_ai.tool.output"), choice,
                    .key("traceloop.entity.output"), .key("output.value"),
                    .key("gen_ai.completion"),
                    .key("output"),
                ]),
            Case(
                operation: "embeddings", side: "input",
                sources: anyInput + [
                    .key("ai.values"), .key("ai.value"),
                    .key("embedding.embeddings.0.embedding.text"), .key("gen_ai.input.messages"),
                    .key("gen_ai.prompt"), .key("input.value"),
                ]),
            Case(
                operation: "retrieval", side: "input",
                sources: [.key("gen_ai.retrieval.query.text")]
                    + anyInput + [.key("input.value"), .key("traceloop.entity.input")]),
            Case(
                operation: "retrieval", side: "output",
                sources: [.key("gen_ai.retrieval.documents")] + anyOutput + [
                    .key("retrieval.documents.0.document.content"), .key("output.value"),
                    .key("traceloop.entity.output"),
                ]),
        ]
        + ["invoke_workflow", "execute_task", "agent_step", "create_agent"].flatMap { operation in
            [
                Case(
                    operation: operation, side: "input",
                    sources: anyInput + [
                        .key("traceloop.entity.input"), .key("gen_ai.task.input"),
                        .key("input.value"), .key("gen_ai.input.messages"), message,
                        .key("ai.prompt"), .key("gen_ai.prompt"), .key("input"),
                    ]),
                Case(
                    operation: operation, side: "output",
                    sources: anyOutput + [
                        .key("traceloop.entity.output"), .key("gen_ai.task.output"),
                        .key("output.value"), .key("gen_ai.output.messages"), choice,
                        .key("ai.response.text"), .key("gen_ai.completion"), .key("output"),
                    ]),
            ]
        }

    @Test(arguments: cases)
    func `content comes from the best of all its sources`(_ case: Case) throws {
        for first in `case`.sources.indices {
            var span = SpanFixture.span(attributes: [
                "gen_ai.operation.name": .string(`case`.operation)
            ])
            for (rank, source) in `case`.sources.enumerated().dropFirst(first).reversed() {
                source.put("text \(rank).", into: &span)
            }
            let record = try map(span, scope: ScopeFixture(name: "pydantic-ai"))
            let texts = record[`case`.side]?.texts.filter { $0.hasPrefix("text ") }
            #expect(texts == ["text \(first)."], "\(`case`.operation) \(`case`.sources[first])")
            let all = record.texts.joined(separator: "\0")
            for rank in first..<`case`.sources.count {
                #expect(all.contains("text \(rank)."), "text \(rank) is lost")
            }
        }
    }

    @Test(arguments: ["input", "output", "prompt", "final_result", "tool_arguments"])
    func `a plain name is read where somebody is known to write it`(_ key: String) throws {
        let span = SpanFixture(attributes: [
            Attribute("openinference.span.kind", "CHAIN"), Attribute(key, "mine"),
        ])
        let record = try map(span)
        #expect(record["input"] == nil)
        #expect(record["output"] == nil)
        #expect(record.texts.contains("mine"))
    }

    @Test(
        arguments: [
            (#""{\"a\":1}""#, ["a": 1]), (#""[\"x\"]""#, ["x"]),
            (#""plain""#, #""plain""#),
        ] as [(String, JSON)])
    func `JSON encoded twice is unwrapped, and text only where everything is encoded`(
        _ text: String, _ value: JSON
    ) throws {
        let record = try map([
            "traceloop.span.kind": "task", "traceloop.entity.input": .string(text),
            "traceloop.entity.output": .string(text),
        ])
        #expect(record["input"] == value)
        #expect(record["output"] == (value == #""plain""# ? "plain" : value))
    }

    @Test(
        arguments: [
            (
                #"{"type":"server_tool_call","id":"c","name":"f","server_tool_call":{"a":1}}"#,
                ["type": "tool-call", "toolCallId": "c", "toolName": "f", "input": ["a": 1]]
            ),
            (
                #"{"type":"server_tool_call_response","id":"c","server_tool_call_response":"sun"}"#,
                [
                    "type": "tool-result", "toolCallId": "c",
                    "output": ["type": "text", "value": "sun"],
                ]
            ),
            (
                #"{"type":"tool-call","toolCallId":"c","toolName":"f","input":{"a":1}}"#,
                ["type": "tool-call", "toolCallId": "c", "toolName": "f", "input": ["a": 1]]
            ),
            (#"{"inline_data":{"mime_type":"image/png","data":"iVBO"},"x":1}"#, nil),
        ] as [(String, JSON?)])
    func `a part of a server's tool or of Mastra has its form`(
        _ part: String, _ expected: JSON?
    ) throws {
        let record = try map([
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": .string(#"[{"role":"user","parts":[\#(part)]}]"#),
        ])
        let found = record["input"]?["messages"]?[0]?["content"]?[0]
        if let expected { expectEqual(found, expected) }
        #expect(found?["type"] != nil)
    }
}

extension JSON {
    /// All texts within, those of names left out.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let items): items.flatMap(\.texts)
        case .object(let members): members.values.flatMap(\.texts)
        default: []
        }
    }
}
