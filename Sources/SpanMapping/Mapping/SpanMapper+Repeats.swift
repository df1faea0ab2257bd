import MastraRecords
import OTLP

/// What several sources of a side say: an answer without text is completed by another source, and what
/// repeats the one that won is used up with it.
extension SpanMapper {
    /// An answer without text and calls: some writers leave the list of parts empty.
    mutating func isHollow(_ output: ValueTree.ID) -> Bool {
        guard type == .modelGeneration, tree.kind(output) == .object,
            let text = tree.member("text", of: output)
        else { return false }
        return tree.isAbsent(text) && tree.member("toolCalls", of: output) == nil
            && tree.member("parts", of: output) == nil
            && tree.member("object", of: output) == nil
    }

    /// What a later source knows, and what the hollow answer had beside it (MAPPING 5.5, merge).
    mutating func merged(
        _ hollow: ValueTree.ID, _ sources: ArraySlice<ContentSource>, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        for source in sources where source.origin.canFill {
            guard let value = value(of: source, .output, bytes), tree.kind(value) == .object,
                !isHollow(value)
            else { continue }
            explain("output", "merged with " + source.origin.plainSummary)
            let object = tree.object()
            adoptMembers(of: value, into: object, except: [], taken: [])
            // Each of one is looked for among all of the other.
            let isSmall = tree.count(of: object) <= 256
            var item = tree.first(of: hollow)
            while let current = item {
                item = tree.next(of: current)
                if !(isSmall && hasMember(object, like: current)) {
                    tree.adopt(current, into: object)
                }
            }
            return object
        }
        return nil
    }

    private mutating func hasMember(_ object: ValueTree.ID, like other: ValueTree.ID) -> Bool {
        let key = tree.nodes[other]
        var item = tree.first(of: object)
        while let current = item {
            item = tree.next(of: current)
            let node = tree.nodes[current]
            let length = Int(key.keyEnd) &- Int(key.keyStart)
            if Int(node.keyEnd) &- Int(node.keyStart) == length,
                tree.text.span.equals(
                    Int(node.keyStart), tree.text.span, Int(key.keyStart), length)
            {
                return true
            }
        }
        return false
    }

    /// Other sources of a side that say the same are used up with the one that won.
    mutating func consumeRepeats(
        _ sources: [ContentSource], _ probes: [Probe], after winning: Int,
        _ winner: ValueTree.ID, _ bytes: Span<UInt8>
    ) {
        var known: Set<UInt64>?
        for index in probes.indices
        where index > winning && probes[index].slot >= 0 && attributes.passes(probes[index]) {
            guard case .key = sources[index].origin, let slot = sources[index].slot,
                let position = nonEmpty(slot, bytes),
                attributes.states[position] == .leftOver
            else { continue }
            let node = tree.value(view.attributes[position].value, in: bytes)
            let value = tree.decoded(node, policy) ?? node
            let leaves = known ?? leavesBeside(position, winner, bytes)
            known = leaves
            var repeats = 0
            if !isNews(value, leaves, &repeats), repeats > 0 { attributes.consume(position) }
        }
    }

    /// Hashes of all strings and numbers that stand in the winner and in other attributes.
    private mutating func leavesBeside(
        _ position: Int, _ winner: ValueTree.ID, _ bytes: Span<UInt8>
    ) -> Set<UInt64> {
        var leaves: Set<UInt64> = []
        collect(winner, &leaves)
        if let input = draft.input { collect(input, &leaves) }
        for family in [KeyFamily.tools, .functions] {
            if let list = rebuilt(family, bytes) { collect(list, &leaves) }
        }
        for slot in Self.besideSlots {
            guard let position = attributes.position(of: slot) else { continue }
            let node = tree.value(view.attributes[position].value, in: bytes)
            collect(tree.parsed(node, policy) ?? node, &leaves)
        }
        return leaves
    }

    /// What requests and answers repeat of the attributes around them.
    private static let besideSlots: [KeySlot] = [
        .llmInvocationParameters, .llmModelName, .genAIRequestModel, .genAIResponseModel,
        .genAIResponseID, .llmFinishReason, .llmTokenCountPrompt, .llmTokenCountCompletion,
        .llmTokenCountTotal, .genAIToolDefinitions,
    ].map(KeySlot.init)

    private mutating func collect(_ value: ValueTree.ID, _ leaves: inout Set<UInt64>) {
        switch tree.kind(value) {
        case .array, .object:
            var item = tree.first(of: value)
            while let current = item {
                collect(current, &leaves)
                item = tree.next(of: current)
            }
        case .text, .escaped:
            let slice = tree.plain(value)
            leaves.insert(hash(tree.text.span, slice.start, slice.end))
            // A string of JSON says what is in it.
            if let inner = tree.parsed(value, policy) { collect(inner, &leaves) }
        case .number:
            let node = tree.nodes[value]
            leaves.insert(hash(tree.text.span, Int(node.start), Int(node.end)))
        default: break
        }
    }

    /// Whether a value holds a string or number that stands nowhere else.
    ///
    /// - Parameter repeats: counts those that do.
    private mutating func isNews(
        _ value: ValueTree.ID, _ known: Set<UInt64>, _ repeats: inout Int
    ) -> Bool {
        switch tree.kind(value) {
        case .array, .object:
            var item = tree.first(of: value)
            while let current = item {
                if isNews(current, known, &repeats) { return true }
                item = tree.next(of: current)
            }
            return false
        case .text, .escaped:
            let slice = tree.plain(value)
            if slice.isEmpty { return false }
            if known.contains(hash(tree.text.span, slice.start, slice.end)) {
                repeats += 1
                return false
            }
            guard let inner = tree.parsed(value, policy) else {
                return !Self.structuralWords.contains { tree.equals(value, $0) }
            }
            return isNews(inner, known, &repeats)
        case .number:
            let node = tree.nodes[value]
            guard known.contains(hash(tree.text.span, Int(node.start), Int(node.end))) else {
                return true
            }
            repeats += 1
            return false
        default: return false
        }
    }

    /// Words of the forms themselves, which another form writes otherwise.
    private static let structuralWords: [StaticString] = [
        "user", "assistant", "system", "tool", "function", "text",
    ]
}

extension ContentOrigin {
    /// A source that can complete an answer without text.
    fileprivate var canFill: Bool {
        switch self {
        case .family(.completions), .vercelResponse, .events, .contentEvents: true
        default: false
        }
    }
}
