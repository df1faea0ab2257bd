import Glibc
import Testing

@testable import SendingQueue

@Suite struct SetAsideTests {
    private static let cause = DropCause(status: 422, answer: "no such field")

    private func letters(of lane: Lane) throws -> [DeadLetter] {
        let log = try SegmentLog(
            lane.lettersDisk.directory(), lane.setting.letters, wallClock: { 0 }, isReadOnly: true)
        return try log.read(maxBytes: .max, maxRecords: .max).records.compactMap {
            DeadLetter($0.payload)
        }
    }

    @Test func `spans that are set aside end when their dead letter is on disk`() throws {
        let lane = try Lane()
        lane.offer(1, spans: 5)
        lane.turn()
        let item = try #require(lane.queue.take())
        lane.queue.setAside(item.ticket, spans: 1..<3, as: .rejected, because: Self.cause)
        lane.lettersDisk.fail(1, .sync, code: EIO)
        lane.turn()
        #expect(lane.books.droppedTotal == 0 && lane.books.queuedSpans == 5)
        // Not before a second is over.
        lane.turn(after: .milliseconds(900))
        #expect(lane.books.droppedTotal == 0)
        lane.turn(after: .milliseconds(100))
        #expect(lane.books.dropped == [.rejected: 2] && lane.books.queuedSpans == 3)
        lane.lettersDisk.crash()
        let expected = DeadLetter(
            reason: .rejected, cause: Self.cause, request: item.request.body + [1, 3])
        #expect(try letters(of: lane) == [expected])
        lane.queue.settle(item.ticket, spans: 3, as: .delivered)
        #expect(lane.books.queuedRequests == 0 && lane.books.isBalanced)
        #expect(lane.queue.figures().deadLetterSpans == 2)
    }

    @Test func `a request that is set aside as a whole is kept as it came`() throws {
        let lane = try Lane()
        lane.offer(1)
        lane.turn()
        let item = try #require(lane.queue.take())
        lane.queue.setAside(item.ticket, spans: 0..<3, as: .tooLarge, because: .none)
        lane.turn()
        #expect(try letters(of: lane).map(\.request) == [item.request.body])
        // And does not come again.
        lane.turn(after: .seconds(1))
        lane.disk.crash()
        try lane.restart()
        #expect(lane.deliverAll().isEmpty)
    }

    @Test func `a request that was set aside while its dead letter failed comes again`() throws {
        let lane = try Lane()
        lane.offer(1)
        lane.turn()
        let item = try #require(lane.queue.take())
        lane.lettersDisk.fail(1, .create, code: ENOSPC)
        lane.queue.setAside(item.ticket, spans: 0..<3, as: .tooLarge, because: .none)
        lane.queue.end()
        lane.turn()
        lane.worker.finish()
        #expect(lane.books.droppedTotal == 0)
        try lane.restart()
        #expect(lane.deliverAll() == [1])
    }

    @Test func `what is set aside in the last turn does not come again`() throws {
        let lane = try Lane()
        lane.offer(1)
        lane.turn()
        let item = try #require(lane.queue.take())
        lane.queue.setAside(item.ticket, spans: 0..<3, as: .rejected, because: .none)
        lane.queue.end()
        lane.turn()
        lane.worker.finish()
        #expect(lane.books.dropped == [.rejected: 3])
        try lane.restart()
        #expect(lane.deliverAll().isEmpty)
    }

    @Test func `many spans that are set aside cost one sync`() throws {
        let lane = try Lane()
        lane.offer(1, spans: 200)
        lane.turn()
        let item = try #require(lane.queue.take())
        let before = lane.letters?.figures.syncs ?? 0
        for span in 0..<200 {
            lane.queue.setAside(
                item.ticket, spans: span..<span + 1, as: .rejected, because: Self.cause)
        }
        lane.turn()
        #expect(lane.books.dropped == [.rejected: 200])
        // That of the segment, and that of the group.
        #expect((lane.letters?.figures.syncs ?? 0) - before == 2)
        #expect(try letters(of: lane).count == 200)
    }

    @Test func `a disk that keeps no dead letter holds spans up for a minute, and not for ever`()
        throws
    {
        let lane = try Lane()
        lane.offer(1)
        lane.turn()
        let item = try #require(lane.queue.take())
        lane.lettersDisk.fail(1, .create, code: EIO, times: 1000)
        lane.queue.setAside(item.ticket, spans: 0..<3, as: .rejected, because: .none)
        for _ in 0..<60 {
            lane.turn(after: .seconds(1))
            #expect(lane.books.droppedTotal == 0)
        }
        lane.turn(after: .seconds(1))
        #expect(lane.books.dropped == [.rejected: 3])
        #expect(lane.events.all == [.uncopied(spans: 3)])
        #expect(lane.queue.figures().spansWithoutLetter == 3)
        #expect(lane.queue.figures().deadLettersEvicted == 0)
    }

    @Test func `the oldest dead letters go where the disk has no room for another`() throws {
        let lane = try Lane { $0.letters.maxBytes = 2 << 20 }
        for number in 1...6 {
            lane.offer(UInt64(number), bytes: 200_000, spans: 1)
            lane.turn()
            let item = try #require(lane.queue.take())
            if number == 6 { lane.lettersDisk.capacity = lane.lettersDisk.usedBytes }
            lane.queue.setAside(item.ticket, spans: 0..<1, as: .rejected, because: .none)
            lane.turn()
        }
        #expect(lane.books.dropped == [.rejected: 6])
        #expect(try letters(of: lane).compactMap(\.request.number).last == 6)
    }

    @Test func `without a place for dead letters the spans end at once`() throws {
        let lane = try Lane { $0.keepsLetters = false }
        lane.offer(1)
        lane.turn()
        let item = try #require(lane.queue.take())
        lane.queue.setAside(item.ticket, spans: 0..<3, as: .rejected, because: .none)
        lane.turn()
        #expect(lane.books.dropped == [.rejected: 3])
    }

    @Test func `the oldest dead letters go for new ones`() throws {
        let lane = try Lane { $0.letters.maxBytes = 512 << 10 }
        for number in 1...12 {
            lane.offer(UInt64(number), bytes: 100_000, spans: 1)
            lane.turn()
            let item = try #require(lane.queue.take())
            lane.queue.setAside(item.ticket, spans: 0..<1, as: .rejected, because: .none)
            lane.turn()
        }
        let kept = try letters(of: lane).compactMap(\.request.number)
        #expect(kept == Array((13 - UInt64(kept.count))...12))
        #expect((4...8).contains(kept.count))
        #expect(lane.queue.figures().deadLettersEvicted == UInt64(12 - kept.count))
        #expect(lane.books.dropped == [.rejected: 12] && lane.books.queuedSpans == 0)
        #expect(lane.events.all.contains { if case .evicted = $0 { true } else { false } })
    }

    @Test func `no dead letter goes while the disk fails to write down that it may`() throws {
        let lane = try Lane { $0.letters.maxBytes = 512 << 10 }
        for number in 1...6 {
            lane.offer(UInt64(number), bytes: 100_000, spans: 1)
            lane.turn()
            let item = try #require(lane.queue.take())
            lane.queue.setAside(item.ticket, spans: 0..<1, as: .rejected, because: .none)
            lane.turn()
        }
        let before = try letters(of: lane).count
        lane.lettersDisk.fail(1, .rename, code: EIO, times: 50)
        lane.offer(7, bytes: 100_000, spans: 1)
        lane.turn()
        let item = try #require(lane.queue.take())
        lane.queue.setAside(item.ticket, spans: 0..<1, as: .rejected, because: .none)
        for _ in 1...5 { lane.turn(after: .seconds(1)) }
        #expect(try letters(of: lane).count == before)
        #expect(lane.queue.figures().deadLettersEvicted == 0)
    }
}
