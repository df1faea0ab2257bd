import Testing

/// Token counts and prices as the conventions write them (MAPPING 5.4, 7.10).
struct ConventionUsageTests {
    private static func usage(
        of key: String, _ blob: String, _ more: KeyValuePairs<String, AttributeValue> = [:]
    ) throws -> JSON? {
        let span = SpanFixture(
            attributes: [Attribute("openinference.span.kind", "LLM")] + [Attribute](more)
                + [Attribute(key, .string(blob))])
        let record = try map(span)
        let kept = record["attributes"]?[key] ?? record["metadata"]?["usage_metadata"]
        #expect(kept != nil, "a blob is only partly told")
        return record["attributes"]?["usage"]
    }

    // MARK: Keys

    @Test func `each count comes from the best of all its sources`() throws {
        let rows: [(place: [String], keys: [String])] = [
            (
                ["inputTokens"],
                [
                    "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
                    "llm.token_count.prompt", "llm.usage.prompt_tokens", "ai.usage.inputTokens",
                    "ai.usage.promptTokens", "ai.usage.tokens",
                ]
            ),
            (
                ["outputTokens"],
                [
                    "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
                    "llm.token_count.completion", "llm.usage.completion_tokens",
                    "ai.usage.outputTokens", "ai.usage.completionTokens",
                ]
            ),
            (
                ["inputDetails", "cacheRead"],
                [
                    "gen_ai.usage.input_cached_tokens",
                    "llm.token_count.prompt_details.cache_read",
                    "llm.token_count.prompt_details.cache_input",
                    "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens",
                    "gen_ai.usage.details.cache_read_tokens",
                    "gen_ai.usage.details.cached_tokens",
                    "gen_ai.usage.details.cache_read_input_tokens",
                ]
            ),
            (
                ["inputDetails", "cacheWrite"],
                [
                    "llm.token_count.prompt_details.cache_write",
                    "ai.usage.inputTokenDetails.cacheWriteTokens",
                    "gen_ai.usage.details.cache_creation_input_tokens",
                ]
            ),
            (
                ["inputDetails", "cacheWrite5m"],
                ["anthropic.usage.cache_creation.ephemeral_5m_input_tokens"]
            ),
            (
                ["inputDetails", "cacheWrite1h"],
                ["anthropic.usage.cache_creation.ephemeral_1h_input_tokens"]
            ),
            (
                ["inputDetails", "audio"],
                [
                    "llm.token_count.prompt_details.audio", "gen_ai.usage.audio_input_tokens",
                    "gen_ai.usage.details.input_audio_tokens",
                ]
            ),
            (
                ["outputDetails", "reasoning"],
                [
                    "llm.token_count.completion_details.reasoning",
                    "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens",
                    "gen_ai.usage.details.reasoning_tokens",
                ]
            ),
        ]
        for (place, keys) in rows {
            for first in keys.indices {
                let given = keys[first...].enumerated().map { Attribute($1, .int(Int64($0 + 1))) }
                let attributes = try attributes(
                    of: SpanFixture(
                        attributes: [Attribute("openinference.span.kind", "LLM")]
                            + given.reversed()))
                let value = place.reduce(attributes["usage"]) { $0?[$1] }
                #expect(value == 1, "\(keys[first])")
                #expect(attributes[keys[first]] == nil)
                for (rank, loser) in keys[first...].enumerated().dropFirst() {
                    #expect(attributes[loser] == .int(Int64(rank + 1)), "\(loser)")
                }
            }
        }
    }

    @Test(arguments: [
        "gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total",
        "ai.usage.totalTokens",
    ])
    func `a missing input is the total less the output`(_ total: String) throws {
        func usage(_ given: [(String, AttributeValue)]) throws -> JSON? {
            try attributes(
                of: SpanFixture(
                    attributes: [Attribute("openinference.span.kind", "LLM")]
                        + given.map { Attribute($0, $1) }))["usage"]
        }
        let output = ("gen_ai.usage.output_tokens", 4 as AttributeValue)
        #expect(try usage([(total, 10), output]) == ["inputTokens": 6, "outputTokens": 4])
        #expect(try usage([(total, 4), output]) == ["inputTokens": 0, "outputTokens": 4])
        #expect(try usage([(total, 3), output]) == ["outputTokens": 4], "never below nothing")
        #expect(
            try usage([(total, 10), output, ("gen_ai.usage.input_tokens", 5)])
                == ["inputTokens": 5, "outputTokens": 4])
        #expect(try usage([(total, 10)]) == nil)
        #expect(
            try usage([(total, 10), ("gen_ai.usage.input_tokens", 5)]) == ["inputTokens": 5],
            "an output is never made up")
        let kept = try attributes(
            of: SpanFixture(
                attributes: [
                    Attribute("openinference.span.kind", "LLM"), Attribute(total, 10),
                    Attribute("gen_ai.usage.output_tokens", 4),
                ]))
        #expect(kept[total] == 10)
    }

    @Test func `aggregated usage is no usage`() throws {
        let attributes = try attributes(of: .chat(["gen_ai.aggregated_usage.input_tokens": 10]))
        #expect(attributes["usage"] == nil)
        #expect(attributes["gen_ai.aggregated_usage.input_tokens"] == 10)
    }

    // MARK: Blobs

    @Test func `Langfuse's own buckets add up to the totals`() throws {
        let usage = try Self.usage(
            of: "langfuse.observation.usage_details",
            #"{"input":10,"output":20,"cache_read_input_tokens":3,"cache_creation_input_tokens":4,"#
                + #""input_audio_tokens":5,"output_reasoning_tokens":6,"total":48}"#)
        expectEqual(
            usage,
            [
                "inputTokens": 22, "outputTokens": 26,
                "inputDetails": ["text": 10, "cacheRead": 3, "cacheWrite": 4, "audio": 5],
                "outputDetails": ["text": 20, "reasoning": 6],
            ])
    }

    @Test func `cached input of Langfuse is beside its input`() throws {
        let usage = try Self.usage(
            of: "langfuse.observation.usage_details",
            #"{"input":10,"output":20,"input_cached_tokens":3}"#)
        expectEqual(
            usage,
            [
                "inputTokens": 13, "outputTokens": 20,
                "inputDetails": ["text": 10, "cacheRead": 3],
            ])
    }

    @Test func `OpenAI's counts within Langfuse are totals`() throws {
        let usage = try Self.usage(
            of: "langfuse.observation.usage_details",
            #"{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"#
                + #""prompt_tokens_details":{"cached_tokens":4,"audio_tokens":1},"#
                + #""completion_tokens_details":{"reasoning_tokens":6,"audio_tokens":2}}"#)
        expectEqual(
            usage,
            [
                "inputTokens": 10, "outputTokens": 20,
                "inputDetails": ["text": 5, "cacheRead": 4, "audio": 1],
                "outputDetails": ["text": 12, "reasoning": 6, "audio": 2],
            ])
    }

    @Test func `MLflow counts in a blob`() throws {
        let usage = try Self.usage(
            of: "mlflow.chat.tokenUsage",
            #"{"input_tokens":10,"output_tokens":20,"total_tokens":30}"#)
        expectEqual(usage, ["inputTokens": 10, "outputTokens": 20])
    }

    @Test func `LangSmith counts in a blob`() throws {
        let usage = try Self.usage(
            of: "langsmith.metadata.usage_metadata",
            #"{"input_tokens":10,"output_tokens":20,"total_tokens":30,"#
                + #""input_token_details":{"cache_read":3,"cache_creation":2,"audio":1},"#
                + #""output_token_details":{"reasoning":5,"audio":4}}"#)
        expectEqual(
            usage,
            [
                "inputTokens": 10, "outputTokens": 20,
                "inputDetails": ["text": 4, "cacheRead": 3, "cacheWrite": 2, "audio": 1],
                "outputDetails": ["text": 11, "reasoning": 5, "audio": 4],
            ])
    }

    @Test func `LiveKit counts in a blob`() throws {
        let usage = try Self.usage(
            of: "lk.llm_metrics",
            #"{"type":"llm_metrics","prompt_tokens":10,"completion_tokens":20,"ttft":0.5}"#)
        expectEqual(usage, ["inputTokens": 10, "outputTokens": 20])
    }

    @Test(
        arguments: [
            (#"{"openai":{"cachedPromptTokens":4}}"#, ["text": 6, "cacheRead": 4]),
            (
                #"{"anthropic":{"usage":{"cache_read_input_tokens":4,"#
                    + #""cache_creation_input_tokens":3,"cache_creation":"#
                    + #"{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":1}}}}"#,
                [
                    "text": 3, "cacheRead": 4, "cacheWrite": 3, "cacheWrite5m": 2,
                    "cacheWrite1h": 1,
                ]
            ),
            (
                #"{"bedrock":{"usage":{"cacheReadInputTokens":4,"cacheWriteInputTokens":3}}}"#,
                ["text": 3, "cacheRead": 4, "cacheWrite": 3]
            ),
        ] as [(String, JSON)])
    func `the AI SDK tells of caches in what the provider added`(
        _ blob: String, _ details: JSON
    ) throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "ai.operationId": "ai.generateText.doGenerate", "ai.usage.inputTokens": 10,
                "ai.response.providerMetadata": .string(blob),
            ]))
        expectEqual(attributes["usage"], ["inputTokens": 10, "inputDetails": details])
    }

    @Test func `ADK tells of caches and thoughts in the answer`() throws {
        let record = try map(
            [
                "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 20,
                "gcp.vertex.agent.llm_response": .string(
                    #"{"usage_metadata":{"cached_content_token_count":4,"#
                        + #""thoughts_token_count":5},"content":{"role":"model","#
                        + #""parts":[{"text":"hi"}]}}"#),
            ], name: "call_llm", scope: "gcp.vertex.agent")
        expectEqual(
            record["attributes"]?["usage"],
            [
                "inputTokens": 10, "outputTokens": 20,
                "inputDetails": ["text": 6, "cacheRead": 4],
                "outputDetails": ["text": 15, "reasoning": 5],
            ])
    }

    @Test func `keys go before blobs`() throws {
        let usage = try Self.usage(
            of: "mlflow.chat.tokenUsage", #"{"input_tokens":10,"output_tokens":20}"#,
            ["gen_ai.usage.input_tokens": 1])
        #expect(usage == ["inputTokens": 1, "outputTokens": 20])
    }

    @Test(arguments: [
        #"{"input_tokens":-1}"#, #"{"input_tokens":1.5}"#, #"{"input_tokens":null}"#,
        #"{"input_tokens":{"a":1}}"#, "[10]", "10", "{'input_tokens': 10}",
    ])
    func `what is no count in a blob is none`(_ blob: String) throws {
        #expect(try Self.usage(of: "mlflow.chat.tokenUsage", blob) == nil)
    }

    @Test func `a blob may be a structured value`() throws {
        let attributes = try attributes(
            of: .openInference(
                "LLM",
                ["mlflow.chat.tokenUsage": .map(["input_tokens": 10, "output_tokens": 20])]))
        #expect(attributes["usage"] == ["inputTokens": 10, "outputTokens": 20])
    }

    @Test(arguments: ["AGENT", "CHAIN", "TOOL", "RETRIEVER", "RERANKER", "GUARDRAIL"])
    func `a blob on anything but a call is left over`(_ kind: String) throws {
        let attributes = try attributes(
            of: .openInference(
                kind,
                [
                    "langsmith.metadata.usage_metadata": #"{"input_tokens":10}"#,
                    "llm.token_count.prompt": 10, "llm.cost.total": 0.5,
                ]))
        #expect(attributes["usage"] == nil)
        #expect(attributes["internalUsage"] == nil)
        #expect(attributes["costContext"] == nil)
        #expect(attributes["llm.token_count.prompt"] == 10)
    }

    // MARK: Claude Code

    @Test(arguments: [
        (10, 128, 64, 202), (100, 5, 0, 105), (100, 0, 0, 100),
    ])
    func `Claude Code counts cached tokens beside the others`(
        _ input: Int64, _ read: Int64, _ write: Int64, _ total: Int64
    ) throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "span.type": "llm_request", "input_tokens": .int(input), "output_tokens": 7,
                "cache_read_tokens": .int(read), "cache_creation_tokens": .int(write),
            ]))
        #expect(attributes["usage"]?["inputTokens"] == .int(total))
        #expect(attributes["usage"]?["outputTokens"] == 7)
        #expect(attributes["usage"]?["inputDetails"]?["text"] == .int(input))
        let isRepaired = attributes["mastra.usage_repaired"] == true
        #expect(isRepaired == (read + write > 0))
    }

    @Test func `bare counts are read of Claude Code alone`() throws {
        let attributes = try attributes(of: .chat(["input_tokens": 10]))
        #expect(attributes["usage"] == nil)
        #expect(attributes["input_tokens"] == 10)
    }

    // MARK: Cost

    @Test(arguments: [
        "gen_ai.usage.cost", "gen_ai.cost.total_cost", "llm.cost.total", "operation.cost",
    ])
    func `a price tells whose it is`(_ key: String) throws {
        let span = SpanFixture(attributes: [
            Attribute("gen_ai.operation.name", "chat"), Attribute("gen_ai.request.model", "m"),
            Attribute("gen_ai.provider.name", "openai"), Attribute(key, 0.25),
        ])
        expectEqual(
            try attributes(of: span)["costContext"],
            ["provider": "openai", "model": "m", "estimatedCost": 0.25, "costUnit": "USD"])
        #expect(try attributes(of: span)[key] == nil)
    }

    @Test func `a price comes from the best of its sources`() throws {
        let sources: [Attribute] = [
            Attribute("gen_ai.usage.cost", 1.5), Attribute("gen_ai.cost.total_cost", 2.5),
            Attribute("llm.cost.total", 3.5), Attribute("operation.cost", 5.5),
        ]
        for first in sources.indices {
            let attributes = try attributes(
                of: SpanFixture(
                    attributes: [Attribute("gen_ai.operation.name", "chat")]
                        + sources[first...].reversed()))
            guard case .double(let expected) = sources[first].value else { continue }
            #expect(attributes["costContext"]?["estimatedCost"] == .double(expected))
        }
    }

    @Test(arguments: [
        #"{"input":0.25,"output":0.5}"#, #"{"input":0.25,"output":0.5,"total":0.75}"#,
        #"{"total":0.75}"#,
    ])
    func `Langfuse's prices add up`(_ blob: String) throws {
        let attributes = try attributes(
            of: .span(attributes: [
                "langfuse.observation.type": "generation",
                "langfuse.observation.cost_details": .string(blob),
            ]))
        #expect(attributes["costContext"]?["estimatedCost"] == 0.75)
        #expect(attributes["costContext"]?["costUnit"] == "USD")
    }

    @Test(arguments: [0.0, 0, "free", -1, .double(.nan), .empty] as [AttributeValue])
    func `a price of nothing for something is not known`(_ price: AttributeValue) throws {
        let attributes = try attributes(
            of: .chat(["gen_ai.usage.input_tokens": 10, "gen_ai.usage.cost": price]))
        #expect(attributes["costContext"] == nil)
        #expect(attributes["gen_ai.usage.cost"] != nil)
    }
}
