import CloudExport
import ExportTestKit
import TestKit
import Testing

@Suite struct RefusalGuardTests {
    private let clock = ManualClock()

    @Test func `without a delivery nothing is given up`() {
        var refusals = RefusalGuard()
        #expect(refusals.mayGiveUp(1, at: clock.now) == false)
        refusals.noteDelivered(0, at: clock.now)
        #expect(refusals.mayGiveUp(1, at: clock.now) == false)
        refusals.noteDelivered(1, at: clock.now)
        #expect(refusals.mayGiveUp(1, at: clock.now) == true)
    }

    @Test func `a delivery is evidence for ten minutes`() {
        var refusals = RefusalGuard()
        refusals.noteDelivered(1, at: clock.now)
        clock.advance(by: .seconds(599))
        #expect(refusals.mayGiveUp(1, at: clock.now) == true)
        clock.advance(by: .seconds(1))
        #expect(refusals.mayGiveUp(1, at: clock.now) == false)
        refusals.noteDelivered(1, at: clock.now)
        #expect(refusals.mayGiveUp(1, at: clock.now) == true)
    }

    @Test func `more than a fifth refused within a minute is no bad data`() {
        var refusals = RefusalGuard()
        refusals.noteDelivered(400, at: clock.now)
        for refused in 1...100 {
            #expect(refusals.mayGiveUp(1, at: clock.now) == true, "\(refused)")
        }
        #expect(refusals.mayGiveUp(1, at: clock.now) == false)
        // What was not given up does not count, and more good data makes room.
        refusals.noteDelivered(4, at: clock.now)
        #expect(refusals.mayGiveUp(1, at: clock.now) == true)
        #expect(refusals.mayGiveUp(1, at: clock.now) == false)
    }

    @Test func `below twenty the share does not count`() {
        var refusals = RefusalGuard()
        refusals.noteDelivered(1, at: clock.now)
        for _ in 1...19 { #expect(refusals.mayGiveUp(1, at: clock.now) == true) }
        #expect(refusals.mayGiveUp(1, at: clock.now) == false)
    }

    @Test func `a large piece is not given up at once`() {
        var refusals = RefusalGuard()
        refusals.noteDelivered(10, at: clock.now)
        #expect(refusals.mayGiveUp(500, at: clock.now) == false)
    }

    @Test func `each minute is counted by itself`() {
        var refusals = RefusalGuard()
        refusals.noteDelivered(1, at: clock.now)
        for _ in 1...19 { _ = refusals.mayGiveUp(1, at: clock.now) }
        clock.advance(by: .seconds(59))
        #expect(refusals.mayGiveUp(1, at: clock.now) == false)
        clock.advance(by: .seconds(1))
        #expect(refusals.mayGiveUp(1, at: clock.now) == true)
    }
}
