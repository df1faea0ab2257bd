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

    fileprivate struct Entry {
        let request: QueuedRequest
        let offeredAt: ContinuousClock.Instant
        /// Spans that have not ended.
        var unsettled: Int
    }

    fileprivate struct State {
        var entries: [UInt64: Entry] = [:]
        var nextSequence: UInt64 = 1
        /// Spans to take, oldest first; the head is at `first`.
        var waiting: [(sequence: UInt64, spans: Range<Int>)] = []
        var first = 0
        var waitingSpans = 0
        var waitingBytes = 0
        var isClosed = false
        var books = Books()
        var drain = DrainRate()
        var wake: (@Sendable (Int, Int) -> Void)?
    }

    private let configuration: Configuration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    package init(
        configuration: Configuration = Configuration(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        precondition(configuration.maxBytes > 0 && configuration.maxSpans > 0)
        self.configuration = configuration
        self.now = now
        var state = State()
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
            let outcome = state.offer(request, rejected: rejected, at: time, within: configuration)
            return (
                outcome, outcome == .accepted ? state.wake : nil, state.waitingSpans,
                state.waitingBytes
            )
        }
        wake?(spans, bytes)
        completion(outcome)
    }

    package func delayIfFull(bytes: Int) -> Int? {
        let time = now()
        return state.withLock { state in
            state.hasRoom(bytes: bytes, spans: 1, within: configuration)
                ? nil : state.delay(bytes, within: configuration, at: time)
        }
    }

    package func take() -> QueueItem? {
        state.withLock { $0.take() }
    }

    package func settle(_ ticket: Ticket, spans: Int, as settlement: Settlement) {
        let time = now()
        state.withLock { $0.settle(ticket, spans, settlement, at: time) }
    }

    package func putBack(_ ticket: Ticket, spans: Range<Int>) {
        let (wake, waitingSpans, waitingBytes) = state.withLock { state in
            state.putBack(ticket, spans)
            return (state.wake, state.waitingSpans, state.waitingBytes)
        }
        wake?(waitingSpans, waitingBytes)
    }

    package func backlog() -> Backlog {
        state.withLock { $0.backlog }
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
        _ request: QueuedRequest, rejected: Int, at time: ContinuousClock.Instant,
        within limits: MemoryQueue.Configuration
    ) -> OfferOutcome {
        let spans = UInt64(request.spanCount)
        books.received += spans + UInt64(rejected)
        if isClosed {
            books.refused += spans + UInt64(rejected)
            return .stopping
        }
        let hasRoom = hasRoom(
            bytes: request.body.count, spans: request.spanCount, within: limits)
        guard hasRoom || request.spanCount == 0 else {
            books.refused += spans + UInt64(rejected)
            return .full(
                retryAfterSeconds: delay(request.body.count, within: limits, at: time))
        }
        books.rejected += UInt64(rejected)
        guard request.spanCount > 0 else { return .accepted }
        books.accepted += spans
        books.queuedSpans += spans
        books.queuedBytes += UInt64(request.body.count)
        books.queuedRequests += 1
        entries[nextSequence] = .init(
            request: request, offeredAt: time, unsettled: request.spanCount)
        waiting.append((nextSequence, 0..<request.spanCount))
        waitingSpans += request.spanCount
        waitingBytes += request.body.count
        nextSequence += 1
        return .accepted
    }

    /// An empty queue takes any request: its size was limited where it was read.
    fileprivate func hasRoom(
        bytes: Int, spans: Int, within limits: MemoryQueue.Configuration
    ) -> Bool {
        if books.queuedRequests == 0 { return true }
        return bytes <= limits.maxBytes - Int(books.queuedBytes)
            && spans <= limits.maxSpans - Int(books.queuedSpans)
            && Int(books.queuedRequests) < limits.maxRequests
    }

    fileprivate mutating func delay(
        _ bytes: Int, within limits: MemoryQueue.Configuration, at time: ContinuousClock.Instant
    ) -> Int {
        drain.secondsUntilRoom(
            for: bytes, queued: Int(books.queuedBytes), capacity: limits.maxBytes, at: time)
    }

    fileprivate mutating func take() -> QueueItem? {
        guard first < waiting.count else { return nil }
        let (sequence, spans) = waiting[first]
        first += 1
        if first == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.capacity <= 4096)
            first = 0
        } else if first > 1024, first > waiting.count / 2 {
            waiting.removeFirst(first)
            first = 0
        }
        guard let entry = entries[sequence] else {
            preconditionFailure("spans of a request that has left the queue were waiting")
        }
        waitingSpans -= spans.count
        waitingBytes -= entry.request.body.count
        return QueueItem(
            ticket: Ticket(sequence: sequence), request: entry.request, spans: spans,
            offeredAt: entry.offeredAt)
    }

    fileprivate mutating func settle(
        _ ticket: Ticket, _ spans: Int, _ settlement: Settlement, at time: ContinuousClock.Instant
    ) {
        guard spans > 0 else { return }
        guard var entry = entries[ticket.sequence], entry.unsettled >= spans else {
            preconditionFailure("more spans were settled than the request had left")
        }
        entry.unsettled -= spans
        books.queuedSpans -= UInt64(spans)
        switch settlement {
        case .delivered: books.delivered += UInt64(spans)
        case .dropped(let reason): books.dropped[reason, default: 0] += UInt64(spans)
        }
        if entry.unsettled == 0 {
            let bytes = entry.request.body.count
            books.queuedBytes -= UInt64(bytes)
            books.queuedRequests -= 1
            drain.note(bytes, at: time)
            entries[ticket.sequence] = nil
        } else {
            entries[ticket.sequence] = entry
        }
    }

    fileprivate mutating func putBack(_ ticket: Ticket, _ spans: Range<Int>) {
        guard !spans.isEmpty else { return }
        guard let entry = entries[ticket.sequence] else {
            preconditionFailure("spans of a request that has left the queue were put back")
        }
        waitingSpans += spans.count
        waitingBytes += entry.request.body.count
        let item = (sequence: ticket.sequence, spans: spans)
        // A batch comes back from its end to its beginning, each part before the one before; the
        // places that `take` has left are free for them.
        if first > 0, first == waiting.count || isBefore(item, waiting[first]) {
            first -= 1
            waiting[first] = item
            return
        }
        // In the order of arrival, so that what was put back goes first.
        let place =
            waiting[first...].firstIndex { isBefore(item, $0) } ?? waiting.count
        waiting.insert(item, at: place)
    }

    private func isBefore(
        _ left: (sequence: UInt64, spans: Range<Int>),
        _ right: (sequence: UInt64, spans: Range<Int>)
    ) -> Bool {
        left.sequence < right.sequence
            || left.sequence == right.sequence && left.spans.lowerBound < right.spans.lowerBound
    }

    fileprivate var backlog: Backlog {
        guard first < waiting.count, let entry = entries[waiting[first].sequence] else {
            return Backlog()
        }
        return Backlog(spans: waitingSpans, bytes: waitingBytes, oldest: entry.offeredAt)
    }
}
