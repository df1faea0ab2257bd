import MastraRecords
import Testing

/// Each row of the tables of MAPPING 4: T1, T3, T10 and 4.1, T13 to T16, T18.
struct SpanTypeTests {
    private static func type(of span: SpanFixture) throws -> String? {
        let record = try map(span)
        #expect(record["type"] == record["spanType"])
        guard case .string(let type) = record["type"] else { return nil }
        return type
    }

    private static func type(
        _ attributes: KeyValuePairs<String, AttributeValue>
    ) throws -> String? {
        try type(of: .span(attributes: attributes))
    }

    @Test(arguments: SpanType.allCases.filter { $0 != .modelChunk })
    func `Mastra's own type is taken as it is and not kept twice`(_ type: SpanType) throws {
        let record = try map(
            .span(attributes: [
                "mastra.span.type": .string("\(type.name)"), "openinference.span.kind": "TOOL",
            ]))
        #expect(record["type"] == .string("\(type.name)"))
        #expect(record["attributes"]?["mastra.span.type"] == nil)
    }

    @Test(arguments: [
        ("llm_generation", "model_generation"), ("llm_step", "model_step"),
    ])
    func `a name of the pre-release has its successor, and stays beside it`(
        _ old: String, _ new: String
    ) throws {
        let record = try map(.span(attributes: ["mastra.span.type": .string(old)]))
        #expect(record["type"] == .string(new))
        #expect(record["attributes"]?["mastra.span.type"] == .string(old))
    }

    @Test func `a type that Mastra does not know lets the next row speak`() throws {
        let type = try Self.type([
            "mastra.span.type": "future_type", "openinference.span.kind": "AGENT",
        ])
        #expect(type == "agent_run")
        let attributes = try attributes(
            of: .span(attributes: ["mastra.span.type": "future_type"]))
        #expect(attributes["mastra.span.type"] == "future_type")
    }

    @Test(arguments: [
        ("LLM", "model_generation"), ("AGENT", "agent_run"), ("TOOL", "tool_call"),
        ("RETRIEVER", "rag_vector_operation"), ("EMBEDDING", "rag_embedding"),
        ("RERANKER", "rag_action"), ("GUARDRAIL", "processor_run"), ("EVALUATOR", "scorer_run"),
        ("PROMPT", "generic"), ("CHAIN", "workflow_run"), ("UNKNOWN", "generic"),
        (" llm\n", "model_generation"), ("", "generic"), ("LLMS", "generic"),
    ])
    func `an OpenInference kind decides`(_ kind: String, _ type: String) throws {
        let record = try map(.span(attributes: ["openinference.span.kind": .string(kind)]))
        #expect(record["type"] == .string(type))
        #expect(record["attributes"]?["openinference.span.kind"] == .string(kind))
    }

    @Test func `a kind beats the operation's name`() throws {
        let type = try Self.type([
            "gen_ai.operation.name": "embeddings", "openinference.span.kind": "RETRIEVER",
        ])
        #expect(type == "rag_vector_operation")
    }

    @Test func `an unknown kind lets the operation's name speak`() throws {
        let type = try Self.type([
            "openinference.span.kind": "UNKNOWN", "gen_ai.operation.name": "invoke_agent",
        ])
        #expect(type == "agent_run")
    }

    @Test func `an OpenInference tool is one of MCP where its method is named`() throws {
        let mcp = try Self.type([
            "openinference.span.kind": "TOOL", "mcp.method.name": "tools/call",
        ])
        #expect(mcp == "mcp_tool_call")
        let other = try Self.type([
            "openinference.span.kind": "TOOL", "mcp.session.id": "s",
        ])
        #expect(other == "tool_call")
    }

    struct Position: Sendable {
        var parent: [UInt8]
        var flags: UInt32
        var type: String
    }

    @Test(arguments: [
        Position(parent: [], flags: 0, type: "workflow_run"),
        Position(parent: Array(1...8), flags: 0, type: "workflow_step"),
        Position(parent: Array(1...8), flags: 0x300, type: "workflow_run"),
        Position(parent: Array(1...8), flags: 0x301, type: "workflow_run"),
        Position(parent: Array(1...8), flags: 0x100, type: "workflow_step"),
        Position(parent: Array(1...8), flags: 0x200, type: "workflow_step"),
        Position(parent: Array(repeating: 0, count: 8), flags: 0, type: "workflow_run"),
        Position(parent: [1], flags: 0, type: "workflow_run"),
    ])
    func `a chain is a run where it enters, and a step inside`(_ position: Position) throws {
        let span = SpanFixture.span(
            parent: position.parent, attributes: ["openinference.span.kind": "CHAIN"],
            flags: position.flags)
        #expect(try Self.type(of: span) == position.type)
    }

    @Test(arguments: [
        ("chat", "model_generation"), ("text_completion", "model_generation"),
        ("completion", "model_generation"), ("generate_content", "model_generation"),
        ("response", "model_generation"), ("responses", "model_generation"),
        ("generate", "model_generation"), ("acompletion", "model_generation"),
        ("atext_completion", "model_generation"), ("aresponses", "model_generation"),
        ("llm_call", "model_generation"), ("embeddings", "rag_embedding"),
        ("embedding", "rag_embedding"), ("aembedding", "rag_embedding"),
        ("execute_tool", "tool_call"), ("tool.execute", "tool_call"), ("tool_call", "tool_call"),
        ("invoke_agent", "agent_run"), ("agent.run", "agent_run"), ("agent_call", "agent_run"),
        ("create_agent", "generic"), ("invoke_workflow", "workflow_run"),
        ("workflow.run", "workflow_run"), ("execute_task", "workflow_step"),
        ("agent_step", "model_step"), ("retrieval", "rag_vector_operation"),
        ("rerank", "rag_action"), ("model_step", "model_step"),
        ("processor_run", "processor_run"), ("mcp_tool_call", "mcp_tool_call"),
        ("CHAT", "model_generation"), (" chat ", "model_generation"), ("chatting", "generic"),
        ("", "generic"),
    ])
    func `an operation's name decides`(_ operation: String, _ type: String) throws {
        let record = try map(.span(attributes: ["gen_ai.operation.name": .string(operation)]))
        #expect(record["type"] == .string(type))
        #expect(record["attributes"]?["gen_ai.operation.name"] == .string(operation))
    }

    @Test(arguments: ["execute_tool", "tool.execute", "tool_call"])
    func `a tool is one of MCP where any of its keys is there`(_ operation: String) throws {
        let type = try Self.type([
            "gen_ai.operation.name": .string(operation), "mcp.session.id": "s",
        ])
        #expect(type == "mcp_tool_call")
    }

    @Test func `an operation that is no string decides nothing`() throws {
        #expect(try Self.type(["gen_ai.operation.name": 1]) == "generic")
        #expect(try Self.type(["gen_ai.operation.name": ["chat"]]) == "generic")
    }

    @Test(arguments: [
        ("gen_ai.tool.name", "tool_call"), ("gen_ai.tool.call.id", "tool_call"),
        ("gen_ai.retrieval.documents", "rag_vector_operation"),
        ("gen_ai.retrieval.query.text", "rag_vector_operation"),
    ])
    func `presence of a key decides where nothing else does`(
        _ key: String, _ type: String
    ) throws {
        let span = SpanFixture.span(attributes: [:])
        var present = span
        present.attributes = [Attribute(key, "x")]
        #expect(try Self.type(of: present) == type)
        var empty = span
        empty.attributes = [Attribute(key, "")]
        #expect(try Self.type(of: empty) == "generic", "an empty string never matches")
    }

    @Test func `a tool's key makes one of MCP beside an MCP key`() throws {
        #expect(try Self.type(["gen_ai.tool.name": "x", "mcp.a": 1]) == "mcp_tool_call")
    }

    @Test func `a dimension count makes an embedding`() throws {
        #expect(try Self.type(["gen_ai.embeddings.dimension.count": 3]) == "rag_embedding")
    }

    @Test(arguments: ["gen_ai.request.model", "gen_ai.response.model", "llm.model_name"])
    func `a model is a call only with evidence of one`(_ model: String) throws {
        var span = SpanFixture.span()
        span.attributes = [Attribute(model, "gpt-4o")]
        #expect(try Self.type(of: span) == "generic")
        let evidence: [Attribute] = [
            Attribute("gen_ai.usage.input_tokens", 1),
            Attribute("gen_ai.usage.prompt_tokens", 1),
            Attribute("gen_ai.usage.output_tokens", 1),
            Attribute("gen_ai.usage.completion_tokens", 1),
            Attribute("gen_ai.usage.reasoning.output_tokens", 1),
            Attribute("gen_ai.usage.cache_read.input_tokens", 1),
            Attribute("llm.token_count.prompt", 1), Attribute("llm.token_count.completion", 1),
            Attribute("gen_ai.input.messages", "[1]"), Attribute("gen_ai.output.messages", "[1]"),
            Attribute("gen_ai.prompt", "p"), Attribute("gen_ai.completion", "c"),
        ]
        for one in evidence {
            #expect(
                try Self.type(
                    of: SpanFixture(attributes: span.attributes + [one])) == "model_generation",
                "\(one.key)")
        }
    }

    @Test(arguments: ["gen_ai.agent.name", "gen_ai.agent.id", "gen_ai.conversation.id"])
    func `context of an agent does not make one`(_ key: String) throws {
        #expect(try Self.type(of: SpanFixture(attributes: [Attribute(key, "a")])) == "generic")
    }

    @Test func `the tool on a chat span leaves it a chat span`() throws {
        let type = try Self.type([
            "gen_ai.tool.name": "getWeather", "gen_ai.operation.name": "chat",
        ])
        #expect(type == "model_generation")
    }

    @Test func `the last of two values decides`() throws {
        let type = try Self.type([
            "gen_ai.operation.name": "chat", "gen_ai.operation.name": "invoke_agent",
        ])
        #expect(type == "agent_run")
    }
}
