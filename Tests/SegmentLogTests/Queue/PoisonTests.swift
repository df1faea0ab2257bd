import Foundation
import Testing

@testable import SendingQueue

@Suite struct PoisonTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "mapping-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private static func mark(in path: String) throws -> MappingMark {
        try MappingMark(in: PosixDirectory(existing: path))
    }

    /// Takes the first request and ends while it is being mapped.
    private func end(_ lane: Lane, in path: String, crashing: Bool) throws {
        for _ in 1...2 where lane.queue.backlog().spans == 0 { lane.turn() }
        let item = try #require(lane.queue.take())
        #expect(item.request.body.number == 1)
        lane.queue.beginMapping(item.ticket)
        if crashing { MappingMark.noteCrash() }
        try lane.restart(mark: Self.mark(in: path))
    }

    @Test(arguments: [(true, 2), (false, 8)])
    func `a request that has ended the process too often is set aside`(
        crashing: Bool, times: Int
    ) throws {
        try Self.inFolder { path in
            let lane = try Lane(seed: 1, mark: Self.mark(in: path))
            lane.offer(1)
            lane.offer(2)
            lane.turn()
            for _ in 1...times { try end(lane, in: path, crashing: crashing) }
            #expect(lane.deliverAll() == [2])
            #expect(lane.books.dropped == [.crash: 3])
            #expect(lane.books.queuedSpans == 0 && lane.books.isBalanced)
            #expect(lane.queue.figures().deadLetterSpans == 3)
            #expect(lane.events.all.contains { if case .poisoned = $0 { true } else { false } })
            lane.turn(after: .seconds(1))
            try lane.restart(mark: Self.mark(in: path))
            #expect(lane.deliverAll().isEmpty)
        }
    }

    @Test func `a request whose mapping came to its end is tried again`() throws {
        try Self.inFolder { path in
            let lane = try Lane(seed: 1, mark: Self.mark(in: path))
            lane.offer(1)
            lane.turn()
            for _ in 1...5 {
                for _ in 1...2 where lane.queue.backlog().spans == 0 { lane.turn() }
                let item = try #require(lane.queue.take())
                lane.queue.beginMapping(item.ticket)
                lane.queue.endMapping()
                // The thread maps nothing any more, whatever it crashes of.
                MappingMark.noteCrash()
                try lane.restart(mark: Self.mark(in: path))
            }
            #expect(lane.deliverAll() == [1])
        }
    }

    @Test func `a page with anything in it is begun anew`() throws {
        try Self.inFolder { path in
            for bytes in [Data(), Data([1, 2, 3]), Data(repeating: 0xff, count: 5000)] {
                try bytes.write(to: URL(fileURLWithPath: path + "/" + MappingMark.fileName))
                let mark = try Self.mark(in: path)
                #expect(!mark.isPoison(.max) && !mark.isPoison(0))
                mark.begin(3)
                mark.end()
            }
        }
    }
}
