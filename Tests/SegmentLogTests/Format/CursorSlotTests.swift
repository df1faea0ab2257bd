import Testing

@testable import SendingQueue

@Suite struct CursorSlotTests {
    private var slot: CursorSlot {
        var done = DoneSet(lowWater: 0x0102)
        done.insert(0x0201...0x0205)
        done.insert(0x0301)
        return CursorSlot(
            generation: 0x1112_1314_1516_1718, lane: 0x2122_2324_2526_2728, done: done)
    }

    @Test func `a slot has its fields in place`() {
        let bytes = slot.bytes
        #expect(bytes.count == CursorSlot.size)
        #expect(
            hex(Array(bytes.prefix(96)))
                == """
                4d47435552534f52 0100 0000 02000000
                1817161514131211 0201000000000000 2827262524232221
                000000000000000000000000000000000000000000000000
                0102000000000000 0502000000000000 0103000000000000 0103000000000000
                """.withoutSpace)
        #expect(bytes[96..<4092].allSatisfy { $0 == 0 })
        #expect(hex(Array(bytes.suffix(4))) == "6a6eb58f")
        #expect(CursorSlot(bytes) == slot)
    }

    @Test func `a slot with any byte changed or cut is none`() {
        for place in 0..<CursorSlot.size {
            #expect(CursorSlot(slot.bytes.flipping(place * 8 + place % 8)) == nil, "\(place)")
        }
        #expect(CursorSlot(Array(slot.bytes.dropLast())) == nil)
        #expect(CursorSlot([UInt8](repeating: 0, count: CursorSlot.size)) == nil)
    }

    @Test func `ranges that do not fit are left out, the highest first`() {
        var done = DoneSet(lowWater: 1)
        for index in 1...500 { done.insert(UInt64(index) * 10) }
        let read = CursorSlot(CursorSlot(generation: 1, lane: 2, done: done).bytes)
        #expect(read?.done.ranges == Array(done.ranges.prefix(200)))
        #expect(read?.done == done.limited(to: 200))
    }

    @Test func `numbers that no log reaches are not believed`() {
        for done in [DoneSet(lowWater: .max), DoneSet(lowWater: 1 << 63)] {
            #expect(CursorSlot(CursorSlot(generation: 1, lane: 2, done: done).bytes) == nil)
        }
    }
}
