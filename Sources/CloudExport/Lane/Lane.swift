import Instruments
package import Logging
import MastraRecords
package import SendingQueue
package import SpanMapping

/// The sender of one queue: cuts batches, attempts them, and settles each span once.
///
/// One loop decides, attempts run beside it as tasks of its group, and every decision is made inside
/// the actor. What to do next follows from `LaneGate` (may we send), `Batch` (what), `RefusalGuard`
/// (may we give up) and the queue. Metrics of delivered records go their own way, see `MetricOutbox`.
package actor Lane {
    enum Step: Equatable {
        case send
        case publishMetrics
        case probe
        case wait(until: ContinuousClock.Instant?)
        /// The lane might send, and has no spans that are due.
        case idle(until: ContinuousClock.Instant?)
        /// Give up what is left: the time to drain is over, or waiting is in vain.
        case abandon
        case finished
    }

    var configuration: LaneConfiguration
    let queue: any SendingQueue
    var target: any BatchTarget
    var metricsTarget: (any BatchTarget)?
    let slots: UploadSlots
    let environment: LaneEnvironment
    private let witness: (any DeliveryWitness)?
    let logger: Logger
    package nonisolated let instruments = LaneInstruments()
    nonisolated let doorbell = Doorbell()

    var builder: BatchBuilder
    var gate: LaneGate
    var refusals = RefusalGuard()
    var sizeLimit: SizeLimit
    /// Counts the setups: records that were made for an earlier one are made anew.
    var generation = 0
    /// Counts those that changed the upstream: what an earlier one answers says nothing of this one.
    var upstream = 0
    /// Cut and not under way, in the order in which they are to be sent.
    var ready: [Batch] = []
    /// Single records that were refused while nothing showed that the upstream takes others; they
    /// wait until something does.
    var suspects: [Batch] = []
    private var inFlight: [Int: Flight] = [:]
    private var nextAttempt = 0
    /// Of `slots`, for uploads beyond the first.
    private var sharedSlots = 0
    private var standsInLine = false
    private var lastDelivered: ContinuousClock.Instant?
    private var lastFault: LaneStatus.Fault?
    private(set) var drainDeadline: ContinuousClock.Instant?
    /// Nil where no metrics are published.
    var outbox: MetricOutbox?
    /// Of what was said in the log since metrics were last published.
    var saidOfMetrics: Set<MetricDropReason> = []

    private struct Flight {
        let batch: Batch
        /// Of the lane, when the attempt began.
        let generation: Int
        let upstream: Int
    }

    /// - Parameters:
    ///   - metricsTarget: where metrics of delivered records go; without one none are derived.
    ///   - witness: is told how records end.
    ///   - slots: for uploads beyond the first; by default as many as the lane may want.
    package init(
        configuration: LaneConfiguration, queue: any SendingQueue, mapper: SpanMapper,
        target: any BatchTarget, metricsTarget: (any BatchTarget)? = nil,
        witness: (any DeliveryWitness)? = nil, slots: UploadSlots? = nil,
        environment: LaneEnvironment = .real, logger: Logger
    ) {
        self.configuration = configuration
        self.queue = queue
        self.target = target
        self.metricsTarget = metricsTarget
        self.slots = slots ?? UploadSlots(configuration.maxConcurrency)
        self.environment = environment
        self.witness = witness
        self.logger = logger
        builder = BatchBuilder(
            limits: configuration.limits, mapper: mapper, derivesMetrics: metricsTarget != nil)
        if metricsTarget != nil { outbox = MetricOutbox(configuration: configuration) }
        gate = LaneGate(
            backoff: configuration.backoff, maxConcurrency: configuration.maxConcurrency)
        sizeLimit = SizeLimit(maximum: configuration.limits.maxBytes)
    }

    /// Sends until `drain` has been called and nothing is left, or its deadline has come. Cancelled, it
    /// gives up at once what is left.
    package func run() async {
        queue.onChange { [doorbell] in doorbell.isWaiting($0, bytes: $1) }
        let isSettled = await sendUntilTheEnd()
        if !isSettled { abandon() }
        // Whoever it leaves its place to goes on.
        slots.leaveLine(doorbell)
    }

    /// Whether nothing is left. Attempts have ended when it returns; a group that keeps no results,
    /// since there is one task an attempt for as long as the process lives.
    private func sendUntilTheEnd() async -> Bool {
        var rings = doorbell.rings()
        return await withDiscardingTaskGroup { group in
            while true {
                switch nextStep() {
                case .send:
                    // What is left out by the mapping may be all there is: others want the lane as well.
                    if !startAttempt(in: &group) { await Task.yield() }
                case .publishMetrics: publishMetrics(in: &group)
                case .probe:
                    group.addTask { [self] in await probe() }
                case .wait(let until), .idle(let until):
                    let alarm = until.map { until in
                        Task { [environment, doorbell] in
                            await environment.sleep(until)
                            if !Task.isCancelled { doorbell.ring() }
                        }
                    }
                    let ring: Void? = await rings.next(isolation: self)
                    alarm?.cancel()
                    // The stream ends when the task that runs the lane is cancelled.
                    guard ring != nil else { return false }
                case .abandon:
                    group.cancelAll()
                    return false
                case .finished: return true
                }
            }
        }
    }

    /// Cuts what is there without waiting for more, and ends `run` when all of it is settled; at
    /// `deadline` the rest is dropped and counted. Of a durable queue only what is under way is waited
    /// for, and the rest stays.
    package func drain(until deadline: ContinuousClock.Instant) {
        drainDeadline = min(deadline, drainDeadline ?? deadline)
        doorbell.ring()
    }

    package var status: LaneStatus {
        LaneStatus(
            posture: gate.posture, inFlight: inFlight.count,
            batchedSpans: (ready + suspects + inFlight.values.map(\.batch)).reduce(0) {
                $0 + $1.recordCount
            },
            isDraining: drainDeadline != nil, metrics: outbox?.status,
            lastDelivered: lastDelivered, lastFault: lastFault)
    }
}

// MARK: - What next

extension Lane {
    private func nextStep() -> Step {
        let now = environment.now()
        if let drainDeadline, now >= drainDeadline { return .abandon }
        let step =
            drainDeadline != nil && queue.isDurable
            ? nextStepOfLeaving : withSlot(nextStepOfSpans(at: now))
        return outbox == nil ? step : withMetrics(step, at: now)
    }

    /// The first upload needs no slot; others wait for theirs.
    private func withSlot(_ step: Step) -> Step {
        guard step == .send, !inFlight.isEmpty else {
            if standsInLine { slots.leaveLine(doorbell) }
            standsInLine = false
            return step
        }
        guard sharedSlots < inFlight.count else { return step }
        standsInLine = !slots.take(for: doorbell)
        guard standsInLine else {
            sharedSlots += 1
            return step
        }
        doorbell.arm(at: .max)
        return .wait(until: drainDeadline)
    }

    private func giveBackSlots() {
        while sharedSlots > max(0, inFlight.count - 1) {
            sharedSlots -= 1
            slots.giveBack()
        }
    }

    /// What is on disk stays there: only what is under way is waited for.
    private var nextStepOfLeaving: Step {
        doorbell.arm(at: .max)
        if !inFlight.isEmpty { return .wait(until: drainDeadline) }
        return outbox?.isEmpty ?? true ? .finished : .idle(until: drainDeadline)
    }

    private func nextStepOfSpans(at now: ContinuousClock.Instant) -> Step {
        // Armed before the backlog is read, so that no offer falls between.
        doorbell.arm(at: 1)
        let backlog = queue.backlog()
        let waiting = backlog.spans + builder.openSpans
        if waiting == 0, ready.isEmpty, suspects.isEmpty, inFlight.isEmpty,
            gate.posture != .probing, outbox?.isEmpty ?? true
        {
            return drainDeadline != nil ? .finished : .wait(until: nil)
        }
        switch gate.permission(now: now, inFlight: inFlight.count) {
        case .probe: return .probe
        case .wait(let until):
            doorbell.arm(at: .max)
            return .wait(until: earlier(until, drainDeadline))
        case .hold(let until):
            doorbell.arm(at: .max)
            guard let drainDeadline else { return .wait(until: until) }
            // A hold that outlasts the drain is waited for in vain.
            if until >= drainDeadline, inFlight.isEmpty, outbox?.inFlightCount ?? 0 == 0 {
                return .abandon
            }
            return .wait(until: min(until, drainDeadline))
        case .send:
            if !ready.isEmpty { return .send }
            guard waiting > 0 else {
                // Nothing else is there that could show whether the upstream takes anything.
                guard !suspects.isEmpty, inFlight.isEmpty else {
                    return .idle(until: drainDeadline)
                }
                takeUpSuspects()
                return .send
            }
            let due = earlier(backlog.oldest, builder.openSince).map {
                $0 + configuration.limits.maxWait
            }
            if drainDeadline != nil || waiting >= configuration.limits.maxRecords
                || backlog.bytes >= configuration.limits.maxBytes
                || due.map({ now >= $0 }) ?? true
            {
                return .send
            }
            let enough = configuration.limits.maxRecords - builder.openSpans
            doorbell.arm(at: enough, bytes: configuration.limits.maxBytes)
            // Either may have passed its threshold before it was armed.
            let now = queue.backlog()
            return now.spans >= enough || now.bytes >= configuration.limits.maxBytes
                ? .send : .wait(until: due)
        }
    }

    /// Nothing that an attempt could still end well for.
    var hasNothingUnderWay: Bool {
        ready.isEmpty && suspects.isEmpty && inFlight.isEmpty && outbox?.inFlightCount ?? 0 == 0
    }

    func earlier(
        _ left: ContinuousClock.Instant?, _ right: ContinuousClock.Instant?
    ) -> ContinuousClock.Instant? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}

// MARK: - Attempts

extension Lane {
    /// Answers whether there was something to send.
    private func startAttempt(in group: inout DiscardingTaskGroup) -> Bool {
        let now = environment.now()
        guard var batch = takeReady() ?? build(at: now) else {
            giveBackSlots()
            return false
        }
        if batch.firstAttempt == nil { batch.firstAttempt = now }
        batch.wentUpstream = target.isUpstream
        let id = nextAttempt
        nextAttempt += 1
        inFlight[id] = Flight(batch: batch, generation: generation, upstream: upstream)
        let posture = gate.posture
        let body = batch.body
        let records = batch.recordCount
        instruments.attemptsBegun.add()
        group.addTask { [self, target, environment, instruments] in
            let started = environment.now()
            let outcome = await target.attempt(body, records: records)
            instruments.duration.observe(environment.now() - started)
            await finish(id, outcome, startedIn: posture)
        }
        return true
    }

    private func takeReady() -> Batch? {
        ready.isEmpty ? nil : ready.removeFirst()
    }

    private func build(at now: ContinuousClock.Instant) -> Batch? {
        builder.build(from: queue, maxBytes: sizeLimit.current(at: now))
    }

    private func probe() async {
        instruments.attemptsBegun.add()
        let started = environment.now()
        let asked = upstream
        let outcome = await target.attempt(EmptyBatch.body, records: 0)
        instruments.duration.observe(environment.now() - started)
        instruments.count(outcome)
        guard asked == upstream else { return doorbell.ring() }
        noteFault(outcome)
        let before = gate.posture
        gate.noteProbe(outcome, now: environment.now(), random: environment.random())
        logChange(from: before, because: outcome)
        doorbell.ring()
    }

    private func noteFault(_ outcome: AttemptOutcome) {
        guard let text = outcome.fault else { return }
        lastFault = LaneStatus.Fault(at: environment.now(), text: text)
    }

    private func finish(
        _ id: Int, _ outcome: AttemptOutcome, startedIn posture: LaneGate.Posture
    ) {
        guard let flight = inFlight.removeValue(forKey: id) else {
            preconditionFailure("an attempt ended twice")
        }
        let batch = flight.batch
        giveBackSlots()
        instruments.count(outcome)
        noteFault(outcome)
        let now = environment.now()
        if flight.upstream == upstream {
            let before = gate.posture
            gate.note(outcome, startedIn: posture, now: now, random: environment.random())
            logChange(from: before, because: outcome)
        }
        if gate.isHeld { forgetFirstAttempts() }
        if flight.generation != generation, outcome != .delivered {
            putBack(batch)
            return doorbell.ring()
        }
        switch outcome {
        case .delivered:
            lastDelivered = now
            if flight.upstream == upstream {
                refusals.noteDelivered(batch.recordCount, at: now)
                takeUpSuspects()
            }
            instruments.deliveredBatches.add()
            instruments.deliveredBytes.add(batch.body.count)
            settle(batch, as: .delivered)
            if let metrics = batch.metrics { addMetrics(metrics, at: now) }
        case .throttled, .unavailable: retry(batch, at: now)
        case .quotaExhausted, .unauthorized, .misdirected, .untrusted: putBack(batch)
        case .tooLarge:
            if batch.recordCount > 1 { sizeLimit.note(tooLarge: batch.body.count, at: now) }
            split(batch, at: now)
        case .refused(let status, let answer): search(batch, status, answer, at: now)
        case .cancelled: ready.insert(batch, at: 0)
        }
        if gate.isHeld { forgetFirstAttempts() }
        doorbell.ring()
    }

    /// Time in which the lane is held does not count for `maxElapsed`.
    func forgetFirstAttempts() {
        for index in ready.indices { ready[index].firstAttempt = nil }
        for index in suspects.indices { suspects[index].firstAttempt = nil }
    }

    private func retry(_ batch: Batch, at now: ContinuousClock.Instant) {
        if let limit = configuration.maxElapsed, let first = batch.firstAttempt,
            now - first >= limit
        {
            logger.error(
                "Dropped spans after retrying for max_elapsed_time",
                metadata: [
                    "spans": "\(batch.recordCount)", "max_elapsed_time": "\(limit)",
                ])
            settle(batch, as: .dropped(.elapsed))
        } else if ready.isEmpty || batch.searchBudget != nil || drainDeadline != nil {
            ready.insert(batch, at: 0)
        } else {
            // One is enough to try again with; the queue keeps the others smaller.
            putBack(batch)
        }
    }

    func settle(_ batch: Batch, as settlement: Settlement) {
        tell(batch, settlement)
        for part in batch.parts {
            queue.settle(part.ticket, spans: part.spans.count, as: settlement)
        }
    }

    func tell(_ batch: Batch, _ settlement: Settlement, because cause: DropCause = .none) {
        guard batch.wentUpstream ?? target.isUpstream else { return }
        witness?.ended(batch.body, as: settlement, because: cause)
    }

    /// A long pause needs no mapped batches in memory: the queue keeps the spans smaller. The open
    /// request goes back as well, since its spans come after those of the batch.
    func putBack(_ batch: Batch) {
        builder.putBack(into: queue)
        for part in batch.parts.reversed() { queue.putBack(part.ticket, spans: part.spans) }
    }

    /// Batches under way may arrive all the same; they are sent again by the next life.
    private func leave() {
        ready = []
        suspects = []
        endFlights()
        abandonMetrics()
    }

    private func endFlights() {
        inFlight = [:]
        giveBackSlots()
        slots.leaveLine(doorbell)
    }

    private func abandon() {
        queue.close()
        builder.putBack(into: queue)
        if queue.isDurable { return leave() }
        var dropped = 0
        for batch in ready + suspects + inFlight.values.map(\.batch) {
            settle(batch, as: .dropped(.shutdown))
            dropped += batch.recordCount
        }
        ready = []
        suspects = []
        endFlights()
        abandonMetrics()
        while let item = queue.take() {
            queue.settle(item.ticket, spans: item.spans.count, as: .dropped(.shutdown))
            dropped += item.spans.count
        }
        guard dropped > 0 else { return }
        logger.error(
            "Dropped spans that could not be delivered before the shutdown",
            metadata: ["spans": "\(dropped)"])
    }
}
