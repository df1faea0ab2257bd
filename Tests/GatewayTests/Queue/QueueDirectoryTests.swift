import Foundation
import SendingQueue
import Testing

@testable import Gateway

/// What `queue ls`, `inspect`, `verify` and `replay` do with a directory on the machine's own disk.
@Suite struct QueueDirectoryTests {
    private let path = NSTemporaryDirectory() + "queue-" + UUID().uuidString

    /// Writes requests, one of them done, and dead letters of two reasons.
    private func fill() throws {
        let directory = try QueueDirectory(taking: path)
        let (log, letters) = try directory.logs(
            of: "default", SegmentLogConfiguration(), deadLetterBytes: 1 << 20)
        let requests = (1...3).map {
            QueuedRequest(body: [UInt8($0), 0], spanCount: $0, receivedAt: UInt64($0) * 1000)
        }
        let first = try log.append(requests, isBehindReader: false)
        log.finish(first)
        log.close()
        let deadLetters = try #require(letters)
        for (reason, status) in [(DropReason.rejected, 422), (.crash, nil)] as [(DropReason, Int?)]
        {
            let letter = DeadLetter(
                reason: reason, cause: DropCause(status: status, answer: "no \"x\""),
                request: [9, UInt8(status == nil ? 0 : 1)])
            try deadLetters.append(letter, spans: 4, receivedAt: 5000)
        }
        deadLetters.close()
    }

    @Test func `a look tells what waits`() throws {
        try fill()
        let lane = try #require(try QueueReport(of: path).lanes().first)
        #expect(lane.name == "default")
        #expect(lane.waiting.records == 2)
        #expect(lane.waiting.spans == 5)
        #expect(lane.waiting.bytes == 4)
        #expect(lane.oldest == 2000)
        #expect(lane.deadLetters.spans == 8)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(lane.jsonLine)) as? [String: Any])
        #expect(json["lane"] as? String == "default")
        #expect(json["spans"] as? Int == 5)
        #expect(json["oldest"] as? String == "1970-01-01T00:00:02.000Z")
    }

    @Test func `a look at requests and dead letters shows each`() throws {
        try fill()
        let report = try QueueReport(of: path)
        var bodies: [[UInt8]] = []
        try report.forEach(in: "default", deadLetters: false) {
            bodies.append($0.request)
            return true
        }
        #expect(bodies == [[2, 0], [3, 0]])
        var letters: [QueueReport.Entry] = []
        try report.forEach(in: "default", deadLetters: true) {
            letters.append($0)
            return true
        }
        #expect(letters.map(\.request) == [[9, 1], [9, 0]])
        #expect(letters.map { $0.letter?.reason } == [.rejected, .crash])
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(letters[0].jsonLine)) as? [String: Any])
        #expect(json["status"] as? Int == 422)
        #expect(json["answer"] as? String == "no \"x\"")
        #expect(letters[1].row.suffix(3) == ["crash", "-", #""no \"x\"""#])
    }

    @Test func `verify reads all of it`() throws {
        try fill()
        var steps: [UInt64] = []
        let found = try QueueReport(of: path).verify("default") { done, _ in steps.append(done) }
        #expect(found.records == 4)
        #expect(found.spans == 13)
        #expect(found.damage.isEmpty)
        #expect(!steps.isEmpty)
    }

    @Test func `verify says what is damaged`() throws {
        try fill()
        let lane = path + "/lane-default/"
        let names = try FileManager.default.contentsOfDirectory(atPath: lane)
        let segment = try #require(names.first { $0.hasSuffix(".seg") })
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: lane + segment)))
        // The last byte of the last payload, which stands before its checksum and the footer.
        bytes[bytes.count - 64 - 5] ^= 1
        let file = try #require(FileHandle(forWritingAtPath: lane + segment))
        try file.write(contentsOf: Data(bytes))
        try file.close()
        let found = try QueueReport(of: path).verify("default") { _, _ in }
        #expect(found.lostSpans == 3)
        #expect(found.damage.map(\.kind) == ["corrupt records"])
        #expect(found.damage.map(\.count) == [1])
    }

    @Test func `replay puts dead letters of a reason back, once`() throws {
        try fill()
        let replayed = try QueueReplay(at: path).run("default", reason: .rejected) { _ in }
        #expect(replayed == 4)
        #expect(try QueueReplay(at: path).run("default", reason: .rejected) { _ in } == 0)
        let lane = try #require(try QueueReport(of: path).lanes().first)
        #expect(lane.waiting.records == 3)
        #expect(lane.deadLetters.spans == 4)
        #expect(try QueueReplay(at: path).run("default", reason: nil) { _ in } == 4)
        var bodies: [[UInt8]] = []
        try QueueReport(of: path).forEach(in: "default", deadLetters: false) {
            bodies.append($0.request)
            #expect($0.record.receivedAt <= 5000, "the time of reception is kept")
            return true
        }
        #expect(bodies == [[2, 0], [3, 0], [9, 1], [9, 0]])
    }

    @Test func `a directory that is taken is told with who has it`() throws {
        let holder = try QueueDirectory(taking: path)
        do throws(StartError) {
            _ = try QueueDirectory(taking: path)
            Issue.record("two have the directory")
        } catch {
            #expect(error.code == .temporaryFailure)
            #expect(error.description.hasSuffix("is in use by pid \(getpid())"))
        }
        // A look is allowed all the same.
        #expect(try QueueReport(of: path).lanes().isEmpty)
        withExtendedLifetime(holder) {}
    }

    @Test func `a directory that others may read is refused`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(chmod(path, 0o755) == 0)
        do throws(StartError) {
            _ = try QueueDirectory(taking: path)
            Issue.record("the directory was taken")
        } catch {
            #expect(error.code == .configuration)
            #expect(error.description.contains("mode 755"))
        }
    }

    @Test func `a lane that is not there is an error, and is not made`() throws {
        _ = try QueueDirectory(taking: path)
        #expect(throws: StartError.self) {
            _ = try QueueReplay(at: path).run("other", reason: nil) { _ in }
        }
        #expect(!FileManager.default.fileExists(atPath: path + "/lane-other"))
    }
}
