import MastraRecords
import Testing

/// Whole records of the conventions' main spans: input and expected output.
struct GoldenGenAITests {
    /// What every record of these tests has beside what is in question.
    private static func record(
        name: String, type: String, _ more: [String: JSON], metadata: [String: JSON] = [:],
        otel: [String: JSON] = [:]
    ) -> JSON {
        var times: [String: JSON] = [
            "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000001500000000",
        ]
        times.merge(otel) { _, new in new }
        var metadata = metadata
        metadata["otel"] = .object(times)
        var record: [String: JSON] = [
            "id": "b0b1b2b3b4b5b6b7", "spanId": "b0b1b2b3b4b5b6b7",
            "traceId": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "parentSpanId": .null,
            "name": .string(name), "type": .string(type), "spanType": .string(type),
            "isRootSpan": true, "isEvent": false,
            "startTime": "2023-11-14T22:13:20.000Z", "startedAt": "2023-11-14T22:13:20.000Z",
            "endTime": "2023-11-14T22:13:21.500Z", "endedAt": "2023-11-14T22:13:21.500Z",
            "metadata": .object(metadata), "error": .null,
            "createdAt": "2023-11-14T22:13:21.750Z", "updatedAt": .null,
        ]
        record.merge(more) { _, new in new }
        return .object(record)
    }

    @Test func `a chat span with messages, tools and usage`() throws {
        let span = SpanFixture.span(
            name: "chat gpt-4o-mini", kind: 3,
            attributes: [
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o-mini",
                "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
                "gen_ai.response.id": "chatcmpl-1",
                "gen_ai.response.finish_reasons": ["tool_calls"],
                "gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 256,
                "gen_ai.request.top_p": 0.9, "gen_ai.request.stop_sequences": ["END", "STOP"],
                "gen_ai.request.seed": 42, "gen_ai.request.stream": true,
                "gen_ai.response.time_to_first_chunk": 0.42,
                "gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 35,
                "gen_ai.usage.cache_read.input_tokens": 10,
                "gen_ai.conversation.id": "thread-1", "user.id": "u-9",
                "gen_ai.agent.name": "Weather Agent", "gen_ai.agent.id": "weather-agent",
                "server.address": "api.openai.com", "server.port": 443,
                "gen_ai.system_instructions":
                    #"[{"type":"text","content":"You report weather."}]"#,
                "gen_ai.input.messages":
                    #"[{"role":"user","parts":[{"type":"text","content":"Weather in Paris?"}]}]"#,
                "gen_ai.output.messages": .string(
                    #"[{"role":"assistant","parts":[{"type":"text","content":"Let me "},"#
                        + #"{"type":"text","content":"see."},"#
                        + #"{"type":"reasoning","content":"A tool helps."},"#
                        + #"{"type":"tool_call","id":"c1","name":"getWeather","#
                        + #""arguments":{"city":"Paris"}}]}]"#),
                "gen_ai.tool.definitions":
                    #"[{"type":"function","name":"getWeather","parameters":{"type":"object"}}]"#,
                "gen_ai.usage.total_tokens": 65,
            ])
        let expected = Self.record(
            name: "chat gpt-4o-mini", type: "model_generation",
            [
                "entityType": "agent", "entityId": "weather-agent", "entityName": "Weather Agent",
                "attributes": [
                    "model": "gpt-4o-mini", "provider": "openai",
                    "responseModel": "gpt-4o-mini-2024-07-18", "responseId": "chatcmpl-1",
                    "finishReason": "tool-calls", "streaming": true,
                    "completionStartTime": "2023-11-14T22:13:20.420Z",
                    "serverAddress": "api.openai.com", "serverPort": 443,
                    "parameters": [
                        "temperature": 0.2, "maxOutputTokens": 256, "topP": 0.9,
                        "stopSequences": ["END", "STOP"], "seed": 42,
                    ],
                    "usage": [
                        "inputTokens": 30, "outputTokens": 35,
                        "inputDetails": ["text": 20, "cacheRead": 10],
                    ],
                    "tools": [
                        [
                            "type": "function", "name": "getWeather",
                            "parameters": ["type": "object"],
                        ]
                    ],
                    // Left over: these say more than the fields made of them.
                    "gen_ai.operation.name": "chat",
                    "gen_ai.response.finish_reasons": ["tool_calls"],
                    "gen_ai.response.time_to_first_chunk": 0.42,
                    "gen_ai.usage.total_tokens": 65,
                ],
                "input": [
                    "messages": [
                        ["role": "system", "content": "You report weather."],
                        [
                            "role": "user",
                            "content": [["type": "text", "text": "Weather in Paris?"]],
                        ],
                    ]
                ],
                "output": [
                    "text": "Let me see.", "reasoningText": "A tool helps.",
                    "toolCalls": [
                        [
                            "toolCallId": "c1", "toolName": "getWeather",
                            "args": ["city": "Paris"],
                        ]
                    ],
                ],
            ],
            metadata: ["threadId": "thread-1", "userId": "u-9"], otel: ["kind": "client"])
        expectEqual(try map(span), expected)
    }

    private static let agent = SpanFixture.span(
        name: "invoke_agent Weather Agent",
        attributes: [
            "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": "weather-agent",
            "gen_ai.agent.name": "Weather Agent", "gen_ai.conversation.id": "thread-1",
            "session.id": "s-1", "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 90, "gen_ai.usage.output_tokens": 70,
            "gen_ai.system_instructions": "You report weather.",
            "gen_ai.tool.definitions": #"["getWeather","getTime"]"#,
            "gen_ai.input.messages":
                #"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#,
            "gen_ai.output.messages":
                #"[{"role":"assistant","parts":[{"type":"text","content":"Hello"}]}]"#,
        ])

    /// Usage and model of an agent tell of its descendants: they stay what they are called.
    private static let agentLeftOvers: [String: JSON] = [
        "gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 90, "gen_ai.usage.output_tokens": 70,
    ]

    @Test func `an agent span for the platform`() throws {
        var attributes = Self.agentLeftOvers
        attributes["conversationId"] = "thread-1"
        attributes["instructions"] = "You report weather."
        attributes["availableTools"] = ["getWeather", "getTime"]
        let expected = Self.record(
            name: "invoke_agent Weather Agent", type: "agent_run",
            [
                "entityType": "agent", "entityId": "weather-agent", "entityName": "Weather Agent",
                "attributes": .object(attributes),
                "input": [
                    "messages": [
                        ["role": "user", "content": [["type": "text", "text": "Hi"]]]
                    ]
                ],
                "output": ["text": "Hello"],
            ],
            metadata: ["threadId": "thread-1", "sessionId": "s-1"])
        expectEqual(try map(Self.agent), expected)
    }

    @Test func `an agent span for the original exporter's route`() throws {
        var attributes = Self.agentLeftOvers
        attributes["agentId"] = "weather-agent"
        attributes["agentName"] = "Weather Agent"
        attributes["conversationId"] = "thread-1"
        attributes["instructions"] = "You report weather."
        attributes["availableTools"] = ["getWeather", "getTime"]
        let expected: JSON = [
            "spanId": "b0b1b2b3b4b5b6b7", "traceId": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
            "parentSpanId": .null, "name": "invoke_agent Weather Agent", "spanType": "agent_run",
            "isEvent": false, "startedAt": "2023-11-14T22:13:20.000Z",
            "endedAt": "2023-11-14T22:13:21.500Z", "attributes": .object(attributes),
            "input": [
                "messages": [["role": "user", "content": [["type": "text", "text": "Hi"]]]]
            ],
            "output": ["text": "Hello"],
            "metadata": [
                "threadId": "thread-1", "sessionId": "s-1",
                "otel": [
                    "startTimeUnixNano": "1700000000000000000",
                    "endTimeUnixNano": "1700000001500000000",
                ],
            ],
            "createdAt": "2023-11-14T22:13:21.750Z", "updatedAt": .null,
        ]
        expectEqual(try map(Self.agent, dialect: .cloud), expected)
    }

    @Test func `a tool span with its arguments and result`() throws {
        let span = SpanFixture.span(
            name: "execute_tool getWeather",
            attributes: [
                "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "getWeather",
                "gen_ai.tool.call.id": "c1", "gen_ai.tool.type": "function",
                "gen_ai.tool.description": "Looks out of the window",
                "gen_ai.tool.call.arguments": #"{"city":"Paris","days":9007199254740993}"#,
                "gen_ai.tool.call.result": "sunny", "gen_ai.agent.name": "Weather Agent",
            ])
        let expected = Self.record(
            name: "execute_tool getWeather", type: "tool_call",
            [
                "entityType": "tool", "entityId": "getWeather", "entityName": "getWeather",
                "attributes": [
                    "toolCallId": "c1", "toolType": "function",
                    "toolDescription": "Looks out of the window", "success": true,
                    "gen_ai.operation.name": "execute_tool", "gen_ai.agent.name": "Weather Agent",
                ],
                // JSON in a string is copied digit by digit (MAPPING J6).
                "input": ["city": "Paris", "days": 9_007_199_254_740_993],
                "output": "sunny",
            ])
        expectEqual(try map(span), expected)
    }

    @Test func `a failed chat span that says so by its status alone`() throws {
        let span = SpanFixture.span(
            name: "chat gpt-4o", kind: 3,
            attributes: [
                "gen_ai.operation.name": "chat", "gen_ai.system": "openai",
                "gen_ai.request.model": "gpt-4o", "error.type": "RateLimitError",
            ], status: .error("Error code: 429"))
        let error: JSON = ["message": "Error code: 429", "name": "RateLimitError"]
        let expected = Self.record(
            name: "chat gpt-4o", type: "model_generation",
            [
                "attributes": [
                    "model": "gpt-4o", "provider": "openai", "gen_ai.operation.name": "chat",
                ],
                "error": error, "errorInfo": error,
            ], otel: ["kind": "client", "statusCode": "error"])
        expectEqual(try map(span), expected)
    }

    @Test func `an OpenInference LLM span`() throws {
        let span = SpanFixture.span(
            name: "ChatCompletion",
            attributes: [
                "openinference.span.kind": "LLM", "llm.provider": "openai",
                "llm.model_name": "gpt-4o-mini-2024-08-06", "llm.token_count.prompt": 28,
                "llm.token_count.completion": 8, "llm.token_count.total": 36,
                "llm.token_count.prompt_details.cache_read": 8,
                "llm.token_count.completion_details.reasoning": 3,
                "input.value": #"{"messages":[{"role":"user","content":"hi"}]}"#,
                "input.mime_type": "application/json", "output.value": "hello",
                "session.id": "sess-77f1", "user.id": "user-42", "tag.tags": ["a", "b"],
            ], status: .ok)
        let expected = Self.record(
            name: "ChatCompletion", type: "model_generation",
            [
                "attributes": [
                    "model": "gpt-4o-mini-2024-08-06", "provider": "openai",
                    "usage": [
                        "inputTokens": 28, "outputTokens": 8,
                        "inputDetails": ["text": 20, "cacheRead": 8],
                        "outputDetails": ["text": 5, "reasoning": 3],
                    ],
                    "openinference.span.kind": "LLM", "llm.token_count.total": 36,
                    "input.mime_type": "application/json",
                ],
                "input": ["messages": [["role": "user", "content": "hi"]]],
                "output": "hello", "tags": ["a", "b"],
            ],
            metadata: ["sessionId": "sess-77f1", "userId": "user-42"], otel: ["statusCode": "ok"])
        expectEqual(try map(span), expected)
    }

    @Test func `an OpenInference chain is a workflow`() throws {
        let span = SpanFixture.span(
            name: "RunnableSequence",
            attributes: [
                "openinference.span.kind": "CHAIN", "input.value": "q", "output.value": #"["a"]"#,
            ])
        let expected = Self.record(
            name: "RunnableSequence", type: "workflow_run",
            [
                "entityType": "workflow_run", "entityId": "RunnableSequence",
                "entityName": "RunnableSequence",
                "attributes": ["openinference.span.kind": "CHAIN"],
                "input": "q", "output": ["a"],
            ])
        expectEqual(try map(span), expected)
    }
}
