import TestKit
import Testing

@testable import SendingQueue

/// What a crash leaves at the end of a segment that was being written.
@Suite struct TailTests {
    @Test func `a tail torn at any byte of the last record costs that record`() throws {
        let whole = try WrittenLog(isClosed: false)
        for length in 0..<whole.range(ofRecord: 4).count {
            for hasRoomBehind in [true, false] {
                let written = try WrittenLog(isClosed: false)
                let end = written.placeOfRecord(4) + length
                let zeros = [UInt8](repeating: 0, count: hasRoomBehind ? 200 : 0)
                written.inode.cached = Array(written.inode.cached.prefix(end)) + zeros
                let found = try Recovery(of: written)
                #expect(found.indices == [0, 1, 2, 3], "\(length)")
                #expect(found.corrupt.isZero)
                #expect(found.figures.tornTails == (length == 0 ? 0 : 1))
                #expect(found.figures.corruptRecords == 0)
            }
        }
    }

    @Test func `garbage behind the last record is a tail`() throws {
        var random = SplitMix64(seed: 11)
        for count in [1, 39, 40, 41, 500] {
            let written = try WrittenLog(isClosed: false)
            let end = written.placeOfRecord(5)
            written.inode.cached.removeLast(written.inode.cached.count - end)
            written.inode.cached += (0..<count).map { _ in random.byte() }
            let found = try Recovery(of: written)
            #expect(found.indices == [0, 1, 2, 3, 4] && found.figures.tornTails == 1)
        }
    }

    @Test func `a record behind a stretch that was lost is found across the border of a step`()
        throws
    {
        // The search reads 256 KiB at a time.
        for size in (256 << 10) - 150...(256 << 10) - 80 where size % 7 == 0 {
            let written = try WrittenLog([10, size, 10], isClosed: false, maxBytes: 8 << 20)
            let lost = written.range(ofRecord: 1)
            written.inode.write([UInt8](repeating: 0, count: 60), count: 60, at: lost.lowerBound)
            #expect(try Recovery(of: written).indices == [0, 2])
        }
    }

    @Test func `room that was reserved is given back at the next start`() throws {
        let disk = FakeDisk()
        for life in 1...5 {
            let log = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
            #expect(log.fileBytes < 1000)
            _ = try log.append(
                [.numbered(UInt64(life), bytes: 9, spans: 1, receivedAt: 0)],
                isBehindReader: false)
            disk.kill()
        }
        let log = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        #expect(log.unread.records == 5 && log.fileBytes < 1000)
        #expect(disk.usedBytes == Int(log.fileBytes))
    }

    @Test func `a group that was refused holds up nothing`() throws {
        let disk = FakeDisk()
        let log = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        let request = QueuedRequest.numbered(1, bytes: 9, spans: 1, receivedAt: 0)
        for round in 1...8 {
            if round % 2 == 0 { disk.fail(1, round % 4 == 0 ? .sync : .write, code: 28) }
            let first = try? log.append([request, request], isBehindReader: true)
            if let first { for sequence in first...first + 1 { log.finish(sequence) } }
        }
        #expect(log.done == DoneSet(lowWater: log.nextSequence - 1))
    }

    @Test func `after a failure the disk has to show that it keeps what it is given`() throws {
        let disk = FakeDisk()
        let log = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        let request = QueuedRequest.numbered(1, bytes: 9, spans: 1, receivedAt: 0)
        _ = try log.append([request], isBehindReader: true)
        disk.fail(1, .sync, code: 5)
        _ = try? log.append([request], isBehindReader: true)
        disk.onCall = { [unowned disk] call, name in
            if call == .read { disk.names[name]?.cached[20] ^= 1 }
        }
        #expect(throws: SegmentLog.Obstacle.self) {
            try log.append([request], isBehindReader: true)
        }
        disk.onCall = nil
        _ = try log.append([request], isBehindReader: true)
        #expect(log.failures == 0)
    }

    @Test func `a cut group's sequences are for no other record, though the cut be undone`() throws
    {
        let disk = FakeDisk()
        var log = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        _ = try log.append([.numbered(1, bytes: 9, spans: 1, receivedAt: 0)], isBehindReader: false)
        let before = try #require(disk.names[Segment.name(1)])
        disk.fail(1, .sync, code: 5)
        #expect(throws: SegmentLog.Obstacle.self) {
            try log.append([.numbered(2, bytes: 9, spans: 1, receivedAt: 0)], isBehindReader: false)
        }
        let written = log.nextSequence
        #expect(before.cached.count < 300)
        disk.kill()
        log = try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        let next = try log.append(
            [.numbered(3, bytes: 9, spans: 1, receivedAt: 0)], isBehindReader: false)
        #expect(next > written)
    }
}
