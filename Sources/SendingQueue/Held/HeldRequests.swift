/// Requests in memory whose spans are waiting, or are taken and not settled. What both queues hand to
/// the sender comes from here.
struct HeldRequests {
    private struct Entry {
        let request: QueuedRequest
        let offeredAt: ContinuousClock.Instant
        /// Spans that have not ended.
        var unsettled: Int
    }

    private var entries: [UInt64: Entry] = [:]
    /// Spans to take, oldest first; the head is at `first`.
    private var waiting: [(sequence: UInt64, spans: Range<Int>)] = []
    private var first = 0
    private(set) var waitingSpans = 0
    private(set) var waitingBytes = 0
    /// Of the bodies of all of them.
    private(set) var bytes = 0

    var count: Int { entries.count }

    /// Counted one by one.
    var unsettledSpans: UInt64 { entries.values.reduce(0) { $0 + UInt64($1.unsettled) } }

    mutating func add(
        _ request: QueuedRequest, as sequence: UInt64, offeredAt: ContinuousClock.Instant
    ) {
        entries[sequence] = Entry(
            request: request, offeredAt: offeredAt, unsettled: request.spanCount)
        waiting.append((sequence, 0..<request.spanCount))
        waitingSpans += request.spanCount
        waitingBytes += request.body.count
        bytes += request.body.count
    }

    func request(_ ticket: Ticket) -> QueuedRequest? {
        entries[ticket.sequence]?.request
    }

    mutating func take() -> QueueItem? {
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

    /// Takes all spans of the request that was added last.
    mutating func withdraw(_ sequence: UInt64) {
        guard let entry = entries[sequence], waiting.last?.sequence == sequence else {
            preconditionFailure("only the request that was added last can be withdrawn")
        }
        waiting.removeLast()
        waitingSpans -= entry.request.spanCount
        waitingBytes -= entry.request.body.count
    }

    /// Ends spans that were taken; answers the bytes of the request where they were its last.
    mutating func settle(_ ticket: Ticket, spans: Int) -> Int? {
        guard var entry = entries[ticket.sequence], entry.unsettled >= spans else {
            preconditionFailure("more spans were settled than the request had left")
        }
        entry.unsettled -= spans
        guard entry.unsettled == 0 else {
            entries[ticket.sequence] = entry
            return nil
        }
        entries[ticket.sequence] = nil
        bytes -= entry.request.body.count
        return entry.request.body.count
    }

    mutating func putBack(_ ticket: Ticket, spans: Range<Int>) {
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
        guard first > 0 else {
            waiting.insert(item, at: place)
            return
        }
        // What comes before it is little, and moves to where `take` has left a place.
        for index in first..<place { waiting[index - 1] = waiting[index] }
        first -= 1
        waiting[place - 1] = item
    }

    private func isBefore(
        _ left: (sequence: UInt64, spans: Range<Int>),
        _ right: (sequence: UInt64, spans: Range<Int>)
    ) -> Bool {
        left.sequence < right.sequence
            || left.sequence == right.sequence && left.spans.lowerBound < right.spans.lowerBound
    }

    var backlog: Backlog {
        guard first < waiting.count, let entry = entries[waiting[first].sequence] else {
            return Backlog()
        }
        return Backlog(spans: waitingSpans, bytes: waitingBytes, oldest: entry.offeredAt)
    }
}
