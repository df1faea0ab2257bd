import MastraRecords
import OTLP

/// What the span is about (MASTRA-CONTRACT 3.5, MAPPING 5.1). A model call inside an agent carries the
/// agent.
extension SpanMapper {
    mutating func fillEntity(_ bytes: Span<UInt8>) {
        guard let rule = entityRule(bytes) else { return }
        let id = first(rule.id, bytes)
        let named = first(rule.name, bytes)
        // A node to write has to be there even where nothing names the entity.
        guard let name = named ?? id ?? nameFromSpan(rule, bytes) else { return }
        draft.entity = Draft.Entity(
            type: type.entityType ?? "agent", id: id ?? name, name: name, hasOwnID: id != nil)
    }

    /// That of the span's type; the making of an agent is generic and about the agent.
    private mutating func entityRule(_ bytes: Span<UInt8>) -> EntityRule? {
        guard type == .generic else { return EntityRule.byType[Int(type.rawValue)] }
        guard let text = text(of: Self.operationName, in: bytes),
            ("create_agent" as StaticString).equalsIgnoringCase(bytes, text.start, text.end)
        else { return nil }
        return EntityRule.byType[Int(SpanType.agentRun.rawValue)]
    }

    static let operationName = KeySlot(.genAIOperationName)

    private mutating func first(
        _ sources: [EntityRule.Source], _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        for source in sources
        where source.only.isEmpty || !source.only.isDisjoint(with: attributes.conventions) {
            guard let text = text(of: source.slot, in: bytes),
                let position = attributes.position(of: source.slot)
            else { continue }
            attributes.consume(position)
            explain("entity", source.key.rawValue)
            return tree.string(bytes, text.start, text.end)
        }
        return nil
    }

    /// The span's name without its operation word; model calls have no entity of their own.
    private mutating func nameFromSpan(
        _ rule: EntityRule, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard type.entityType != nil || type == .generic, !view.name.isEmpty else { return nil }
        explain("entity", "span name")
        let name = view.name
        for form in rule.nameForms {
            let before = form.before.utf8CodeUnitCount
            let after = form.after.utf8CodeUnitCount
            if name.count > before &+ after, Self.begins(name, with: form.before, bytes),
                Self.ends(name, with: form.after, bytes)
            {
                return tree.string(bytes, name.start &+ before, name.end &- after)
            }
        }
        return tree.string(bytes, name.start, name.end)
    }

    mutating func writeEntity(_ writer: inout JSONWriter) {
        guard let entity = draft.entity else { return }
        writer.literal(",\"entityType\":\"")
        writer.literal(entity.type)
        writer.literal("\",\"entityId\":")
        tree.write(entity.id, depth: 0, policy, maxBytes: policy.maxValueBytes, to: &writer)
        writer.literal(",\"entityName\":")
        tree.write(entity.name, depth: 0, policy, maxBytes: policy.maxValueBytes, to: &writer)
    }

    /// The names under which the original exporter carried entities, in `attributes`.
    mutating func fillLegacyEntity() {
        guard let entity = draft.entity else { return }
        let name: StaticString =
            switch type {
            case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall: "toolId"
            case .workflowRun: "workflowId"
            case .workflowStep: "stepId"
            default: "agentId"
            }
        tree.set(name, entity.id, of: draft.attributes)
        if entity.hasOwnID, !isSame(entity.id, entity.name) {
            tree.set("agentName", entity.name, of: draft.attributes)
        }
    }

    private mutating func isSame(_ one: ValueTree.ID, _ other: ValueTree.ID) -> Bool {
        let first = tree.plain(one)
        let second = tree.plain(other)
        return first.count == second.count
            && tree.text.span.equals(first.start, tree.text.span, second.start, first.count)
    }
}
