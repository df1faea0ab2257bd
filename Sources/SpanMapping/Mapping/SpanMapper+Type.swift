import MastraRecords
import OTLP

extension SpanMapper {
    /// What the span is, by the first row of `SpanTypeRule.all` that says so.
    mutating func decideType(_ bytes: Span<UInt8>) -> SpanType {
        var first = 0
        if !attributes.roles.contains(.convention) {
            // Its name alone can still tell of an operation.
            guard view.kind == Self.clientKind, mayNameOperation(bytes) else { return .generic }
            first = SpanTypeRule.firstByName
        }
        for index in first..<SpanTypeRule.probes.count
        where attributes.passes(SpanTypeRule.probes[index]) {
            let rule = SpanTypeRule.all[index]
            guard let type = decide(by: rule.test, bytes) else { continue }
            explain("spanType", "\(rule.label) \(rule.test.source)")
            // A span that only its name tells of has no key that would enable the other rules.
            if !attributes.roles.contains(.convention) { attributes.enable(.genAI) }
            return type
        }
        return .generic
    }

    /// The first letters of the operations that T17 knows.
    @inline(__always)
    private mutating func mayNameOperation(_ bytes: Span<UInt8>) -> Bool {
        guard !view.name.isEmpty else { return false }
        switch bytes[view.name.start] {
        case UInt8(ascii: "c"), UInt8(ascii: "t"), UInt8(ascii: "g"), UInt8(ascii: "e"),
            UInt8(ascii: "i"):
            return true
        default: return false
        }
    }

    static let clientKind: Int32 = 3
    static let serverKind: Int32 = 2

    private mutating func decide(by test: SpanTypeRule.Test, _ bytes: Span<UInt8>) -> SpanType? {
        switch test {
        case .value(let slot, let choices):
            guard let text = text(of: slot, in: bytes) else { return nil }
            return choose(choices, unquoted(text, bytes), bytes)
        case .word(let slot, let choices):
            guard let text = text(of: slot, in: bytes) else { return nil }
            return choose(choices, word(Self.trim(text, in: bytes), bytes), bytes)
        case .shape(let slot, let before, let after, let choice):
            guard let text = text(of: slot, in: bytes) else { return nil }
            let word = word(Self.trim(text, in: bytes), bytes)
            guard Self.begins(word, with: before, bytes), Self.ends(word, with: after, bytes) else {
                return nil
            }
            return resolve(choice)
        case .anyValue(let slot, let choice):
            return text(of: slot, in: bytes) == nil ? nil : resolve(choice)
        case .name(let name, let convention, let keys, let choice):
            guard convention.isEmpty || attributes.conventions.contains(convention),
                keys.allSatisfy({ nonEmpty($0, bytes) != nil }),
                matches(name, bytes)
            else { return nil }
            return resolve(choice)
        case .presence(let anyOf, let evidence, let choice):
            guard attributes.roles.contains(.convention), has(anyOf, bytes),
                evidence.isEmpty || has(evidence, bytes)
            else { return nil }
            return resolve(choice)
        }
    }

    private mutating func choose(
        _ choices: [(StaticString, SpanTypeChoice)], _ text: Slice, _ bytes: Span<UInt8>
    ) -> SpanType? {
        choices.first { $0.0.equalsIgnoringCase(bytes, text.start, text.end) }
            .map { resolve($0.1) }
    }

    /// Without spaces around it, and without the quotes of a writer that encodes everything as JSON.
    private mutating func unquoted(_ text: Slice, _ bytes: Span<UInt8>) -> Slice {
        let trimmed = Self.trim(text, in: bytes)
        guard trimmed.count > 2, bytes[trimmed.start] == UInt8(ascii: "\""),
            bytes[trimmed.end &- 1] == UInt8(ascii: "\"")
        else { return trimmed }
        return Slice(trimmed.start &+ 1, trimmed.end &- 1)
    }

    private mutating func word(_ text: Slice, _ bytes: Span<UInt8>) -> Slice {
        var end = text.start
        while end < text.end, bytes[end] != UInt8(ascii: " ") { end &+= 1 }
        return Slice(text.start, end)
    }

    static func begins(_ text: Slice, with prefix: StaticString, _ bytes: Span<UInt8>) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return text.count >= length && prefix.equals(bytes, text.start, text.start &+ length)
    }

    static func ends(_ text: Slice, with suffix: StaticString, _ bytes: Span<UInt8>) -> Bool {
        let length = suffix.utf8CodeUnitCount
        return text.count >= length && suffix.equals(bytes, text.end &- length, text.end)
    }

    private mutating func matches(_ name: SpanTypeRule.Name, _ bytes: Span<UInt8>) -> Bool {
        switch name {
        case .any: return true
        case .equals(let word): return word.equals(bytes, view.name.start, view.name.end)
        case .begins(let word): return Self.begins(view.name, with: word, bytes)
        case .operation(let word):
            return view.kind == Self.clientKind && nameBehind(word, bytes) != nil
        }
    }

    /// The one word that follows an operation in the span's name (MAPPING T17).
    mutating func nameBehind(_ operation: StaticString, _ bytes: Span<UInt8>) -> Slice? {
        let length = operation.utf8CodeUnitCount
        guard view.name.count > length &+ 1, Self.begins(view.name, with: operation, bytes),
            bytes[view.name.start &+ length] == UInt8(ascii: " ")
        else { return nil }
        let rest = Slice(view.name.start &+ length &+ 1, view.name.end)
        guard word(rest, bytes) == rest else { return nil }
        return rest
    }

    private mutating func resolve(_ choice: SpanTypeChoice) -> SpanType {
        switch choice {
        case .always(let type): type
        case .workflowByPosition: isEntry ? .workflowRun : .workflowStep
        case .toolByTransport:
            attributes.has(.mcp) || attributes.conventions.contains(.mcpScope)
                ? .mcpToolCall : .toolCall
        case .toolByMethod:
            attributes.position(of: Self.mcpMethod) != nil ? .mcpToolCall : .toolCall
        case .toolByKind: view.kind == Self.serverKind ? .toolCall : .mcpToolCall
        }
    }

    static let mcpMethod = KeySlot(.mcpMethodName)

    /// No parent, or one in another process: bits 8 and 9 of the flags are both set
    /// (OTLP `SpanFlags`, has-is-remote and is-remote).
    private var isEntry: Bool {
        parent.isEmpty || view.flags & 0x300 == 0x300
    }

    private mutating func has(_ presences: [SpanTypeRule.Presence], _ bytes: Span<UInt8>) -> Bool {
        for presence in presences {
            switch presence {
            case .key(let slot): if nonEmpty(slot, bytes) != nil { return true }
            case .family(let family): if attributes.has(family) { return true }
            case .contentEvent: if hasContentEvents { return true }
            case .value(let slot, let words):
                guard let value = text(of: slot, in: bytes) else { continue }
                let text = Self.trim(value, in: bytes)
                if words.contains(where: { $0.equalsIgnoringCase(bytes, text.start, text.end) }) {
                    return true
                }
            }
        }
        return false
    }

    /// The value of a key that is a non-empty string.
    mutating func text(of slot: KeySlot, in bytes: Span<UInt8>) -> Slice? {
        guard let position = attributes.position(of: slot) else { return nil }
        let value = view.attributes[position].value
        guard value.kind == .string, !value.slice.isEmpty else { return nil }
        return value.slice
    }

    /// The position of a key that has a value which does not count as absent.
    mutating func nonEmpty(_ slot: KeySlot, _ bytes: Span<UInt8>) -> Int? {
        guard let position = attributes.position(of: slot) else { return nil }
        return Self.isAbsent(view.attributes[position].value, in: bytes) ? nil : position
    }

    /// Empty strings, lists and maps count as absent, those in JSON too (MAPPING 5).
    static func isAbsent(_ value: ValueView, in bytes: Span<UInt8>) -> Bool {
        switch value.kind {
        case .empty: return true
        case .array, .keyValueList, .bytes: return value.slice.isEmpty
        case .string:
            let text = value.slice
            return text.isEmpty || ("[]" as StaticString).equals(bytes, text.start, text.end)
                || ("{}" as StaticString).equals(bytes, text.start, text.end)
        default: return false
        }
    }

    static func trim(_ slice: Slice, in bytes: Span<UInt8>) -> Slice {
        var start = slice.start
        var end = slice.end
        while start < end, bytes[start] <= 0x20 { start &+= 1 }
        while end > start, bytes[end &- 1] <= 0x20 { end &-= 1 }
        return Slice(start, end)
    }
}

extension SpanTypeRule.Test {
    /// What is looked at, in words.
    var source: String {
        switch self {
        case .value(let slot, _), .word(let slot, _), .anyValue(let slot, _),
            .shape(let slot, _, _, _):
            slot.key.rawValue
        case .name: "span name"
        case .presence(let anyOf, _, _):
            "presence of " + anyOf.map(\.summary).joined(separator: ", ")
        }
    }
}

extension SpanTypeRule.Presence {
    var summary: String {
        switch self {
        case .key(let slot): slot.key.rawValue
        case .family(let family): "\(family.prefix)N.…"
        case .contentEvent: "GenAI content events"
        case .value(let slot, let words):
            "\(slot.key.rawValue) = " + words.map { "\($0)" }.joined(separator: " or ")
        }
    }
}
