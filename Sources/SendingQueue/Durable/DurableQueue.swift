import Synchronization

/// A lane on disk: an offer is accepted once its request is durable, and what is held outlives the
/// process.
///
/// Offers and endings are noted here and carried out by a `LogWorker`, which alone touches the disk.
/// Requests that are next to be sent are in memory, within a window.
package final class DurableQueue: SendingQueue {
    package struct Configuration: Hashable, Sendable {
        /// Bytes of requests that are not done.
        package var maxBytes: UInt64 = 1 << 30
        /// Spans that are not done.
        package var maxSpans: UInt64 = 10_000_000
        /// Whether the oldest segment goes where a new one has no room, in the place of refusals.
        package var dropsOldest = false
        /// Bytes of requests in memory that are next to be sent; one request may be more.
        package var windowBytes = 16 << 20
        package var windowRequests = 4096
        /// Bytes of offers that wait for the disk; one offer may be more.
        package var maxOfferedBytes = 64 << 20
        /// For which an offer waits for the disk.
        package var maxCommitTime = Duration.seconds(10)

        package init() {}
    }

    final class Offer: @unchecked Sendable {
        // Changed inside of the queue's lock alone.
        let request: QueuedRequest
        let rejected: Int
        let offeredAt: ContinuousClock.Instant
        /// Nil once it was called.
        var completion: (@Sendable (OfferOutcome) -> Void)?

        init(
            _ request: QueuedRequest, rejected: Int, offeredAt: ContinuousClock.Instant,
            completion: @escaping @Sendable (OfferOutcome) -> Void
        ) {
            self.request = request
            self.rejected = rejected
            self.offeredAt = offeredAt
            self.completion = completion
        }
    }

    /// Spans on their way to the dead letters.
    struct Aside: Sendable {
        let ticket: Ticket
        let spans: Range<Int>
        let reason: DropReason
        let cause: DropCause
        let request: QueuedRequest
    }

    /// What a reload brings.
    package struct Setup: Sendable {
        package var queue: Configuration
        package var worker: LogWorker.Configuration
        package var log: SegmentLogConfiguration
        /// Bytes of dead letters, where any are kept.
        package var deadLetterBytes: UInt64

        package init(
            queue: Configuration, worker: LogWorker.Configuration, log: SegmentLogConfiguration,
            deadLetterBytes: UInt64
        ) {
            self.queue = queue
            self.worker = worker
            self.log = log
            self.deadLetterBytes = deadLetterBytes
        }
    }

    struct State {
        var configuration: Configuration
        /// For the worker, until it comes by.
        var setup: Setup?
        var held = HeldRequests()
        /// On disk, and not in the window.
        var unread = Amount()
        var offers: [Offer] = []
        var offeredBytes = 0
        var offeredSpans = 0
        /// Taken by the worker, whose turn it is.
        var committing: [Offer] = []
        /// Ended, and not known to the log.
        var finished: [UInt64] = []
        var asides: [Aside] = []
        var standstill: Standstill?
        var retryAt: ContinuousClock.Instant?
        var isClosed = false
        /// No settlement will come any more either.
        var isEnding = false
        var books = Books()
        var drain = DrainRate()
        var wake: (@Sendable (Int, Int) -> Void)?
        var figures = QueueFigures()
    }

    let mark: MappingMark
    let now: @Sendable () -> ContinuousClock.Instant
    let bell: WorkerBell
    let state: Mutex<State>

    /// - Parameter mark: of the lane's directory.
    package init(
        configuration: Configuration, mark: MappingMark,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) throws(StorageError) {
        bell = try WorkerBell()
        self.mark = mark
        self.now = now
        var state = State(configuration: configuration)
        state.books.capacityBytes = configuration.maxBytes
        state.books.capacitySpans = configuration.maxSpans
        self.state = Mutex(state)
    }

    package var isDurable: Bool { true }

    var configuration: Configuration { state.withLock { $0.configuration } }

    /// Takes other limits; what is held already may be more.
    package func adopt(_ setup: Setup) {
        state.withLock { state in
            state.configuration = setup.queue
            state.books.capacityBytes = setup.queue.maxBytes
            state.books.capacitySpans = setup.queue.maxSpans
            state.setup = setup
        }
        bell.ring()
    }

    package func offer(
        _ request: QueuedRequest, rejected: Int,
        completion: @escaping @Sendable (OfferOutcome) -> Void
    ) {
        let time = now()
        let outcome = state.withLock { state -> OfferOutcome? in
            let outcome = state.refusal(
                bytes: request.body.count, spans: request.spanCount, at: time)
            if let outcome {
                state.books.refuse(request.spanCount + rejected)
                return outcome
            }
            if request.spanCount == 0 {
                state.books.received += UInt64(rejected)
                state.books.rejected += UInt64(rejected)
                return .accepted
            }
            state.offers.append(
                Offer(request, rejected: rejected, offeredAt: time, completion: completion))
            state.offeredBytes += request.body.count
            state.offeredSpans += request.spanCount
            return nil
        }
        if let outcome { completion(outcome) } else { bell.ring() }
    }

    package func noteRefused(_ spans: Int) {
        state.withLock { $0.books.refuse(spans) }
    }

    package func delayIfFull(bytes: Int) -> (seconds: Int, shortage: Shortage)? {
        let time = now()
        return state.withLock { state in
            guard
                case .full(let seconds, let shortage) = state.refusal(
                    bytes: bytes, spans: 1, at: time)
            else { return nil }
            return (seconds, shortage)
        }
    }

    package func take() -> QueueItem? {
        let (item, isLow) = state.withLock { state in
            (state.held.take(), !state.unread.isZero && state.held.waitingBytes == 0)
        }
        if isLow { bell.ring() }
        return item
    }

    package func settle(_ ticket: Ticket, spans: Int, as settlement: Settlement) {
        guard spans > 0 else { return }
        let time = now()
        let wantsMore = state.withLock { state in
            switch settlement {
            case .delivered: state.books.delivered += UInt64(spans)
            case .dropped(let reason): state.books.dropped[reason, default: 0] += UInt64(spans)
            }
            state.end(ticket, spans, at: time)
            // What ends may be what a full queue waits for.
            return !state.unread.isZero && state.held.bytes < state.configuration.windowBytes / 2
                || state.standstill == .full
        }
        if wantsMore { bell.ring() }
    }

    package func setAside(
        _ ticket: Ticket, spans: Range<Int>, as reason: DropReason, because cause: DropCause
    ) {
        guard !spans.isEmpty else { return }
        state.withLock { state in
            guard let request = state.held.request(ticket) else {
                preconditionFailure("spans of a request that has left the queue were set aside")
            }
            state.asides.append(
                Aside(
                    ticket: ticket, spans: spans, reason: reason, cause: cause, request: request))
        }
        bell.ring()
    }

    package func beginMapping(_ ticket: Ticket) { mark.begin(ticket.sequence) }

    package func endMapping() { mark.end() }

    /// For `MappingMark.noteCrash`.
    package var markDescriptor: Int32 { mark.descriptor }

    /// The process is about to be ended, since the lane's mapping makes no progress.
    package func blameMapping() { mark.blame() }

    package func putBack(_ ticket: Ticket, spans: Range<Int>) {
        let (wake, waitingSpans, waitingBytes) = state.withLock { state in
            state.held.putBack(ticket, spans: spans)
            return (state.wake, state.held.waitingSpans, state.held.waitingBytes)
        }
        wake?(waitingSpans, waitingBytes)
    }

    package func backlog() -> Backlog {
        state.withLock { $0.held.backlog }
    }

    package func close() {
        state.withLock { $0.isClosed = true }
        bell.ring()
    }

    /// Lets the worker write down what is done, and end. Nothing is settled or put back after it.
    package func end() {
        state.withLock { state in
            state.isClosed = true
            state.isEnding = true
        }
        bell.ring()
    }

    package func onChange(_ wake: @escaping @Sendable (Int, Int) -> Void) {
        state.withLock { $0.wake = wake }
    }

    package func books() -> Books {
        state.withLock { $0.books }
    }

    package func figures() -> QueueFigures {
        state.withLock { state in
            var figures = state.figures
            figures.standstill = state.standstill
            return figures
        }
    }

    /// Answers offers that have waited for the disk for too long. They may become durable all the
    /// same, and are sent then: a duplicate, never a loss. From any thread but the worker's, which is
    /// the one that hangs.
    package func expireOffers() {
        let time = now()
        let late = state.withLock { state in
            var late: [@Sendable (OfferOutcome) -> Void] = []
            for offer in state.committing + state.offers
            where time - offer.offeredAt >= state.configuration.maxCommitTime {
                guard let completion = offer.completion else { continue }
                offer.completion = nil
                state.books.refuse(offer.request.spanCount + offer.rejected)
                late.append(completion)
            }
            // The others need not wait as long to be told the same.
            if !late.isEmpty, state.standstill == nil {
                state.standstill = .hanging
                state.retryAt = time + .seconds(5)
            }
            // What the worker has not begun with is not begun with any more.
            for offer in state.offers where offer.completion == nil { state.forget(offer) }
            state.offers.removeAll { $0.completion == nil }
            return late
        }
        for completion in late { completion(.full(retryAfterSeconds: 5, for: .answer)) }
    }
}

extension DurableQueue.State {
    /// Nil where an offer is worth a try. An empty queue takes any request.
    fileprivate mutating func refusal(
        bytes: Int, spans: Int, at time: ContinuousClock.Instant
    ) -> OfferOutcome? {
        let limits = configuration
        if isClosed { return .stopping }
        if let standstill {
            if standstill == .full { return full(bytes, limits, at: time) }
            let wait = retryAt.map { ($0 - time) / .seconds(1) } ?? 1
            return .full(
                retryAfterSeconds: min(30, max(1, Int(wait.rounded(.up)))),
                for: standstill.shortage)
        }
        // A disk that is slow lets senders wait, and not memory grow.
        if offeredBytes > 0, offeredBytes + bytes > limits.maxOfferedBytes {
            return .full(retryAfterSeconds: 1, for: .pace)
        }
        let heldBytes = books.queuedBytes + UInt64(offeredBytes)
        let heldSpans = books.queuedSpans + UInt64(offeredSpans)
        if heldSpans == 0 { return nil }
        // Where the oldest go, it is the log that says when.
        let isOver = heldBytes + UInt64(bytes) > limits.maxBytes && !limits.dropsOldest
        return isOver || heldSpans + UInt64(spans) > limits.maxSpans
            ? full(bytes, limits, at: time) : nil
    }

    private mutating func full(
        _ bytes: Int, _ limits: DurableQueue.Configuration, at time: ContinuousClock.Instant
    ) -> OfferOutcome {
        .full(
            retryAfterSeconds: drain.secondsUntilRoom(
                for: bytes, queued: Int(books.queuedBytes), capacity: Int(limits.maxBytes),
                at: time))
    }

    mutating func forget(_ offer: DurableQueue.Offer) {
        offeredBytes -= offer.request.body.count
        offeredSpans -= offer.request.spanCount
    }

    /// Spans of a request in the window have ended, and were counted as what they ended as.
    mutating func end(_ ticket: Ticket, _ spans: Int, at time: ContinuousClock.Instant) {
        books.queuedSpans -= UInt64(spans)
        guard let bytes = held.settle(ticket, spans: spans) else { return }
        books.queuedBytes -= UInt64(bytes)
        books.queuedRequests -= 1
        drain.note(bytes, at: time)
        finished.append(ticket.sequence)
    }
}
