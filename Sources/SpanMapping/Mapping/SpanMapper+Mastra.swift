import MastraRecords
import OTLP

/// Spans that Mastra's own exporters made become the records that they were (MASTRA-CONTRACT 4).
extension SpanMapper {
    static let mastraTraceID = KeySlot(.mastraTraceID)

    /// The first exporter, which wrote ids and times once more as attributes (generation A).
    var isMastraGenerationA: Bool {
        attributes.position(of: Self.mastraTraceID) != nil
    }

    /// `mastra.<span type>.step_index` and the like.
    mutating func fillMastraFields(_ bytes: Span<UInt8>) {
        guard attributes.has(.mastra), let typeName = text(of: Self.mastraSpanType, in: bytes)
        else { return }
        for position in attributes.families[KeyFamily.mastra.rawValue] {
            let position = Int(position)
            guard attributes.states[position] == .leftOver,
                let suffix = mastraSuffix(view.attributes[position].key, typeName, bytes),
                let rule = MastraFieldRule.all.first(where: {
                    $0.suffix.equals(bytes, suffix.start, suffix.end)
                })
            else { continue }
            let node = tree.value(view.attributes[position].value, in: bytes)
            guard let decoded = decode(node, rule.decoder) else { continue }
            if let known = tree.member(rule.name, of: draft.attributes) {
                // The same count under two names, or a better one than a guess.
                tree.replace(known, with: decoded.value)
            } else {
                tree.set(rule.name, decoded.value, of: draft.attributes)
            }
            if decoded.isWhole { attributes.consume(position) }
            explain("attributes.\(rule.name)", "mastra.<type>.\(rule.suffix)")
        }
    }

    /// What only repeats the span, name and kind of record.
    mutating func settleMastra(_ bytes: Span<UInt8>) {
        guard attributes.conventions.contains(.mastra),
            let typeName = text(of: Self.mastraSpanType, in: bytes)
        else { return }
        if type.name.equals(bytes, typeName.start, typeName.end),
            let position = attributes.position(of: Self.mastraSpanType)
        {
            attributes.consume(position)
            draft.isMastraType = true
            // Of Mastra's exporter the operation follows from the type.
            if context.convention == .mastra,
                let position = attributes.position(of: Self.operationName)
            {
                attributes.consume(position)
            }
        }
        if isMastraGenerationA { consumeGenerationA(bytes) }
        guard draft.isMastraType else { return }
        // Spans that ended say so by their status; an event has a start alone.
        if !isMastraGenerationA, view.statusCode == 0, draft.input == nil {
            draft.isEvent = true
            endedAt = nil
        }
        rebuildName(bytes)
    }

    /// The name that Mastra gave, which the exporter replaced (MASTRA-CONTRACT 4.5).
    private mutating func rebuildName(_ bytes: Span<UInt8>) {
        let begin = tree.text.count
        switch type {
        case .agentRun: nameEntity("agent run: '")
        case .workflowRun: nameEntity("workflow run: '")
        case .workflowStep: nameEntity("workflow step: '")
        case .toolCall, .mcpToolCall: nameEntity("tool: '")
        case .modelGeneration:
            guard let model = tree.member("model", of: draft.attributes) else { return }
            quote("llm: '", model)
        case .modelStep, .modelInference:
            guard let index = tree.member("stepIndex", of: draft.attributes) else { return }
            tree.text.append(contentsOf: (type == .modelStep ? "step: " : "inference: ").utf8)
            tree.appendText(tree.plain(index))
        default: return
        }
        guard tree.text.count > begin else { return }
        draft.name = tree.string(from: begin)
    }

    private mutating func nameEntity(_ opening: String) {
        guard let entity = draft.entity else { return }
        quote(opening, entity.id)
    }

    private mutating func quote(_ opening: String, _ value: ValueTree.ID) {
        let slice = tree.plain(value)
        tree.text.append(contentsOf: opening.utf8)
        tree.appendText(slice)
        tree.text.append(UInt8(ascii: "'"))
    }

    private static let repeatedByGenerationA: [KeySlot] = [
        .mastraTraceID, .mastraSpanID, .mastraParentSpanID, .mastraStartTime, .mastraEndTime,
        .mastraDurationMs, .spanKind, .bareError,
    ].map(KeySlot.init)

    /// Ids, times and kind stand in the span; what is no attribute of the exporter's own is the
    /// user's metadata, which it wrote without a prefix.
    private mutating func consumeGenerationA(_ bytes: Span<UInt8>) {
        for slot in Self.repeatedByGenerationA {
            if let position = attributes.position(of: slot) { attributes.consume(position) }
        }
        for position in view.attributes.indices
        where attributes.states[position] == .leftOver {
            let key = view.attributes[position].key
            if Self.begins(key, with: "gen_ai.", bytes) || Self.begins(key, with: "mastra.", bytes)
                || Self.begins(key, with: "error.", bytes)
            {
                continue
            }
            addMetadata(key, position, isEncoded: false, bytes)
        }
    }
}

extension ValueTree {
    /// Puts a value in the place of a member.
    mutating func replace(_ member: ID, with value: ID) {
        var node = nodes[value]
        let old = nodes[member]
        node.keyStart = old.keyStart
        node.keyEnd = old.keyEnd
        node.next = old.next
        node.flags.remove([.hasEscapedKey, .isSensitive])
        nodes[member] = node
    }
}
