import Glibc
import Testing

@testable import SendingQueue

@Suite struct StandstillTests {
    @Test func `a queue that holds its bytes or spans refuses until some have ended`() throws {
        for limit in [\DurableQueue.Configuration.maxBytes, \.maxSpans] {
            let lane = try Lane {
                $0.queue[keyPath: limit] = limit == \.maxBytes ? 250 : 6
            }
            #expect(lane.queue.delayIfFull(bytes: 1000) == nil)
            let outcomes = (1...3).map { lane.offer(UInt64($0)) }
            lane.turn()
            #expect(outcomes.map { $0.all.first == .accepted } == [true, true, false])
            #expect(lane.queue.delayIfFull(bytes: 100) != nil)
            #expect(lane.deliverAll() == [1, 2])
            #expect(lane.queue.delayIfFull(bytes: 100) == nil)
            #expect(lane.books.isBalanced)
        }
    }

    @Test func `a log without room refuses, and takes again when segments have gone`() throws {
        let lane = try Lane { $0.log.maxBytes = 512 << 10 }
        var outcomes: [Recorded<OfferOutcome>] = []
        for number in 1...10 {
            outcomes.append(lane.offer(UInt64(number), bytes: 100_000))
            lane.turn()
        }
        let accepted = outcomes.prefix { $0.all == [.accepted] }.count
        #expect((5...8).contains(accepted))
        #expect(outcomes.dropFirst(accepted).allSatisfy { $0.all.first?.isFull == true })
        #expect(lane.queue.figures().standstill == .full)
        #expect(lane.events.all == [.stopped(.full)])
        #expect(lane.deliverAll().count == accepted)
        // The probe is due a second after the refusal, and the cursor has to be written before.
        for _ in 1...2 { lane.turn(after: .seconds(1)) }
        #expect(lane.queue.figures().standstill == nil)
        #expect(lane.events.all.last == .recovered)
        let outcome = lane.offer(99)
        lane.turn()
        #expect(outcome.all == [.accepted])
    }

    @Test func `a log that is full with what has ended makes room by itself`() throws {
        let lane = try Lane { $0.log.maxBytes = 512 << 10 }
        for number in 1...20 {
            let outcome = lane.offer(UInt64(number), bytes: 100_000)
            lane.turn()
            #expect(outcome.all == [.accepted])
            _ = lane.deliverAll()
        }
        #expect(lane.log.fileBytes <= 768 << 10)
    }

    @Test func `a disk with little room left refuses before it is full`() throws {
        let lane = try Lane { $0.log.minFree = 10 << 20 }
        lane.disk.free = 50 << 20
        lane.offer(1)
        lane.turn()
        lane.disk.free = 9 << 20
        lane.turn(after: .seconds(1))
        #expect(lane.queue.figures().standstill == .lowSpace)
        #expect(lane.offer(2).all.first?.isFull == true)
        lane.disk.free = 50 << 20
        lane.turn(after: .seconds(1))
        #expect(lane.queue.figures().standstill == nil)
        #expect(lane.events.all == [.stopped(.lowSpace), .recovered])
    }

    @Test func `more than may wait for the disk is told to come again at once`() throws {
        let lane = try Lane { $0.queue.maxOfferedBytes = 250 }
        // However large, one is taken.
        let outcomes = [lane.offer(1, bytes: 1000), lane.offer(2)]
        #expect(outcomes[1].all == [.full(retryAfterSeconds: 1, for: .pace)])
        #expect(lane.queue.delayIfFull(bytes: 100)?.shortage == .pace)
        lane.turn()
        #expect(outcomes[0].all == [.accepted])
        let later = [lane.offer(3), lane.offer(4), lane.offer(5)]
        lane.turn()
        #expect(later.map { $0.all.first == .accepted } == [true, true, false])
        #expect(lane.books.isBalanced)
    }

    @Test func `every kind of standstill is a shortage of its own`() {
        let error = { StorageError("pwrite", "a", $0) }
        let kinds: [DurableQueue.Standstill] = [
            .full, .lowSpace, .failed(error(ENOSPC)), .failed(error(EMFILE)), .failed(error(EIO)),
            .hanging,
        ]
        #expect(
            kinds.map(\.shortage) == [.room, .reserve, .space, .resources, .soundness, .answer])
    }

    @Test func `a failing sync refuses its group, and a probe finds that the disk is well`() throws
    {
        let lane = try Lane()
        lane.offer(1)
        lane.turn()
        lane.disk.fail(1, .sync, code: EIO)
        let failed = lane.offer(2)
        lane.turn()
        #expect(failed.all == [.full(retryAfterSeconds: 1, for: .soundness)])
        #expect(lane.queue.figures().standstill?.shortage == .soundness)
        // Without asking the disk.
        let calls = lane.disk.calls
        #expect(lane.offer(3).all == [.full(retryAfterSeconds: 1, for: .soundness)])
        #expect(lane.disk.calls == calls)
        lane.turn(after: .seconds(1))
        #expect(lane.queue.figures().standstill == nil)
        let later = lane.offer(4)
        lane.turn()
        #expect(later.all == [.accepted])
        #expect(Set(lane.deliverAll()) == [1, 4])
        #expect(lane.books.isBalanced)
    }

    @Test func `a disk that goes on failing is tried every second, then every half minute`() throws
    {
        let lane = try Lane()
        lane.disk.fail(1, .allocate, code: EIO, times: 5)
        lane.offer(1)
        var tries: [Int] = []
        var before = 0
        for second in 0...70 {
            lane.worker.turn()
            let count = lane.disk.fired.count
            if count > before { tries.append(second) }
            before = count
            lane.clock.advance(.seconds(1))
        }
        #expect(tries == [0, 1, 2, 32, 62])
    }

    @Test func `a full disk is tried every second`() throws {
        let lane = try Lane()
        lane.disk.fail(1, .allocate, code: ENOSPC, times: 7)
        lane.offer(1)
        for _ in 0...7 { lane.turn(after: .seconds(1)) }
        #expect(lane.disk.fired.count == 7)
        #expect(lane.events.all.last == .recovered)
        guard case .stopped(let reason) = lane.events.all.first else {
            Issue.record("nothing was said")
            return
        }
        #expect(reason.shortage == .space)
    }
}
