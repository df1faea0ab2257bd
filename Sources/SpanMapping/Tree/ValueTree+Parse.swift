import MastraRecords
import OTLP

/// JSON inside strings (MAPPING 2.1).
extension ValueTree {
    /// What a string holds where its first character opens an object or a list and the whole of it
    /// parses (MAPPING J2); a string around such a string is opened too (MAPPING J3). Nil for any
    /// other value.
    mutating func parsed(_ id: ID, _ policy: borrowing ContentPolicy) -> ID? {
        guard isString(id) else { return nil }
        let slice = trimmedText(id)
        guard !slice.isEmpty, slice.count <= Self.maxParsedBytes else { return nil }
        switch text[slice.start] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return parse(slice, policy)
        case UInt8(ascii: "\""):
            guard let inner = parse(slice, policy) else { return nil }
            let once = trimmedText(inner)
            guard opens(once) else { return nil }
            return parse(once, policy)
        default: return nil
        }
    }

    /// As `parsed`, and the text of a JSON string literal as that text: for keys whose writers encode
    /// everything (MAPPING J3, marked keys).
    mutating func decoded(_ id: ID, _ policy: borrowing ContentPolicy) -> ID? {
        if let value = parsed(id, policy) { return value }
        guard isString(id) else { return nil }
        let slice = trimmedText(id)
        guard slice.count >= 2, slice.count <= Self.maxParsedBytes,
            text[slice.start] == UInt8(ascii: "\"")
        else { return nil }
        return parse(slice, policy)
    }

    /// As `decoded`, and numbers, booleans and null: where everything is JSON (MLflow).
    mutating func decodedScalar(_ id: ID, _ policy: borrowing ContentPolicy) -> ID? {
        if let value = decoded(id, policy) { return value }
        guard isString(id) else { return nil }
        let slice = trimmedText(id)
        guard !slice.isEmpty, slice.count <= 64 else { return nil }
        return parse(slice, policy)
    }

    /// The value of JSON text of any kind, once: where the writer is known to encode just this.
    mutating func parsedWhole(_ id: ID, _ policy: borrowing ContentPolicy) -> ID? {
        guard isString(id) else { return nil }
        let slice = trimmedText(id)
        guard !slice.isEmpty, slice.count <= Self.maxParsedBytes else { return nil }
        return parse(slice, policy)
    }

    /// Looks like JSON that has to parse; where it does not, that is worth a word.
    mutating func opensJSON(_ id: ID) -> Bool {
        guard isString(id) else { return false }
        let slice = trimmedText(id)
        return opens(slice)
    }

    private func opens(_ slice: Slice) -> Bool {
        guard !slice.isEmpty else { return false }
        let first = text[slice.start]
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// The text of a string without escapes and without space around it.
    mutating func trimmedText(_ id: ID) -> Slice {
        let slice = plain(id)
        return trimmed(slice)
    }

    func trimmed(_ slice: Slice) -> Slice {
        SpanMapper.trim(slice, in: text.span)
    }

    private mutating func parse(_ slice: Slice, _ policy: borrowing ContentPolicy) -> ID? {
        let mark = nodes.count
        // Taken out for the while, since text and nodes of one value cannot be used at once.
        var nodes: [Node] = []
        swap(&nodes, &self.nodes)
        defer { swap(&nodes, &self.nodes) }
        let root = JSONValueParser(end: slice.end).parse(
            text.span, from: slice.start, into: &nodes, policy)
        if root == nil { nodes.removeSubrange(mark...) }
        return root
    }
}

/// Makes nodes of JSON text (RFC 8259), and notes on the way what the policy would change.
private struct JSONValueParser {
    typealias Node = ValueTree.Node

    let end: Int

    func parse(
        _ bytes: Span<UInt8>, from start: Int, into nodes: inout [Node],
        _ policy: borrowing ContentPolicy
    ) -> Int? {
        var scanner = JSONScanner(position: start, end: end)
        scanner.skipSpace(bytes)
        guard let root = value(&scanner, bytes, depth: 0, &nodes, policy) else { return nil }
        scanner.skipSpace(bytes)
        guard scanner.position == end else { return nil }
        // A record is one line, wherever it is printed: such text is written anew.
        if scanner.sawLineBreak {
            for index in root..<nodes.count { nodes[index].flags.insert(.needsCare) }
        }
        return root
    }

    private func value(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, depth: Int, _ nodes: inout [Node],
        _ policy: borrowing ContentPolicy
    ) -> Int? {
        guard scanner.position < scanner.end, nodes.count < ValueTree.maxNodes else { return nil }
        let start = scanner.position
        var node = Node(kind: .null)
        switch bytes[start] {
        case UInt8(ascii: "\""):
            guard let hasEscapes = scanner.string(bytes) else { return nil }
            node.kind = hasEscapes ? .escaped : .text
            node.start = UInt32(truncatingIfNeeded: start &+ 1)
            node.end = UInt32(truncatingIfNeeded: scanner.position &- 1)
            if node.count > policy.maxStringLength
                || hasEscapes && scanner.sawSurrogate
                    && hasLoneSurrogate(bytes, node.start, node.end)
            {
                node.flags.insert(.needsCare)
            }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < ValueTree.maxDepth else { return nil }
            return container(&scanner, bytes, depth: depth, &nodes, policy)
        case UInt8(ascii: "t"):
            node.kind = .yes
            guard scanner.word("true", bytes) else { return nil }
        case UInt8(ascii: "f"):
            node.kind = .no
            guard scanner.word("false", bytes) else { return nil }
        case UInt8(ascii: "n"):
            guard scanner.word("null", bytes) else { return nil }
        default:
            node.kind = .number
            guard scanner.number(bytes) else { return nil }
            node.start = UInt32(truncatingIfNeeded: start)
            node.end = UInt32(truncatingIfNeeded: scanner.position)
        }
        nodes.append(node)
        return nodes.count &- 1
    }

    /// Half a pair is no character, and stores refuse it (MAPPING 9).
    private func hasLoneSurrogate(_ bytes: Span<UInt8>, _ start: UInt32, _ end: UInt32) -> Bool {
        JSONUnescape.hasLoneSurrogate(bytes, Int(start), Int(end))
    }

    private func container(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, depth: Int, _ nodes: inout [Node],
        _ policy: borrowing ContentPolicy
    ) -> Int? {
        let isObject = bytes[scanner.position] == UInt8(ascii: "{")
        let close = UInt8(ascii: isObject ? "}" : "]")
        let index = nodes.count
        nodes.append(
            Node(
                kind: isObject ? .object : .array, flags: .isSource,
                start: UInt32(truncatingIfNeeded: scanner.position)))
        scanner.position &+= 1
        scanner.skipSpace(bytes)
        var previous = 0
        var count = 0
        if !scanner.take(close, bytes) {
            while true {
                var member = Member()
                if isObject {
                    guard let key = self.key(&scanner, bytes, policy) else { return nil }
                    member = key
                }
                scanner.skipSpace(bytes)
                guard let item = value(&scanner, bytes, depth: depth &+ 1, &nodes, policy) else {
                    return nil
                }
                count &+= 1
                note(member, of: item, in: index, &nodes)
                if previous == 0 {
                    nodes[index].child = UInt32(truncatingIfNeeded: item)
                } else {
                    nodes[previous].next = UInt32(truncatingIfNeeded: item)
                }
                previous = item
                scanner.skipSpace(bytes)
                if scanner.take(close, bytes) { break }
                guard scanner.take(UInt8(ascii: ","), bytes) else { return nil }
            }
        }
        nodes[index].end = UInt32(truncatingIfNeeded: scanner.position)
        if count > (isObject ? policy.maxObjectKeys : policy.maxArrayItems) {
            nodes[index].flags.insert(.needsCare)
        }
        return index
    }

    private struct Member {
        var start: UInt32 = 0
        var end: UInt32 = 0
        var flags: ValueTree.Flags = []
    }

    private func key(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ policy: borrowing ContentPolicy
    ) -> Member? {
        scanner.skipSpace(bytes)
        let start = scanner.position
        guard start < scanner.end, bytes[start] == UInt8(ascii: "\""),
            let isEscaped = scanner.string(bytes)
        else { return nil }
        var member = Member()
        member.start = UInt32(truncatingIfNeeded: start &+ 1)
        member.end = UInt32(truncatingIfNeeded: scanner.position &- 1)
        if isEscaped {
            member.flags.insert(.hasEscapedKey)
            if scanner.sawSurrogate, hasLoneSurrogate(bytes, member.start, member.end) {
                member.flags.insert(.needsCare)
            }
        }
        if isSensitive(member, isEscaped, bytes, policy) {
            member.flags.formUnion([.isSensitive, .needsCare])
        }
        scanner.skipSpace(bytes)
        guard scanner.take(UInt8(ascii: ":"), bytes) else { return nil }
        return member
    }

    private func isSensitive(
        _ member: Member, _ isEscaped: Bool, _ bytes: Span<UInt8>,
        _ policy: borrowing ContentPolicy
    ) -> Bool {
        guard isEscaped else {
            return policy.isSensitive(bytes, Int(member.start), Int(member.end))
        }
        // `toke\u006e` is `token` to every reader.
        var name: [UInt8] = []
        JSONUnescape.append(bytes, Int(member.start), Int(member.end), to: &name)
        return policy.isSensitive(name.span, 0, name.count)
    }

    private func note(
        _ member: Member, of item: Int, in container: Int, _ nodes: inout [Node]
    ) {
        nodes[item].keyStart = member.start
        nodes[item].keyEnd = member.end
        nodes[item].flags.formUnion(member.flags)
        if nodes[item].flags.contains(.needsCare) { nodes[container].flags.insert(.needsCare) }
        let isContainer = nodes[item].kind == .array || nodes[item].kind == .object
        let height = nodes[item].height &+ (isContainer ? 1 : 0)
        nodes[container].height = max(nodes[container].height, height)
    }
}
