import Synchronization

/// A lane in memory: what it holds is lost with the process. Full means refuse.
package final class MemoryQueue: SendingQueue {
    package struct Configuration: Hashable, Sendable {
        /// Bytes of request bodies held at once; at least one request always fits.
        package var maxBytes = 256 * 1024 * 1024
        /// Spans held at once.
        package var maxSpans = 10_000_000
        /// A request takes some 256 bytes besides its body; so many of them keep that below
        /// `maxBytes` again.
        var maxRequests: Int { maxBytes / 256 + 64 }

        package init() {}
    }

    fileprivate struct State {
        var limits: Configuration
        var held = HeldRequests()
        var nextSequence: UInt64 = 1
        var isClosed = false
        var books = Books()
        var drain = DrainRate()
        var wake: (@Sendable (Int, Int) -> Void)?
    }

    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    package init(
        configuration: Configuration = Configuration(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        precondition(configuration.maxBytes > 0 && configuration.maxSpans > 0)
        self.now = now
        var state = State(limits: configuration)
        state.books.capacityBytes = UInt64(configuration.maxBytes)
        state.books.capacitySpans = UInt64(configuration.maxSpans)
        self.state = Mutex(state)
    }

    package func offer(
        _ request: QueuedRequest, rejected: Int,
        completion: @escaping @Sendable (OfferOutcome) -> Void
    ) {
        let time = now()
        let (outcome, wake, spans, bytes) = state.withLock { state in
            let outcome = state.offer(request, rejected: rejected, at: time)
            return (
                outcome, outcome == .accepted ? state.wake : nil, state.held.waitingSpans,
                state.held.waitingBytes
            )
        }
        wake?(spans, bytes)
        completion(outcome)
    }

    package func noteRefused(_ spans: Int) {
        state.withLock { $0.books.refuse(spans) }
    }

    package func delayIfFull(bytes: Int) -> (seconds: Int, shortage: Shortage)? {
        let time = now()
        return state.withLock { state in
            state.hasRoom(bytes: bytes, spans: 1)
                ? nil : (state.delay(bytes, at: time), .room)
        }
    }

    package func take() -> QueueItem? {
        state.withLock { $0.held.take() }
    }

    package func settle(_ ticket: Ticket, spans: Int, as settlement: Settlement) {
        let time = now()
        state.withLock { $0.settle(ticket, spans, settlement, at: time) }
    }

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

    package var isDurable: Bool { false }

    /// There is nowhere to keep them.
    package func setAside(
        _ ticket: Ticket, spans: Range<Int>, as reason: DropReason, because cause: DropCause
    ) {
        settle(ticket, spans: spans.count, as: .dropped(reason))
    }

    package func beginMapping(_ ticket: Ticket) {}

    package func endMapping() {}

    /// Takes other limits; what is held already may be more.
    package func adopt(_ configuration: Configuration) {
        state.withLock { state in
            state.limits = configuration
            state.books.capacityBytes = UInt64(configuration.maxBytes)
            state.books.capacitySpans = UInt64(configuration.maxSpans)
        }
    }

    package func close() {
        state.withLock { $0.isClosed = true }
    }

    package func onChange(_ wake: @escaping @Sendable (Int, Int) -> Void) {
        state.withLock { $0.wake = wake }
    }

    package func books() -> Books {
        state.withLock { $0.books }
    }
}

extension MemoryQueue.State {
    fileprivate mutating func offer(
        _ request: QueuedRequest, rejected: Int, at time: ContinuousClock.Instant
    ) -> OfferOutcome {
        if isClosed {
            books.refuse(request.spanCount + rejected)
            return .stopping
        }
        let hasRoom = hasRoom(bytes: request.body.count, spans: request.spanCount)
        guard hasRoom || request.spanCount == 0 else {
            books.refuse(request.spanCount + rejected)
            return .full(retryAfterSeconds: delay(request.body.count, at: time))
        }
        let spans = UInt64(request.spanCount)
        books.received += spans + UInt64(rejected)
        books.rejected += UInt64(rejected)
        guard request.spanCount > 0 else { return .accepted }
        books.accepted += spans
        books.queuedSpans += spans
        books.queuedBytes += UInt64(request.body.count)
        books.queuedRequests += 1
        held.add(request, as: nextSequence, offeredAt: time)
        nextSequence += 1
        return .accepted
    }

    /// An empty queue takes any request: its size was limited where it was read.
    fileprivate func hasRoom(bytes: Int, spans: Int) -> Bool {
        if books.queuedRequests == 0 { return true }
        return bytes <= limits.maxBytes - Int(books.queuedBytes)
            && spans <= limits.maxSpans - Int(books.queuedSpans)
            && Int(books.queuedRequests) < limits.maxRequests
    }

    fileprivate mutating func delay(_ bytes: Int, at time: ContinuousClock.Instant) -> Int {
        drain.secondsUntilRoom(
            for: bytes, queued: Int(books.queuedBytes), capacity: limits.maxBytes, at: time)
    }

    fileprivate mutating func settle(
        _ ticket: Ticket, _ spans: Int, _ settlement: Settlement, at time: ContinuousClock.Instant
    ) {
        guard spans > 0 else { return }
        books.queuedSpans -= UInt64(spans)
        switch settlement {
        case .delivered: books.delivered += UInt64(spans)
        case .dropped(let reason): books.dropped[reason, default: 0] += UInt64(spans)
        }
        guard let bytes = held.settle(ticket, spans: spans) else { return }
        books.queuedBytes -= UInt64(bytes)
        books.queuedRequests -= 1
        drain.note(bytes, at: time)
    }
}
