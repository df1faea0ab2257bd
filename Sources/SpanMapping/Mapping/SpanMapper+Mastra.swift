import MastraRecords
import OTLP

/// Spans that Mastra's own exporters made become the records that they were (MASTRA-CONTRACT 4).
extension SpanMapper {
    static let mastraTraceID = KeySlot(.mastraTraceID)
    private static let mastraSpanID = KeySlot(.mastraSpanID)
    private static let startTime = KeySlot(.mastraStartTime)
    private static let endTime = KeySlot(.mastraEndTime)
    private static let duration = KeySlot(.mastraDurationMs)

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
            guard let decoded = decodeExactly(node, rule.decoder) else { continue }
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

    /// As other fields, but an empty list or text is one: the exporter writes nothing for nothing.
    private mutating func decodeExactly(
        _ node: ValueTree.ID, _ decoder: FieldDecoder
    ) -> Decoded? {
        switch decoder {
        case .text where tree.isString(node): Decoded(value: node)
        case .json where tree.isString(node):
            Decoded(value: tree.parsedOnce(node, policy) ?? node)
        default: decode(node, decoder)
        }
    }

    /// Types that Mastra's first release named otherwise (MASTRA-CONTRACT 3.1).
    private static let oldTypes: [StaticString] = ["llm_generation", "llm_chunk", "llm_step"]

    mutating func noteMastraType(_ bytes: Span<UInt8>) {
        guard attributes.conventions.contains(.mastra),
            let typeName = text(of: Self.mastraSpanType, in: bytes)
        else { return }
        let names = [type.name, intendedType?.name].compactMap { $0 } + Self.oldTypes
        draft.isMastraType = names.contains { $0.equals(bytes, typeName.start, typeName.end) }
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
        }
        // Of Mastra's exporter the operation follows from the type.
        if draft.isMastraType, context.convention == .mastra,
            let position = attributes.position(of: Self.operationName)
        {
            attributes.consume(position)
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
        // The first exporter left the names of steps as they were.
        case .workflowStep where !isMastraGenerationA: nameEntity("workflow step: '")
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

    private static let input = KeySlot(.bareInput)
    private static let output = KeySlot(.bareOutput)

    /// Keys that say what another says, and the other.
    private static let doubledByGenerationA: [(KeySlot, KeySlot)] = [
        (KeySlot(.genAIPrompt), input), (KeySlot(.genAICompletion), output),
        (KeySlot(.genAIToolInput), input), (KeySlot(.genAIToolOutput), output),
        (KeySlot(.agentID), KeySlot(.genAIAgentID)),
    ]

    /// Keys of the exporter that have no prefix of its own; what they hold is no metadata.
    private static let ownOfGenerationA: [KeySlot] = [
        .bareInput, .bareOutput, .agentID, .agentMaxSteps, .agentAvailableTools, .workflowID,
        .workflowStatus, .mcpServerName, .mcpServerVersion, .spanKind, .bareError,
    ].map(KeySlot.init)

    private static let parentSpanID = KeySlot(.mastraParentSpanID)
    private static let kind = KeySlot(.spanKind)
    private static let error = KeySlot(.bareError)

    /// Uses up what the span says itself; another value under such a key stays a left-over.
    private mutating func consumeRepeatsOfSpan(_ bytes: Span<UInt8>) {
        let ids: [(KeySlot, Slice)] = [
            (Self.mastraTraceID, view.traceID), (Self.mastraSpanID, view.spanID),
            (Self.parentSpanID, view.parentSpanID),
        ]
        for (slot, id) in ids {
            guard let text = text(of: slot, in: bytes), isHex(text, of: id, bytes) else { continue }
            consume(slot)
        }
        let start = view.startTimeUnixNano / 1_000_000
        let end = view.endTimeUnixNano / 1_000_000
        for (slot, time) in [(Self.startTime, start), (Self.endTime, end)] {
            guard let text = text(of: slot, in: bytes),
                ISOTime.milliseconds(text, in: bytes) == time
            else { continue }
            consume(slot)
        }
        if let position = attributes.position(of: Self.duration), end >= start,
            Self.count(view.attributes[position].value, in: bytes) == Int64(exactly: end &- start)
        {
            attributes.consume(position)
        }
        let kinds: [StaticString] = ["internal", "server", "client", "producer", "consumer"]
        if let text = text(of: Self.kind, in: bytes), (1...5).contains(view.kind),
            kinds[Int(view.kind) - 1].equals(bytes, text.start, text.end)
        {
            consume(Self.kind)
        }
        if let position = attributes.position(of: Self.error), view.statusCode == 2,
            view.attributes[position].value.kind == .bool, view.attributes[position].value.bool
        {
            attributes.consume(position)
        }
    }

    private mutating func consume(_ slot: KeySlot) {
        if let position = attributes.position(of: slot) { attributes.consume(position) }
    }

    private mutating func isHex(_ text: Slice, of id: Slice, _ bytes: Span<UInt8>) -> Bool {
        guard text.count == 2 &* id.count else { return false }
        func digit(_ value: UInt8) -> UInt8 {
            value < 10 ? UInt8(ascii: "0") &+ value : UInt8(ascii: "a") &+ value &- 10
        }
        for offset in 0..<id.count {
            let byte = bytes[id.start &+ offset]
            let first = text.start &+ 2 &* offset
            guard bytes[first] == digit(byte >> 4), bytes[first &+ 1] == digit(byte & 15) else {
                return false
            }
        }
        return true
    }

    /// Ids, times and kind stand in the span; what is no attribute of the exporter's own is the
    /// user's metadata, which it wrote without a prefix.
    private mutating func consumeGenerationA(_ bytes: Span<UInt8>) {
        consumeRepeatsOfSpan(bytes)
        for (slot, other) in Self.doubledByGenerationA {
            guard let position = attributes.position(of: slot),
                let known = attributes.position(of: other),
                attributes.states[known] == .consumed, isSameText(position, known, bytes)
            else { continue }
            attributes.consume(position)
        }
        let own = Set(Self.ownOfGenerationA.compactMap { attributes.position(of: $0) })
        for position in view.attributes.indices
        where attributes.states[position] == .leftOver && !own.contains(position) {
            let key = view.attributes[position].key
            if Self.begins(key, with: "gen_ai.", bytes) || Self.begins(key, with: "mastra.", bytes)
                || Self.begins(key, with: "error.", bytes)
            {
                continue
            }
            addMetadata(key, position, isEncoded: false, bytes)
        }
    }

    private mutating func isSameText(_ one: Int, _ other: Int, _ bytes: Span<UInt8>) -> Bool {
        let first = view.attributes[one].value
        let second = view.attributes[other].value
        return first.kind == .string && second.kind == .string
            && first.slice.count == second.slice.count
            && bytes.equals(first.slice.start, bytes, second.slice.start, first.slice.count)
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
