import MastraRecords
import SpanMapping
import Testing

/// Rules that options switch: a call told twice (MAPPING A31), and the types of the first release
/// (MAPPING 1.1).
struct NestedCallTests {
    private static let outerID: [UInt8] = Array(1...8)

    private static func outer(
        _ attributes: KeyValuePairs<String, AttributeValue> = [
            "openinference.span.kind": "LLM", "llm.token_count.prompt": 10,
            "llm.token_count.completion": 5,
        ]
    ) -> SpanFixture {
        SpanFixture(spanID: outerID, name: "outer", attributes: [Attribute](attributes))
    }

    private static func inner(
        input: Int64 = 10, output: Int64 = 5, trace: [UInt8] = Array(0xa0...0xaf)
    ) -> SpanFixture {
        SpanFixture(
            traceID: trace, parent: outerID, name: "inner",
            attributes: [
                Attribute("gen_ai.operation.name", "chat"),
                Attribute("gen_ai.request.model", "m"),
                Attribute("gen_ai.usage.input_tokens", .int(input)),
                Attribute("gen_ai.usage.output_tokens", .int(output)),
            ])
    }

    private static func types(
        _ spans: [SpanFixture], merges: Bool = true
    ) throws -> [JSON?] {
        var options = MappingOptions.unlimited
        options.mergesNestedCalls = merges
        return try map(RequestFixture(spans), options).map { $0["type"] }
    }

    @Test func `a call told twice is one call, and the inner one a step`() throws {
        let records = try map(RequestFixture([Self.outer(), Self.inner()]))
        #expect(records.map { $0["type"] } == ["model_generation", "model_step"])
        #expect(
            records[0]["attributes"]?["usage"] == ["inputTokens": 10, "outputTokens": 5])
        #expect(records[1]["attributes"]?["usage"] == nil)
        #expect(records[1]["attributes"]?["gen_ai.usage.input_tokens"] == 10)
        #expect(records[1]["attributes"]?["gen_ai.usage.output_tokens"] == 5)
        #expect(records[1]["attributes"]?["model"] == "m")
        #expect(
            try Self.types([Self.inner(), Self.outer()]) == ["model_step", "model_generation"],
            "in any order")
    }

    @Test func `the option leaves both calls`() throws {
        let both: [JSON?] = ["model_generation", "model_generation"]
        #expect(try Self.types([Self.outer(), Self.inner()], merges: false) == both)
    }

    @Test func `another usage, trace or request is another call`() throws {
        let both: [JSON?] = ["model_generation", "model_generation"]
        #expect(try Self.types([Self.outer(), Self.inner(input: 11)]) == both)
        #expect(try Self.types([Self.outer(), Self.inner(output: 6)]) == both)
        #expect(try Self.types([Self.outer(), Self.inner(trace: Array(0xb0...0xbf))]) == both)
        #expect(try Self.types([Self.inner()]) == ["model_generation"])
        var mapper = SpanMapper(options: .unlimited)
        _ = mapper.records(of: RequestFixture([Self.outer()]).encoded)
        var parser = JSONParser(
            try #require(mapper.records(of: RequestFixture([Self.inner()]).encoded).first))
        #expect(try parser.parse()["type"] == "model_generation", "the parent has gone before")
    }

    @Test func `a call without usage is left alone`() throws {
        var bare = Self.inner()
        bare.attributes.removeLast(2)
        let outer = Self.outer(["openinference.span.kind": "LLM"])
        #expect(try Self.types([outer, bare]) == ["model_generation", "model_generation"])
    }

    @Test(arguments: ["AGENT", "CHAIN", "TOOL"])
    func `a call inside anything else is a call`(_ kind: String) throws {
        let outer = Self.outer([
            "openinference.span.kind": .string(kind), "llm.token_count.prompt": 10,
            "llm.token_count.completion": 5,
        ])
        #expect(try Self.types([outer, Self.inner()]).last == "model_generation")
    }

    @Test func `siblings are two calls`() throws {
        var second = Self.inner()
        second.spanID = Array(11...18)
        let agent = Self.outer(["openinference.span.kind": "AGENT"])
        #expect(
            try Self.types([agent, Self.inner(), second]) == [
                "agent_run", "model_generation", "model_generation",
            ])
    }

    // MARK: Types of the first release

    private static let fallbacks: [SpanType: SpanType] = [
        .modelInference: .modelStep, .clientToolCall: .toolCall, .providerToolCall: .toolCall,
        .ragEmbedding: .generic, .ragVectorOperation: .generic, .ragAction: .generic,
        .ragIngestion: .generic, .graphAction: .generic, .mapping: .generic,
        .memoryOperation: .generic, .workspaceAction: .generic, .skillResolution: .generic,
        .skillAction: .generic, .agentSignal: .generic, .scorerRun: .generic,
        .scorerStep: .generic,
    ]

    private static let core: [SpanType] = [
        .agentRun, .generic, .modelGeneration, .modelStep, .mcpToolCall, .processorRun, .toolCall,
        .workflowRun, .workflowStep, .workflowConditional, .workflowConditionalEval,
        .workflowParallel, .workflowLoop, .workflowSleep, .workflowWaitEvent,
    ]

    @Test func `types of later releases fall back and say what they were`() throws {
        var options = MappingOptions.unlimited
        options.spanTypes = .core
        for (type, fallback) in Self.fallbacks {
            let span = SpanFixture.span(attributes: ["mastra.span.type": .string("\(type.name)")])
            let record = try #require(try map(RequestFixture([span]), options).first)
            #expect(record["type"] == .string("\(fallback.name)"))
            #expect(record["spanType"] == .string("\(fallback.name)"))
            #expect(
                record["attributes"]?["mastra.intended_span_type"] == .string("\(type.name)"))
        }
        for type in Self.core {
            let span = SpanFixture.span(attributes: ["mastra.span.type": .string("\(type.name)")])
            let record = try #require(try map(RequestFixture([span]), options).first)
            #expect(record["type"] == .string("\(type.name)"))
            #expect(record["attributes"]?["mastra.intended_span_type"] == nil)
        }
    }

    @Test func `an embedding that falls back keeps its counts out of the usage`() throws {
        var options = MappingOptions.unlimited
        options.spanTypes = .core
        let span = SpanFixture.span(attributes: [
            "gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 10,
        ])
        let record = try #require(try map(RequestFixture([span]), options).first)
        #expect(record["type"] == "generic")
        #expect(record["attributes"]?["usage"] == nil)
        #expect(record["attributes"]?["gen_ai.usage.input_tokens"] == 10)
    }
}
