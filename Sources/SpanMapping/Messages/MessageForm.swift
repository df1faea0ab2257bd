import MastraRecords

enum MessageSide: Sendable {
    case input, output
}

/// What a parsed list of messages looks like.
enum MessageForm {
    /// GenAI: `{role, parts:[{type, …}]}`.
    case parts
    /// `{role, content}`, which is Mastra's own form.
    case contents

    /// Nil for anything that is not a non-empty list of such objects.
    init?(_ tree: JSONTree, _ text: Span<UInt8>) {
        guard tree.nodes[0].kind == .array, var current = tree.firstChild(of: 0) else { return nil }
        var hasParts = false
        while true {
            guard tree.nodes[current].kind == .object else { return nil }
            if let parts = tree.member("parts", of: current, in: text) {
                guard tree.nodes[parts].kind == .array else { return nil }
                hasParts = true
            } else if tree.member("content", of: current, in: text) == nil {
                return nil
            }
            guard let next = tree.sibling(of: current) else { break }
            current = next
        }
        self = hasParts ? .parts : .contents
    }
}
