import MastraRecords
import OTLP

/// Lists that senders wrote as one attribute a leaf: `llm.input_messages.0.message.role` (MAPPING 6).
extension SpanMapper {
    private struct Leaf {
        var position: Int
        /// What is left of the key's path.
        var start: Int
        var end: Int
    }

    /// The list of a family, or nil where no key of it is there. Indices are put in order, and gaps
    /// close up; keys that fit nowhere stay left-overs.
    mutating func rebuilt(_ family: KeyFamily, _ bytes: Span<UInt8>) -> ValueTree.ID? {
        guard attributes.has(family) else { return nil }
        if let known = draft.lists.first(where: { $0.family == family }) { return known.value }
        let prefix = family.prefix.utf8CodeUnitCount
        var leaves: [Leaf] = []
        for position in attributes.families[family.rawValue] {
            let position = Int(position)
            guard attributes.states[position] == .leftOver else { continue }
            let key = view.attributes[position].key
            leaves.append(Leaf(position: position, start: key.start &+ prefix, end: key.end))
        }
        var used: [Int] = []
        var list: ValueTree.ID?
        if !leaves.isEmpty {
            leaves.sort { Self.isBefore($0, $1, bytes) }
            list = container(leaves[...], depth: 0, &used, bytes)
            if list.map(tree.isAbsent) == true { list = nil }
        }
        draft.lists.append((family, list, used))
        return list
    }

    mutating func consume(_ family: KeyFamily) {
        guard let list = draft.lists.first(where: { $0.family == family }) else { return }
        for position in list.positions { attributes.consume(position) }
    }

    /// By numbers where segments are numbers, else by their bytes.
    private static func isBefore(_ one: Leaf, _ other: Leaf, _ bytes: Span<UInt8>) -> Bool {
        var first = one.start
        var second = other.start
        while first < one.end, second < other.end {
            let firstEnd = KeyPath.segmentEnd(at: first, before: one.end, in: bytes)
            let secondEnd = KeyPath.segmentEnd(at: second, before: other.end, in: bytes)
            let numbers = (
                KeyPath.index(at: first, before: one.end, in: bytes),
                KeyPath.index(at: second, before: other.end, in: bytes)
            )
            if let one = numbers.0, let other = numbers.1, one != other { return one < other }
            let order = compare(first, firstEnd, second, secondEnd, bytes)
            if order != 0 { return order < 0 }
            first = firstEnd &+ 1
            second = secondEnd &+ 1
        }
        let left = (one.end &- first, other.end &- second)
        return left.0 != left.1 ? left.0 < left.1 : one.position < other.position
    }

    private static func compare(
        _ first: Int, _ firstEnd: Int, _ second: Int, _ secondEnd: Int, _ bytes: Span<UInt8>
    ) -> Int {
        var offset = 0
        while first &+ offset < firstEnd, second &+ offset < secondEnd {
            let difference = Int(bytes[first &+ offset]) &- Int(bytes[second &+ offset])
            if difference != 0 { return difference }
            offset &+= 1
        }
        return (firstEnd &- first) &- (secondEnd &- second)
    }

    static let maxPathDepth = 32

    private mutating func container(
        _ leaves: ArraySlice<Leaf>, depth: Int, _ used: inout [Int], _ bytes: Span<UInt8>
    ) -> ValueTree.ID {
        let isList = leaves.allSatisfy {
            KeyPath.index(at: $0.start, before: $0.end, in: bytes) != nil
        }
        let container = isList ? tree.array() : tree.object()
        var start = leaves.startIndex
        while start < leaves.endIndex {
            let first = leaves[start]
            let segmentEnd = KeyPath.segmentEnd(at: first.start, before: first.end, in: bytes)
            var end = start
            while end < leaves.endIndex,
                isSameSegment(leaves[end], first.start, segmentEnd, bytes)
            {
                end += 1
            }
            if let value = self.value(
                leaves[start..<end], segmentEnd, depth: depth, &used, bytes)
            {
                if isList {
                    tree.append(value, to: container)
                } else {
                    tree.set(Slice(first.start, segmentEnd), in: bytes, value, of: container)
                }
            }
            start = end
        }
        return unwrapped(container)
    }

    private mutating func isSameSegment(
        _ leaf: Leaf, _ start: Int, _ end: Int, _ bytes: Span<UInt8>
    ) -> Bool {
        let leafEnd = KeyPath.segmentEnd(at: leaf.start, before: leaf.end, in: bytes)
        return Self.compare(leaf.start, leafEnd, start, end, bytes) == 0
    }

    /// The value under one segment. Items are objects, and where keys go on there is one: a scalar in
    /// its place is a left-over.
    private mutating func value(
        _ leaves: ArraySlice<Leaf>, _ segmentEnd: Int, depth: Int, _ used: inout [Int],
        _ bytes: Span<UInt8>
    ) -> ValueTree.ID? {
        // Of keys that begin alike the shortest comes first.
        let first = leaves[leaves.startIndex]
        var inner = Array(leaves)
        if segmentEnd == first.end {
            guard leaves.count > 1 || depth == 0 else {
                used.append(first.position)
                return leafValue(first, bytes)
            }
            inner.removeFirst()
            guard !inner.isEmpty else { return nil }
        }
        guard depth < Self.maxPathDepth else { return nil }
        for index in inner.indices {
            inner[index].start =
                KeyPath.segmentEnd(at: inner[index].start, before: inner[index].end, in: bytes)
                &+ 1
        }
        let value = container(inner[...], depth: depth &+ 1, &used, bytes)
        // Nothing of it has found a place.
        return tree.isAbsent(value) ? nil : value
    }

    private static let encodedNames: [StaticString] = [
        "metadata", "json_schema", "parameters", "input_schema", "arguments",
    ]

    /// Some members are JSON in a string by their convention; vectors are counted, not kept.
    private mutating func leafValue(_ leaf: Leaf, _ bytes: Span<UInt8>) -> ValueTree.ID {
        let value = tree.value(view.attributes[leaf.position].value, in: bytes)
        let name = Slice(leaf.start, leaf.end)
        if Self.encodedNames.contains(where: { $0.equals(bytes, name.start, name.end) }) {
            return tree.parsed(value, policy) ?? value
        }
        return value
    }

    private static let wrappers: [StaticString] = [
        "message", "message_content", "tool_call", "document", "embedding", "tool", "prompt",
        "completion",
    ]

    /// OpenInference puts each item into an object of one member that names its kind.
    private mutating func unwrapped(_ container: ValueTree.ID) -> ValueTree.ID {
        guard tree.kind(container) == .object, let only = tree.first(of: container),
            tree.next(of: only) == nil, tree.kind(only) == .object,
            Self.wrappers.contains(where: { tree.isNamed(only, $0) })
        else { return container }
        return only
    }
}
