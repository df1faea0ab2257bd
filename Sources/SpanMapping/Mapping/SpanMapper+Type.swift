import MastraRecords
import OTLP

extension SpanMapper {
    /// What the span is, by the first row of `SpanTypeRule.all` that says so.
    func decideType(_ bytes: Span<UInt8>) -> SpanType {
        guard attributes.roles.contains(.convention) else { return .generic }
        for rule in SpanTypeRule.all {
            if let type = decide(by: rule, bytes) { return type }
        }
        return .generic
    }

    private func decide(by rule: SpanTypeRule, _ bytes: Span<UInt8>) -> SpanType? {
        switch rule {
        case .value(let key, let choices):
            guard let text = text(of: key, in: bytes) else { return nil }
            let trimmed = Self.trim(text, in: bytes)
            let choice = choices.first {
                $0.0.equalsIgnoringCase(bytes, trimmed.start, trimmed.end)
            }
            return choice.map { resolve($0.1) }
        case .presence(let anyOf, let evidence, let choice):
            guard has(anyOf, bytes), evidence.isEmpty || has(evidence, bytes) else { return nil }
            return resolve(choice)
        }
    }

    private func resolve(_ choice: SpanTypeChoice) -> SpanType {
        switch choice {
        case .always(let type): type
        case .workflowByPosition: isEntry ? .workflowRun : .workflowStep
        case .toolByTransport: attributes.hasMCPKeys ? .mcpToolCall : .toolCall
        case .toolByMethod:
            attributes.position(of: .mcpMethodName) != nil ? .mcpToolCall : .toolCall
        }
    }

    /// No parent, or one in another process: bits 8 and 9 of the flags are both set
    /// (OTLP `SpanFlags`, has-is-remote and is-remote).
    private var isEntry: Bool {
        parent.isEmpty || view.flags & 0x300 == 0x300
    }

    private func has(_ keys: [AttributeKey], _ bytes: Span<UInt8>) -> Bool {
        for key in keys where nonEmpty(key, bytes) != nil { return true }
        return false
    }

    /// The value of a key that is a non-empty string.
    func text(of key: AttributeKey, in bytes: Span<UInt8>) -> Slice? {
        guard let position = attributes.position(of: key) else { return nil }
        let value = view.attributes[position].value
        guard value.kind == .string, !value.slice.isEmpty else { return nil }
        return value.slice
    }

    static func trim(_ slice: Slice, in bytes: Span<UInt8>) -> Slice {
        var start = slice.start
        var end = slice.end
        while start < end, bytes[start] <= 0x20 { start &+= 1 }
        while end > start, bytes[end &- 1] <= 0x20 { end &-= 1 }
        return Slice(start, end)
    }
}
