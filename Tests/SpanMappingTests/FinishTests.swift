import Testing

/// Why a model stopped and when it began, from all who tell it (MAPPING 5.6).
struct FinishTests {
    @Test func `a finish reason comes from the best of its keys`() throws {
        let keys = [
            "gen_ai.response.finish_reasons", "ai.response.finishReason", "llm.finish_reason",
            "gen_ai.response.finish_reason", "anthropic.message.stop_reason",
        ]
        for first in keys.indices {
            let attributes = try attributes(
                of: SpanFixture(
                    attributes: [Attribute("gen_ai.operation.name", "chat")]
                        + keys[first...].enumerated().reversed().map {
                            Attribute($1, .string("reason\(first + $0)"))
                        }))
            #expect(attributes["finishReason"] == .string("reason\(first)"))
        }
    }

    @Test(arguments: ["FinishReason.STOP", "STOP", "stop"])
    func `an enumeration's name is cut off`(_ reason: String) throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.response.finish_reason": .string(reason)]))
        #expect(attributes["finishReason"] == "stop")
    }

    @Test(
        arguments: [
            [
                Attribute(
                    "gen_ai.output.messages",
                    .string(
                        #"[{"role":"assistant","parts":[{"type":"text","content":"a"}],"#
                            + #""finish_reason":"tool_call"}]"#))
            ],
            [
                Attribute("gen_ai.completion.0.content", "a"),
                Attribute("gen_ai.completion.0.finish_reason", "tool_calls"),
            ],
            [
                Attribute("gen_ai.output.messages", #"[{"role":"assistant","content":"a"}]"#),
                Attribute("gen_ai.completion.0.finish_reason", "tool_calls"),
            ],
            [
                Attribute(
                    "output.value",
                    .string(
                        #"{"choices":[{"index":0,"finish_reason":"tool_calls","#
                            + #""message":{"role":"assistant","content":"a"}}]}"#))
            ],
        ] as [[Attribute]])
    func `an answer tells it where no key does`(_ given: [Attribute]) throws {
        let span = SpanFixture(attributes: [Attribute("gen_ai.operation.name", "chat")] + given)
        #expect(try attributes(of: span)["finishReason"] == "tool-calls")
    }

    @Test(
        arguments: [
            EventFixture.event(
                "gen_ai.choice", attributes: ["message": "a", "finish_reason": "end_turn"]),
            .event(
                "gen_ai.choice",
                attributes: [
                    "gen_ai.event.content":
                        #"{"index":0,"finish_reason":"stop","message":{"content":"a"}}"#
                ]),
        ])
    func `a choice tells it`(_ event: EventFixture) throws {
        let record = try map(["gen_ai.operation.name": "chat"], events: [event])
        #expect(record["attributes"]?["finishReason"] == "stop")
        #expect(record["output"]?["text"] == "a")
    }

    @Test func `a key goes before the answer`() throws {
        let attributes = try attributes(
            of: .chat([
                "gen_ai.output.messages":
                    #"[{"role":"assistant","content":"a","finish_reason":"length"}]"#,
                "llm.finish_reason": "stop",
            ]))
        #expect(attributes["finishReason"] == "stop")
    }

    // MARK: Time to first token

    @Test(
        arguments: [
            ("gen_ai.response.time_to_first_chunk", 0.5),
            ("gen_ai.server.time_to_first_token", 0.5),
            ("gen_ai.server.ttft", 0.5), ("ai.response.msToFirstChunk", 500.0),
            ("lk.response.ttft", 0.5), ("ai.response.msToFirstChunk", 500),
            ("langfuse.observation.completion_start_time", "\"2023-11-14T22:13:20.500Z\""),
            ("mastra.completion_start_time", "2023-11-14T22:13:20.500Z"),
        ] as [(String, AttributeValue)])
    func `each source counts in its own unit`(_ key: String, _ value: AttributeValue) throws {
        let span = SpanFixture(attributes: [
            Attribute("openinference.span.kind", "LLM"), Attribute(key, value),
        ])
        #expect(try attributes(of: span)["completionStartTime"] == "2023-11-14T22:13:20.500Z")
    }

    @Test(
        arguments: [
            ("ai.response.msToFirstChunk", 1501.0), ("ai.response.msToFirstChunk", -1),
            ("lk.response.ttft", 500.0), ("gen_ai.server.ttft", .double(.nan)),
            ("langfuse.observation.completion_start_time", "\"2023-11-14T22:13:19.999Z\""),
            ("langfuse.observation.completion_start_time", "\"soon\""),
        ] as [(String, AttributeValue)])
    func `a time outside the span is none, and the next source is asked`(
        _ key: String, _ value: AttributeValue
    ) throws {
        let span = SpanFixture(
            attributes: [Attribute("openinference.span.kind", "LLM"), Attribute(key, value)])
        #expect(try attributes(of: span)["completionStartTime"] == nil)
        #expect(try attributes(of: span)[key] != nil)
        var next = span
        next.events = [.event("ai.stream.firstChunk", time: 1_700_000_000_250_000_000)]
        #expect(try attributes(of: next)["completionStartTime"] == "2023-11-14T22:13:20.250Z")
    }

    @Test(arguments: [
        "First Token Stream Event", "ai.stream.firstChunk", "gen_ai.content.completion.chunk",
    ])
    func `the first of the events tells the time`(_ name: String) throws {
        var span = SpanFixture.openInference()
        span.events = [
            .event("other", time: 1_700_000_000_100_000_000),
            .event(name, time: 1_700_000_000_250_000_000),
            .event(name, time: 1_700_000_000_500_000_000),
        ]
        #expect(try attributes(of: span)["completionStartTime"] == "2023-11-14T22:13:20.250Z")
        span.events = [.event(name, time: 1_600_000_000_000_000_000)]
        #expect(try attributes(of: span)["completionStartTime"] == nil)
    }

    @Test func `sources have an order`() throws {
        let sources: [Attribute] = [
            Attribute("mastra.completion_start_time", "2023-11-14T22:13:20.100Z"),
            Attribute(
                "langfuse.observation.completion_start_time", "\"2023-11-14T22:13:20.200Z\""),
            Attribute("gen_ai.response.time_to_first_chunk", 0.3),
            Attribute("gen_ai.server.time_to_first_token", 0.4),
            Attribute("gen_ai.server.ttft", 0.5), Attribute("ai.response.msToFirstChunk", 600),
            Attribute("lk.response.ttft", 0.7),
        ]
        for first in sources.indices {
            var span = SpanFixture(
                attributes: [Attribute("openinference.span.kind", "LLM")]
                    + sources[first...].reversed())
            span.events = [.event("ai.stream.firstChunk", time: 1_700_000_000_800_000_000)]
            let time = try attributes(of: span)["completionStartTime"]
            #expect(time == .string("2023-11-14T22:13:20.\(first + 1)00Z"))
        }
    }

    @Test func `a tool has no first token`() throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "execute_tool", "gen_ai.server.ttft": 0.5,
            ]))
        #expect(attributes["completionStartTime"] == nil)
        #expect(attributes["gen_ai.server.ttft"] == 0.5)
    }
}
