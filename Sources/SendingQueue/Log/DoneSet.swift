/// Sequences that need not be sent any more: all up to `lowWater`, and some ranges above it, since
/// uploads end in any order.
struct DoneSet: Hashable, Sendable {
    private(set) var lowWater: UInt64
    /// In order, apart from each other and from `lowWater`.
    private(set) var ranges: [ClosedRange<UInt64>] = []

    init(lowWater: UInt64 = 0) {
        self.lowWater = lowWater
    }

    /// The highest of them.
    var last: UInt64 { ranges.last?.upperBound ?? lowWater }

    func contains(_ sequence: UInt64) -> Bool {
        if sequence <= lowWater { return true }
        let place = firstRange(endingAtOrAfter: sequence)
        return place < ranges.count && ranges[place].contains(sequence)
    }

    /// Whether all of `sequences` are among them.
    func covers(_ sequences: ClosedRange<UInt64>) -> Bool {
        if sequences.upperBound <= lowWater { return true }
        let place = firstRange(endingAtOrAfter: sequences.upperBound)
        return place < ranges.count
            && ranges[place].lowerBound <= max(sequences.lowerBound, lowWater + 1)
            && ranges[place].upperBound >= sequences.upperBound
    }

    /// Whether one of them is in `sequences`, above `lowWater`.
    func touches(_ sequences: ClosedRange<UInt64>) -> Bool {
        let place = firstRange(endingAtOrAfter: sequences.lowerBound)
        return place < ranges.count && ranges[place].overlaps(sequences)
    }

    /// How many of `sequences` are not among them.
    func absent(from sequences: ClosedRange<UInt64>) -> UInt64 {
        var count: UInt64 = 0
        var next = max(sequences.lowerBound, lowWater + 1)
        var place = firstRange(endingAtOrAfter: next)
        while next <= sequences.upperBound {
            guard place < ranges.count, ranges[place].lowerBound <= sequences.upperBound else {
                return count + (sequences.upperBound - next + 1)
            }
            count += ranges[place].lowerBound - min(next, ranges[place].lowerBound)
            next = ranges[place].upperBound + 1
            place += 1
        }
        return count
    }

    /// The same for those between two others.
    func absent(between lower: UInt64, and upper: UInt64) -> UInt64 {
        lower + 1 < upper ? absent(from: lower + 1...upper - 1) : 0
    }

    /// Those that a cursor has room for.
    func limited(to count: Int) -> DoneSet {
        guard ranges.count > count else { return self }
        var set = self
        set.ranges.removeLast(ranges.count - count)
        return set
    }

    mutating func insert(_ sequence: UInt64) {
        insert(sequence...sequence)
    }

    mutating func insert(_ new: ClosedRange<UInt64>) {
        guard new.upperBound > lowWater else { return }
        if new.lowerBound <= lowWater + 1 {
            lowWater = new.upperBound
            absorb()
            return
        }
        // The ranges that touch the new one are a run.
        let start = firstRange(endingAtOrAfter: new.lowerBound - 1)
        var end = start
        var lower = new.lowerBound
        var upper = new.upperBound
        while end < ranges.count, ranges[end].lowerBound <= upper + 1 {
            lower = min(lower, ranges[end].lowerBound)
            upper = max(upper, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: [lower...upper])
    }

    private mutating func absorb() {
        var count = 0
        while count < ranges.count, ranges[count].lowerBound <= lowWater + 1 {
            lowWater = max(lowWater, ranges[count].upperBound)
            count += 1
        }
        ranges.removeFirst(count)
    }

    private func firstRange(endingAtOrAfter sequence: UInt64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
