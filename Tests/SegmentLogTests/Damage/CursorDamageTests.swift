import Glibc
import Testing

@testable import SendingQueue

@Suite struct CursorDamageTests {
    private func cursor(_ written: WrittenLog) throws -> FakeInode {
        try #require(written.disk.names[CursorFile.name])
    }

    @Test func `without a cursor all that is there is sent again`() throws {
        let written = try WrittenLog(isClosed: true, done: [0, 1])
        #expect(try written.open().unread.records == 3)
        written.disk.names[CursorFile.name] = nil
        let found = try Recovery(of: written)
        #expect(found.indices == [0, 1, 2, 3, 4])
        #expect(found.figures.cursorResets == 0 && found.figures.missingRecords == 0)
    }

    @Test func `with a damaged cursor all that is there is sent again`() throws {
        let damages: [([UInt8]) -> [UInt8]] = [
            { $0.flipping(20 * 8).flipping((4096 + 20) * 8) }, { Array($0.prefix(100)) },
            { [UInt8](repeating: 7, count: $0.count) },
        ]
        for damage in damages {
            let written = try WrittenLog(isClosed: true, done: [0, 1])
            let inode = try cursor(written)
            inode.cached = damage(inode.cached)
            let found = try Recovery(of: written)
            #expect(found.indices == [0, 1, 2, 3, 4])
            #expect(found.figures.cursorResets == 1 && found.figures.missingRecords == 0)
            // Another one has taken its place.
            let next = try written.open()
            #expect(next.figures.cursorResets == 0)
            // Nobody knows which sequences the lost one had seen.
            #expect(next.nextSequence > 1 << 40)
        }
    }

    @Test func `a torn slot leaves the one before`() throws {
        let disk = FakeDisk()
        func open() throws -> SegmentLog {
            try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        }
        var log = try open()
        for number in 1...4 as ClosedRange<UInt64> {
            _ = try log.append(
                [.numbered(number, bytes: 1, spans: 1, receivedAt: 0)], isBehindReader: false)
        }
        for record in try log.read(maxBytes: .max, maxRecords: 2).records {
            log.finish(record.sequence)
            try log.writeCursor()
        }
        disk.kill()
        let inode = try #require(disk.names[CursorFile.name])
        for slot in [0, 1] {
            let bytes = inode.cached
            inode.cached = bytes.flipping((slot * 4096 + 70) * 8)
            log = try open()
            // The newer one is in the first slot, since its generation is even.
            #expect(log.unread.records == (slot == 0 ? 3 : 2))
            #expect(log.figures.cursorResets == 0)
            inode.cached = bytes
        }
    }

    @Test func `the cursor of another lane is none of ours`() throws {
        let written = try WrittenLog(isClosed: true, done: [0, 1])
        let other = CursorSlot(generation: 9, lane: 1, done: DoneSet(lowWater: 100)).bytes
        try cursor(written).cached = other + [UInt8](repeating: 0, count: 4096)
        #expect(try Recovery(of: written).indices == [0, 1, 2, 3, 4])
    }

    @Test func `a cursor that could not be read for a while takes no new record for done`() throws {
        let disk = FakeDisk()
        // So that sequences are further than a start without a cursor goes.
        disk.names[Segment.name(1 << 42) + ".bad"] = FakeInode([1])
        disk.durableNames = disk.names
        func open() throws -> SegmentLog {
            try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        }
        var log = try open()
        for number in 1...50 as ClosedRange<UInt64> {
            log.finish(
                try log.append(
                    [.numbered(number, bytes: 1, spans: 1, receivedAt: 0)], isBehindReader: true))
        }
        log.close()
        disk.kill()
        disk.fail(1, .open, code: EIO)
        log = try open()
        #expect(log.figures.cursorResets == 1 && log.segments.isEmpty)
        _ = try log.append(
            [.numbered(51, bytes: 1, spans: 1, receivedAt: 0)], isBehindReader: false)
        disk.crash()
        log = try open()
        #expect(try log.read(maxBytes: .max, maxRecords: 9).records.map(\.payload.number) == [51])
    }

    @Test func `a cursor whose sync has failed is not synced again, but made anew`() throws {
        let written = try WrittenLog(isClosed: true, done: [0])
        let log = try written.open()
        log.finish(try log.read(maxBytes: 1, maxRecords: 1).records[0].sequence)
        written.disk.fail(1, .sync, code: EIO)
        #expect(throws: StorageError.self) { try log.writeCursor() }
        let synced = Recorded<String>()
        written.disk.onCall = { call, name in if call == .sync { synced.append(name) } }
        try log.writeCursor()
        #expect(synced.all == ["cursor.new"])
    }

    @Test func `a cursor whose name is not durable lets no segment go`() throws {
        let disk = FakeDisk()
        func open() throws -> SegmentLog {
            try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        }
        var log = try open()
        let first = try log.append(
            [.numbered(1, bytes: 1, spans: 1, receivedAt: 0)], isBehindReader: true)
        log.finish(first)
        // The process ends between the renaming and the sync, and only the machine knows the name.
        var hasName = false
        disk.onCall = { [unowned disk] call, _ in
            if call == .syncNames, hasName { disk.kill() }
            hasName = call == .rename
        }
        #expect(throws: StorageError.self) { try log.writeCursor() }
        disk.onCall = nil
        #expect(disk.durableNames[CursorFile.name] == nil)
        log = try open()
        #expect(log.unread.isZero)
        disk.onCall = { [unowned disk] call, _ in
            if call == .remove { #expect(disk.durableNames[CursorFile.name] != nil) }
        }
        try log.writeCursor()
        #expect(log.segments.isEmpty)
    }

    @Test func `a process that lacks descriptors does not take its cursor for lost`() throws {
        let written = try WrittenLog(isClosed: true, done: [0, 1])
        written.disk.fail(1, .open, code: EMFILE)
        #expect(throws: StorageError.self) { try written.open() }
        #expect(try Recovery(of: written).indices == [2, 3, 4])
    }

    @Test func `more ranges than a slot has hold segments back until it has them`() throws {
        let disk = FakeDisk()
        func open() throws -> SegmentLog {
            try SegmentLog(disk.directory(), .small, wallClock: { 0 })
        }
        var log = try open()
        var sequences: [UInt64] = []
        func append(_ bytes: Int) throws {
            let request = QueuedRequest.numbered(
                UInt64(sequences.count + 1), bytes: bytes, spans: 1, receivedAt: 0)
            sequences.append(try log.append([request], isBehindReader: true))
        }
        for _ in 1...500 { try append(1) }
        try append(300_000)
        try append(10)
        for sequence in sequences.prefix(500) where sequence % 2 == 0 { log.finish(sequence) }
        log.finish(sequences[500])
        try log.writeCursor()
        #expect(log.segments.count == 3)
        #expect(!log.hasUnwrittenCursor)
        for sequence in sequences.prefix(400) { log.finish(sequence) }
        try log.writeCursor()
        #expect(log.segments.count == 2)
        disk.crash()
        log = try open()
        #expect(log.unread.records == 51 && log.figures.missingRecords == 0)
    }
}
