import FuzzClaims

@testable import SendingQueue

extension QueueTarget {
    package static func seeds() throws -> [[UInt8]] {
        var seeds: [[UInt8]] = [[], [0, 1]]
        for isClosed in [false, true] {
            let segment = try self.segment(closed: isClosed)
            for options: [UInt8] in [[0, 0], [0, 1]] { seeds.append(options + segment) }
            seeds.append([1, 1] + segment + cursor)
        }
        return seeds
    }

    package static func words() -> [[UInt8]] {
        var sequence: [UInt8] = []
        sequence.append(littleEndian: UInt64.max)
        return [
            SegmentHeader.magic, SegmentFooter.magic, CursorSlot.magic, [0x4d, 0x47, 0x52, 0x43],
            sequence, [UInt8](repeating: 0xff, count: 4), [UInt8](repeating: 0, count: 16),
        ]
    }

    private static func segment(closed: Bool) throws -> [UInt8] {
        let directory = MemoryDirectory([:])
        let log = try SegmentLog(
            directory, SegmentLogConfiguration(), wallClock: { 1_700_000_000_000 },
            random: { 0x0102_0304_0506_0708 })
        let requests = (1...3).map {
            QueuedRequest(
                body: [UInt8](repeating: UInt8($0), count: $0 * 10), spanCount: $0,
                receivedAt: 1_700_000_000_000)
        }
        _ = try log.append(requests, isBehindReader: false)
        if closed { try log.closeActive() }
        let bytes = directory.contents[Segment.name(1)] ?? []
        // Of the room that is reserved, a little.
        return closed ? bytes : Array(bytes.prefix(400))
    }

    /// The beginning of a slot that has one request done.
    private static var cursor: [UInt8] {
        let done = DoneSet(lowWater: 2)
        let lane = SegmentHeader.hash(ofLane: "default")
        return Array(CursorSlot(generation: 1, lane: lane, done: done).bytes.prefix(64))
    }
}
