import MastraRecords
import OTLP

extension SpanMapper {
    /// `entityType`, `entityId`, `entityName` (MASTRA-CONTRACT 3.5): what the span is about. A model
    /// call inside an agent carries the agent.
    func writeEntity(_ bytes: Span<UInt8>, _ writer: inout JSONWriter) {
        guard attributes.roles.contains(.convention), let entity = findEntity(bytes) else { return }
        writer.literal(",\"entityType\":\"")
        writer.literal(entity.type)
        writer.literal("\",\"entityId\":")
        writer.string(entity.id ?? entity.name, in: bytes)
        writer.literal(",\"entityName\":")
        writer.string(entity.name, in: bytes)
    }

    /// The names under which the original exporter carried entities, in `attributes`.
    func writeLegacyEntity(
        _ bytes: Span<UInt8>, _ object: inout ObjectWriter, _ writer: inout JSONWriter
    ) {
        guard let entity = findEntity(bytes) else { return }
        switch type {
        case .toolCall, .mcpToolCall, .clientToolCall, .providerToolCall:
            object.name("toolId", to: &writer)
        case .workflowRun: object.name("workflowId", to: &writer)
        case .workflowStep: object.name("stepId", to: &writer)
        default: object.name("agentId", to: &writer)
        }
        writer.string(entity.id ?? entity.name, in: bytes)
        if entity.id != nil, entity.id != entity.name {
            object.name("agentName", to: &writer)
            writer.string(entity.name, in: bytes)
        }
    }

    private struct Entity {
        var type: StaticString
        var id: Slice?
        var name: Slice
    }

    private func findEntity(_ bytes: Span<UInt8>) -> Entity? {
        guard let rule = entityRule(bytes) else { return nil }
        let id = first(rule.id, bytes)
        var name = first(rule.name, bytes) ?? id
        if name == nil { name = nameFromSpan(rule, bytes) }
        guard let name else { return nil }
        return Entity(type: type.entityType ?? "agent", id: id, name: name)
    }

    /// That of the span's type; the making of an agent is generic and about the agent (MAPPING 5.1).
    private func entityRule(_ bytes: Span<UInt8>) -> EntityRule? {
        guard type == .generic else { return EntityRule.byType[Int(type.rawValue)] }
        guard let text = text(of: .genAIOperationName, in: bytes),
            ("create_agent" as StaticString).equalsIgnoringCase(bytes, text.start, text.end)
        else { return nil }
        return EntityRule.byType[Int(SpanType.agentRun.rawValue)]
    }

    private func first(_ keys: [AttributeKey], _ bytes: Span<UInt8>) -> Slice? {
        for key in keys {
            if let found = text(of: key, in: bytes) { return found }
        }
        return nil
    }

    /// The span's name without its operation word; model calls have no entity of their own.
    private func nameFromSpan(_ rule: EntityRule, _ bytes: Span<UInt8>) -> Slice? {
        guard type.entityType != nil, !view.name.isEmpty else { return nil }
        let name = view.name
        for prefix in rule.namePrefixes {
            let length = prefix.utf8CodeUnitCount
            if name.count > length, prefix.equals(bytes, name.start, name.start &+ length) {
                return Slice(name.start &+ length, name.end)
            }
        }
        return name
    }

    /// Marks what the entity fields have taken.
    mutating func selectEntity(_ bytes: Span<UInt8>) {
        guard let rule = entityRule(bytes) else { return }
        for keys in [rule.id, rule.name] {
            for key in keys where text(of: key, in: bytes) != nil {
                if let position = attributes.position(of: key) { attributes.consume(position) }
                break
            }
        }
    }
}
