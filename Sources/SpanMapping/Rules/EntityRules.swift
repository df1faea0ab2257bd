import MastraRecords

/// The sources of an entity's id and name (MAPPING 5.1).
struct EntityRule: Sendable {
    struct Source: Sendable {
        let key: AttributeKey
        let slot: KeySlot
        let only: Convention

        init(_ key: AttributeKey, only: Convention = []) {
            self.key = key
            slot = KeySlot(key)
            self.only = only
        }
    }

    /// Text around the name in a span's name, by the conventions' span naming rules.
    struct NameForm: Sendable {
        let before: StaticString
        let after: StaticString

        init(_ before: StaticString, _ after: StaticString = "") {
            self.before = before
            self.after = after
        }
    }

    let id: [Source]
    let name: [Source]
    let nameForms: [NameForm]

    private static let agent = EntityRule(
        id: [.init(.genAIAgentID), .init(.agentID, only: [.openInference, .mastra])],
        name: [
            .init(.genAIAgentName), .init(.pydanticAgentName, only: .pydantic),
            .init(.agentName), .init(.traceloopEntityName), .init(.graphNodeID),
            .init(.vercelFunctionID), .init(.liveKitAgentName),
        ],
        nameForms: [.init("invoke_agent "), .init("agent_run [", "]"), .init("agent.")])

    /// A model call inside an agent carries the agent, where the span names one.
    private static let model = EntityRule(
        id: [.init(.genAIAgentID)], name: [.init(.genAIAgentName), .init(.agentName)],
        nameForms: [])

    private static let tool = EntityRule(
        id: [],
        name: [
            .init(.genAIToolName), .init(.vercelToolCallName), .init(.toolName),
            .init(.traceloopEntityName), .init(.liveKitToolName),
        ],
        nameForms: [
            .init("execute_tool "), .init("client_tool_call "), .init("tools/call "),
            .init("MCP send tools/call "),
            .init("tool.execute "), .init("running tool: "), .init("", ".tool"),
        ])

    private static let workflow = EntityRule(
        id: [.init(.workflowID, only: .mastra), .init(.mastraStepID)],
        name: [
            .init(.genAIWorkflowName), .init(.traceloopEntityName), .init(.genAITaskName),
            .init(.langSmithTraceName),
        ],
        nameForms: [
            .init("invoke_workflow "), .init("workflow_step "), .init("workflow step: '", "'"),
            .init("workflow."),
            .init("", ".workflow"), .init("", ".task"),
        ])

    /// By `SpanType.rawValue`.
    static let byType: [EntityRule?] = SpanType.allCases.map { type in
        switch type {
        case .agentRun: agent
        case .modelGeneration, .modelInference, .modelStep: model
        case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall: tool
        case .workflowRun, .workflowStep: workflow
        default: nil
        }
    }
}
