import MastraRecords
import OTLP

/// The values of one span while they become fields: attributes, JSON found in strings, indexed keys
/// and events in one form, so that each rule is written once (MAPPING 2.1, 6).
///
/// Nodes and their text lie in two lists that are filled again for each span. Containers are built
/// from the leaves up; `append` and `set` link a copy of a node, whose children it shares.
struct ValueTree: Sendable {
    typealias ID = Int

    enum Kind: UInt8, Sendable {
        case null, no, yes
        /// A JSON number as text.
        case number
        /// Text as it is.
        case text
        /// The inside of a JSON string, escapes and all.
        case escaped
        case array, object
    }

    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        /// `start..<end` is the JSON text of the whole container.
        static let isSource = Flags(rawValue: 1)
        /// The key is the inside of a JSON string.
        static let hasEscapedKey = Flags(rawValue: 2)
        /// The policy changes something in it.
        static let needsCare = Flags(rawValue: 4)
        /// The policy hides the value of this member.
        static let isSensitive = Flags(rawValue: 8)
        /// It is a JSON schema, which is not cut.
        static let isSchema = Flags(rawValue: 16)
    }

    struct Node: Sendable {
        var kind: Kind
        var flags: Flags = []
        /// Levels of containers below.
        var height: UInt8 = 0
        /// Of a container that was built: `end` is its last child.
        var start: UInt32 = 0
        var end: UInt32 = 0
        var keyStart: UInt32 = 0
        var keyEnd: UInt32 = 0
        /// The next in the same container, or 0.
        var next: UInt32 = 0
        /// The first of this container, or 0.
        var child: UInt32 = 0

        var count: Int { Int(end) &- Int(start) }
    }

    /// Text beyond this is passed on as the string it is (MAPPING J7).
    static let maxParsedBytes = 1024 * 1024
    static let maxDepth = 64
    static let maxNodes = 262_144

    /// Node 0 is nobody's child, so that 0 can mean none.
    var nodes: [Node] = [Node(kind: .null)]
    var text: [UInt8] = []

    mutating func reset() {
        if nodes.capacity > 4096 {
            nodes = [Node(kind: .null)]
        } else {
            nodes.removeSubrange(1...)
        }
        text.removeAll(keepingCapacity: text.capacity <= 256 * 1024)
    }
}

// MARK: - Making nodes

extension ValueTree {
    mutating func add(_ node: Node) -> ID {
        nodes.append(node)
        return nodes.count &- 1
    }

    mutating func null() -> ID { add(Node(kind: .null)) }
    mutating func bool(_ value: Bool) -> ID { add(Node(kind: value ? .yes : .no)) }
    mutating func object() -> ID { add(Node(kind: .object)) }
    mutating func array() -> ID { add(Node(kind: .array)) }

    /// A string out of bytes elsewhere.
    mutating func string(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> ID {
        let range = store(bytes, start, end)
        return add(Node(kind: .text, start: range.lower, end: range.upper))
    }

    mutating func string(_ literal: StaticString) -> ID {
        let range = store(literal)
        return add(Node(kind: .text, start: range.lower, end: range.upper))
    }

    mutating func string(_ string: String) -> ID {
        let start = text.count
        text.append(contentsOf: string.utf8)
        return add(Node(kind: .text, start: UInt32(start), end: UInt32(text.count)))
    }

    /// Text that was put behind `start`.
    mutating func string(from start: Int) -> ID {
        add(Node(kind: .text, start: UInt32(start), end: UInt32(text.count)))
    }

    mutating func integer(_ value: Int64) -> ID {
        let start = text.count
        text.append(contentsOf: String(value).utf8)
        // What JavaScript cannot hold exactly is a string (MAPPING 2).
        let kind: Kind = value.magnitude <= 1 << 53 - 1 ? .number : .text
        return add(Node(kind: kind, start: UInt32(start), end: UInt32(text.count)))
    }

    mutating func double(_ value: Double) -> ID {
        if value.isNaN { return string("NaN" as StaticString) }
        if value.isInfinite {
            return string(value < 0 ? "-Infinity" as StaticString : "Infinity")
        }
        let start = text.count
        text.append(contentsOf: value.description.utf8)
        return add(Node(kind: .number, start: UInt32(start), end: UInt32(text.count)))
    }

    /// An attribute's value, whatever its kind.
    mutating func value(_ value: ValueView, in bytes: Span<UInt8>, depth: Int = 0) -> ID {
        switch value.kind {
        case .empty: return null()
        case .bool: return bool(value.bool)
        case .int: return integer(value.int)
        case .double: return double(value.double)
        case .string: return string(bytes, value.slice.start, value.slice.end)
        case .bytes:
            var writer = JSONWriter(capacity: 2 * value.slice.count)
            writer.base64(bytes, value.slice.start, value.slice.end)
            let encoded = writer.bytes(from: 0)
            return string(encoded.span, 1, encoded.count - 1)
        case .array, .keyValueList:
            guard depth <= WalkLimits.maxDepth else { return string("[MaxDepth]" as StaticString) }
            return container(value, in: bytes, depth: depth)
        }
    }

    private mutating func container(
        _ value: ValueView, in bytes: Span<UInt8>, depth: Int
    ) -> ID {
        let container = add(Node(kind: value.kind == .array ? .array : .object))
        var cursor = RepeatedCursor(field: 1, of: value.slice)
        while let item = cursor.next(in: bytes) {
            guard nodes.count < Self.maxNodes else {
                let mark = string("[truncated]" as StaticString)
                if value.kind == .array {
                    append(mark, to: container)
                } else {
                    set("__truncated", mark, of: container)
                }
                break
            }
            if value.kind == .array {
                var view = ValueView()
                view.merge(item, in: bytes)
                append(self.value(view, in: bytes, depth: depth &+ 1), to: container)
            } else {
                let pair = AttributeView(item, in: bytes)
                let child = self.value(pair.value, in: bytes, depth: depth &+ 1)
                set(store(bytes, pair.key.start, pair.key.end), child, of: container)
            }
        }
        return container
    }

    mutating func store(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Slice {
        let begin = text.count
        unsafe bytes.extracting(start..<end).withUnsafeBufferPointer { buffer in
            // Read within the closure only.
            unsafe text.append(contentsOf: buffer)
        }
        return Slice(begin, text.count)
    }

    private mutating func store(_ literal: StaticString) -> Slice {
        let begin = text.count
        literal.withUTF8Buffer { buffer in
            // Read within the closure only.
            unsafe text.append(contentsOf: buffer)
        }
        return Slice(begin, text.count)
    }
}

// MARK: - Building containers

extension ValueTree {
    /// Puts a copy of a value at the end of a list.
    mutating func append(_ item: ID, to container: ID) {
        var node = nodes[item]
        node.keyStart = 0
        node.keyEnd = 0
        node.flags.remove([.hasEscapedKey, .isSensitive])
        link(node, to: container)
    }

    /// Puts a copy of a value into an object under a name of ours.
    mutating func set(_ name: StaticString, _ item: ID, of container: ID) {
        set(store(name), item, of: container)
    }

    /// As above, under a key in `text`.
    mutating func set(_ key: Slice, _ item: ID, of container: ID, isEscaped: Bool = false) {
        var node = nodes[item]
        node.keyStart = key.lower
        node.keyEnd = key.upper
        node.flags.remove([.hasEscapedKey, .isSensitive])
        if isEscaped { node.flags.insert(.hasEscapedKey) }
        link(node, to: container)
    }

    /// As above, under a key that lies in other bytes.
    mutating func set(
        _ key: Slice, in bytes: Span<UInt8>, _ item: ID, of container: ID
    ) {
        set(store(bytes, key.start, key.end), item, of: container)
    }

    /// Puts a copy of a member into another object, key and all.
    mutating func adopt(_ member: ID, into container: ID) {
        link(nodes[member], to: container)
    }

    /// Hides the value of the member that was put in last, whatever its key.
    mutating func hideLastMember() {
        nodes[nodes.count &- 1].flags.insert(.isSensitive)
    }

    private mutating func link(_ node: Node, to container: ID) {
        var node = node
        node.next = 0
        nodes.append(node)
        let index = UInt32(truncatingIfNeeded: nodes.count &- 1)
        if nodes[container].child == 0 {
            nodes[container].child = index
        } else {
            nodes[Int(nodes[container].end)].next = index
        }
        nodes[container].end = index
        let height = node.height &+ (node.kind == .array || node.kind == .object ? 1 : 0)
        nodes[container].height = max(nodes[container].height, height)
    }
}

// MARK: - Looking

extension ValueTree {
    func kind(_ id: ID) -> Kind { nodes[id].kind }

    func isString(_ id: ID) -> Bool { nodes[id].kind == .text || nodes[id].kind == .escaped }

    func first(of container: ID) -> ID? {
        let child = nodes[container].child
        return child == 0 ? nil : Int(child)
    }

    func next(of id: ID) -> ID? {
        let next = nodes[id].next
        return next == 0 ? nil : Int(next)
    }

    func count(of container: ID) -> Int {
        var count = 0
        var item = first(of: container)
        while let current = item {
            count &+= 1
            item = next(of: current)
        }
        return count
    }

    /// The last member of that name, as JSON readers take it.
    func member(_ name: StaticString, of container: ID) -> ID? {
        guard nodes[container].kind == .object else { return nil }
        var found: ID?
        var item = first(of: container)
        while let current = item {
            if isNamed(current, name) { found = current }
            item = next(of: current)
        }
        return found
    }

    func member(_ names: [StaticString], of container: ID) -> ID? {
        var current = container
        for name in names {
            guard let next = member(name, of: current) else { return nil }
            current = next
        }
        return current
    }

    func isNamed(_ id: ID, _ name: StaticString) -> Bool {
        name.equals(text.span, Int(nodes[id].keyStart), Int(nodes[id].keyEnd))
    }

    /// Whether a string is this one; what is written with escapes is none of ours.
    func equals(_ id: ID, _ other: StaticString) -> Bool {
        isString(id) && other.equals(text.span, Int(nodes[id].start), Int(nodes[id].end))
    }

    func equalsIgnoringCase(_ id: ID, _ other: StaticString) -> Bool {
        isString(id)
            && other.equalsIgnoringCase(text.span, Int(nodes[id].start), Int(nodes[id].end))
    }

    /// Null, and strings, lists and objects that hold nothing (MAPPING 5).
    func isAbsent(_ id: ID) -> Bool {
        let node = nodes[id]
        switch node.kind {
        case .null: return true
        case .text, .escaped: return node.start == node.end
        case .array, .object: return node.child == 0
        default: return false
        }
    }

    /// The text of a string without escapes, which may have to be made first.
    mutating func plain(_ id: ID) -> Slice {
        let node = nodes[id]
        let slice = Slice(Int(node.start), Int(node.end))
        guard node.kind == .escaped, hasBackslash(slice) else { return slice }
        var unescaped: [UInt8] = []
        JSONUnescape.append(text.span, slice.start, slice.end, to: &unescaped)
        let begin = text.count
        text += unescaped
        return Slice(begin, text.count)
    }

    /// The name of a member without escapes, which may have to be made first.
    mutating func plainKey(_ id: ID) -> Slice {
        let node = nodes[id]
        let slice = Slice(Int(node.keyStart), Int(node.keyEnd))
        guard node.flags.contains(.hasEscapedKey) else { return slice }
        var unescaped: [UInt8] = []
        JSONUnescape.append(text.span, slice.start, slice.end, to: &unescaped)
        let begin = text.count
        text += unescaped
        return Slice(begin, text.count)
    }

    private func hasBackslash(_ slice: Slice) -> Bool {
        let span = text.span
        for position in slice.start..<slice.end where span[position] == UInt8(ascii: "\\") {
            return true
        }
        return false
    }

    /// Puts a copy of text that is here already behind all other.
    mutating func appendText(_ slice: Slice) {
        text.reserveCapacity(text.count &+ slice.count)
        for position in slice.start..<slice.end { text.append(text[position]) }
    }

    /// The text of a string, for the few values that are looked at as words.
    mutating func swiftString(_ id: ID) -> String {
        let slice = plain(id)
        return String(decoding: text[slice.start..<slice.end], as: UTF8.self)
    }
}
