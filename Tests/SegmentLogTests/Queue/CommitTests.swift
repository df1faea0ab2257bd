import Glibc
import Testing

@testable import SendingQueue

@Suite struct CommitTests {
    @Test func `an offer is accepted once its request is on disk, and not before`() throws {
        let lane = try Lane()
        let (disk, request) = (lane.disk, lane.request(7))
        let durable = Recorded<Bool>()
        lane.queue.offer(request, rejected: 0) { outcome in
            // What a power cut in this moment leaves for sure.
            let bytes = disk.durableNames[Segment.name(1)]?.durable ?? []
            let place = SegmentHeader.size + RecordHeader.size
            durable.append(
                outcome == .accepted && bytes.dropFirst(place).starts(with: request.body))
        }
        #expect(durable.all.isEmpty)
        lane.turn()
        #expect(durable.all == [true])
        disk.crash()
        try lane.restart()
        #expect(lane.deliverAll() == [7])
    }

    @Test func `a request without spans is accepted at once and stored nowhere`() throws {
        let lane = try Lane()
        let outcome = lane.offer(spans: 0, rejected: 4)
        #expect(outcome.all == [.accepted])
        #expect(lane.books.rejected == 4 && lane.books.isBalanced)
        lane.turn()
        #expect(lane.log.segments.isEmpty)
    }

    @Test func `more offers than a group has are taken in the turns after`() throws {
        let lane = try Lane()
        let outcomes = (1...1300).map { lane.offer(UInt64($0), bytes: 1, spans: 1) }
        var accepted: [Int] = []
        for _ in 1...3 {
            lane.turn()
            accepted.append(outcomes.filter { $0.all == [.accepted] }.count)
        }
        #expect(accepted == [512, 1024, 1300])
        #expect(lane.deliverAll() == Array(1...1300))
    }

    @Test func `a group ends before its bytes are too many, and a large request is one by itself`()
        throws
    {
        let lane = try Lane()
        let outcomes = [700_000, 500_000, 3_000_000].enumerated().map {
            lane.offer(UInt64($0.offset + 1), bytes: $0.element)
        }
        for done in 1...3 {
            lane.turn()
            #expect(outcomes.filter { !$0.all.isEmpty }.count == done)
        }
        #expect(lane.deliverAll() == [1, 2, 3])
    }

    @Test func `a closed queue answers that it is stopping, and commits what came before`() throws {
        let lane = try Lane()
        let before = lane.offer(1)
        lane.queue.close()
        let after = lane.offer(2)
        #expect(after.all == [.stopping])
        lane.turn()
        #expect(before.all == [.accepted])
        #expect(lane.books.isBalanced && lane.books.refused == 3)
    }
}
