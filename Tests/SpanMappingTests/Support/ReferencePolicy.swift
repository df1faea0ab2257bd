import SpanMapping

/// The limits and the hiding of MASTRA-CONTRACT 2.5 and 2.6 said once more, as simply as can be: the
/// oracle for what a policy makes of a value.
struct ReferencePolicy {
    var maxDepth = 8
    var maxStringLength = 131_072
    var maxArrayItems = 50
    var maxObjectKeys = 50
    var isHiding = true

    static let sensitive: Set<String> = [
        "password", "token", "secret", "key", "apikey", "auth", "authorization", "bearer",
        "bearertoken", "jwt", "credential", "clientsecret", "privatekey", "refresh", "ssn",
    ]

    var policy: ContentPolicy {
        var policy = ContentPolicy()
        policy.maxDepth = maxDepth
        policy.maxStringLength = maxStringLength
        policy.maxArrayItems = maxArrayItems
        policy.maxObjectKeys = maxObjectKeys
        policy.redaction = isHiding ? .full : .off
        return policy
    }

    static func isSensitive(_ name: String) -> Bool {
        sensitive.contains(
            name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }

    /// What becomes of a member's value at `depth`.
    func apply(_ value: JSON, key: String, depth: Int) -> JSON {
        guard isHiding, Self.isSensitive(key) else { return apply(value, depth: depth) }
        switch value {
        case .null, .object: return apply(value, depth: depth)
        case .array(let items):
            let holdsObjects = items.allSatisfy { if case .object = $0 { true } else { false } }
            return holdsObjects ? apply(value, depth: depth) : ["[REDACTED]"]
        default: return "[REDACTED]"
        }
    }

    private func apply(_ value: JSON, depth: Int) -> JSON {
        switch value {
        case .string(let text): return .string(cut(text))
        case .array(let items):
            guard depth <= maxDepth else { return "[MaxDepth]" }
            let kept = items.prefix(maxArrayItems).map { apply($0, depth: depth + 1) }
            let left = items.count - kept.count
            return .array(kept + (left > 0 ? [.string("[…\(left) more items]")] : []))
        case .object(let members):
            guard depth <= maxDepth else { return "[MaxDepth]" }
            var kept: [String: JSON] = [:]
            for (name, member) in members.sorted(by: { $0.key < $1.key }).prefix(maxObjectKeys) {
                kept[name] = apply(member, key: name, depth: depth + 1)
            }
            let left = members.count - kept.count
            if left > 0 { kept["__truncated"] = .string("\(left) more keys omitted") }
            return .object(kept)
        default: return value
        }
    }

    /// In UTF-16 units, none of which is half a character.
    func cut(_ text: String) -> String {
        guard text.utf16.count > maxStringLength else { return text }
        var kept = String.UnicodeScalarView()
        var units = 0
        for scalar in text.unicodeScalars {
            units += scalar.utf16.count
            if units > maxStringLength { break }
            kept.append(scalar)
        }
        return String(kept) + "…[truncated]"
    }
}
