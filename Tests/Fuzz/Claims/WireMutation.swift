import OracleKit
import TestKit

/// Changes a request in one or a few places and keeps it well-formed: bytes that are changed at
/// random mostly end at the first length, and what is behind the walk sees little of them.
struct WireMutation {
    private var random: SplitMix64
    private let change: ByteChange
    /// Texts that attribute keys can become.
    private let keys: [[UInt8]]
    private let maxBytes: Int

    init(seed: UInt64, keys: [[UInt8]], maxBytes: Int, change: @escaping ByteChange) {
        random = SplitMix64(seed: seed)
        self.keys = keys
        self.maxBytes = maxBytes
        self.change = change
    }

    mutating func mutated(_ request: [UInt8]) -> [UInt8] {
        var tree = WireTree.parse(request)
        for _ in 0...random.below(3) {
            let count = tree.count
            guard count > 0 else { return request }
            let whole = tree
            var index = random.below(count)
            tree.edit(&index) { edit(&$0, $1, whole) }
        }
        return tree.encoded
    }

    private mutating func edit(_ fields: inout [WireTree], _ place: Int, _ whole: WireTree) {
        switch random.below(8) {
        case 0: fields.insert(fields[place], at: random.below(fields.count + 1))
        case 1: fields.remove(at: place)
        case 2: fields.swapAt(place, random.below(fields.count))
        case 3, 4: replace(&fields[place], from: whole)
        default: changeContent(of: &fields[place])
        }
    }

    /// Another message of the same type stands in its place.
    private mutating func replace(_ field: inout WireTree, from whole: WireTree) {
        guard case .message(let schema, _) = field.content else {
            return changeContent(of: &field)
        }
        var index = random.below(whole.schemas.count { $0 == schema })
        if let other = whole.message(schema, &index) { field.content = other.content }
    }

    private mutating func changeContent(of field: inout WireTree) {
        switch field.content {
        case .message(.keyValue, var pair):
            // A key that means something, before the value that is there.
            pair.removeAll { $0.number == 1 }
            let key = random.pick(keys)
            pair.insert(WireTree(number: 1, wireType: 2, content: .bytes(key)), at: 0)
            field.content = .message(.keyValue, pair)
        case .message(let schema, var fields):
            guard !fields.isEmpty else { return }
            changeContent(of: &fields[random.below(fields.count)])
            field.content = .message(schema, fields)
        case .bytes(let bytes):
            field.content = .bytes(changed(bytes, wireType: field.wireType))
        }
    }

    private mutating func changed(_ bytes: [UInt8], wireType: UInt64) -> [UInt8] {
        switch wireType {
        case 0:
            return .varint(random.once(in: 3) ? random.next() : UInt64(random.below(20)))
        case 2: return change(bytes, min(maxBytes, bytes.count + 64))
        default:
            // Of fixed width.
            var fixed = change(bytes, bytes.count)
            while fixed.count < bytes.count { fixed.append(0) }
            return fixed
        }
    }
}
