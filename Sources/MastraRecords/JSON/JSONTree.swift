/// JSON text (RFC 8259) as a flat list of nodes that point into it: nothing is decoded or copied.
///
/// One value is filled again and again and keeps its memory. Depth and number of nodes are bounded;
/// text beyond them counts as not parsed, and its caller passes it on as the string it was.
package struct JSONTree: Sendable {
    package enum Kind: UInt8, Sendable {
        case null, bool, number, string, array, object
    }

    package struct Node: Sendable {
        package let kind: Kind
        /// A string with a backslash in it, whose content is not its text.
        package let isEscaped: Bool
        /// The raw text; with quotes or brackets where it has them.
        package let start: UInt32
        package var end: UInt32
        /// The name in an object, without quotes and as written (escapes and all).
        package let keyStart: UInt32
        package let keyEnd: UInt32
        /// Index of the next item of the same container, or 0.
        package fileprivate(set) var next: UInt32 = 0
        /// Index of the first item of this container, or 0.
        package fileprivate(set) var child: UInt32 = 0
    }

    package static let maxDepth = 64
    package static let maxNodes = 65_536

    package private(set) var nodes: [Node] = []

    package init() {}

    /// Parses `bytes[start..<end]`, which has to be one JSON value and white space around it.
    /// Node 0 is the value. False where it is not JSON, not UTF-8, or over a bound.
    package mutating func parse(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        nodes.removeAll(keepingCapacity: nodes.capacity <= 4096)
        var scanner = JSONScanner(position: start, end: end)
        scanner.skipSpace(bytes)
        guard value(&scanner, bytes, key: (0, 0), depth: 0) != nil else { return false }
        scanner.skipSpace(bytes)
        return scanner.position == end
    }

    private mutating func value(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, key: (UInt32, UInt32), depth: Int
    ) -> Int? {
        guard scanner.position < scanner.end, nodes.count < Self.maxNodes else { return nil }
        let start = scanner.position
        let first = bytes[start]
        let kind: Kind
        var escaped = false
        switch first {
        case UInt8(ascii: "\""):
            kind = .string
            guard let hasEscapes = scanner.string(bytes) else { return nil }
            escaped = hasEscapes
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < Self.maxDepth else { return nil }
            return container(&scanner, bytes, key: key, depth: depth)
        case UInt8(ascii: "t"):
            kind = .bool
            guard scanner.word("true", bytes) else { return nil }
        case UInt8(ascii: "f"):
            kind = .bool
            guard scanner.word("false", bytes) else { return nil }
        case UInt8(ascii: "n"):
            kind = .null
            guard scanner.word("null", bytes) else { return nil }
        default:
            kind = .number
            guard scanner.number(bytes) else { return nil }
        }
        nodes.append(
            Node(
                kind: kind, isEscaped: escaped, start: UInt32(truncatingIfNeeded: start),
                end: UInt32(truncatingIfNeeded: scanner.position), keyStart: key.0, keyEnd: key.1))
        return nodes.count &- 1
    }

    private mutating func container(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, key: (UInt32, UInt32), depth: Int
    ) -> Int? {
        let isObject = bytes[scanner.position] == UInt8(ascii: "{")
        let close = UInt8(ascii: isObject ? "}" : "]")
        let index = nodes.count
        nodes.append(
            Node(
                kind: isObject ? .object : .array, isEscaped: false,
                start: UInt32(truncatingIfNeeded: scanner.position), end: 0, keyStart: key.0,
                keyEnd: key.1))
        scanner.position &+= 1
        scanner.skipSpace(bytes)
        if scanner.take(close, bytes) { return finish(index, scanner) }
        var previous = 0
        while true {
            var itemKey: (UInt32, UInt32) = (0, 0)
            if isObject {
                scanner.skipSpace(bytes)
                let keyStart = scanner.position
                guard keyStart < scanner.end, bytes[keyStart] == UInt8(ascii: "\""),
                    scanner.string(bytes) != nil
                else { return nil }
                itemKey = (
                    UInt32(truncatingIfNeeded: keyStart &+ 1),
                    UInt32(truncatingIfNeeded: scanner.position &- 1)
                )
                scanner.skipSpace(bytes)
                guard scanner.take(UInt8(ascii: ":"), bytes) else { return nil }
            }
            scanner.skipSpace(bytes)
            guard let item = value(&scanner, bytes, key: itemKey, depth: depth &+ 1) else {
                return nil
            }
            if previous == 0 {
                nodes[index].child = UInt32(truncatingIfNeeded: item)
            } else {
                nodes[previous].next = UInt32(truncatingIfNeeded: item)
            }
            previous = item
            scanner.skipSpace(bytes)
            if scanner.take(close, bytes) { return finish(index, scanner) }
            guard scanner.take(UInt8(ascii: ","), bytes) else { return nil }
        }
    }

    private mutating func finish(_ index: Int, _ scanner: JSONScanner) -> Int {
        nodes[index].end = UInt32(truncatingIfNeeded: scanner.position)
        return index
    }
}

// MARK: - Reading

extension JSONTree {
    /// Index of the first item, or nil where there is none.
    package func firstChild(of index: Int) -> Int? {
        let child = Int(nodes[index].child)
        return child == 0 ? nil : child
    }

    package func sibling(of index: Int) -> Int? {
        let next = Int(nodes[index].next)
        return next == 0 ? nil : next
    }

    /// The member of an object under a name of plain ASCII; of several, the last.
    package func member(_ name: StaticString, of index: Int, in bytes: Span<UInt8>) -> Int? {
        guard nodes[index].kind == .object else { return nil }
        var found: Int?
        var item = firstChild(of: index)
        while let current = item {
            if isNamed(current, name, in: bytes) { found = current }
            item = sibling(of: current)
        }
        return found
    }

    package func isNamed(_ index: Int, _ name: StaticString, in bytes: Span<UInt8>) -> Bool {
        let node = nodes[index]
        return name.equals(bytes, Int(node.keyStart), Int(node.keyEnd))
    }

    /// Whether a node is the string `text` (without escapes).
    package func isString(_ index: Int, _ text: StaticString, in bytes: Span<UInt8>) -> Bool {
        let node = nodes[index]
        return node.kind == .string && text.equals(bytes, Int(node.start) + 1, Int(node.end) - 1)
    }

    package func childCount(of index: Int) -> Int {
        var count = 0
        var item = firstChild(of: index)
        while let current = item {
            count += 1
            item = sibling(of: current)
        }
        return count
    }
}

extension StaticString {
    /// Byte-wise equality with `bytes[start..<end]`.
    @inlinable @inline(__always)
    package func equals(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end &- start == utf8CodeUnitCount else { return false }
        for offset in 0..<utf8CodeUnitCount {
            // `offset` is below the string's length; literals live as long as the program.
            if bytes[start &+ offset] != (unsafe utf8Start[offset]) { return false }
        }
        return true
    }

    /// As `equals`, ASCII letters of either case.
    package func equalsIgnoringCase(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end &- start == utf8CodeUnitCount else { return false }
        for offset in 0..<utf8CodeUnitCount {
            // As in `equals`.
            let wanted = unsafe utf8Start[offset]
            if Self.lower(bytes[start &+ offset]) != Self.lower(wanted) { return false }
        }
        return true
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

extension JSONTree {
    /// Whether all of `bytes[start..<end]` is one JSON number.
    package static func isNumber(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var scanner = JSONScanner(position: start, end: end)
        return scanner.number(bytes) && scanner.position == end
    }
}
