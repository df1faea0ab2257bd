import Testing

@testable import SendingQueue

/// Each field at its place, as docs/queue-format.md has it.
@Suite struct SegmentFormatTests {
    private let header = SegmentHeader(
        lane: 0x1112_1314_1516_1718, firstSequence: 0x2122_2324_2526_2728,
        precedingSequence: 0x3132_3334_3536_3738, created: 0x4142_4344_4546_4748,
        salt: 0x5152_5354_5556_5758)
    private let footer = SegmentFooter(
        records: 0x2a, spans: 0x0304, lastSequence: 0x0506, end: 0x0c08, payloadBytes: 0x090a)

    @Test func `a segment's header has its fields in place`() {
        #expect(
            hex(header.bytes)
                == """
                4d475345470d0a1a 0100 0000 40000000
                1817161514131211 2827262524232221 4847464544434241 5857565554535251
                3837363534333231 00000000 02ffad06
                """.withoutSpace)
        #expect(SegmentHeader.read(header.bytes) == .header(header))
        #expect(header.bytes.count == SegmentHeader.size)
    }

    @Test func `a header with any bit flipped is damaged, or of another version`() {
        for bit in 0..<SegmentHeader.size * 8 {
            let reading = SegmentHeader.read(header.bytes.flipping(bit))
            // The version is looked at before the sum, which a later one may have elsewhere.
            let isVersion = (64..<80).contains(bit) && bit != 64
            #expect(reading == (isVersion ? .foreign : .damaged), "bit \(bit)")
        }
        #expect(SegmentHeader.read(Array(header.bytes.dropLast())) == .damaged)
        #expect(SegmentHeader.read([]) == .damaged)
    }

    @Test func `a lane's hash is FNV-1a`() {
        #expect(SegmentHeader.hash(ofLane: "") == 0xcbf2_9ce4_8422_2325)
        #expect(SegmentHeader.hash(ofLane: "a") == 0xaf63_dc4c_8601_ec8c)
    }

    @Test func `a footer has its fields in place`() {
        let bytes = footer.bytes(with: header.checksum)
        #expect(
            hex(bytes)
                == """
                4d4753454e440d0a 2a00000000000000 0403000000000000 0605000000000000
                080c000000000000 0a09000000000000 0000000000000000 00000000 c64c761e
                """.withoutSpace)
        #expect(SegmentFooter(bytes, at: 0x0c08, checksum: header.checksum) == footer)
        // At another place it is a piece of something else.
        #expect(SegmentFooter(bytes, at: 0x0c09, checksum: header.checksum) == nil)
        #expect(SegmentFooter(bytes, at: 0x0c08, checksum: .plain) == nil)
        // More than fits into a segment of that length.
        for incredible in [
            SegmentFooter(records: 71, spans: 1, lastSequence: 9, end: 0x0c08, payloadBytes: 1),
            SegmentFooter(
                records: 1, spans: 1 << 32, lastSequence: 9, end: 0x0c08, payloadBytes: 1),
            SegmentFooter(records: 0, spans: 1, lastSequence: 9, end: 0x0c08, payloadBytes: 0),
            SegmentFooter(records: 1, spans: 1, lastSequence: 9, end: 0x0c08, payloadBytes: 0x0c09),
            SegmentFooter(records: 1, spans: 1, lastSequence: .max, end: 0x0c08, payloadBytes: 1),
        ] {
            let bytes = incredible.bytes(with: header.checksum)
            #expect(SegmentFooter(bytes, at: 0x0c08, checksum: header.checksum) == nil)
        }
        for bit in 0..<SegmentFooter.size * 8 {
            let read = SegmentFooter(
                bytes.flipping(bit), at: 0x0c08, checksum: header.checksum)
            #expect(read == nil, "bit \(bit)")
        }
    }

    @Test func `a segment is named by its first sequence, and nothing else is a segment`() {
        #expect(Segment.name(0x4a3f) == "0000000000004a3f.seg")
        #expect(Segment.sequence("0000000000004a3f.seg") == 0x4a3f)
        for name in [
            "4a3f.seg", "0000000000004A3F.seg", "+000000000004a3f.seg", "0000000000004a3f.seg.bad",
            "000000000000zzzz.seg", "ffffffffffffffff.seg", "cursor", "LOCK", "", ".seg",
        ] {
            #expect(Segment.sequence(name) == nil, "\(name)")
        }
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

extension String {
    var withoutSpace: String { filter { !$0.isWhitespace } }
}

extension [UInt8] {
    func flipping(_ bit: Int) -> [UInt8] {
        var bytes = self
        bytes[bit / 8] ^= 1 << (bit % 8)
        return bytes
    }
}
