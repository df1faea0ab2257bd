import Testing

@testable import SendingQueue

/// One bit flips, at every byte of a segment: it costs one record at most, and the books know which.
@Suite struct BitFlipTests {
    private static let all = [0, 1, 2, 3, 4]

    /// - Parameter check: what was found, and the record in which the bit was; nil for the footer.
    private func flipEach(
        isClosed: Bool, done: [Int] = [], _ check: (Recovery, Int?, _ inHeader: Bool) -> Void
    ) throws {
        let size = try WrittenLog(isClosed: isClosed, done: done).inode.cached.count
        for place in SegmentHeader.size..<size - (isClosed ? 0 : 100) {
            let written = try WrittenLog(isClosed: isClosed, done: done)
            written.inode.cached[place] ^= 1 << (place % 8)
            let index = Self.all.first { written.range(ofRecord: $0).contains(place) }
            let start = index.map(written.placeOfRecord) ?? 0
            check(try Recovery(of: written), index, place - start < RecordHeader.size)
        }
    }

    @Test func `in a closed segment one record is lost, and its spans are known`() throws {
        let written = try WrittenLog(isClosed: true)
        try flipEach(isClosed: true) { found, index, _ in
            #expect(found.indices == Self.all.filter { $0 != index })
            #expect(found.corrupt == written.amount(index.map { [$0] } ?? []))
            #expect(found.figures.tornTails == (index == nil ? 1 : 0))
        }
    }

    @Test func `what is done already is not lost`() throws {
        let written = try WrittenLog(isClosed: true)
        let open = [0, 2, 4]
        try flipEach(isClosed: true, done: [1, 3]) { found, index, _ in
            #expect(found.indices == open.filter { $0 != index })
            let lost = open.filter { $0 == index }
            #expect(found.corrupt == written.amount(lost), "\(String(describing: index))")
        }
    }

    @Test func `in an open segment one record is lost, and its spans are known from its header`()
        throws
    {
        let written = try WrittenLog(isClosed: false)
        try flipEach(isClosed: false) { found, index, inHeader in
            #expect(found.indices == Self.all.filter { $0 != index })
            if index == 4 {
                // At the end it is what a crash leaves of a group that was never acknowledged.
                #expect(found.figures.tornTails == 1 && found.corrupt.isZero)
            } else {
                #expect(found.corrupt == written.amount(inHeader ? [] : [index ?? 0]))
                #expect(found.figures.corruptRecords == 1)
            }
        }
    }

    @Test(arguments: [true, false])
    func `a damaged record among others that are done holds up nothing`(isClosed: Bool) throws {
        for index in Self.all.dropLast(isClosed ? 0 : 1) {
            let done = Self.all.filter { $0 != index }
            let written = try WrittenLog(isClosed: isClosed, done: done)
            written.inode.cached[written.placeOfRecord(index) + 20] ^= 1
            let found = try Recovery(of: written)
            #expect(found.indices.isEmpty)
            #expect(found.corrupt == written.amount(isClosed ? [index] : []))
        }
    }

    @Test func `in a segment's header it costs the segment, whose file is kept`() throws {
        for place in 0..<SegmentHeader.size {
            for isClosed in [true, false] {
                let written = try WrittenLog(isClosed: isClosed)
                let name = written.disk.segmentNames[0]
                let bytes = written.inode.cached.flipping(place * 8 + 1)
                written.inode.cached = bytes
                let found = try Recovery(of: written)
                #expect(found.indices.isEmpty)
                let isForeign = place == 8 || place == 9
                #expect(found.figures.foreignFiles == (isForeign ? 1 : 0))
                #expect(found.figures.badSegments == (isForeign ? 0 : 1))
                let kept = written.disk.names[isForeign ? name : name + ".bad"]
                #expect(kept?.cached == bytes)
            }
        }
    }

    @Test func `every bit of a length is noticed, and the next record is found`() throws {
        for bit in 0..<32 {
            let written = try WrittenLog(isClosed: false)
            let place = written.placeOfRecord(1) + 8
            written.inode.cached = written.inode.cached.flipping(place * 8 + bit)
            #expect(try Recovery(of: written).indices == [0, 2, 3, 4])
        }
    }
}
