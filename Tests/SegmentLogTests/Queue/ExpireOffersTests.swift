import Glibc
import Testing

@testable import SendingQueue

@Suite struct ExpireOffersTests {
    @Test func `an offer whose commit hangs is answered, and sent when it became durable`() throws {
        let lane = try Lane()
        let hung = lane.offer(1, spans: 3, rejected: 1)
        let (queue, clock) = (lane.queue, lane.clock)
        let waiting = Recorded<Recorded<OfferOutcome>>()
        let late = Recorded<Recorded<OfferOutcome>>()
        var hasHung = false
        lane.disk.onCall = { [unowned lane] call, _ in
            guard call == .sync, !hasHung else { return }
            hasHung = true
            // Another one comes while the disk does not answer.
            waiting.append(lane.offer(2, spans: 5))
            queue.expireOffers()
            #expect(hung.all.isEmpty)
            clock.advance(.seconds(10))
            queue.expireOffers()
            queue.expireOffers()
            // From now on nobody waits to be told the same.
            late.append(lane.offer(3, spans: 2))
        }
        lane.turn()
        #expect(hung.all == [.full(retryAfterSeconds: 5, for: .answer)])
        #expect(waiting.all.first?.all == [.full(retryAfterSeconds: 5, for: .answer)])
        #expect(late.all.first?.all == [.full(retryAfterSeconds: 5, for: .answer)])
        #expect(lane.queue.delayIfFull(bytes: 1) == nil, "the disk has answered")
        #expect(lane.books.refused == 3 + 1 + 5 + 2 && lane.books.accepted == 0)
        #expect(lane.books.recovered == 3)
        #expect(lane.books.isBalanced)
        lane.turn()
        // What had not been begun with is not begun with any more.
        #expect(lane.deliverAll() == [1])
        #expect(lane.books.delivered == 3 && lane.books.isBalanced)
    }

    @Test func `an offer whose commit hangs and fails is answered once`() throws {
        let lane = try Lane()
        let hung = lane.offer(1)
        let (queue, clock) = (lane.queue, lane.clock)
        lane.disk.onCall = { call, _ in
            guard call == .sync else { return }
            clock.advance(.seconds(11))
            queue.expireOffers()
        }
        lane.disk.fail(1, .sync, code: EIO)
        lane.turn()
        #expect(hung.all == [.full(retryAfterSeconds: 5, for: .answer)])
        #expect(lane.books.refused == 3 && lane.books.isBalanced)
        #expect(lane.books.queuedSpans == 0)
    }
}
