import MastraRecords
import OTLP

/// Typed fields by the table (MAPPING 5.2, 5.3, 5.6).
extension SpanMapper {
    /// A field's value, and whether the source holds nothing more than it.
    struct Decoded {
        var value: ValueTree.ID
        var isWhole = true
    }

    /// Fills `draft.attributes` and `draft.parameters`.
    mutating func fillFields(_ bytes: Span<UInt8>) {
        draft.attributes = tree.object()
        if dialect == .cloud { fillLegacyEntity() }
        fill(.attributes, into: draft.attributes, bytes)
        fillMastraFields(bytes)
        let parameters = tree.object()
        fill(.parameters, into: parameters, bytes)
        if tree.first(of: parameters) != nil {
            tree.set("parameters", parameters, of: draft.attributes)
        }
    }

    /// The rows of a place; of each the first source that is there and decodes.
    private mutating func fill(
        _ place: FieldPlace, into object: ValueTree.ID, _ bytes: Span<UInt8>
    ) {
        let table = FieldRule.probes[Int(type.rawValue)][place.rawValue]
        var start = 0
        for row in table.ends.indices {
            let end = table.ends[row]
            for index in start..<end where attributes.passes(table.probes[index]) {
                let rule = FieldRule.byType[Int(type.rawValue)][place.rawValue][row]
                if fill(rule, from: index - start, into: object, bytes) { break }
            }
            start = end
        }
    }

    /// What the first source of a row holds that is there and decodes.
    mutating func value(of rule: FieldRule, _ bytes: Span<UInt8>) -> Decoded? {
        for source in rule.sources
        where source.only.isEmpty || !source.only.isDisjoint(with: attributes.conventions) {
            if let decoded = value(of: source, bytes) { return decoded }
        }
        return nil
    }

    /// Answers whether the row is done: its field filled, or its condition not met.
    private mutating func fill(
        _ rule: FieldRule, from index: Int, into object: ValueTree.ID, _ bytes: Span<UInt8>
    ) -> Bool {
        if rule.condition == .servesMCP, !servesMCP(bytes) { return true }
        let source = rule.sources[index]
        guard let decoded = value(of: source, bytes) else { return false }
        tree.set(rule.name, decoded.value, of: object)
        explain(
            rule.place == .parameters
                ? "attributes.parameters.\(rule.name)" : "attributes.\(rule.name)",
            source.origin.plainSummary)
        return true
    }

    private mutating func servesMCP(_ bytes: Span<UInt8>) -> Bool {
        view.kind == Self.serverKind && text(of: Self.mcpMethod, in: bytes) != nil
    }

    /// What a source holds, decoded; whatever it took whole is consumed.
    private mutating func value(of source: FieldSource, _ bytes: Span<UInt8>) -> Decoded? {
        switch source.origin {
        case .key:
            // What an earlier field has taken whole is not told twice.
            guard let slot = source.slot, let position = attributes.position(of: slot),
                attributes.states[position] != .consumed,
                let decoded = decode(position, source.decoder, bytes)
            else { return nil }
            if decoded.isWhole { attributes.consume(position) }
            return decoded
        case .member:
            guard let slot = source.slot, let blob = blob(slot, bytes),
                let member = tree.member(source.path, of: blob)
            else { return nil }
            return decode(member, source.decoder)
        case .family(let family):
            guard let list = rebuilt(family, bytes), let decoded = decode(list, source.decoder)
            else { return nil }
            if decoded.isWhole { consume(family) }
            return decoded
        case .constant:
            // Of a Mastra record what is not known is not there.
            return draft.isMastraType ? nil : Decoded(value: tree.string(source.literal))
        case .firstChunkEvent: return firstChunk(bytes)
        case .operationInName: return operationInName(bytes)
        case .streamInOperation:
            guard let slot = source.slot, let text = text(of: slot, in: bytes),
                String(decoding: bytes.copy(text), as: UTF8.self).lowercased().contains("stream")
            else { return nil }
            return Decoded(value: tree.bool(true))
        }
    }

    /// The parsed JSON of a key, made once a span.
    mutating func blob(_ slot: KeySlot, _ bytes: Span<UInt8>) -> ValueTree.ID? {
        guard let position = attributes.position(of: slot) else { return nil }
        if let known = draft.blobs.first(where: { $0.position == position }) { return known.value }
        let value = tree.value(view.attributes[position].value, in: bytes)
        let isStructured = tree.kind(value) == .object || tree.kind(value) == .array
        let parsed = isStructured ? value : tree.parsed(value, policy)
        draft.blobs.append((position, parsed))
        return parsed
    }

    /// An attribute's value as a field's. Most are short strings and numbers, which need no tree
    /// before they are known to be what is asked for.
    private mutating func decode(
        _ position: Int, _ decoder: FieldDecoder, _ bytes: Span<UInt8>
    ) -> Decoded? {
        let value = view.attributes[position].value
        if decoder == .text, value.kind != .string || value.slice.isEmpty { return nil }
        if Self.isAbsent(value, in: bytes), !(draft.isMastraType && decoder == .toolNames) {
            return nil
        }
        let node = tree.value(value, in: bytes)
        guard let decoded = decode(node, decoder) else {
            if decoder == .json || decoder == .tools { noteUnparsed(node, position) }
            return nil
        }
        if case .json = decoder, tree.isString(decoded.value) { noteUnparsed(node, position) }
        return decoded
    }

    /// Text that looks like JSON and is not is worth a word (MAPPING J4).
    mutating func noteUnparsed(_ node: ValueTree.ID, _ position: Int) {
        guard tree.opensJSON(node), tree.nodes[node].count <= ValueTree.maxParsedBytes else {
            return
        }
        let finding = Finding(kind: .unparsedJSON, about: view.attributes[position].key)
        if !findings.contains(finding) { findings.append(finding) }
    }

    mutating func decode(_ node: ValueTree.ID, _ decoder: FieldDecoder) -> Decoded? {
        switch decoder {
        case .text: return tree.isString(node) && !tree.isAbsent(node) ? Decoded(value: node) : nil
        case .provider: return provider(node)
        case .number: return number(node)
        case .integer(let minimum):
            guard let count = tree.exactInteger(node), count >= minimum else { return nil }
            return Decoded(value: tree.integer(count))
        case .boolean:
            guard let flag = tree.boolean(node) else { return nil }
            return Decoded(value: tree.bool(flag))
        case .textList: return textList(node)
        case .finishReason: return finishReason(node)
        case .json:
            guard !tree.isAbsent(node) else { return nil }
            return Decoded(value: tree.parsed(node, policy) ?? node)
        case .jsonText:
            guard !tree.isAbsent(node) else { return nil }
            let value = tree.decoded(node, policy) ?? node
            return tree.isAbsent(value) ? nil : Decoded(value: value)
        case .instructions:
            guard !tree.isAbsent(node) else { return nil }
            return Decoded(value: instructions(node))
        case .tools: return toolDefinitions(node)
        case .toolNames: return toolNames(node)
        case .host: return host(node)
        case .time: return time(node)
        case .secondsAfterStart: return timeAfterStart(node, milliseconds: 1000)
        case .millisecondsAfterStart: return timeAfterStart(node, milliseconds: 1)
        }
    }

    // MARK: Decoders

    private mutating func provider(_ node: ValueTree.ID) -> Decoded? {
        guard tree.isString(node) else { return nil }
        let slice = tree.plain(node)
        guard let name = ProviderName(slice, in: tree.text.span) else { return nil }
        // The raw value stays beside a cleaned one.
        return name.isVerbatim
            ? Decoded(value: node) : Decoded(value: tree.string(name.text), isWhole: false)
    }

    private mutating func number(_ node: ValueTree.ID) -> Decoded? {
        switch tree.kind(node) {
        case .number: return Decoded(value: node)
        case .text, .escaped:
            let text = tree.trimmedText(node)
            // `1e999` is a JSON number, and read as infinity.
            guard JSONTree.isNumber(tree.text.span, text.start, text.end),
                Double(String(decoding: tree.text[text.start..<text.end], as: UTF8.self))?
                    .isFinite == true,
                !tree.isUnsafeInteger(text)
            else { return nil }
            var number = ValueTree.Node(kind: .number)
            number.start = text.lower
            number.end = text.upper
            return Decoded(value: tree.add(number))
        default: return nil
        }
    }

    private mutating func textList(_ node: ValueTree.ID) -> Decoded? {
        var list = node
        if tree.isString(node) {
            guard !tree.isAbsent(node) else { return nil }
            guard let parsed = tree.parsed(node, policy) else {
                let single = tree.array()
                tree.append(node, to: single)
                return Decoded(value: single)
            }
            list = parsed
        }
        return tree.isTextList(list) ? Decoded(value: list) : nil
    }

    private mutating func finishReason(_ node: ValueTree.ID) -> Decoded? {
        var reason = node
        var count = 1
        if tree.opensJSON(node) {
            guard let parsed = tree.parsed(node, policy) else { return nil }
            reason = parsed
        }
        if tree.kind(reason) == .array {
            count = tree.count(of: reason)
            guard let first = tree.first(of: reason) else { return nil }
            reason = first
        }
        guard tree.isString(reason), tree.nodes[reason].count <= 256 else { return nil }
        let raw = tree.swiftString(reason)
        let trimmed = tree.trimmedText(reason)
        guard !trimmed.isEmpty else { return nil }
        let word = String(decoding: tree.text[trimmed.start..<trimmed.end], as: UTF8.self)
        let normalized = FinishReason.normalized(word)
        return normalized == raw
            ? Decoded(value: reason, isWhole: count == 1)
            : Decoded(value: tree.string(normalized), isWhole: false)
    }

    private mutating func host(_ node: ValueTree.ID) -> Decoded? {
        guard tree.isString(node), !tree.isAbsent(node) else { return nil }
        let text = tree.plain(node)
        guard let host = HostName.find(in: text, tree.text.span) else { return nil }
        guard host != text else { return Decoded(value: node) }
        var name = ValueTree.Node(kind: .text)
        name.start = host.lower
        name.end = host.upper
        return Decoded(value: tree.add(name), isWhole: false)
    }

    private mutating func time(_ node: ValueTree.ID) -> Decoded? {
        guard let text = tree.decoded(node, policy) ?? Optional(node), tree.isString(text) else {
            return nil
        }
        let slice = tree.plain(text)
        guard let time = ISOTime.milliseconds(slice, in: tree.text.span), isWithin(time) else {
            return nil
        }
        if tree.text[slice.end &- 1] == UInt8(ascii: "Z") { return Decoded(value: text) }
        return Decoded(value: isoTime(time), isWhole: false)
    }

    private mutating func timeAfterStart(
        _ node: ValueTree.ID, milliseconds factor: Double
    ) -> Decoded? {
        guard tree.kind(node) == .number,
            let distance = Double(tree.swiftText(node)), let endedAt,
            distance >= 0, distance < 1e12
        else { return nil }
        let time = startedAt &+ UInt64(distance * factor)
        guard time <= endedAt else { return nil }
        // The distance keeps more digits than the time does.
        return Decoded(value: isoTime(time), isWhole: false)
    }

    private mutating func isWithin(_ time: UInt64) -> Bool {
        time >= startedAt && time <= endedAt ?? .max
    }

    private mutating func isoTime(_ milliseconds: UInt64) -> ValueTree.ID {
        var writer = JSONWriter(capacity: 64)
        writer.time(milliseconds: milliseconds)
        let text = writer.bytes(from: 0)
        return tree.string(text.span, 1, text.count - 1)
    }

    /// The first event that a stream of tokens leaves; many are counted and not kept (MAPPING 5.9).
    private mutating func firstChunk(_ bytes: Span<UInt8>) -> Decoded? {
        for message in view.events {
            let event = EventView(message, in: bytes)
            guard
                Self.firstChunkEvents.contains(where: {
                    $0.equals(bytes, event.name.start, event.name.end)
                })
            else { continue }
            let time = event.timeUnixNano / 1_000_000
            return isWithin(time) ? Decoded(value: isoTime(time)) : nil
        }
        return nil
    }

    static let firstChunkEvents: [StaticString] = [
        "First Token Stream Event", "ai.stream.firstChunk", "gen_ai.content.completion.chunk",
        "llm.content.completion.chunk",
    ]

    private mutating func operationInName(_ bytes: Span<UInt8>) -> Decoded? {
        guard view.kind == Self.clientKind else { return nil }
        let words: [StaticString] = ["chat", "text_completion", "generate_content", "embeddings"]
        for word in words {
            guard let rest = nameBehind(word, bytes) else { continue }
            return Decoded(value: tree.string(bytes, rest.start, rest.end))
        }
        return nil
    }
}

extension FieldOrigin {
    /// Without the marks of Markdown.
    var plainSummary: String { summary.filter { $0 != "`" } }
}

// MARK: - Numbers and words of the tree

extension ValueTree {
    /// An integer that JavaScript holds exactly: a number without a fraction, or decimal digits in a
    /// string (MAPPING 9).
    func exactInteger(_ id: ID) -> Int64? {
        let node = nodes[id]
        switch node.kind {
        case .number:
            let text = swiftText(id)
            let number = Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }
            return number.flatMap { $0.magnitude <= 1 << 53 - 1 ? $0 : nil }
        case .text:
            let slice = trimmed(Slice(Int(node.start), Int(node.end)))
            return Numbers.digits(slice, in: text.span)
        default: return nil
        }
    }

    func boolean(_ id: ID) -> Bool? {
        switch nodes[id].kind {
        case .yes: return true
        case .no: return false
        default:
            if equalsIgnoringCase(id, "true") { return true }
            if equalsIgnoringCase(id, "false") { return false }
            return nil
        }
    }

    func isTextList(_ id: ID) -> Bool {
        guard nodes[id].kind == .array, var current = first(of: id) else { return false }
        while true {
            guard isString(current) else { return false }
            guard let next = next(of: current) else { return true }
            current = next
        }
    }

    /// The text of a number, or of a string without escapes.
    func swiftText(_ id: ID) -> String {
        let node = nodes[id]
        return String(decoding: text[Int(node.start)..<Int(node.end)], as: UTF8.self)
    }

    func isUnsafeInteger(_ slice: Slice) -> Bool {
        let text = String(decoding: text[slice.start..<slice.end], as: UTF8.self)
        guard let number = Int64(text) else { return false }
        return number.magnitude > 1 << 53 - 1
    }
}
