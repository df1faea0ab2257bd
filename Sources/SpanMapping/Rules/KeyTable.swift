import MastraRecords
import OTLP

/// From the bytes of a key to its `AttributeKey`: open addressing, built once. A key that no rule
/// knows costs one look at one slot, mostly.
struct KeyTable: Sendable {
    private static let slotCount = 1024
    private let slots: [Int16]

    init(hash: KeyHash) {
        var slots = [Int16](repeating: -1, count: Self.slotCount)
        for key in AttributeKey.allCases {
            let name = Array("\(key.name)".utf8)
            var slot = Int(truncatingIfNeeded: hash(name.span, 0, name.count)) & (Self.slotCount - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (Self.slotCount - 1) }
            slots[slot] = Int16(key.rawValue)
        }
        self.slots = slots
    }

    /// The key's index, or -1.
    @inline(__always)
    func find(_ hash: UInt64, _ key: Slice, in bytes: Span<UInt8>) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & (Self.slotCount &- 1)
        while true {
            let index = Int(slots[slot])
            if index < 0 { return -1 }
            if Self.names[index].equals(bytes, key.start, key.end) { return index }
            slot = (slot &+ 1) & (Self.slotCount &- 1)
        }
    }

    private static let names: [StaticString] = AttributeKey.allCases.map(\.name)
}
