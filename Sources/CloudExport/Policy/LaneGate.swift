/// Whether a lane may send, and how much at once: backoff, cool-down, quota pause and slow start as
/// one state machine. It belongs to the lane and not to a batch, so that a wounded upstream sees one
/// attempt and not one of each batch.
package struct LaneGate: Sendable {
    package enum Posture: Hashable, Sendable {
        case open
        /// After failures that pass; then one attempt, and more with each success.
        case backingOff(until: ContinuousClock.Instant)
        /// After failures that a person has to mend.
        case coolingDown(until: ContinuousClock.Instant, Cause)
        /// The quota is spent; at `until` an empty batch asks whether it still is.
        case paused(until: ContinuousClock.Instant)
        /// The empty batch is under way.
        case probing
    }

    package enum Cause: String, Hashable, Sendable {
        case unauthorized, misdirected, untrusted
        /// The upstream refuses what it used to take.
        case contract
    }

    package enum Permission: Hashable, Sendable {
        case send
        /// Send `{"spans":[]}`.
        case probe
        /// Nothing now; at that time ask again, or where it is nil when an attempt has ended.
        case wait(until: ContinuousClock.Instant?)
        /// Nothing before a person acts or the quota is renewed: at shutdown, waiting is in vain.
        case hold(until: ContinuousClock.Instant)
    }

    private var backoff: Backoff
    private var maxConcurrency: Int
    package private(set) var posture = Posture.open
    private var failures = 0
    private var coolDowns = 0
    /// Attempts at once: 1 after a failure, doubling with each success.
    private var allowed: Int
    private var lastQuotaDelay = Self.defaultQuotaDelay

    private static let defaultQuotaDelay = Duration.seconds(300)

    package init(backoff: Backoff, maxConcurrency: Int) {
        precondition(maxConcurrency >= 1)
        self.backoff = backoff
        self.maxConcurrency = maxConcurrency
        allowed = maxConcurrency
    }

    /// Other limits, from the next decision on.
    package mutating func adopt(backoff: Backoff, maxConcurrency: Int) {
        precondition(maxConcurrency >= 1)
        // Slow start goes on where it is.
        let isWide = allowed == self.maxConcurrency
        self.backoff = backoff
        self.maxConcurrency = maxConcurrency
        allowed = isWide ? maxConcurrency : min(allowed, maxConcurrency)
    }

    /// Whether nothing is sent before a person acts or the quota is renewed.
    package var isHeld: Bool {
        switch posture {
        case .open, .backingOff: false
        case .coolingDown, .paused, .probing: true
        }
    }

    package var isCoolingDown: Bool {
        if case .coolingDown = posture { true } else { false }
    }

    package mutating func permission(
        now: ContinuousClock.Instant, inFlight: Int
    ) -> Permission {
        switch posture {
        case .open: return inFlight < allowed ? .send : .wait(until: nil)
        case .backingOff(let until):
            guard now >= until else { return .wait(until: until) }
            return inFlight == 0 ? .send : .wait(until: nil)
        case .coolingDown(let until, _):
            guard now >= until else { return .hold(until: until) }
            return inFlight == 0 ? .send : .wait(until: nil)
        case .paused(let until):
            guard now >= until else { return .hold(until: until) }
            posture = .probing
            return .probe
        case .probing: return .wait(until: nil)
        }
    }

    /// An attempt with spans has ended. Of attempts that were under way together, a success does not
    /// open what a failure has closed.
    package mutating func note(
        _ outcome: AttemptOutcome, startedIn posture: Posture, now: ContinuousClock.Instant,
        random: Double
    ) {
        switch outcome {
        case .delivered:
            succeed(startedIn: posture)
            if self.posture == .open { coolDowns = 0 }
        // The upstream is there, but it has not taken anything: cool-downs go on doubling.
        case .tooLarge, .refused: succeed(startedIn: posture)
        case .throttled(let retryAfter), .unavailable(_, let retryAfter):
            backOff(retryAfter, startedIn: posture, now, random)
        case .quotaExhausted(let retryAfter): pause(retryAfter, now, random)
        case .unauthorized: coolDown(.unauthorized, now, random)
        case .misdirected: coolDown(.misdirected, now, random)
        case .untrusted: coolDown(.untrusted, now, random)
        case .cancelled: break
        }
    }

    /// The empty batch has been answered (MASTRA-CONTRACT 1.9).
    package mutating func noteProbe(
        _ outcome: AttemptOutcome, now: ContinuousClock.Instant, random: Double
    ) {
        switch outcome {
        case .delivered:
            posture = .open
            allowed = 1
            failures = 0
        case .quotaExhausted(let retryAfter): pause(retryAfter, now, random)
        default: pause(lastQuotaDelay, now, random)
        }
    }

    /// Data that used to be taken is refused: hold it all (see `RefusalGuard`).
    package mutating func suspectContract(now: ContinuousClock.Instant, random: Double) {
        coolDown(.contract, now, random)
    }

    private mutating func succeed(startedIn start: Posture) {
        guard posture == start else { return }
        posture = .open
        failures = 0
        allowed = min(maxConcurrency, allowed * 2)
    }

    private mutating func backOff(
        _ retryAfter: Duration?, startedIn start: Posture, _ now: ContinuousClock.Instant,
        _ random: Double
    ) {
        var until = now
        // A pause or cool-down that began meanwhile is the longer word, and so is what another
        // attempt of the same moment was told to wait.
        switch posture {
        case .open: break
        case .backingOff(let already): until = already
        case .coolingDown(let until, _) where now >= until: break
        default: return
        }
        // Attempts that were under way together fail together, and count once.
        if posture == start || failures == 0 { failures += 1 }
        allowed = 1
        let delay = max(backoff.delay(failures: failures, random: random), retryAfter ?? .zero)
        posture = .backingOff(until: max(until, now + delay))
    }

    private mutating func coolDown(
        _ cause: Cause, _ now: ContinuousClock.Instant, _ random: Double
    ) {
        switch posture {
        case .paused, .probing: return
        case .coolingDown(let until, _) where now < until: return
        default: break
        }
        coolDowns += 1
        allowed = 1
        posture = .coolingDown(
            until: now + CoolDown.delay(failures: coolDowns, random: random), cause)
    }

    private mutating func pause(
        _ retryAfter: Duration?, _ now: ContinuousClock.Instant, _ random: Double
    ) {
        let delay = retryAfter ?? Self.defaultQuotaDelay
        lastQuotaDelay = delay
        allowed = 1
        posture = .paused(until: now + delay * (1 + 0.1 * random))
    }
}
