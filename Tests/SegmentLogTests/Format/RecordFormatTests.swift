import Testing

@testable import SendingQueue

@Suite struct RecordFormatTests {
    private let checksum = Checksum(salt: 0x5152_5354_5556_5758)
    private let header = RecordHeader(
        payloadLength: 0x0102_0304, kind: RecordHeader.Kind.request,
        sequence: 0x1112_1314_1516_1718, spanCount: 0x2122_2324,
        receivedAt: 0x3132_3334_3536_3738)

    private var bytes: [UInt8] {
        var bytes: [UInt8] = []
        header.append(to: &bytes, with: checksum)
        return bytes
    }

    @Test func `a record's header has its fields in place`() {
        #expect(
            hex(bytes)
                == """
                4d475243 be1775f2 04030201 0100 0000
                1817161514131211 24232221 00000000 3837363534333231
                """.withoutSpace)
        #expect(bytes.count == RecordHeader.size)
        #expect(RecordHeader(bytes, at: 0, checksum: checksum) == header)
        #expect(RecordHeader([9, 9, 9] + bytes, at: 3, checksum: checksum) == header)
        #expect(header.recordSize == 0x0102_0304 + 44)
    }

    @Test func `a header with a bit flipped, cut, or of another salt is none`() {
        for bit in 0..<RecordHeader.size * 8 {
            #expect(RecordHeader(bytes.flipping(bit), at: 0, checksum: checksum) == nil)
        }
        #expect(RecordHeader(Array(bytes.dropLast()), at: 0, checksum: checksum) == nil)
        #expect(RecordHeader(bytes, at: 1, checksum: checksum) == nil)
        #expect(RecordHeader(bytes, at: 0, checksum: Checksum(salt: 1)) == nil)
    }

    @Test func `a record is its header, its payload, and the payload's sum`() throws {
        let disk = FakeDisk()
        let log = try SegmentLog(
            disk.directory(), .small, wallClock: { 0x0102 }, random: { 0x0304 })
        _ = try log.append([([1, 2, 3], 7, 0x0506)], isBehindReader: false)
        log.close()
        let bytes = try #require(disk.names["0000000000000001.seg"]).cached
        let checksum = Checksum(salt: 0x0304)
        let header = RecordHeader(
            payloadLength: 3, kind: 1, sequence: 2, spanCount: 7, receivedAt: 0x0506)
        var expected = SegmentHeader(
            lane: SegmentHeader.hash(ofLane: "default"), firstSequence: 1, precedingSequence: 0,
            created: 0x0102, salt: 0x0304
        ).bytes
        header.append(to: &expected, with: checksum)
        expected += [1, 2, 3]
        expected.append(littleEndian: checksum.of([1, 2, 3]))
        expected += SegmentFooter(
            records: 1, spans: 7, lastSequence: 2, end: 64 + 47, payloadBytes: 3
        ).bytes(with: checksum)
        #expect(bytes == expected)
    }

    @Test func `a dead letter is read as it was written`() throws {
        let letter = DeadLetter(
            reason: .tooLarge, cause: DropCause(status: 413, answer: "no"), request: [7, 8])
        #expect(
            letter.bytes == [1, 9] + Array("too_large".utf8) + [0x9d, 1, 2, 0]
                + Array("no".utf8) + [7, 8])
        #expect(DeadLetter(letter.bytes) == letter)
        for count in 0..<letter.bytes.count - 2 {
            #expect(DeadLetter(Array(letter.bytes.prefix(count))) == nil)
        }
        #expect(DeadLetter([2] + letter.bytes.dropFirst()) == nil)
        let long = DeadLetter(
            reason: .elapsed,
            cause: DropCause(status: nil, answer: String(repeating: "x", count: 5000)),
            request: [])
        #expect(DeadLetter(long.bytes)?.cause.answer.utf8.count == DeadLetter.maxAnswerBytes)
    }
}

extension SegmentLogConfiguration {
    /// With the smallest segments that there are.
    static var small: Self {
        var configuration = Self()
        configuration.maxBytes = 2 << 20
        configuration.minFree = 0
        return configuration
    }
}
