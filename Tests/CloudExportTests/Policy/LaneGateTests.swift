import CloudExport
import ExportTestKit
import TestKit
import Testing

/// Conversations: what the lane asks, what it is told, and what came of its attempts.
@Suite struct LaneGateTests {
    private let clock = ManualClock()
    private var gate = LaneGate(backoff: Backoff(), maxConcurrency: 4)

    // MARK: Words for the conversations

    private mutating func may(_ inFlight: Int = 0) -> LaneGate.Permission {
        gate.permission(now: clock.now, inFlight: inFlight)
    }

    /// An attempt that began in the present posture has ended.
    private mutating func ends(_ outcome: AttemptOutcome, random: Double = 0.5) {
        ends(outcome, begunIn: gate.posture, random: random)
    }

    private mutating func ends(
        _ outcome: AttemptOutcome, begunIn posture: LaneGate.Posture, random: Double = 0.5
    ) {
        gate.note(outcome, startedIn: posture, now: clock.now, random: random)
    }

    private mutating func probeEnds(_ outcome: AttemptOutcome, random: Double = 0) {
        gate.noteProbe(outcome, now: clock.now, random: random)
    }

    private func time(_ seconds: Double) -> ContinuousClock.Instant {
        clock.start + .seconds(seconds)
    }

    // MARK: Open

    @Test mutating func `an open lane sends up to its concurrency`() {
        #expect(may(0) == .send)
        #expect(may(3) == .send)
        #expect(may(4) == .wait(until: nil))
        ends(.delivered)
        #expect(gate.posture == .open)
        #expect(may(3) == .send)
        #expect(may(4) == .wait(until: nil))
    }

    @Test(arguments: [AttemptOutcome.tooLarge, .refused(status: 400, answer: ""), .cancelled])
    mutating func `an answer about the batch alone leaves the lane open`(
        _ outcome: AttemptOutcome
    ) {
        ends(outcome)
        #expect(gate.posture == .open)
        #expect(may(3) == .send)
    }

    // MARK: Backing off

    @Test(arguments: [
        AttemptOutcome.unavailable("reset", retryAfter: nil), .throttled(retryAfter: nil),
    ])
    mutating func `after a failure one attempt goes out when the backoff is over`(
        _ failure: AttemptOutcome
    ) {
        ends(failure)
        #expect(gate.posture == .backingOff(until: time(0.25)))
        #expect(may() == .wait(until: time(0.25)))
        clock.advance(by: .milliseconds(249))
        #expect(may() == .wait(until: time(0.25)))
        clock.advance(by: .milliseconds(1))
        #expect(may(1) == .wait(until: nil))
        #expect(may(0) == .send)
    }

    @Test mutating func `each failure doubles the backoff, and a success forgets them`() {
        for limit in [0.5, 1, 2, 4, 8, 16, 30, 30] {
            let now = clock.elapsed / .seconds(1)
            ends(.unavailable("", retryAfter: nil))
            #expect(gate.posture == .backingOff(until: time(now + limit / 2)))
            clock.advance(by: .seconds(limit / 2))
            #expect(may() == .send)
        }
        ends(.delivered)
        #expect(gate.posture == .open)
        let now = clock.elapsed / .seconds(1)
        ends(.unavailable("", retryAfter: nil))
        #expect(gate.posture == .backingOff(until: time(now + 0.25)))
    }

    @Test mutating func `after a failure the lane starts slowly: one, two, four`() {
        ends(.throttled(retryAfter: nil))
        clock.advance(by: .seconds(1))
        #expect(may(0) == .send)
        #expect(may(1) == .wait(until: nil))
        ends(.delivered)
        #expect(may(1) == .send)
        #expect(may(2) == .wait(until: nil))
        ends(.delivered)
        #expect(may(3) == .send)
        #expect(may(4) == .wait(until: nil))
        ends(.delivered)
        #expect(may(4) == .wait(until: nil))
    }

    @Test mutating func `a success that began before the failure does not open the lane`() {
        let open = gate.posture
        ends(.unavailable("", retryAfter: nil), begunIn: open)
        ends(.delivered, begunIn: open)
        #expect(may() == .wait(until: time(0.25)))
        clock.advance(by: .seconds(1))
        let backingOff = gate.posture
        #expect(may() == .send)
        // The retry fails as well; a success of before still says nothing.
        ends(.unavailable("", retryAfter: nil), begunIn: backingOff)
        ends(.delivered, begunIn: backingOff)
        #expect(gate.posture == .backingOff(until: time(1.5)))
    }

    @Test mutating func `Retry-After is the least that is waited, and never the most`() {
        ends(.throttled(retryAfter: .seconds(60)))
        #expect(may() == .wait(until: time(60)))
        clock.advance(to: .seconds(60))
        ends(.unavailable("", retryAfter: .milliseconds(1)))
        #expect(may() == .wait(until: time(60.5)))
    }

    @Test mutating func `a second failure does not shorten what the first one asked for`() {
        let open = gate.posture
        ends(.throttled(retryAfter: .seconds(60)), begunIn: open)
        ends(.unavailable("", retryAfter: nil), begunIn: open)
        #expect(may() == .wait(until: time(60)))
        ends(.unavailable("", retryAfter: .seconds(90)), begunIn: open)
        #expect(may() == .wait(until: time(90)))
    }

    @Test mutating func `an attempt that the gateway stopped changes nothing`() {
        ends(.throttled(retryAfter: nil))
        let before = gate.posture
        ends(.cancelled)
        #expect(gate.posture == before)
    }

    // MARK: Cooling down

    @Test(arguments: [
        (AttemptOutcome.unauthorized(status: 401), LaneGate.Cause.unauthorized),
        (.misdirected(status: 404), .misdirected),
        (.untrusted("expired"), .untrusted),
    ])
    mutating func `what a person has to mend holds the lane for a minute, and then it tries`(
        _ outcome: AttemptOutcome, _ cause: LaneGate.Cause
    ) {
        ends(outcome)
        #expect(gate.posture == .coolingDown(until: time(60), cause))
        #expect(may() == .hold(until: time(60)))
        clock.advance(to: .seconds(59.999))
        #expect(may() == .hold(until: time(60)))
        clock.advance(to: .seconds(60))
        #expect(may(1) == .wait(until: nil))
        #expect(may(0) == .send)
        ends(.delivered)
        #expect(gate.posture == .open)
        #expect(may(1) == .send)
        #expect(may(2) == .wait(until: nil))
    }

    @Test mutating func `cool-downs double up to a quarter of an hour, until a delivery`() {
        for length in [60.0, 120, 240, 480, 900, 900] {
            let now = clock.elapsed / .seconds(1)
            ends(.unauthorized(status: 401))
            #expect(may() == .hold(until: time(now + length)))
            clock.advance(by: .seconds(length))
        }
        ends(.delivered)
        let now = clock.elapsed / .seconds(1)
        ends(.unauthorized(status: 401))
        #expect(may() == .hold(until: time(now + 60)))
    }

    @Test mutating func `attempts that fail together cool down once`() {
        let open = gate.posture
        for _ in 1...4 { ends(.unauthorized(status: 401), begunIn: open) }
        #expect(may() == .hold(until: time(60)))
        clock.advance(to: .seconds(60))
        ends(.unauthorized(status: 401))
        #expect(may() == .hold(until: time(180)))
    }

    @Test mutating func `a failure that passes does not shorten a cool-down, and follows it`() {
        let open = gate.posture
        ends(.misdirected(status: 404), begunIn: open)
        ends(.unavailable("", retryAfter: nil), begunIn: open)
        ends(.delivered, begunIn: open)
        #expect(gate.posture == .coolingDown(until: time(60), .misdirected))
        clock.advance(to: .seconds(60))
        ends(.unavailable("", retryAfter: nil))
        #expect(gate.posture == .backingOff(until: time(60.25)))
    }

    @Test mutating func `a suspected change of the contract holds the lane`() {
        ends(.refused(status: 400, answer: ""))
        gate.suspectContract(now: clock.now, random: 0.5)
        #expect(gate.posture == .coolingDown(until: time(60), .contract))
        #expect(may() == .hold(until: time(60)))
    }

    @Test mutating func `while everything is refused the cool-downs double`() {
        for length in [60.0, 120, 240] {
            let now = clock.elapsed / .seconds(1)
            // The search for the refused record asks several times before it gives up.
            for _ in 1...3 { ends(.refused(status: 400, answer: "")) }
            gate.suspectContract(now: clock.now, random: 0.5)
            #expect(may() == .hold(until: time(now + length)))
            clock.advance(by: .seconds(length))
        }
    }

    // MARK: Quota

    @Test mutating func `a spent quota pauses, then an empty batch asks, then it goes on slowly`() {
        ends(.quotaExhausted(retryAfter: .seconds(100)))
        #expect(gate.posture == .paused(until: time(105)))
        #expect(may() == .hold(until: time(105)))
        clock.advance(to: .seconds(105))
        #expect(may() == .probe)
        #expect(gate.posture == .probing)
        #expect(may() == .wait(until: nil))
        probeEnds(.delivered)
        #expect(gate.posture == .open)
        #expect(may(0) == .send)
        #expect(may(1) == .wait(until: nil))
        ends(.delivered)
        #expect(may(1) == .send)
    }

    @Test mutating func `without a hint the pause is five minutes, and a tenth more at most`() {
        ends(.quotaExhausted(retryAfter: nil), random: 0)
        #expect(may() == .hold(until: time(300)))
        ends(.quotaExhausted(retryAfter: nil), random: 0.999)
        guard case .paused(let until) = gate.posture else {
            Issue.record("the lane is not paused")
            return
        }
        #expect(until > time(329) && until < time(330))
    }

    @Test mutating func `an answer to the question says how long to wait again`() {
        ends(.quotaExhausted(retryAfter: .seconds(100)), random: 0)
        clock.advance(to: .seconds(100))
        #expect(may() == .probe)
        probeEnds(.quotaExhausted(retryAfter: .seconds(40)))
        #expect(may() == .hold(until: time(140)))
        clock.advance(to: .seconds(140))
        #expect(may() == .probe)
        // No hint at all: the default.
        probeEnds(.quotaExhausted(retryAfter: nil))
        #expect(may() == .hold(until: time(440)))
    }

    @Test(arguments: [
        AttemptOutcome.unavailable("reset", retryAfter: .seconds(1)), .throttled(retryAfter: nil),
        .unauthorized(status: 401), .misdirected(status: 404), .untrusted(""), .tooLarge,
        .refused(status: 400, answer: ""), .cancelled,
    ])
    mutating func `a question that fails is asked again after the same time`(
        _ outcome: AttemptOutcome
    ) {
        ends(.quotaExhausted(retryAfter: .seconds(100)), random: 0)
        clock.advance(to: .seconds(100))
        #expect(may() == .probe)
        probeEnds(outcome)
        #expect(may() == .hold(until: time(200)))
        clock.advance(to: .seconds(200))
        #expect(may() == .probe)
        probeEnds(outcome)
        #expect(may() == .hold(until: time(300)))
    }

    @Test mutating func `a failure that passes does not shorten a pause`() {
        let open = gate.posture
        ends(.quotaExhausted(retryAfter: .seconds(100)), begunIn: open, random: 0)
        ends(.unavailable("", retryAfter: nil), begunIn: open)
        ends(.throttled(retryAfter: .seconds(1)), begunIn: open)
        ends(.unauthorized(status: 401), begunIn: open)
        ends(.delivered, begunIn: open)
        #expect(gate.posture == .paused(until: time(100)))
        clock.advance(to: .seconds(100))
        #expect(may() == .probe)
        ends(.unavailable("", retryAfter: nil), begunIn: open)
        ends(.misdirected(status: 404), begunIn: open)
        ends(.delivered, begunIn: open)
        #expect(gate.posture == .probing)
    }

    @Test mutating func `a spent quota is the longer word after a failure and in a cool-down`() {
        let open = gate.posture
        ends(.unavailable("", retryAfter: nil), begunIn: open)
        ends(.quotaExhausted(retryAfter: .seconds(100)), begunIn: open, random: 0)
        #expect(gate.posture == .paused(until: time(100)))
        gate = LaneGate(backoff: Backoff(), maxConcurrency: 4)
        ends(.unauthorized(status: 401), begunIn: open)
        ends(.quotaExhausted(retryAfter: .seconds(100)), begunIn: open, random: 0)
        #expect(gate.posture == .paused(until: time(100)))
    }

    @Test mutating func `failures before a pause are forgotten after it`() {
        for _ in 1...5 {
            ends(.unavailable("", retryAfter: nil))
            clock.advance(by: .seconds(30))
        }
        ends(.quotaExhausted(retryAfter: .seconds(10)), random: 0)
        clock.advance(by: .seconds(10))
        #expect(may() == .probe)
        probeEnds(.delivered)
        ends(.unavailable("", retryAfter: nil))
        #expect(may() == .wait(until: clock.now + .milliseconds(250)))
    }

    // MARK: Words

    @Test func `each posture has a word, and all are listed`() {
        let postures: [LaneGate.Posture] =
            [
                .open, .backingOff(until: clock.now), .paused(until: clock.now), .probing,
            ] + LaneGate.Cause.allCases.map { .coolingDown(until: clock.now, $0) }
        #expect(postures.map(\.kind) == LaneGate.Posture.kinds)
        #expect(Set(LaneGate.Posture.kinds).count == postures.count)
    }
}
