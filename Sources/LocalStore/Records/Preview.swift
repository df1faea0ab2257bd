import MastraRecords

/// The line by which people know a trace again: what the user said.
enum Preview {
    static let maxCharacters = 200
    /// A longer input is not parsed for one line.
    private static let maxParsedBytes = 64 * 1024

    /// Of an `input`; nil where it says nothing.
    static func line(_ bytes: Span<UInt8>, _ range: Range<Int>?) -> String? {
        text(bytes, range, maxCharacters: maxCharacters).flatMap { text in
            let line = inOneLine(text)
            return line.isEmpty ? nil : line
        }
    }

    /// With one space for each run of ASCII's white space; others do no harm in a line.
    private static func inOneLine(_ text: String) -> String {
        var line: [UInt8] = []
        line.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            let isSpace = byte == 0x20 || (0x09...0x0d).contains(byte)
            if !isSpace {
                line.append(byte)
            } else if line.last != 0x20, !line.isEmpty {
                line.append(0x20)
            }
        }
        if line.last == 0x20 { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }

    /// What was said, with its line breaks.
    static func text(
        _ bytes: Span<UInt8>, _ range: Range<Int>?, maxCharacters: Int
    ) -> String? {
        guard let range, bytes[range.lowerBound] != UInt8(ascii: "n") else { return nil }
        var tree = JSONTree()
        guard range.count <= maxParsedBytes, tree.parse(bytes, range.lowerBound, range.upperBound)
        else {
            var text: [UInt8] = []
            SearchText.append(bytes, range, to: &text, maxBytes: 4 * maxCharacters)
            return text.isEmpty
                ? nil : String(String(decoding: text, as: UTF8.self).prefix(maxCharacters))
        }
        let reader = MessageReader(tree: tree)
        let text = reader.said(0, bytes) ?? bytes.string(range)
        // Characters are found one by one, and most texts are short enough by their bytes.
        if text.utf8.count <= maxCharacters { return text.isEmpty ? nil : text }
        return String(text.prefix(maxCharacters))
    }
}

private struct MessageReader {
    let tree: JSONTree

    /// Members that hold what somebody said, the first that is there counts.
    private static let texts: [StaticString] = [
        "text", "content", "prompt", "question", "query", "input", "message",
    ]

    /// Of a text, a message, a list of messages, or what has one of them; nil for other values.
    func said(_ index: Int, _ bytes: Span<UInt8>, depth: Int = 0) -> String? {
        guard depth < 6 else { return nil }
        switch tree.nodes[index].kind {
        case .string: return string(index, bytes)
        case .array: return saidInList(index, bytes, depth)
        case .object:
            if let messages = tree.member("messages", of: index, in: bytes) {
                return said(messages, bytes, depth: depth + 1)
            }
            for name in Self.texts {
                guard let member = tree.member(name, of: index, in: bytes) else { continue }
                if let text = said(member, bytes, depth: depth + 1), !text.isEmpty { return text }
            }
            return tree.member("parts", of: index, in: bytes).flatMap {
                said($0, bytes, depth: depth + 1)
            }
        case .null, .bool, .number: return nil
        }
    }

    /// Of messages the last of a user; of anything else the first that says something.
    private func saidInList(
        _ index: Int, _ bytes: Span<UInt8>, _ depth: Int
    ) -> String? {
        var ofUser: String?
        var first: String?
        var item = tree.firstChild(of: index)
        while let current = item {
            if let text = said(current, bytes, depth: depth + 1), !text.isEmpty {
                let role =
                    tree.nodes[current].kind == .object
                    ? tree.member("role", of: current, in: bytes) : nil
                if let role, tree.isString(role, "user", in: bytes) { ofUser = text }
                if first == nil { first = text }
            }
            item = tree.sibling(of: current)
        }
        return ofUser ?? first
    }

    private func string(_ index: Int, _ bytes: Span<UInt8>) -> String {
        let node = tree.nodes[index]
        var content: [UInt8] = []
        JSONUnescape.append(bytes, Int(node.start) + 1, Int(node.end) - 1, to: &content)
        return String(decoding: content, as: UTF8.self)
    }
}
