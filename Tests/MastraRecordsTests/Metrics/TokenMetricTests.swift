import Testing

@testable import MastraRecords

@Suite struct TokenMetricTests {
    private func derive(
        usage: String, more: String = "", type: String = "model_generation"
    ) throws -> Derivation {
        try #require(
            Derivation(.platformRecord(type, attributes: #"{"usage":\#(usage)\#(more)}"#)))
    }

    @Test func `each count has its metric, in both dialects`() throws {
        let usage = """
            {"inputTokens":1450,"outputTokens":35,"inputDetails":{"text":20,"cacheRead":10,\
            "cacheWrite":3,"cacheWrite5m":2,"cacheWrite1h":1,"audio":4,"image":5},\
            "outputDetails":{"text":6,"reasoning":7,"audio":8,"image":9}}
            """
        let expected: [String: Double] = [
            "mastra_model_duration_ms": 2412,
            "mastra_model_total_input_tokens": 1450, "mastra_model_total_output_tokens": 35,
            "mastra_model_input_text_tokens": 20, "mastra_model_input_cache_read_tokens": 10,
            "mastra_model_input_cache_write_tokens": 3,
            "mastra_model_input_cache_write_5m_tokens": 2,
            "mastra_model_input_cache_write_1h_tokens": 1, "mastra_model_input_audio_tokens": 4,
            "mastra_model_input_image_tokens": 5, "mastra_model_output_text_tokens": 6,
            "mastra_model_output_reasoning_tokens": 7, "mastra_model_output_audio_tokens": 8,
            "mastra_model_output_image_tokens": 9,
        ]
        for record in [
            String.platformRecord("model_generation", attributes: #"{"usage":\#(usage)}"#),
            .cloudRecord("model_generation", attributes: #"{"usage":\#(usage)}"#),
        ] {
            let derived = try #require(Derivation(record))
            #expect(derived.names.count == expected.count)
            for (name, value) in expected { #expect(derived.value(name) == value, "\(name)") }
            #expect(derived.names.dropFirst().allSatisfy { derived.labels($0) == [:] })
        }
        #expect(Set(MetricRule.all.map { "\($0.name)" }).isSuperset(of: expected.keys))
    }

    @Test func `every rule of the table has a test`() {
        #expect(MetricRule.all.count == 18)
        #expect(Set(MetricRule.all.map { "\($0.name)" }).count == 18)
    }

    @Test func `totals of 0 count, and details of 0 do not`() throws {
        let derived = try derive(
            usage: #"{"inputTokens":0,"outputTokens":0,"inputDetails":{"text":0,"audio":0.0}}"#)
        #expect(
            derived.names == [
                "mastra_model_duration_ms", "mastra_model_total_input_tokens",
                "mastra_model_total_output_tokens",
            ])
        #expect(derived.value("mastra_model_total_input_tokens") == 0)
    }

    @Test func `what is absent or no count has no metric`() throws {
        let derived = try derive(
            usage:
                #"{"inputTokens":"12","outputTokens":-1,"inputDetails":[1],"outputDetails":{"text":null,"audio":true}}"#
        )
        #expect(derived.names == ["mastra_model_duration_ms"])
        for usage in ["{}", "null", "7", "[]", #""text""#] {
            #expect(try derive(usage: usage).names == ["mastra_model_duration_ms"])
        }
    }

    @Test(arguments: ["model_step", "model_inference", "agent_run", "rag_embedding", "generic"])
    func `tokens are counted on generations alone, so that each is counted once`(
        _ type: String
    ) throws {
        let derived = try derive(usage: #"{"inputTokens":5,"outputTokens":6}"#, type: type)
        #expect(!derived.names.contains { $0.contains("tokens") })
    }

    // MARK: Cost

    @Test func `a known cost stands on one metric, the total of input`() throws {
        let derived = try derive(
            usage: #"{"inputTokens":30,"outputTokens":5,"inputDetails":{"text":30}}"#,
            more:
                #","provider":"openai","model":"gpt","costContext":{"provider":"azure","model":"gpt-4o","estimatedCost":0.00021,"costUnit":"USD","costMetadata":{"tier":1}}"#
        )
        let carrier = try #require(derived.cost("mastra_model_total_input_tokens"))
        #expect(carrier["estimatedCost"] as? Double == 0.00021)
        #expect(carrier["costUnit"] as? String == "USD")
        let metadata = try #require(carrier["costMetadata"] as? [String: Any])
        #expect(metadata["tier"] as? Int == 1)
        #expect(metadata["allocation"] as? String == "query_total")
        for name in derived.names.dropFirst() {
            let cost = try #require(derived.cost(name))
            #expect(cost["provider"] as? String == "azure")
            #expect(cost["model"] as? String == "gpt-4o")
            #expect((cost["estimatedCost"] != nil) == (name == "mastra_model_total_input_tokens"))
        }
        #expect(derived.cost("mastra_model_duration_ms") == nil)
    }

    @Test(arguments: [#"{"outputTokens":5}"#, #"{"inputTokens":"?","outputTokens":5}"#])
    func `without a total of input the cost stands on that of output`(_ usage: String) throws {
        let derived = try derive(
            usage: usage, more: #","costContext":{"estimatedCost":1,"costMetadata":{ }}"#)
        let cost = try #require(derived.cost("mastra_model_total_output_tokens"))
        #expect(cost["estimatedCost"] as? Int == 1)
        #expect(Set(cost.keys) == ["estimatedCost", "costMetadata"])
    }

    @Test(arguments: [
        (#""provider":"openai","model":"a","responseModel":"b""#, "openai", "b"),
        (#""provider":"openrouter","model":"a","responseModel":"b""#, "openrouter", "a"),
        (#""provider":"openai","model":"a""#, "openai", "a"),
        (#""provider":"openrouter","responseModel":"b""#, "openrouter", "b"),
    ])
    func `without a known cost provider and model are told all the same`(
        _ attributes: String, _ provider: String, _ model: String
    ) throws {
        let derived = try derive(usage: #"{"inputTokens":1}"#, more: "," + attributes)
        let cost = try #require(derived.cost("mastra_model_total_input_tokens"))
        #expect(cost as? [String: String] == ["provider": provider, "model": model])
    }

    @Test func `a cost that is no number is none`() throws {
        let derived = try derive(
            usage: #"{"inputTokens":1}"#, more: #","costContext":{"estimatedCost":"1"}"#)
        #expect(derived.cost("mastra_model_total_input_tokens") == nil)
    }
}
