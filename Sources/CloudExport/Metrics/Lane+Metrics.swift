import Instruments
import Logging
import MastraRecords

/// What the lane does with metrics: once the records of a batch are delivered, their metrics are
/// published, and whatever comes of that does not touch the records again.
extension Lane {
    /// The next step where there may be metrics as well. They have slots of their own, so that a
    /// route that hangs takes none from spans.
    func withMetrics(_ step: Step, at now: ContinuousClock.Instant) -> Step {
        guard var outbox else { return step }
        let isOpen = gate.posture == .open
        switch step {
        case .send where isOpen:
            if outbox.permission(now: now) == .send { return .publishMetrics }
            guard outbox.isCongested else { return .send }
            doorbell.arm(at: .max)
            return .wait(until: drainDeadline)
        // Of a lane that backs off, metrics make the one attempt where it has no spans.
        case .idle where isOpen || outbox.inFlightCount == 0, .wait where isOpen:
            return stepOfMetrics(&outbox, besides: step, at: now)
        default: return step
        }
    }

    private func stepOfMetrics(
        _ outbox: inout MetricOutbox, besides step: Step, at now: ContinuousClock.Instant
    ) -> Step {
        var until: ContinuousClock.Instant?
        var isIdle = false
        switch step {
        case .wait(let time): until = time
        case .idle(let time):
            until = time
            isIdle = true
        default: return step
        }
        switch outbox.permission(now: now) {
        case .send: return .publishMetrics
        case .wait(let time): return .wait(until: earlier(until, time))
        case .hold(let time):
            // As for spans: a hold that outlasts the drain is waited for in vain.
            if let drainDeadline, time >= drainDeadline, isIdle, hasNothingUnderWay {
                return .abandon
            }
            return .wait(until: earlier(until, time))
        case .probe: preconditionFailure("the gate of metrics never pauses")
        }
    }

    func publishMetrics(in group: inout DiscardingTaskGroup) {
        guard let metricsTarget, let (id, batch) = outbox?.begin(at: environment.now()) else {
            return
        }
        let posture = gate.posture
        let asked = upstream
        group.addTask { [self] in
            let outcome = await metricsTarget.attempt(batch.body, records: batch.count)
            await finishMetrics(id, outcome, startedIn: posture, asked: asked)
        }
    }

    private func finishMetrics(
        _ id: Int, _ answer: AttemptOutcome, startedIn posture: LaneGate.Posture, asked: Int
    ) {
        guard let before = outbox?.gate.posture else { return }
        let now = environment.now()
        instruments.countOfMetrics(answer)
        // What another upstream refuses says nothing of this one, and is tried there.
        let isStale = asked != upstream
        let outcome = isStale && answer != .delivered ? AttemptOutcome.cancelled : answer
        guard
            let (verdict, batch) = outbox?.finish(
                id, outcome, now: now, random: environment.random())
        else { return }
        if !isStale { tellLane(of: outcome, startedIn: posture, at: now) }
        logMetricsChange(from: before, because: outcome)
        switch verdict {
        case .kept: break
        case .delivered:
            instruments.deliveredMetrics.add(batch.count)
            saidOfMetrics = []
        case .dropped(let reason): dropMetrics(batch.count, reason, because: outcome)
        }
        doorbell.ring()
    }

    /// What an answer to metrics says about spans: a spent quota is that of the organisation
    /// (MASTRA-CONTRACT 1.9), and an upstream that has been away is there again. All else is
    /// between the metrics route and its own gate.
    private func tellLane(
        of outcome: AttemptOutcome, startedIn posture: LaneGate.Posture,
        at now: ContinuousClock.Instant
    ) {
        switch outcome {
        case .quotaExhausted: break
        case .delivered where posture != .open: break
        default: return
        }
        let before = gate.posture
        gate.note(outcome, startedIn: posture, now: now, random: environment.random())
        logChange(from: before, because: outcome)
        if gate.isHeld { forgetFirstAttempts() }
    }

    /// Those of a batch that was under way when the lane got another setup go wherever metrics go now,
    /// and nowhere where none are published any more.
    func addMetrics(_ metrics: DerivedMetrics, at now: ContinuousClock.Instant) {
        guard let dropped = outbox?.add(metrics, at: now) else { return }
        instruments.derivedMetrics.add(metrics.count)
        if dropped > 0 { dropMetrics(dropped, .overflow) }
    }

    func abandonMetrics() {
        let dropped = outbox?.abandon() ?? 0
        if dropped > 0 { dropMetrics(dropped, .shutdown) }
    }
}

// MARK: - Log

extension Lane {
    /// One line a reason until metrics are published again: they may go on being dropped for hours.
    private func dropMetrics(
        _ count: Int, _ reason: MetricDropReason, because outcome: AttemptOutcome? = nil
    ) {
        instruments.drop(count, as: reason)
        guard saidOfMetrics.insert(reason).inserted else { return }
        var metadata: Logger.Metadata = ["metrics": "\(count)"]
        switch outcome {
        case .refused(let status, let answer):
            metadata["http.status"] = "\(status)"
            metadata["answer"] = "\(answer)"
        case .misdirected(let status): metadata["http.status"] = "\(status)"
        default: break
        }
        logger.error(Logger.Message(stringLiteral: reason.sentence), metadata: metadata)
    }

    private func logMetricsChange(
        from before: LaneGate.Posture, because outcome: AttemptOutcome
    ) {
        guard let posture = outbox?.gate.posture, posture.kind != before.kind else { return }
        switch posture {
        case .open: logger.info("Metrics are published again")
        case .backingOff(let until):
            logger.warning(
                "The metrics route cannot take metrics; uploads are retried",
                metadata: about(outcome, until))
        case .coolingDown(let until, _):
            logger.error(
                "The metrics route does not take our requests; metrics are held",
                metadata: about(outcome, until))
        case .paused, .probing: break
        }
    }
}

extension MetricDropReason {
    fileprivate var sentence: String {
        switch self {
        case .rejected: "Dropped metrics that the upstream refuses"
        case .noRoute: "Dropped metrics, since there is no metrics route at the endpoint"
        case .tooLarge: "Dropped a metric that is larger than the upstream takes"
        case .elapsed: "Dropped metrics after retrying for max_elapsed_time"
        case .overflow:
            "Dropped the oldest metrics, since the metrics route has taken none for long"
        case .shutdown: "Dropped metrics that could not be published before the shutdown"
        }
    }
}
