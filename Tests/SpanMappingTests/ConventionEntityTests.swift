import Testing

/// What the conventions call the agent, tool or workflow that a span is about (MAPPING 5.1).
struct ConventionEntityTests {
    private static func name(_ record: JSON) -> JSON? { record["entityName"] }

    @Test func `an agent is named by the best of its sources`() throws {
        let keys = [
            "gen_ai.agent.name", "agent_name", "agent.name", "traceloop.entity.name",
            "graph.node.id", "ai.telemetry.functionId", "lk.agent_name",
        ]
        for first in keys.indices {
            let span = SpanFixture(
                name: "invoke_agent last",
                attributes: [Attribute("gen_ai.operation.name", "invoke_agent")]
                    + keys[first...].reversed().map { Attribute($0, .string("by \($0)")) })
            let record = try map(span, scope: ScopeFixture(name: "pydantic-ai"))
            #expect(record["entityType"] == "agent")
            #expect(record["entityName"] == .string("by \(keys[first])"))
            #expect(record["entityId"] == .string("by \(keys[first])"))
            #expect(record["attributes"]?[keys[first]] == nil)
            for loser in keys[(first + 1)...] {
                #expect(record["attributes"]?[loser] == .string("by \(loser)"))
            }
        }
    }

    @Test(arguments: [("agent_run [helper]", "helper"), ("invoke_agent helper", "helper")])
    func `an agent of ADK is named by its span`(_ name: String, _ agent: String) throws {
        let record = try map([:], name: name, scope: "gcp.vertex.agent")
        #expect(record["entityType"] == "agent")
        #expect(record["entityName"] == .string(agent))
        #expect(record["name"] == .string(name), "which keeps its own name")
    }

    @Test func `an agent has the id of either convention`() throws {
        let both = try map(
            .openInference("AGENT", ["agent.id": "old", "gen_ai.agent.id": "new"]))
        #expect(both["entityId"] == "new")
        let old = try map(.openInference("AGENT", ["agent.id": "old", "agent.name": "A"]))
        #expect(old["entityId"] == "old")
        #expect(old["entityName"] == "A")
    }

    @Test func `a tool is named by the best of its sources`() throws {
        let keys = [
            "gen_ai.tool.name", "ai.toolCall.name", "tool.name", "traceloop.entity.name",
            "lk.function_tool.name",
        ]
        for first in keys.indices {
            let span = SpanFixture(
                name: "execute_tool last",
                attributes: [Attribute("gen_ai.operation.name", "execute_tool")]
                    + keys[first...].reversed().map { Attribute($0, .string("by \($0)")) })
            let record = try map(span)
            #expect(record["entityType"] == "tool")
            #expect(record["entityName"] == .string("by \(keys[first])"))
        }
    }

    @Test(arguments: [
        ("tools/call search", 3, "search"), ("tools/call search", 2, "search"),
        ("MCP send tools/call search", 1, "search"), ("search.tool", 1, "search"),
        ("execute_tool search", 1, "search"), ("search", 1, "search"),
    ])
    func `a tool is named by its span where nothing else names it`(
        _ name: String, _ kind: Int64, _ tool: String
    ) throws {
        let record = try map(
            .span(name: name, kind: kind, attributes: ["mcp.method.name": "tools/call"]))
        #expect(record["entityType"] == "tool")
        #expect(record["entityName"] == .string(tool))
    }

    @Test func `a workflow is named by the best of its sources`() throws {
        let keys = [
            "gen_ai.workflow.name", "traceloop.entity.name", "gen_ai.task.name",
            "langsmith.trace.name",
        ]
        for first in keys.indices {
            let given = keys[first...].reversed().map { Attribute($0, .string("by \($0)")) }
            for (kind, type) in [("workflow", "workflow_run"), ("task", "workflow_step")] {
                let record = try map(
                    SpanFixture(
                        attributes: [Attribute("traceloop.span.kind", .string(kind))] + given))
                #expect(record["entityType"] == .string(type))
                #expect(record["entityName"] == .string("by \(keys[first])"))
            }
        }
    }

    @Test(arguments: ["call_llm", "invocation", "execute_tool t"])
    func `an agent's key beside a span does not make it about the agent's name`(
        _ name: String
    ) throws {
        let record = try map(["gen_ai.agent.name": "A"], name: name, scope: "gcp.vertex.agent")
        #expect((record["entityType"] == "agent") == (name == "call_llm"))
    }

    @Test(arguments: ["RETRIEVER", "EMBEDDING", "RERANKER", "PROMPT"])
    func `a span of no entity has none`(_ kind: String) throws {
        let record = try map(.openInference(kind, ["traceloop.entity.name": "e"]))
        #expect(record["entityType"] == nil)
        #expect(record["entityName"] == nil)
        #expect(record["attributes"]?["traceloop.entity.name"] == "e")
    }

    // MARK: MCP (MAPPING 7.2)

    @Test func `a client's MCP call names its server by the best of its sources`() throws {
        let keys = [
            "server.address", "fastmcp.server.name", "service.peer.name", "mcp.session.id",
        ]
        for first in keys.indices {
            let span = SpanFixture(
                kind: 3,
                attributes: [Attribute("mcp.method.name", "tools/call")]
                    + keys[first...].reversed().map { Attribute($0, .string("by \($0)")) })
            let attributes = try attributes(of: span)
            #expect(attributes["mcpServer"] == .string("by \(keys[first])"))
        }
        let none = try attributes(of: .span(attributes: ["mcp.method.name": "tools/call"]))
        #expect(none["mcpServer"] == "unknown", "Mastra requires it")
    }

    @Test func `a served MCP call has the shape of Mastra's own`() throws {
        let span = SpanFixture.span(
            name: "tools/call add", kind: 2,
            attributes: [
                "mcp.method.name": "tools/call", "mcp.session.id": "s",
                "mcp.protocol.version": "2025-06-18", "fastmcp.server.name": "calc",
            ])
        let attributes = try attributes(of: span)
        expectEqual(
            attributes,
            [
                "mcpRole": "server", "mcpMethod": "tools/call", "mcpServer": "calc",
                "mcpProtocolVersion": "2025-06-18", "mcpSessionId": "s", "success": true,
            ])
        let client = try SpanMappingTests.attributes(
            of: .span(kind: 3, attributes: ["mcp.method.name": "tools/call"]))
        #expect(client["mcpRole"] == nil)
        #expect(client["mcp.method.name"] == "tools/call")
    }
}
