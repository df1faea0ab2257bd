import Testing

@testable import MastraRecords

struct SpanTypeTests {
    @Test func `each type has a name of its own`() {
        let names = SpanType.allCases.map { "\($0.name)" }
        #expect(Set(names).count == SpanType.allCases.count)
        #expect(SpanType.allCases.count == 33)
    }

    @Test(arguments: SpanType.allCases)
    func `a name is the case in words of lower case`(type: SpanType) {
        let words = "\(type)".reduce(into: "") { words, letter in
            words += letter.isUppercase ? "_\(letter.lowercased())" : "\(letter)"
        }
        #expect("\(type.name)" == words)
    }

    @Test func `an entity is named for agents, tools and workflows alone`() {
        let named = SpanType.allCases.filter { $0.entityType != nil }
        #expect(
            named == [
                .agentRun, .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall,
                .workflowRun, .workflowStep,
            ])
        #expect(
            named.compactMap { $0.entityType.map { "\($0)" } }
                == ["agent", "tool", "tool", "tool", "tool", "workflow_run", "workflow_step"])
    }

    @Test(arguments: SpanType.allCases)
    func `a tool is what has a tool for its entity`(type: SpanType) {
        #expect(type.isTool == (type.entityType.map { "\($0)" } == "tool"))
    }

    @Test func `a dialect is known by its name`() {
        #expect(RecordDialect(rawValue: "platform") == .platform)
        #expect(RecordDialect(rawValue: "cloud") == .cloud)
        #expect(RecordDialect.allCases.count == 2)
    }
}
