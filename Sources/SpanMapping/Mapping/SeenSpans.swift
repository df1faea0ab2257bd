/// The spans of a request that have been mapped, to tell one that comes again (MAPPING 9).
struct SeenSpans: Sendable {
    /// Open addressing over ids; 0 is a free slot.
    private var slots = [UInt64](repeating: 0, count: 64)
    private var count = 0
    private static let keptSize = 1 << 16

    mutating func forget() {
        guard count > 0 else { return }
        count = 0
        if slots.count > Self.keptSize {
            slots = [UInt64](repeating: 0, count: 64)
        } else {
            for slot in slots.indices { slots[slot] = 0 }
        }
    }

    /// Answers whether a span is new. Ids of trace and span are taken together as one number; two
    /// spans of one number are as unlikely as two of one id.
    mutating func insert(trace: UInt64, span: UInt64) -> Bool {
        if 2 &* count >= slots.count { grow() }
        let mixed = (trace &* 0x9e37_79b9_7f4a_7c15) ^ span
        guard put(mixed == 0 ? 1 : mixed) else { return false }
        count &+= 1
        return true
    }

    private mutating func put(_ id: UInt64) -> Bool {
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: (id &* 0x9e37_79b9_7f4a_7c15) &>> 32) & mask
        while slots[slot] != 0 {
            if slots[slot] == id { return false }
            slot = (slot &+ 1) & mask
        }
        slots[slot] = id
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: 2 &* old.count)
        for id in old where id != 0 { _ = put(id) }
    }
}
