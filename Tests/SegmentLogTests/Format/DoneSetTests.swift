import TestKit
import Testing

@testable import SendingQueue

@Suite struct DoneSetTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `it answers as a plain set does`(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let start = UInt64(random.below(5))
        var done = DoneSet(lowWater: start)
        var plain = Set(0...start)
        for _ in 1...60 {
            let lower = UInt64(random.below(100))
            let range = lower...lower + UInt64(random.pick([0, 0, 0, 1, 5, 20]))
            if range.lowerBound == range.upperBound {
                done.insert(range.lowerBound)
            } else {
                done.insert(range)
            }
            plain.formUnion(range)
            check(done, plain, &random)
        }
    }

    private func check(_ done: DoneSet, _ plain: Set<UInt64>, _ random: inout SplitMix64) {
        let all = Array(0...130 as ClosedRange<UInt64>)
        #expect(all.allSatisfy { done.contains($0) == plain.contains($0) })
        #expect(done.lowWater == all.prefix { plain.contains($0) }.last)
        #expect(done.last == plain.max())
        // In order, and apart.
        var end = done.lowWater
        for range in done.ranges {
            #expect(range.lowerBound > end + 1)
            end = range.upperBound
        }
        let lower = UInt64(random.below(120))
        let asked = lower...lower + UInt64(random.below(12))
        #expect(done.covers(asked) == asked.allSatisfy(plain.contains))
        #expect(done.absent(from: asked) == UInt64(asked.filter { !plain.contains($0) }.count))
        let isTouched = asked.contains { $0 > done.lowWater && plain.contains($0) }
        #expect(done.touches(asked) == isTouched)
    }

    @Test func `a limited set is what comes first of it`() {
        var done = DoneSet(lowWater: 3)
        for sequence in [5, 7, 9] as [UInt64] { done.insert(sequence) }
        #expect(done.limited(to: 3) == done)
        #expect(done.limited(to: 2).ranges == [5...5, 7...7])
        #expect(done.limited(to: 0) == DoneSet(lowWater: 3))
        #expect(done.absent(between: 3, and: 4) == 0)
        #expect(done.absent(between: 3, and: 9) == 3)
    }
}
