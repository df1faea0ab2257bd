import Foundation
import Testing

@testable import SendingQueue

/// The whole log on a real file system.
@Suite struct PosixLogTests {
    @Test func `a log is found again as it was left`() throws {
        let folder = try TemporaryFolder()
        var next: UInt64 = 1
        var waiting: [QueuedRequest] = []
        for life in 1...4 {
            let log = try SegmentLog(
                PosixDirectory(path: folder.path + "/queue"), .small, wallClock: { 0 })
            #expect(log.unread.records == UInt64(waiting.count))
            for _ in 1...20 {
                let request = QueuedRequest.numbered(
                    next, bytes: 20_000, spans: 3, receivedAt: next)
                _ = try log.append([request], isBehindReader: false)
                waiting.append(request)
                next += 1
            }
            let found = try log.read(maxBytes: .max, maxRecords: 15).records
            #expect(found.map(\.payload) == waiting.prefix(15).map(\.body))
            for record in found { log.finish(record.sequence) }
            try log.writeCursor()
            waiting.removeFirst(15)
            if life % 2 == 0 { log.close() }
            #expect(log.figures.corruptRecords == 0 && log.figures.errors.isEmpty)
        }
        let log = try SegmentLog(
            PosixDirectory(path: folder.path + "/queue"), .small, wallClock: { 0 })
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/queue")
        let sizes = try names.filter { $0.hasSuffix(".seg") }.map {
            try FileManager.default.attributesOfItem(atPath: folder.path + "/queue/" + $0)[.size]
        }
        #expect(sizes.reduce(0) { $0 + (($1 as? UInt64) ?? 0) } == log.fileBytes)
        #expect(Set(names.map { folder.mode("queue/" + $0) }) == [0o600])
    }

    @Test func `a look at a log changes nothing`() throws {
        let folder = try TemporaryFolder()
        let directory = try PosixDirectory(path: folder.path + "/queue")
        let log = try SegmentLog(directory, .small, wallClock: { 0 })
        _ = try log.append(
            [.numbered(1, bytes: 10, spans: 1, receivedAt: 0)], isBehindReader: false)
        for (name, bytes) in [(Segment.name(50), []), (Segment.name(60), [1, 2])] as [(_, [UInt8])]
        {
            try folder.write(bytes, to: "queue/" + name)
        }
        let before = try directory.names().map {
            ($0, try directory.open($0, forWriting: false).size())
        }
        let look = try SegmentLog(directory, .small, wallClock: { 0 }, isReadOnly: true)
        #expect(look.unread.records == 1)
        #expect(try look.read(maxBytes: 1, maxRecords: 1).records.map(\.payload.number) == [1])
        let after = try directory.names().map {
            ($0, try directory.open($0, forWriting: false).size())
        }
        #expect(before.map(\.0) == after.map(\.0) && before.map(\.1) == after.map(\.1))
    }
}
