import Foundation
import Testing

@testable import SendingQueue

/// Directories that were written by each version of the format, in `Golden`. Whatever becomes of the
/// code, what lies on somebody's disk is read.
///
/// `UPDATE_GOLDEN=1` writes the one of this version again, which is right before it is released alone.
@Suite struct GoldenTests {
    private static let salt: UInt64 = 0x1122_3344_5566_7788
    private static let requests = (1...7).map {
        QueuedRequest.numbered(
            $0, bytes: Int($0) * 10, spans: Int($0), receivedAt: 1_700_000_000_000 + $0)
    }
    private static let letters = [
        DeadLetter(
            reason: .rejected, cause: DropCause(status: 422, answer: "no such field"),
            request: [1, 2, 3]),
        DeadLetter(reason: .crash, cause: .none, request: [4, 5]),
    ]
    private static let letterConfiguration = {
        var configuration = SegmentLogConfiguration.small
        configuration.kind = .deadLetters
        return configuration
    }()

    private static func open(
        _ disk: FakeDisk, _ configuration: SegmentLogConfiguration
    ) throws -> SegmentLog {
        try SegmentLog(
            disk.directory(), configuration, wallClock: { 1_700_000_000_000 }, random: { salt })
    }

    /// A closed segment, one that was being written, and a cursor in between.
    private static func written() throws -> FakeDisk {
        let disk = FakeDisk()
        let log = try open(disk, .small)
        _ = try log.append(Array(requests[0..<3]), isBehindReader: false)
        _ = try log.append([requests[3]], isBehindReader: false)
        try log.closeActive()
        _ = try log.append(Array(requests[4..<6]), isBehindReader: false)
        _ = try log.append([requests[6]], isBehindReader: false)
        let found = try log.read(maxBytes: .max, maxRecords: .max)
        for index in [0, 1, 3, 5] { log.finish(found.records[index].sequence) }
        try log.writeCursor()
        // Of the room that was reserved, some is enough.
        disk.names[log.segments[1].name]?.resize(4096)
        return disk
    }

    private static func writtenLetters() throws -> FakeDisk {
        let disk = FakeDisk()
        let log = try open(disk, letterConfiguration)
        for letter in letters { try log.append(letter, spans: 2, receivedAt: 1_700_000_000_009) }
        log.close()
        return disk
    }

    private static func load(_ folder: URL) throws -> FakeDisk {
        let disk = FakeDisk()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            var isFolder: ObjCBool = false
            let path = folder.appendingPathComponent(name)
            _ = FileManager.default.fileExists(atPath: path.path, isDirectory: &isFolder)
            if !isFolder.boolValue {
                disk.names[name] = FakeInode([UInt8](try Data(contentsOf: path)))
            }
        }
        return disk
    }

    private static func golden(_ version: String) throws -> URL {
        let url = try #require(Bundle.module.url(forResource: "Golden", withExtension: nil))
        return url.appendingPathComponent(version)
    }

    @Test func `a directory of version 1 is read to the last byte`() throws {
        let disk = try Self.load(Self.golden("v1"))
        #expect(disk.names.count == 3)
        let log = try Self.open(disk, .small)
        #expect(log.unread.records == 3)
        let records = try log.read(maxBytes: .max, maxRecords: .max).records
        #expect(records.map(\.sequence) == [4, 7, 9])
        for (record, index) in zip(records, [2, 4, 6]) {
            #expect(record.payload == Self.requests[index].body)
            #expect(record.receivedAt == Self.requests[index].receivedAt)
            #expect(record.spanCount == Self.requests[index].spanCount)
            log.finish(record.sequence)
        }
        #expect(log.figures.corruptRecords == 0 && log.figures.tornTails == 0)
        try log.writeCursor()
        #expect(disk.names.keys.sorted() == ["cursor"])
    }

    @Test func `dead letters of version 1 are read`() throws {
        let folder = try Self.golden("v1").appendingPathComponent("deadletter")
        let log = try Self.open(Self.load(folder), Self.letterConfiguration)
        let records = try log.read(maxBytes: .max, maxRecords: .max).records
        #expect(records.map { DeadLetter($0.payload) } == Self.letters)
        #expect(records.map(\.spanCount) == [2, 2])
    }

    @Test func `what is written now is version 1, byte for byte`() throws {
        let disks = [("v1", try Self.written()), ("v1/deadletter", try Self.writtenLetters())]
        for (name, disk) in disks {
            if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
                try save(disk, as: name)
                continue
            }
            let golden = try Self.load(Self.golden(name))
            #expect(disk.names.keys.sorted() == golden.names.keys.sorted())
            for (name, inode) in disk.names {
                let isSame = golden.names[name]?.cached == inode.cached
                #expect(isSame, "\(name)")
            }
        }
    }

    private func save(_ disk: FakeDisk, as name: String) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = tests.appendingPathComponent("Golden/" + name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, inode) in disk.names {
            try Data(inode.cached).write(to: folder.appendingPathComponent(name))
        }
    }
}
