import MastraRecords

/// Derived metrics on their way: what waits, what is under way, and whether the metrics route may
/// be asked. The lane carries out what is decided here.
///
/// It has a gate of its own. Spans are worth more than their metrics, which can be derived again,
/// so trouble of the metrics route must not hold up spans.
struct MetricOutbox {
    enum Verdict: Equatable {
        case delivered
        /// Waits for another attempt, perhaps in halves.
        case kept
        case dropped(MetricDropReason)
    }

    private(set) var gate: LaneGate
    private var sizeLimit: SizeLimit
    private var configuration: LaneConfiguration
    /// In the order in which they are to be sent.
    private var waiting: [MetricBatch] = []
    private var inFlight: [Int: (batch: MetricBatch, posture: LaneGate.Posture)] = [:]
    private var nextAttempt = 0
    private var bytes = 0
    /// Metrics that wait or are under way.
    private(set) var count = 0

    init(configuration: LaneConfiguration) {
        self.configuration = configuration
        gate = LaneGate(
            backoff: configuration.backoff, maxConcurrency: configuration.maxMetricUploads)
        sizeLimit = SizeLimit(maximum: configuration.limits.maxBytes)
    }

    /// - Parameter resets: whether what was learned of the route before says nothing any more.
    mutating func adopt(_ configuration: LaneConfiguration, resets: Bool) {
        self.configuration = configuration
        if resets {
            self = MetricOutbox(configuration: configuration, keeping: self)
        } else {
            gate.adopt(
                backoff: configuration.backoff, maxConcurrency: configuration.maxMetricUploads)
        }
    }

    private init(configuration: LaneConfiguration, keeping other: MetricOutbox) {
        self.init(configuration: configuration)
        waiting = other.waiting
        inFlight = other.inFlight
        nextAttempt = other.nextAttempt
        bytes = other.bytes
        count = other.count
    }

    var status: MetricStatus { MetricStatus(posture: gate.posture, held: count) }
    var isEmpty: Bool { waiting.isEmpty && inFlight.isEmpty }
    var inFlightCount: Int { inFlight.count }

    /// No room, while the route takes metrics: spans have to wait until some are gone. Where the
    /// route does not take any, `add` makes room instead.
    var isCongested: Bool { gate.posture == .open && bytes >= configuration.maxMetricBytes }

    /// The oldest give way where there is no room.
    ///
    /// - Returns: how many metrics were dropped for it.
    mutating func add(_ metrics: DerivedMetrics, at now: ContinuousClock.Instant) -> Int {
        let batches = metrics.batches(
            maxMetrics: configuration.limits.maxRecords, maxBytes: sizeLimit.current(at: now))
        for batch in batches {
            waiting.append(batch)
            enter(batch)
        }
        var dropped = 0
        while gate.posture != .open, bytes > configuration.maxMetricBytes, waiting.count > 1 {
            dropped += leave(waiting.removeFirst())
        }
        return dropped
    }

    /// Whether a batch may be sent now, and else when to ask again.
    mutating func permission(now: ContinuousClock.Instant) -> LaneGate.Permission {
        guard !waiting.isEmpty else { return .wait(until: nil) }
        return gate.permission(now: now, inFlight: inFlight.count)
    }

    mutating func begin(at now: ContinuousClock.Instant) -> (id: Int, batch: MetricBatch)? {
        guard !waiting.isEmpty else { return nil }
        var batch = waiting.removeFirst()
        if batch.firstAttempt == nil { batch.firstAttempt = now }
        nextAttempt += 1
        inFlight[nextAttempt] = (batch, gate.posture)
        return (nextAttempt, batch)
    }

    /// An attempt has ended. A spent quota is the organisation's and not the route's: the lane's
    /// own gate closes for it, and this one does not.
    mutating func finish(
        _ id: Int, _ outcome: AttemptOutcome, now: ContinuousClock.Instant, random: Double
    ) -> (verdict: Verdict, batch: MetricBatch) {
        guard let (batch, posture) = inFlight.removeValue(forKey: id) else {
            preconditionFailure("an attempt to publish metrics ended twice")
        }
        if case .quotaExhausted = outcome {
        } else {
            gate.note(outcome, startedIn: posture, now: now, random: random)
        }
        let verdict = judge(outcome, batch, at: now)
        if verdict != .kept { _ = leave(batch) }
        // Time in which nothing is sent does not count for `maxElapsed`.
        if gate.isHeld { for index in waiting.indices { waiting[index].firstAttempt = nil } }
        return (verdict, batch)
    }

    private mutating func judge(
        _ outcome: AttemptOutcome, _ batch: MetricBatch, at now: ContinuousClock.Instant
    ) -> Verdict {
        switch outcome {
        case .delivered: return .delivered
        case .refused: return .dropped(.rejected)
        case .misdirected: return .dropped(.noRoute)
        case .tooLarge:
            guard let halves = batch.halves() else { return .dropped(.tooLarge) }
            sizeLimit.note(tooLarge: batch.body.count, at: now)
            _ = leave(batch)
            for half in halves.reversed() {
                waiting.insert(half, at: 0)
                enter(half)
            }
        case .throttled, .unavailable:
            if let limit = configuration.maxElapsed, let first = batch.firstAttempt,
                now - first >= limit
            {
                return .dropped(.elapsed)
            }
            waiting.insert(batch, at: 0)
        case .quotaExhausted, .unauthorized, .untrusted, .cancelled:
            var batch = batch
            batch.firstAttempt = nil
            waiting.insert(batch, at: 0)
        }
        return .kept
    }

    /// The lane gives up what is left.
    ///
    /// - Returns: how many metrics that were.
    mutating func abandon() -> Int {
        let left = count
        waiting = []
        inFlight = [:]
        bytes = 0
        count = 0
        return left
    }

    private mutating func enter(_ batch: MetricBatch) {
        bytes += batch.body.count
        count += batch.count
    }

    private mutating func leave(_ batch: MetricBatch) -> Int {
        bytes -= batch.body.count
        count -= batch.count
        return batch.count
    }
}

/// Why metrics of delivered spans were given up. Labels of `exporter_dropped_metrics_total`.
package enum MetricDropReason: String, CaseIterable, Hashable, Sendable {
    /// The upstream refuses them for good.
    case rejected
    /// There is no metrics route at the endpoint.
    case noRoute = "no_route"
    /// One metric is over what the upstream takes.
    case tooLarge = "too_large"
    /// Attempts went on for longer than `retry_on_failure.max_elapsed_time`.
    case elapsed
    /// The metrics route took none for so long that newer ones needed the room.
    case overflow
    /// The gateway stopped before it could publish them.
    case shutdown
}
