import Testing

/// What a span is about (MAPPING 5.1, MASTRA-CONTRACT 3.5).
struct EntityTests {
    struct Entity: Hashable, Sendable {
        var type: String?
        var id: String?
        var name: String?

        init(_ type: String?, _ id: String?, _ name: String?) {
            (self.type, self.id, self.name) = (type, id, name)
        }

        init(of record: JSON) {
            func text(_ name: String) -> String? {
                if case .string(let text) = record[name] { text } else { nil }
            }
            self.init(text("entityType"), text("entityId"), text("entityName"))
        }
    }

    struct Case: Sendable {
        var name: String
        var attributes: [Attribute]
        var entity: Entity
        var legacy: [String: String]

        init(
            _ name: String, _ attributes: KeyValuePairs<String, AttributeValue>, _ entity: Entity,
            legacy: [String: String]
        ) {
            self.name = name
            self.attributes = [Attribute](attributes)
            self.entity = entity
            self.legacy = legacy
        }
    }

    @Test(arguments: [
        Case(
            "invoke_agent A",
            [
                "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "A",
                "gen_ai.agent.id": "a-1",
            ], Entity("agent", "a-1", "A"), legacy: ["agentId": "a-1", "agentName": "A"]),
        Case(
            "invoke_agent B", ["gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "A"],
            Entity("agent", "A", "A"), legacy: ["agentId": "A"]),
        Case(
            "invoke_agent B", ["gen_ai.operation.name": "invoke_agent", "gen_ai.agent.id": "a-1"],
            Entity("agent", "a-1", "a-1"), legacy: ["agentId": "a-1"]),
        Case(
            "invoke_agent B", ["gen_ai.operation.name": "invoke_agent"], Entity("agent", "B", "B"),
            legacy: ["agentId": "B"]),
        Case(
            "a run", ["openinference.span.kind": "AGENT", "agent.name": "A"],
            Entity("agent", "A", "A"), legacy: ["agentId": "A"]),
        Case(
            "a run", ["openinference.span.kind": "AGENT"], Entity("agent", "a run", "a run"),
            legacy: ["agentId": "a run"]),
        Case(
            "execute_tool y", ["gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "x"],
            Entity("tool", "x", "x"), legacy: ["toolId": "x"]),
        Case(
            "execute_tool y", ["gen_ai.operation.name": "execute_tool", "gen_ai.agent.name": "A"],
            Entity("tool", "y", "y"), legacy: ["toolId": "y"]),
        Case(
            "tools/call y", ["gen_ai.operation.name": "execute_tool", "mcp.session.id": "s"],
            Entity("tool", "y", "y"), legacy: ["toolId": "y"]),
        Case(
            "execute_tool ", ["gen_ai.operation.name": "execute_tool"],
            Entity("tool", "execute_tool ", "execute_tool "), legacy: ["toolId": "execute_tool "]),
        Case(
            "x", ["openinference.span.kind": "TOOL", "tool.name": "t"],
            Entity("tool", "t", "t"), legacy: ["toolId": "t"]),
        Case(
            "invoke_workflow w",
            ["gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "v"],
            Entity("workflow_run", "v", "v"), legacy: ["workflowId": "v"]),
        Case(
            "invoke_workflow w", ["gen_ai.operation.name": "invoke_workflow"],
            Entity("workflow_run", "w", "w"), legacy: ["workflowId": "w"]),
        Case(
            "step one", ["mastra.span.type": "workflow_step"],
            Entity("workflow_step", "step one", "step one"), legacy: ["stepId": "step one"]),
        Case(
            "chat m", ["gen_ai.operation.name": "chat", "gen_ai.agent.name": "A"],
            Entity("agent", "A", "A"), legacy: ["agentId": "A"]),
        Case("chat m", ["gen_ai.operation.name": "chat"], Entity(nil, nil, nil), legacy: [:]),
        Case(
            "g", ["openinference.span.kind": "GUARDRAIL", "gen_ai.agent.name": "A"],
            Entity(nil, nil, nil), legacy: [:]),
        Case("GET /", ["http.method": "GET"], Entity(nil, nil, nil), legacy: [:]),
        Case(
            "create_agent A",
            ["gen_ai.operation.name": "create_agent", "gen_ai.agent.name": "A"],
            Entity("agent", "A", "A"), legacy: ["agentId": "A"]),
    ])
    func `an entity is named by its attributes, or by the span`(_ case: Case) throws {
        let span = SpanFixture(name: `case`.name, attributes: `case`.attributes)
        let platform = try map(span)
        #expect(Entity(of: platform) == `case`.entity)
        let cloud = try map(span, dialect: .cloud)
        #expect(Entity(of: cloud) == Entity(nil, nil, nil))
        for name in ["agentId", "agentName", "toolId", "workflowId", "stepId"] {
            let expected = `case`.legacy[name].map { JSON.string($0) }
            #expect(cloud["attributes"]?[name] == expected)
            #expect(platform["attributes"]?[name] == nil)
        }
    }

    @Test func `names that a field holds are used up, and no others`() throws {
        let agent = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "A",
                "gen_ai.agent.id": "a", "agent.name": "B",
            ]))
        expectEqual(agent, ["gen_ai.operation.name": "invoke_agent", "agent.name": "B"])
        let tool = try attributes(
            of: .span(attributes: [
                "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t",
                "gen_ai.agent.name": "A", "gen_ai.agent.id": "a",
            ]))
        expectEqual(
            tool,
            [
                "gen_ai.operation.name": "execute_tool", "gen_ai.agent.name": "A",
                "gen_ai.agent.id": "a", "success": true,
            ])
    }

    @Test func `a name that is no text is left over`() throws {
        let record = try map(
            .span(
                name: "execute_tool y",
                attributes: ["gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": 5]))
        #expect(record["entityName"] == "y")
        #expect(record["attributes"]?["gen_ai.tool.name"] == 5)
    }

    @Test func `a span without a name is about nothing`() throws {
        let record = try map(
            .span(name: "", attributes: ["gen_ai.operation.name": "execute_tool"]))
        #expect(record["entityName"] == nil)
        #expect(record["entityType"] == nil)
    }
}
