import MastraRecords
import OTLP

/// `input` and `output`: the best source of each side (MAPPING 5.5).
extension SpanMapper {
    mutating func fillContent(_ bytes: Span<UInt8>) {
        let rule = ContentRule.byType[Int(type.rawValue)]
        let probes = ContentRule.probes[Int(type.rawValue)]
        draft.input = fill(rule.input, probes.input, .input, bytes)
        draft.output = fill(rule.output, probes.output, .output, bytes)
        guard parent.isEmpty, attributes.conventions.contains(.langfuse) else { return }
        if draft.input == nil { draft.input = value(of: Self.traceInput, .input, bytes) }
        if draft.output == nil { draft.output = value(of: Self.traceOutput, .output, bytes) }
    }

    /// Of a whole trace: for a root without its own (MAPPING 7.8).
    private static let traceInput = ContentSource(.langfuseTraceInput, .json)
    private static let traceOutput = ContentSource(.langfuseTraceOutput, .jsonText)

    private mutating func fill(
        _ sources: [ContentSource], _ probes: [Probe], _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        for index in probes.indices where attributes.passes(probes[index]) {
            let source = sources[index]
            guard var value = value(of: source, side, bytes) else { continue }
            explain(side == .input ? "input" : "output", source.origin.plainSummary)
            if side == .output, isHollow(value) {
                value = merged(value, sources[(index + 1)...], bytes) ?? value
            }
            consumeRepeats(sources, probes, after: index, value, bytes)
            return value
        }
        return nil
    }

    mutating func value(
        of source: ContentSource, _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        switch source.origin {
        case .key: return value(ofKey: source, side, bytes)
        case .family(let family): return value(of: family, source.form, side, bytes)
        case .mastra: return mastraValue(side, bytes)
        case .events: return eventValue(side, source.form, bytes)
        case .contentEvents: return contentEventValue(side, bytes)
        case .eventList: return eventListValue(source, side, bytes)
        case .conversation: return conversationValue(source, side, bytes)
        case .vercelResponse: return vercelResponse(bytes)
        case .embeddings: return embeddingSummary(bytes)
        case .rawRequest: return rawRequest(side, bytes)
        case .rerankerInput: return rerankerInput(bytes)
        }
    }

    // MARK: Keys

    private mutating func value(
        ofKey source: ContentSource, _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard let slot = source.slot,
            let position = draft.isMastraType
                ? attributes.position(of: slot) : nonEmpty(slot, bytes),
            attributes.states[position] != .consumed
        else { return nil }
        isContentWhole = true
        let node = tree.value(view.attributes[position].value, in: bytes)
        let isText = source.mimeType.map { isPlainText($0, bytes) } ?? false
        guard let value = isText ? node : content(node, source.form, side, position) else {
            return nil
        }
        if isContentWhole { attributes.consume(position) }
        return value
    }

    private mutating func isPlainText(_ slot: KeySlot, _ bytes: Span<UInt8>) -> Bool {
        guard let text = text(of: slot, in: bytes) else { return false }
        // Parameters such as a charset may follow.
        var end = text.start
        while end < text.end, bytes[end] != UInt8(ascii: ";"), bytes[end] != UInt8(ascii: " ") {
            end &+= 1
        }
        return ("text/plain" as StaticString).equalsIgnoringCase(bytes, text.start, end)
    }

    /// A value in the form that its source has. Text that looks like JSON and is not stays the string
    /// it is, with a finding (MAPPING J4).
    private mutating func content(
        _ node: ValueTree.ID, _ form: ContentForm, _ side: MessageSide, _ position: Int?
    ) -> ValueTree.ID? {
        if draft.isMastraType { return mastraContent(node, form, side, position) }
        let isEncoded =
            attributes.conventions.contains(.mlflow)
            && position.map { view.attributes[$0].value.kind == .string } ?? false
        let isStructured = tree.kind(node) == .array || tree.kind(node) == .object
        let value =
            isStructured
            ? node
            : isEncoded
                ? tree.decodedScalar(node, policy)
                : form == .json ? tree.parsed(node, policy) : tree.decoded(node, policy)
        guard let value else {
            if let position { noteUnparsed(node, position) }
            return node
        }
        if tree.isAbsent(value) { return nil }
        switch form {
        case .messages: return messageValue(value, side)
        case .json, .jsonText: return value
        case .jsonTexts: return decodedItems(of: value)
        case .argument: return onlyArgument(of: value) ?? value
        }
    }

    /// The AI SDK encodes each value of a list by itself.
    private mutating func decodedItems(of list: ValueTree.ID) -> ValueTree.ID {
        guard tree.kind(list) == .array else { return list }
        let items = tree.array()
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            let isText = tree.isString(current)
            tree.append(isText ? tree.decoded(current, policy) ?? current : current, to: items)
        }
        return items
    }

    private mutating func messageValue(
        _ value: ValueTree.ID, _ side: MessageSide
    ) -> ValueTree.ID {
        guard let found = messages(in: value) else { return value }
        return side == .input ? input(of: found) : output(of: found)
    }

    /// `{"args": [x], "kwargs": {}}` is x (MAPPING 5.5).
    private mutating func onlyArgument(of value: ValueTree.ID) -> ValueTree.ID? {
        guard let arguments = tree.member("args", of: value), tree.kind(arguments) == .array,
            let only = tree.first(of: arguments), tree.next(of: only) == nil,
            let named = tree.member("kwargs", of: value), tree.kind(named) == .object,
            tree.first(of: named) == nil, tree.count(of: value) == 2
        else { return nil }
        return only
    }

    // MARK: Families

    private mutating func value(
        of family: KeyFamily, _ form: ContentForm, _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard let list = rebuilt(family, bytes) else { return nil }
        consume(family)
        switch family {
        case .embeddings: return textsBesideVectors(of: list)
        case .promptTexts, .choiceTexts: return texts(of: list)
        case .prompts where type == .ragEmbedding:
            return texts(of: list, named: "content")
        case .prompts, .completions: return messageValue(traceloopMessages(list), side)
        default: return form == .messages ? messageValue(list, side) : list
        }
    }

    /// A list of objects that have nothing but a text, as the list of texts.
    private mutating func texts(
        of list: ValueTree.ID, named name: StaticString = "text"
    ) -> ValueTree.ID {
        let texts = tree.array()
        var isPlain = true
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            if let text = tree.member(name, of: current), tree.count(of: current) == 1 {
                tree.append(text, to: texts)
            } else {
                isPlain = false
            }
        }
        return isPlain ? texts : list
    }

    /// What was embedded; vectors are the output's.
    private mutating func textsBesideVectors(of list: ValueTree.ID) -> ValueTree.ID? {
        let rest = tree.array()
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            guard tree.kind(current) == .object else {
                tree.append(current, to: rest)
                continue
            }
            let object = tree.object()
            adoptMembers(of: current, into: object, except: ["vector"], taken: [])
            if !tree.isAbsent(object) { tree.append(object, to: rest) }
        }
        return tree.isAbsent(rest) ? nil : texts(of: rest)
    }

    /// Traceloop's old messages: content may be a list of parts in a string, and thoughts are a
    /// message before the one that they belong to.
    private mutating func traceloopMessages(_ list: ValueTree.ID) -> ValueTree.ID {
        let messages = tree.array()
        var thoughts: [ValueTree.ID] = []
        var item = tree.first(of: list)
        while let current = item {
            item = tree.next(of: current)
            if let role = tree.member("role", of: current), tree.equals(role, "thinking"),
                let content = tree.member("content", of: current), item != nil
            {
                thoughts.append(content)
                continue
            }
            tree.append(traceloopMessage(current, &thoughts), to: messages)
        }
        return messages
    }

    private mutating func traceloopMessage(
        _ message: ValueTree.ID, _ thoughts: inout [ValueTree.ID]
    ) -> ValueTree.ID {
        guard tree.kind(message) == .object else { return message }
        let copy = tree.object()
        var content = tree.member("content", of: message)
        // A completion names its only message by its role.
        var exceptions: [StaticString] = ["content"]
        if content == nil, let user = tree.member("user", of: message), tree.isString(user) {
            content = user
            exceptions.append("user")
            tree.set("role", tree.string("user" as StaticString), of: copy)
        }
        adoptMembers(of: message, into: copy, except: exceptions, taken: [])
        if let text = content, let parsed = tree.parsed(text, policy), isPartList(parsed) {
            content = parsed
        }
        if !thoughts.isEmpty {
            let parts = tree.array()
            for thought in thoughts {
                let part = tree.object()
                tree.set("type", tree.string("reasoning" as StaticString), of: part)
                tree.set("text", thought, of: part)
                tree.append(part, to: parts)
            }
            thoughts.removeAll()
            if let content { tree.append(textPart(content), to: parts) }
            content = parts
        }
        tree.set("content", content ?? tree.string("" as StaticString), of: copy)
        return copy
    }

    private mutating func isPartList(_ value: ValueTree.ID) -> Bool {
        guard tree.kind(value) == .array, var current = tree.first(of: value) else { return false }
        while true {
            guard tree.member("type", of: current) != nil else { return false }
            guard let next = tree.next(of: current) else { return true }
            current = next
        }
    }

    // MARK: Others

    /// `mastra.<span type>.input`, which is JSON where the record's was none but text.
    private mutating func mastraValue(
        _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard attributes.has(.mastra), let typeName = text(of: Self.mastraSpanType, in: bytes)
        else { return nil }
        let suffix: StaticString = side == .input ? "input" : "output"
        for position in attributes.families[KeyFamily.mastra.rawValue] {
            let position = Int(position)
            guard attributes.states[position] == .leftOver,
                mastraSuffix(of: view.attributes[position].key, typeName, bytes).map({
                    suffix.equals(bytes, $0.start, $0.end)
                }) == true, view.attributes[position].value.kind != .empty
            else { continue }
            attributes.consume(position)
            let node = tree.value(view.attributes[position].value, in: bytes)
            return tree.parsedOnce(node, policy) ?? node
        }
        return nil
    }

    /// What Mastra's exporter wrote: text as it is, all else as JSON, and messages in a list. An
    /// object is what its converter did not know (MASTRA-CONTRACT 4.2, 4.5).
    private mutating func mastraContent(
        _ node: ValueTree.ID, _ form: ContentForm, _ side: MessageSide, _ position: Int?
    ) -> ValueTree.ID? {
        if tree.kind(node) == .null { return nil }
        let value = tree.parsedOnce(node, policy)
        if value == nil, let position { noteUnparsed(node, position) }
        guard let list = value ?? Optional(node), tree.kind(list) == .array, form == .messages
        else { return value ?? node }
        return messageValue(list, side)
    }

    static let mastraSpanType = KeySlot(.mastraSpanType)

    /// What follows `mastra.<span type>.` in a key.
    mutating func mastraSuffix(_ key: Slice, _ typeName: Slice, _ bytes: Span<UInt8>) -> Slice? {
        let start = key.start &+ KeyFamily.mastra.prefix.utf8CodeUnitCount
        guard key.end &- start > typeName.count &+ 1,
            bytes.equals(start, bytes, typeName.start, typeName.count),
            bytes[start &+ typeName.count] == UInt8(ascii: ".")
        else { return nil }
        return Slice(start &+ typeName.count &+ 1, key.end)
    }

    private mutating func mastraSuffix(
        of key: Slice, _ typeName: Slice, _ bytes: Span<UInt8>
    ) -> Slice? { mastraSuffix(key, typeName, bytes) }

    /// `ai.response.*` together (MAPPING 6).
    private mutating func vercelResponse(_ bytes: Span<UInt8>) -> ValueTree.ID? {
        let object = tree.object()
        for (name, slot, isJSON) in Self.vercelMembers {
            guard let position = nonEmpty(slot, bytes),
                attributes.states[position] != .consumed
            else { continue }
            let node = tree.value(view.attributes[position].value, in: bytes)
            var value = isJSON ? tree.parsed(node, policy) ?? node : node
            if slot == Self.vercelToolCalls { value = vercelCalls(value) }
            tree.set(name, value, of: object)
            attributes.consume(position)
        }
        return tree.first(of: object) == nil ? nil : object
    }

    private static let vercelToolCalls = KeySlot(.vercelResponseToolCalls)
    private static let vercelMembers: [(StaticString, KeySlot, Bool)] = [
        ("text", KeySlot(.vercelResponseText), false),
        ("reasoningText", KeySlot(.vercelResponseReasoning), false),
        ("toolCalls", vercelToolCalls, true),
        ("object", KeySlot(.vercelResponseObject), true),
    ]

    private mutating func vercelCalls(_ value: ValueTree.ID) -> ValueTree.ID {
        guard tree.kind(value) == .array else { return value }
        let calls = tree.array()
        var item = tree.first(of: value)
        while let current = item {
            item = tree.next(of: current)
            let call = tree.object()
            adoptMembers(of: current, into: call, except: ["input", "args"], taken: [])
            for name in ["input", "args"] as [StaticString] {
                guard let input = tree.member(name, of: current) else { continue }
                tree.set("args", tree.parsed(input, policy) ?? input, of: call)
                break
            }
            tree.append(tree.kind(current) == .object ? call : current, to: calls)
        }
        return calls
    }

    /// Vectors are nine tenths of such a span and tell a reader nothing: their number stands for them.
    private mutating func embeddingSummary(_ bytes: Span<UInt8>) -> ValueTree.ID? {
        guard !keepsVectors else { return keptVectors(bytes) }
        var count = 0
        var dimensions = 0
        if let list = rebuilt(.embeddings, bytes) {
            var item = tree.first(of: list)
            while let current = item {
                item = tree.next(of: current)
                guard let vector = tree.member("vector", of: current) else { continue }
                count += 1
                dimensions = tree.count(of: vector)
            }
        }
        for slot in Self.vectorSlots {
            guard count == 0, let position = nonEmpty(slot, bytes) else { continue }
            let node = tree.value(view.attributes[position].value, in: bytes)
            guard let vectors = tree.parsed(node, policy) ?? Optional(node),
                tree.kind(vectors) == .array, let first = tree.first(of: vectors)
            else { continue }
            let isOne = tree.kind(first) == .number
            count = isOne ? 1 : tree.count(of: vectors)
            let vector = isOne ? vectors : tree.parsed(first, policy) ?? first
            dimensions = tree.kind(vector) == .array ? tree.count(of: vector) : 0
            attributes.consume(position)
        }
        guard count > 0 else { return nil }
        let summary = tree.object()
        tree.set("count", tree.integer(Int64(count)), of: summary)
        if dimensions > 0 {
            tree.set("dimensions", tree.integer(Int64(dimensions)), of: summary)
        }
        return summary
    }

    private static let vectorSlots = [KeySlot(.vercelEmbeddings), KeySlot(.vercelEmbedding)]

    private mutating func keptVectors(_ bytes: Span<UInt8>) -> ValueTree.ID? {
        for slot in Self.vectorSlots {
            guard let position = nonEmpty(slot, bytes) else { continue }
            attributes.consume(position)
            let node = tree.value(view.attributes[position].value, in: bytes)
            return decodedItems(of: tree.parsed(node, policy) ?? node)
        }
        guard let list = rebuilt(.embeddings, bytes) else { return nil }
        consume(.embeddings)
        return list
    }

    private mutating func rerankerInput(_ bytes: Span<UInt8>) -> ValueTree.ID? {
        let object = tree.object()
        if let position = nonEmpty(Self.rerankerQuery, bytes) {
            tree.set(
                "query", tree.value(view.attributes[position].value, in: bytes), of: object)
            attributes.consume(position)
        }
        if let documents = rebuilt(.rerankerInputs, bytes) {
            tree.set("documents", documents, of: object)
            consume(.rerankerInputs)
        }
        return tree.first(of: object) == nil ? nil : object
    }

    private static let rerankerQuery = KeySlot(.rerankerQuery)

    private mutating func rawRequest(
        _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard attributes.conventions.contains(.liteLLM) else { return nil }
        let endings: [StaticString] =
            side == .input ? [".messages", ".input"] : [".choices", ".output", ".data"]
        for position in view.attributes.indices
        where attributes.states[position] == .leftOver {
            let attribute = view.attributes[position]
            guard Self.begins(attribute.key, with: "llm.", bytes),
                endings.contains(where: { Self.ends(attribute.key, with: $0, bytes) }),
                !Self.isAbsent(attribute.value, in: bytes)
            else { continue }
            attributes.consume(position)
            let node = tree.value(attribute.value, in: bytes)
            return tree.parsed(node, policy) ?? node
        }
        return nil
    }

    /// A conversation holds both sides: what came before the first answer, and the last answer.
    private mutating func conversationValue(
        _ source: ContentSource, _ side: MessageSide, _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        guard let slot = source.slot, let list = blob(slot, bytes),
            let found = messages(in: list)
        else { return nil }
        return part(of: found, side)
    }

    private mutating func part(
        of found: Messages, _ side: MessageSide
    ) -> ValueTree.ID? {
        switch side {
        case .input:
            let asked = found.items.prefix { !isAssistant($0) }
            return asked.isEmpty ? nil : input(of: Messages(items: Array(asked)))
        case .output:
            guard let last = found.items.last, isAssistant(last) else { return nil }
            return output(of: Messages(items: [last]))
        }
    }

    private mutating func isAssistant(_ message: ValueTree.ID) -> Bool {
        tree.member("role", of: message).map { tree.equals($0, "assistant") } ?? false
    }
}

extension ContentOrigin {
    /// Without the marks of Markdown.
    var plainSummary: String { summary.filter { $0 != "`" } }
}

extension ValueTree {
    /// An object or a list in a string; what is encoded twice stays text, as it was.
    mutating func parsedOnce(_ id: ID, _ policy: borrowing ContentPolicy) -> ID? {
        opensJSON(id) ? parsed(id, policy) : nil
    }
}
