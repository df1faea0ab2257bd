import Glibc
import Testing

@testable import SendingQueue

@Suite struct StrangeFileTests {
    /// Five records in five segments.
    private func segments() throws -> WrittenLog {
        try WrittenLog([Int](repeating: 200_000, count: 5), isClosed: true)
    }

    @Test func `a segment that is missing is counted by its records`() throws {
        for (place, missing) in [(1, 1), (2, 1), (3, 1)] as [(Int, UInt64)] {
            let written = try segments()
            #expect(written.disk.segmentNames.count == 5)
            written.disk.names[written.disk.segmentNames[place]] = nil
            let found = try Recovery(of: written)
            #expect(found.indices == [0, 1, 2, 3, 4].filter { $0 != place })
            #expect(found.figures.missingRecords == missing && found.corrupt.isZero)
        }
    }

    @Test func `what was done and removed is not missing`() throws {
        let written = try WrittenLog(
            [Int](repeating: 200_000, count: 5), isClosed: true, done: [0, 2, 3])
        #expect(written.disk.segmentNames.count == 2)
        let found = try Recovery(of: written)
        #expect(found.indices == [1, 4] && found.figures.missingRecords == 0)
    }

    @Test func `a refused group is not missing`() throws {
        let written = try WrittenLog([10], isClosed: false)
        let log = try written.open()
        _ = try log.append([written.requests[0]], isBehindReader: false)
        for _ in 1...3 {
            written.disk.fail(1, .sync, code: EIO)
            _ = try? log.append([written.requests[0]], isBehindReader: false)
        }
        _ = try log.append([written.requests[0]], isBehindReader: false)
        written.disk.kill()
        #expect(try written.open().figures.missingRecords == 0)
    }

    @Test func `segments of a later version are left alone, and are read when it is back`() throws {
        let written = try segments()
        let names = [1, 4].map { written.disk.segmentNames[$0] }
        written.disk.setVersion(2, of: names)
        let bytes = names.map { written.disk.names[$0]?.cached }
        let found = try Recovery(of: written)
        #expect(found.indices == [0, 2, 3])
        #expect(found.figures.foreignFiles == 2 && found.figures.missingRecords == 0)
        var log = try written.open()
        let first = try log.append([written.requests[0]], isBehindReader: true)
        // Beyond any that the later version can have given.
        #expect(first > 1 << 40)
        log.finish(first)
        log.close()
        written.disk.crash()
        let isSame = names.map { written.disk.names[$0]?.cached } == bytes
        #expect(isSame)
        #expect(written.disk.segmentNames == names)
        written.disk.setVersion(1, of: names)
        log = try written.open()
        let again = try log.read(maxBytes: .max, maxRecords: .max).records
        #expect(again.map(\.payload) == [written.requests[1].body, written.requests[4].body])
        #expect(log.nextSequence > first)
    }

    @Test(arguments: [[], [UInt8](repeating: 0, count: 300_000)] as [[UInt8]])
    func `a segment file that was never written to is removed`(_ bytes: [UInt8]) throws {
        let written = try WrittenLog(isClosed: true)
        written.disk.names[Segment.name(100)] = FakeInode(bytes)
        let found = try Recovery(of: written)
        #expect(found.indices == [0, 1, 2, 3, 4] && found.figures.badSegments == 0)
        #expect(written.disk.segmentNames.isEmpty)
    }

    @Test func `files that are none of the log's are ignored`() throws {
        let written = try WrittenLog(isClosed: true)
        let strays = ["x.tmp", ".1.seg.swp", "1.seg", "README", "ffffffffffffffff.seg", "mapping"]
        for name in strays { written.disk.names[name] = FakeInode([1, 2, 3]) }
        #expect(try Recovery(of: written).indices == [0, 1, 2, 3, 4])
        for name in strays { #expect(written.disk.names[name]?.cached == [1, 2, 3], "\(name)") }
    }

    @Test func `a segment under another's name, or of another lane, is set aside`() throws {
        var written = try segments()
        let names = written.disk.segmentNames
        written.disk.names[Segment.name(99)] = written.disk.names[names[1]]
        written.disk.names[names[1]] = nil
        #expect(try Recovery(of: written).indices == [0, 2, 3, 4])
        #expect(written.disk.names[Segment.name(99) + ".bad"] != nil)
        written = try segments()
        written.configuration.lane = "another"
        #expect(try Recovery(of: written).figures.badSegments == 5)
        #expect(written.disk.names.keys.filter { $0.hasSuffix(".bad") }.count == 5)
    }

    @Test func `a file that cannot be read at the start is set aside, and the rest is read`() throws
    {
        let written = try segments()
        let name = written.disk.segmentNames[0]
        written.disk.fail(1, .size, code: EACCES)
        let found = try Recovery(of: written)
        #expect(found.indices == [1, 2, 3, 4])
        #expect(found.figures.badSegments == 1 && found.figures.errors == ["EACCES": 1])
        #expect(written.disk.names[name + ".bad"] != nil)
    }

    @Test func `a file that cannot be set aside either is read when it can be`() throws {
        let written = try segments()
        let names = written.disk.segmentNames
        written.disk.onCall = { [unowned disk = written.disk] call, name in
            if call == .rename, name == names[2] { disk.fail(1, .rename, code: EROFS) }
            if call == .size, name == names[2] { disk.fail(1, .size, code: EROFS) }
        }
        var log = try written.open()
        for record in try log.read(maxBytes: .max, maxRecords: .max).records {
            log.finish(record.sequence)
        }
        try log.writeCursor()
        #expect(written.disk.segmentNames == [names[2]])
        written.disk.onCall = nil
        log = try written.open()
        let again = try log.read(maxBytes: .max, maxRecords: .max).records
        #expect(again.map(\.payload) == [written.requests[2].body])
    }

    @Test func `a file that cannot be read while it is sent is kept, and its rest is counted`()
        throws
    {
        let written = try WrittenLog(isClosed: true)
        let log = try written.open()
        let first = try log.read(maxBytes: .max, maxRecords: 2).records
        written.disk.fail(1, .read, code: EIO, times: 4)
        // It may pass, and is tried again.
        for _ in 0..<3 {
            #expect(throws: StorageError.self) { try log.read(maxBytes: .max, maxRecords: 9) }
        }
        let found = try log.read(maxBytes: .max, maxRecords: 9)
        #expect(found.records.isEmpty && found.corrupt == written.amount([2, 3, 4]))
        let name = written.disk.segmentNames[0]
        for record in first { log.finish(record.sequence) }
        try log.writeCursor()
        #expect(written.disk.segmentNames.isEmpty && written.disk.names[name + ".bad"] != nil)
        #expect(log.figures.errors == ["EIO": 4])
    }

    @Test func `a record that is none of this log is lost, and not sent`() throws {
        let written = try WrittenLog([20], isClosed: true)
        var configuration = written.configuration
        configuration.kind = .deadLetters
        let log = try SegmentLog(written.disk.directory(), configuration, wallClock: { 0 })
        let found = try log.read(maxBytes: .max, maxRecords: 9)
        #expect(found.records.isEmpty && found.corrupt == written.amount([0]))
        #expect(log.unread.isZero)
    }

    @Test func `more than a footer says is found, and said`() throws {
        let written = try WrittenLog([20, 30], isClosed: true)
        let end = written.placeOfRecord(2)
        let header = try #require(
            {
                if case .header(let header) = SegmentHeader.read(written.inode.cached) {
                    header
                } else {
                    nil
                }
            }()
        )
        let footer = SegmentFooter(
            records: 2, spans: 1, lastSequence: 3, end: UInt64(end), payloadBytes: 20)
        written.inode.cached.replaceSubrange(
            end..<end + SegmentFooter.size, with: footer.bytes(with: header.checksum))
        let log = try written.open()
        #expect(log.unread.spans == 1)
        let found = try log.read(maxBytes: .max, maxRecords: 9)
        #expect(found.records.map(\.payload) == written.requests.map(\.body))
        #expect(
            found.surplus.spans == 2 && found.surplus.bytes == written.amount([0, 1]).bytes - 20)
    }

    @Test func `a disk that fails once to read is asked again`() throws {
        let written = try WrittenLog(isClosed: true)
        let log = try written.open()
        written.disk.fail(2, .read, code: EIO)
        var records: [StoredRecord] = []
        for _ in 0..<3 { records += (try? log.read(maxBytes: .max, maxRecords: 9).records) ?? [] }
        #expect(records.map(\.payload) == written.requests.map(\.body))
    }

    @Test func `a file that somebody has removed holds up no other`() throws {
        let written = try segments()
        let log = try written.open()
        written.disk.names[written.disk.segmentNames[1]] = nil
        let found = try log.read(maxBytes: .max, maxRecords: 9)
        #expect(found.corrupt == written.amount([1]))
        for record in found.records { log.finish(record.sequence) }
        try log.writeCursor()
        #expect(log.segments.isEmpty && written.disk.segmentNames.isEmpty)
    }

    @Test func `a file whose footer could not be written is not written to again`() throws {
        let written = try WrittenLog([10], isClosed: false)
        let log = try written.open()
        _ = try log.append([written.requests[0]], isBehindReader: false)
        let name = log.segments[1].name
        _ = try log.read(maxBytes: 1, maxRecords: 1)
        written.disk.fail(1, .sync, code: EIO)
        #expect(log.skipOldest(where: { _, _ in true }) == written.amount([0]))
        written.disk.onCall = { call, file in
            #expect(!(file == name && [.write, .sync].contains(call)))
        }
        _ = try log.append([written.requests[0]], isBehindReader: false)
        #expect(log.segments.count == 3)
    }
}

extension FakeDisk {
    fileprivate func setVersion(_ version: UInt8, of segments: [String]) {
        for name in segments {
            names[name]?.write([version], count: 1, at: 8)
            names[name]?.sync()
        }
    }
}
