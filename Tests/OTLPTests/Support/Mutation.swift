import TestKit

/// What line noise, a bad proxy or an attacker does to bytes.
extension [UInt8] {
    /// A copy with one to three changes, in part with bytes of `other`.
    func mutated(with other: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        var bytes = self
        for _ in 0...random.below(3) { bytes.mutateOnce(other, &random) }
        return bytes
    }

    private mutating func mutateOnce(_ other: [UInt8], _ random: inout SplitMix64) {
        guard !isEmpty else {
            append(UInt8(truncatingIfNeeded: random.next()))
            return
        }
        let index = random.below(count)
        switch random.below(8) {
        case 0, 1: self[index] ^= 1 << UInt8(random.below(8))
        case 2: self[index] = UInt8(truncatingIfNeeded: random.next())
        case 3: insert(UInt8(truncatingIfNeeded: random.next()), at: index)
        case 4: remove(at: index)
        case 5: removeSubrange(index...)
        case 6: append(contentsOf: piece(&random))
        default:
            let end = Swift.min(count, index + random.below(16))
            replaceSubrange(index..<end, with: other.piece(&random))
        }
    }

    private func piece(_ random: inout SplitMix64) -> ArraySlice<UInt8> {
        guard !isEmpty else { return [] }
        let start = random.below(count)
        return self[start..<Swift.min(count, start + random.below(64))]
    }
}
