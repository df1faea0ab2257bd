import OTLP

/// From the bytes of a key to its `AttributeKey`: open addressing, built once. A key that no rule
/// knows costs one look at one slot, mostly.
struct KeyTable: Sendable {
    private struct Slot {
        var hash: UInt64
        /// Index of the key, or -1 in a free slot.
        var key: Int
        /// Where its name stands in `names`.
        var start: Int
        var count: Int
    }

    private static let slotCount = 2048
    private let slots: [Slot]
    /// The names one after the other, with room behind the last for whole words.
    private let names: [UInt8]

    init(hash: KeyHash) {
        var slots = [Slot](
            repeating: Slot(hash: 0, key: -1, start: 0, count: 0), count: Self.slotCount)
        var names: [UInt8] = []
        for (index, key) in AttributeKey.allCases.enumerated() {
            let name = Array(key.rawValue.utf8)
            let keyHash = hash(name.span, 0, name.count)
            var slot = Self.first(keyHash)
            while slots[slot].key >= 0 { slot = Self.next(slot) }
            slots[slot] = Slot(
                hash: keyHash, key: index, start: names.count, count: name.count)
            names += name
        }
        self.slots = slots
        self.names = names
    }

    /// The key's index, or -1.
    @inline(__always)
    func find(_ hash: UInt64, _ key: Slice, in bytes: Span<UInt8>) -> Int {
        var slot = Self.first(hash)
        while true {
            let entry = slots[slot]
            if entry.key < 0 { return -1 }
            if entry.hash == hash, entry.count == key.count,
                bytes.equals(key.start, names.span, entry.start, key.count)
            {
                return entry.key
            }
            slot = Self.next(slot)
        }
    }

    @inline(__always)
    private static func first(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (slotCount &- 1)
    }

    @inline(__always)
    private static func next(_ slot: Int) -> Int { (slot &+ 1) & (slotCount &- 1) }
}

extension Span<UInt8> {
    /// Whether `count` bytes here and in another span are the same.
    @inline(__always)
    func equals(_ start: Int, _ other: Span<UInt8>, _ otherStart: Int, _ count: Int) -> Bool {
        var offset = 0
        while count &- offset >= 8 {
            if load64(start &+ offset) != other.load64(otherStart &+ offset) { return false }
            offset &+= 8
        }
        while offset < count {
            if self[start &+ offset] != other[otherStart &+ offset] { return false }
            offset &+= 1
        }
        return true
    }
}
