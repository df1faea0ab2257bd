import Testing

@testable import SendingQueue

/// A sender may send anything, so also what looks like a piece of a segment.
@Suite struct ForgeryTests {
    @Test(arguments: [true, false])
    func `frames inside of a payload are never taken for records`(isClosed: Bool) throws {
        let disk = FakeDisk()
        let salt: UInt64 = 0x1234_5678_9abc_def0
        func open() throws -> SegmentLog {
            try SegmentLog(disk.directory(), .small, wallClock: { 0 }, random: { salt })
        }
        var log = try open()
        var payload: [UInt8] = []
        // As good as it gets without the salt: right sequences, right lengths, sums by other salts.
        for guess in [0, 1, salt ^ 1, salt &+ 1 << 40, .max] as [UInt64] {
            for sequence in 2...9 as ClosedRange<UInt64> {
                let checksum = Checksum(salt: guess)
                RecordHeader(
                    payloadLength: 4, kind: 1, sequence: sequence, spanCount: 99, receivedAt: 1
                ).append(to: &payload, with: checksum)
                payload += [1, 2, 3, 4]
                payload.append(littleEndian: checksum.of([1, 2, 3, 4]))
            }
            payload += SegmentFooter(
                records: 8, spans: 99, lastSequence: 9, end: 64, payloadBytes: 1
            ).bytes(with: Checksum(salt: guess))
        }
        let honest = QueuedRequest.numbered(7, bytes: 10, spans: 2, receivedAt: 0)
        _ = try log.append(
            [QueuedRequest(body: payload, spanCount: 5, receivedAt: 0), honest],
            isBehindReader: false)
        if isClosed { log.close() }
        disk.kill()
        // The header in front of the payload is damaged, so that the payload is searched.
        let inode = try #require(disk.names[Segment.name(1)])
        inode.cached[SegmentHeader.size + 9] ^= 0x10
        log = try open()
        let found = try log.read(maxBytes: .max, maxRecords: .max)
        #expect(found.records.map(\.payload) == [honest.body])
        #expect(log.figures.corruptRecords == 1)
    }

    @Test func `a record that stands where a later one should is not read twice`() throws {
        let written = try WrittenLog([20, 20, 20, 20], isClosed: false)
        let first = Array(written.inode.cached[written.range(ofRecord: 0)])
        written.inode.write(first, count: first.count, at: written.placeOfRecord(2))
        #expect(try Recovery(of: written).indices == [0, 1, 3])
    }

    @Test func `a record of another segment is not taken for one of this`() throws {
        let written = try WrittenLog(isClosed: false)
        let other = FakeDisk()
        let log = try SegmentLog(
            other.directory(), .small, wallClock: { 0 }, random: { 0x5555_0000_0000_1111 })
        for number in 1...9 as ClosedRange<UInt64> {
            _ = try log.append(
                [.numbered(number, bytes: 1, spans: 1, receivedAt: 0)], isBehindReader: false)
        }
        // As a disk does it that reuses blocks and loses a write.
        let stale = try #require(other.names[Segment.name(1)]).cached[64..<900]
        let end = written.placeOfRecord(5)
        written.inode.write(Array(stale), count: stale.count, at: end)
        let found = try Recovery(of: written)
        #expect(found.indices == [0, 1, 2, 3, 4] && found.figures.tornTails == 1)
    }
}
