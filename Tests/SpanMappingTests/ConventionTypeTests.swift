import Testing

/// What the conventions declare about a span's type, and what they must not be believed (MAPPING T2 to
/// T12, T16, T17, 4.2, 4.3).
struct ConventionTypeTests {
    // MARK: Declared kinds

    @Test(arguments: [
        ("generation", "model_generation"), ("agent", "agent_run"), ("tool", "tool_call"),
        ("retriever", "rag_vector_operation"), ("embedding", "rag_embedding"),
        ("guardrail", "processor_run"), ("evaluator", "scorer_run"), ("chain", "workflow_run"),
        ("GENERATION", "model_generation"), (" agent ", "agent_run"),
    ])
    func `T2: an observation of Langfuse has its type`(_ value: String, _ type: String) throws {
        let span = SpanFixture.span(attributes: [
            "langfuse.observation.type": .string(value), "openinference.span.kind": "PROMPT",
        ])
        #expect(try spanType(of: span) == type)
    }

    @Test(arguments: ["span", "event", "SPAN", "", "future"])
    func `T2: a plain observation lets the next row speak`(_ value: String) throws {
        let span = SpanFixture.span(attributes: [
            "langfuse.observation.type": .string(value), "gen_ai.operation.name": "chat",
        ])
        #expect(try spanType(of: span) == "model_generation")
        #expect(
            try spanType(
                of: .span(attributes: ["langfuse.observation.type": .string(value)])) == "generic")
    }

    @Test(arguments: [
        ("CHAT_MODEL", "model_generation"), ("LLM", "model_generation"), ("AGENT", "agent_run"),
        ("TOOL", "tool_call"), ("RETRIEVER", "rag_vector_operation"),
        ("EMBEDDING", "rag_embedding"), ("RERANKER", "rag_action"),
        ("GUARDRAIL", "processor_run"), ("EVALUATOR", "scorer_run"),
        ("WORKFLOW", "workflow_run"), ("TASK", "workflow_step"), ("MEMORY", "memory_operation"),
        ("PARSER", "generic"), ("CHAIN", "workflow_run"),
    ])
    func `T4: a span of MLflow has its type, in quotes and without`(
        _ value: String, _ type: String
    ) throws {
        for form in [value, "\"\(value)\"", value.lowercased()] {
            let span = SpanFixture.span(attributes: [
                "mlflow.spanType": .string(form), "gen_ai.operation.name": "create_agent",
            ])
            #expect(try spanType(of: span) == type, "\(form)")
        }
    }

    @Test(arguments: ["UNKNOWN", "\"UNKNOWN\"", "", "\"\"", "future"])
    func `T4: an unknown type of MLflow lets the next row speak`(_ value: String) throws {
        let span = SpanFixture.span(attributes: [
            "mlflow.spanType": .string(value), "gen_ai.operation.name": "chat",
        ])
        #expect(try spanType(of: span) == "model_generation")
    }

    @Test(arguments: [
        ("LLM", "model_generation"), ("CACHED", "model_generation"), ("TOOL", "tool_call"),
        ("EXECUTOR", "agent_run"), ("EVALUATOR", "scorer_run"), ("EVALUATION", "scorer_run"),
        ("HUMAN_EVALUATOR", "scorer_run"), ("DEFAULT", "rag_action"), ("PIPELINE", "rag_action"),
        ("", "rag_action"),
    ])
    func `T5: a span of Laminar has its type, and its defaults have none`(
        _ value: String, _ type: String
    ) throws {
        let span = SpanFixture.span(attributes: [
            "lmnr.span.type": .string(value), "gen_ai.operation.name": "rerank",
        ])
        #expect(try spanType(of: span) == type)
    }

    @Test(arguments: [
        ("llm", "model_generation"), ("tool", "tool_call"),
        ("retriever", "rag_vector_operation"), ("embedding", "rag_embedding"),
        ("prompt", "generic"), ("parser", "generic"), ("chain", "workflow_run"),
        ("other", "rag_action"),
    ])
    func `T6: a run of LangSmith has its type`(_ value: String, _ type: String) throws {
        let span = SpanFixture.span(attributes: [
            "langsmith.span.kind": .string(value), "gen_ai.operation.name": "rerank",
        ])
        #expect(try spanType(of: span) == type)
    }

    @Test(arguments: [
        ("workflow", "workflow_run"), ("task", "workflow_step"), ("agent", "agent_run"),
        ("tool", "tool_call"), ("unknown", "rag_action"), ("", "rag_action"),
    ])
    func `T7: an entity of Traceloop has its type`(_ value: String, _ type: String) throws {
        let span = SpanFixture.span(attributes: [
            "traceloop.span.kind": .string(value), "gen_ai.operation.name": "rerank",
        ])
        #expect(try spanType(of: span) == type)
    }

    @Test func `T7: a tool under an MCP key or scope is one of MCP`() throws {
        let plain = SpanFixture.span(attributes: ["traceloop.span.kind": "tool"])
        #expect(
            try spanType(of: plain, scope: "opentelemetry.instrumentation.mcp") == "mcp_tool_call")
        let keyed = SpanFixture.span(attributes: [
            "traceloop.span.kind": "tool", "mcp.request.id": "1",
        ])
        #expect(try spanType(of: keyed) == "mcp_tool_call")
        #expect(try spanType(of: plain, scope: "traceloop.tracer") == "tool_call")
    }

    @Test(arguments: ["langfuse.observation.type", "mlflow.spanType", "langsmith.span.kind"])
    func `a chain of any convention is a run where it enters, and a step inside`(
        _ key: String
    ) throws {
        let chain = [Attribute(key, "chain")]
        #expect(try spanType(of: SpanFixture(attributes: chain)) == "workflow_run")
        #expect(
            try spanType(of: SpanFixture(parent: Array(1...8), attributes: chain))
                == "workflow_step")
        #expect(
            try spanType(of: SpanFixture(parent: Array(1...8), attributes: chain, flags: 0x300))
                == "workflow_run")
    }

    @Test func `declared kinds have an order`() throws {
        let ranked: [(Attribute, String)] = [
            (Attribute("mastra.span.type", "agent_signal"), "agent_signal"),
            (Attribute("langfuse.observation.type", "evaluator"), "scorer_run"),
            (Attribute("openinference.span.kind", "GUARDRAIL"), "processor_run"),
            (Attribute("mlflow.spanType", "MEMORY"), "memory_operation"),
            (Attribute("lmnr.span.type", "EXECUTOR"), "agent_run"),
            (Attribute("langsmith.span.kind", "retriever"), "rag_vector_operation"),
            (Attribute("traceloop.span.kind", "task"), "workflow_step"),
            (Attribute("ai.operationId", "ai.embed.doEmbed"), "rag_embedding"),
            (Attribute("mcp.method.name", "tools/call"), "mcp_tool_call"),
            (Attribute("gen_ai.operation.name", "chat"), "model_generation"),
            (Attribute("span.type", "interaction"), "agent_run"),
            (Attribute("gen_ai.retrieval.query.text", "q"), "rag_vector_operation"),
            (Attribute("gen_ai.embeddings.dimension.count", 3), "rag_embedding"),
        ]
        for first in ranked.indices {
            let given = ranked[first...].reversed().map(\.0)
            let type = try spanType(of: SpanFixture(attributes: given))
            #expect(type == ranked[first].1, "\(ranked[first].0.key)")
        }
    }

    // MARK: Operations

    @Test(arguments: [
        ("ai.generateText", "agent_run"), ("ai.streamText", "agent_run"),
        ("ai.generateObject", "agent_run"), ("ai.streamObject", "agent_run"),
        ("ai.generateText.doGenerate", "model_generation"),
        ("ai.streamText.doStream", "model_generation"),
        ("ai.generateObject.doGenerate", "model_generation"),
        ("ai.streamObject.doStream", "model_generation"),
        ("ai.embed.doEmbed", "rag_embedding"), ("ai.embedMany.doEmbed", "rag_embedding"),
        ("ai.rerank.doRerank", "rag_action"), ("ai.toolCall", "tool_call"),
        ("ai.embed", "generic"), ("ai.embedMany", "generic"), ("ai.rerank", "generic"),
        ("ai.future", "generic"),
    ])
    func `T8: an operation of the AI SDK has its type`(_ value: String, _ type: String) throws {
        let by = SpanFixture.span(attributes: ["ai.operationId": .string(value)])
        #expect(try spanType(of: by) == type)
        for name in [value, "\(value) my function"] {
            let span = SpanFixture.span(attributes: ["operation.name": .string(name)])
            #expect(try spanType(of: span) == type, "\(name)")
        }
        let both = SpanFixture.span(attributes: [
            "operation.name": "ai.generateText f", "ai.operationId": .string(value),
            "gen_ai.operation.name": "retrieval",
        ])
        #expect(try spanType(of: both) == type)
    }

    @Test(arguments: ["airport.land", "payment", ""])
    func `T8: another library's operation lets the next row speak`(_ value: String) throws {
        let span = SpanFixture.span(attributes: [
            "operation.name": .string(value), "gen_ai.operation.name": "chat",
        ])
        #expect(try spanType(of: span) == "model_generation")
    }

    @Test(arguments: [
        ("tools/call", 3, "mcp_tool_call"), ("tools/call", 1, "mcp_tool_call"),
        ("tools/call", 0, "mcp_tool_call"), ("tools/call", 2, "tool_call"),
        ("initialize", 3, "generic"), ("tools/list", 3, "generic"), ("ping", 2, "generic"),
        ("resources/read", 2, "generic"), ("prompts/get", 3, "generic"),
        ("notifications/initialized", 1, "generic"),
    ])
    func `T9: an MCP call is the client's or served, and other methods are generic`(
        _ method: String, _ kind: Int64, _ type: String
    ) throws {
        let span = SpanFixture.span(
            kind: kind,
            attributes: [
                "mcp.method.name": .string(method), "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "t",
            ])
        #expect(try spanType(of: span) == type)
    }

    @Test(arguments: [
        ("interaction", "agent_run"), ("llm_request", "model_generation"), ("tool", "tool_call"),
        ("claude_code.interaction", "agent_run"),
        ("claude_code.llm_request", "model_generation"), ("claude_code.tool", "tool_call"),
        ("hook", "generic"), ("", "generic"),
    ])
    func `T11: a span of Claude Code has its type`(_ value: String, _ type: String) throws {
        #expect(try spanType(of: .span(attributes: ["span.type": .string(value)])) == type)
    }

    @Test(arguments: [
        ("agent", "agent_run"), ("llm", "model_generation"), ("tool", "tool_call"),
        ("memory", "memory_operation"), ("workflow", "generic"),
    ])
    func `T11: a span of VoltAgent has its type`(_ value: String, _ type: String) throws {
        for key in ["span.type", "entity.type"] {
            let span = SpanFixture(attributes: [
                Attribute("voltagent.label", "x"), Attribute(key, .string(value)),
            ])
            #expect(try spanType(of: span) == type, "\(key)")
        }
        let both = SpanFixture.span(attributes: [
            "voltagent.label": "x", "span.type": .string(value), "entity.type": "memory",
        ])
        #expect(try spanType(of: both) == (type == "generic" ? "memory_operation" : type))
        let other = SpanFixture.span(attributes: ["entity.type": .string(value)])
        #expect(try spanType(of: other) == "generic", "an entity of somebody else")
    }

    // MARK: Shapes

    struct Shape: Sendable {
        var scope: String
        var name: String
        var attributes: [Attribute] = []
        var type: String

        init(
            _ scope: String, _ name: String,
            _ attributes: KeyValuePairs<String, AttributeValue>, _ type: String
        ) {
            self.scope = scope
            self.name = name
            self.attributes = [Attribute](attributes)
            self.type = type
        }

        init(_ scope: String, _ name: String, _ type: String) {
            self.init(scope, name, [:], type)
        }
    }

    private static let call: KeyValuePairs<String, AttributeValue> = [
        "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1,
    ]

    @Test(arguments: [
        Shape(
            "strands.telemetry.tracer", "execute_event_loop_cycle",
            ["event_loop.cycle_id": "c"], "model_step"),
        Shape("strands.telemetry.tracer", "other", "generic"),
        Shape("gcp.vertex.agent", "call_llm", "model_generation"),
        Shape("gcp.vertex.agent", "agent_run [helper]", "agent_run"),
        Shape("gcp.vertex.agent", "invoke_agent helper", "agent_run"),
        Shape("gcp.vertex.agent", "invocation", "workflow_run"),
        Shape("gcp.vertex.agent", "execute_tool search", "tool_call"),
        Shape("gcp.vertex.agent", "call_llm_later", "generic"),
        Shape(
            "pydantic-ai", "agent run", ["agent_name": "a", "model_name": "m"], "agent_run"),
        Shape("pydantic-ai", "agent run", ["agent_name": "a"], "generic"),
        Shape("logfire", "my work", ["agent_name": "a"], "generic"),
        Shape("pydantic-ai", "running tool", "tool_call"),
        Shape("pydantic-ai", "calling", ["tool_arguments": "{}"], "generic"),
        Shape("pydantic-ai", "calling", ["tool_arguments": #"{"a":1}"#], "tool_call"),
        Shape("pydantic-ai", "running tools", "generic"),
        Shape("pydantic-ai", "running 2 tools", "generic"),
        Shape("litellm", "raw_gen_ai_request", call, "model_step"),
        Shape("livekit-agents", "llm_request_run", call, "model_step"),
        Shape("livekit-agents", "llm_node", call, "generic"),
        Shape("livekit-agents", "tts_request", call, "generic"),
        Shape("livekit-agents", "tts_node", call, "generic"),
        Shape("livekit-agents", "user_turn", call, "generic"),
        Shape("livekit-agents", "agent_speaking", call, "generic"),
        Shape("livekit-agents", "function_tool", "tool_call"),
        Shape(
            "Microsoft.SemanticKernel.Diagnostics", "AutoFunctionInvocationLoop", call, "generic"),
        Shape("somebody", "call_llm", "generic"), Shape("somebody", "running tool", "generic"),
        Shape("somebody", "raw_gen_ai_request", call, "model_generation"),
        Shape("somebody", "llm_node", call, "model_generation"),
        Shape("somebody", "agent run", ["agent_name": "a", "model_name": "m"], "generic"),
    ])
    func `T12: a framework's span is told by its shape, under its scope`(_ shape: Shape) throws {
        let span = SpanFixture(name: shape.name, attributes: shape.attributes)
        #expect(try spanType(of: span, scope: shape.scope) == shape.type)
    }

    // MARK: Presence and names

    @Test(arguments: [
        "gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "ai.model.id",
    ])
    func `T16: a model with any evidence of a call is a call`(_ model: String) throws {
        let evidence: [Attribute] = [
            Attribute("gen_ai.usage.total_tokens", 1), Attribute("llm.usage.total_tokens", 1),
            Attribute("llm.usage.prompt_tokens", 1), Attribute("ai.usage.promptTokens", 1),
            Attribute("ai.usage.outputTokens", 1),
            Attribute("gen_ai.usage.details.cached_tokens", 1),
            Attribute("llm.input_messages.0.message.role", "user"),
            Attribute("llm.output_messages.0.message.role", "assistant"),
            Attribute("gen_ai.prompt.0.content", "p"),
            Attribute("gen_ai.completion.0.content", "c"),
            Attribute("llm.prompts.0.prompt.text", "p"),
            Attribute("llm.choices.0.completion.text", "c"),
            Attribute("ai.prompt", "p"), Attribute("ai.prompt.messages", "[1]"),
            Attribute("ai.response.text", "c"),
            Attribute("llm.request.type", "chat"), Attribute("llm.request.type", " Completion "),
        ]
        for one in evidence {
            let span = SpanFixture(attributes: [Attribute(model, "m"), one])
            #expect(try spanType(of: span) == "model_generation", "\(one.key)")
        }
        let embedding = SpanFixture(attributes: [
            Attribute(model, "m"), Attribute("llm.request.type", "embedding"),
        ])
        #expect(try spanType(of: embedding) == "rag_embedding")
        let rerank = SpanFixture(attributes: [
            Attribute(model, "m"), Attribute("llm.request.type", "rerank"),
        ])
        #expect(try spanType(of: rerank) == "generic")
    }

    @Test(arguments: [
        "gen_ai.user.message", "gen_ai.system.message", "gen_ai.assistant.message",
        "gen_ai.tool.message", "gen_ai.choice", "gen_ai.content.prompt",
        "gen_ai.content.completion",
    ])
    func `T16: an event with content is evidence of a call`(_ event: String) throws {
        let span = SpanFixture.span(
            attributes: ["gen_ai.request.model": "m"],
            events: [.event(event, attributes: ["content": "x"])])
        #expect(try spanType(of: span) == "model_generation")
    }

    @Test(arguments: [
        ("chat gpt-4o", "model_generation"), ("text_completion m", "model_generation"),
        ("generate_content gemini", "model_generation"), ("embeddings e", "rag_embedding"),
        ("execute_tool t", "tool_call"), ("invoke_agent a", "agent_run"), ("chat", "generic"),
        ("chat ", "generic"), ("chatting m", "generic"), ("Chat m", "generic"),
        ("invoke_agent two words", "generic"),
    ])
    func `T17: a client's span without attributes is told by its name`(
        _ name: String, _ type: String
    ) throws {
        #expect(try spanType(of: .span(name: name, kind: 3)) == type)
        for kind in [0, 1, 2, 4, 5] as [Int64] {
            #expect(try spanType(of: .span(name: name, kind: kind)) == "generic")
        }
    }

    @Test func `T17: model, tool and agent are taken out of the name`() throws {
        #expect(try map(.span(name: "chat gpt-4o", kind: 3))["attributes"] == ["model": "gpt-4o"])
        #expect(
            try map(.span(name: "embeddings e-3", kind: 3))["attributes"] == ["model": "e-3"])
        #expect(try map(.span(name: "execute_tool t", kind: 3))["entityName"] == "t")
        #expect(try map(.span(name: "invoke_agent a", kind: 3))["entityName"] == "a")
    }

    // MARK: What must not be believed

    @Test(arguments: [
        Shape("x", "s", ["gen_ai.agent.name": "a", "gen_ai.agent.id": "1"], "generic"),
        Shape(
            "x", "s", ["gen_ai.agent.name": "a", "gen_ai.operation.name": "chat"],
            "model_generation"),
        Shape(
            "x", "s", ["gen_ai.agent.name": "a", "gen_ai.tool.name": "t"], "tool_call"),
        Shape(
            "x", "s", ["gen_ai.tool.name": "t", "gen_ai.operation.name": "chat"],
            "model_generation"),
        Shape(
            "x", "tools/list", ["gen_ai.tool.name": "t", "mcp.method.name": "tools/list"],
            "generic"),
        Shape("x", "s", ["gen_ai.system": "openai"], "generic"),
        Shape("x", "s", ["llm.system": "openai"], "generic"),
        Shape("x", "s", ["gen_ai.request.model": "m", "gen_ai.agent.name": "a"], "generic"),
        Shape(
            "x", "s", ["gen_ai.operation.name": "create_agent", "gen_ai.request.model": "m"],
            "generic"),
        Shape(
            "langsmith", "s",
            ["langsmith.span.kind": "retriever", "gen_ai.operation.name": "embeddings"],
            "rag_vector_operation"),
        Shape(
            "langsmith", "s",
            ["langsmith.span.kind": "prompt", "gen_ai.operation.name": "chat"], "generic"),
        Shape(
            "x", "s",
            ["traceloop.span.kind": "workflow", "gen_ai.operation.name": "invoke_agent"],
            "workflow_run"),
        Shape(
            "strands.telemetry.tracer", "chat",
            ["langfuse.observation.type": "span", "gen_ai.operation.name": "chat"],
            "model_generation"),
        Shape(
            "x", "prompts/get",
            ["gen_ai.prompt.name": "greeting", "gen_ai.request.model": "m"], "generic"),
    ])
    func `what only looks like a type is none`(_ shape: Shape) throws {
        let span = SpanFixture(name: shape.name, attributes: shape.attributes)
        #expect(try spanType(of: span, scope: shape.scope) == shape.type)
    }

    @Test func `the name of a prompt is no prompt`() throws {
        let record = try map(["gen_ai.operation.name": "chat", "gen_ai.prompt.name": "greeting"])
        #expect(record["input"] == nil)
        #expect(record["attributes"]?["gen_ai.prompt.name"] == "greeting")
    }
}
