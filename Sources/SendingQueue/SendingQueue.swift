/// A request on its way: the bytes as they were accepted, and what is known of them.
package struct QueuedRequest: Sendable {
    /// A validated `ExportTraceServiceRequest`.
    package let body: [UInt8]
    /// Spans that will become records.
    package let spanCount: Int
    /// Milliseconds since 1970; becomes `createdAt`, the same at every attempt.
    package let receivedAt: UInt64

    package init(body: [UInt8], spanCount: Int, receivedAt: UInt64) {
        self.body = body
        self.spanCount = spanCount
        self.receivedAt = receivedAt
    }
}

/// Names a request in its queue.
package struct Ticket: Hashable, Sendable, Comparable {
    package let sequence: UInt64

    package init(sequence: UInt64) {
        self.sequence = sequence
    }

    package static func < (left: Ticket, right: Ticket) -> Bool { left.sequence < right.sequence }
}

/// Spans of a request that are to be sent, by their order in it.
package struct QueueItem: Sendable {
    package let ticket: Ticket
    package let request: QueuedRequest
    package let spans: Range<Int>
    /// When the request was offered.
    package let offeredAt: ContinuousClock.Instant

    package init(
        ticket: Ticket, request: QueuedRequest, spans: Range<Int>,
        offeredAt: ContinuousClock.Instant
    ) {
        self.ticket = ticket
        self.request = request
        self.spans = spans
        self.offeredAt = offeredAt
    }
}

/// What came of an offer.
package enum OfferOutcome: Hashable, Sendable {
    /// The queue holds the request, as durably as it is configured to.
    case accepted
    /// Nothing is taken for now; a later offer may be. The delay is the queue's estimate, at least a
    /// second.
    case full(retryAfterSeconds: Int, for: Shortage = .room)
    /// The gateway is stopping.
    case stopping
}

/// Why a queue takes nothing for now. The raw values are labels of metrics, and reasons of readiness.
package enum Shortage: String, CaseIterable, Hashable, Sendable {
    /// It holds as much as it may.
    case room = "queue_full"
    /// More waits for the disk than memory is to be spent on.
    case pace = "disk_behind"
    /// The file system has less room than is to be left to others.
    case reserve = "low_disk_space"
    /// The file system has no room.
    case space = "disk_full"
    /// The process lacks descriptors or memory.
    case resources = "out_of_resources"
    /// The disk does not keep what it is given.
    case soundness = "disk_failed"
    /// A call to the disk does not return.
    case answer = "disk_hangs"

    /// Without its end.
    package var sentence: String {
        switch self {
        case .room: "the sending queue is full"
        case .pace: "the sending queue's disk is behind"
        case .reserve: "the sending queue's disk has no room beside what is left to others"
        case .space: "the sending queue's disk is full"
        case .resources: "the gateway is out of descriptors or memory"
        case .soundness: "the sending queue's disk fails"
        case .answer: "the sending queue's disk does not answer"
        }
    }
}

/// Why accepted spans were given up. Labels of `exporter_dropped_spans_total`.
package enum DropReason: String, CaseIterable, Hashable, Sendable {
    /// The upstream refuses the record for good.
    case rejected
    /// One record is over what the upstream takes.
    case tooLarge = "too_large"
    /// The mapping made no record of a span that the walk had counted.
    case unmappable
    /// The mark that a span has begun, which its end repeats (`logfire.span_type`).
    case pendingSpan = "pending_span"
    /// One token of a stream, which Mastra's exporter does not send to the platform either.
    case modelChunk = "model_chunk"
    /// A rule of `drop_spans` matches.
    case filtered
    /// The trace is not among those of `keep_ratio`.
    case sampled
    /// The span is `generic`, with `ai_only`.
    case notAI = "not_ai"
    /// Attempts went on for longer than `retry_on_failure.max_elapsed_time`.
    case elapsed
    /// The gateway stopped before it could deliver.
    case shutdown
    /// What was on disk is damaged.
    case corrupt
    /// Older than `queue_max_age`.
    case expired
    /// The oldest had to go for new ones (`queue_overflow: drop_oldest`).
    case overflow
    /// The mapping of the request has crashed the gateway before.
    case crash

    /// Nothing that anybody wanted upstream is lost: the mapping leaves such spans out, always or because
    /// the operator has it so.
    package var isByDesign: Bool {
        switch self {
        case .pendingSpan, .modelChunk, .filtered, .sampled, .notAI: true
        case .rejected, .tooLarge, .unmappable, .elapsed, .shutdown, .corrupt, .expired, .overflow,
            .crash:
            false
        }
    }
}

/// How spans end.
package enum Settlement: Hashable, Sendable {
    case delivered
    case dropped(DropReason)
}

/// What the upstream said to a record that is given up.
package struct DropCause: Hashable, Sendable {
    package static let none = DropCause(status: nil, answer: "")

    /// Of HTTP.
    package let status: Int?
    /// The beginning of the answer's body, secrets masked.
    package let answer: String

    package init(status: Int?, answer: String) {
        self.status = status
        self.answer = answer
    }
}

/// The hand-over between receiving and sending: bounded, in order, and the place where the books of
/// a lane are kept, so that every transition is counted once and a snapshot always adds up.
///
/// Requests are offered from event loops and taken by one sender, which settles or puts back spans
/// in any order. An implementation may hold them in memory or on disk.
package protocol SendingQueue: AnyObject, Sendable {
    /// Hands a request over. `completion` is called exactly once, at once or when the request is
    /// durable, from any thread.
    ///
    /// - Parameter rejected: spans of the same request that were not taken; they are counted
    ///   together with the ones that were.
    func offer(
        _ request: QueuedRequest, rejected: Int,
        completion: @escaping @Sendable (OfferOutcome) -> Void)

    /// Counts spans of a decoded request that is refused without an offer.
    func noteRefused(_ spans: Int)

    /// For how long, and why, a request of so many bytes would be refused now; nil where an offer is
    /// worth making. A refusal before the body is read costs next to nothing.
    func delayIfFull(bytes: Int) -> (seconds: Int, shortage: Shortage)?

    /// The oldest spans that nobody has taken, or nil.
    func take() -> QueueItem?

    /// Ends spans that were taken. With its last span a request leaves the queue.
    func settle(_ ticket: Ticket, spans: Int, as settlement: Settlement)

    /// Drops spans that were taken, and keeps a copy for people where the queue is on disk; they end
    /// when the copy is durable.
    func setAside(
        _ ticket: Ticket, spans: Range<Int>, as reason: DropReason, because cause: DropCause)

    /// A request is mapped from here to `endMapping`. One that crashes the process in between is met
    /// at the next start.
    func beginMapping(_ ticket: Ticket)

    func endMapping()

    /// Whether what is held outlives the process, so that a stop need not wait for its delivery.
    var isDurable: Bool { get }

    /// Returns spans that were taken, so that the next `take` answers them again.
    func putBack(_ ticket: Ticket, spans: Range<Int>)

    /// What waits to be taken.
    func backlog() -> Backlog

    /// Refuses offers from now on.
    func close()

    /// `wake` is called after an offer was accepted or spans put back, with the spans that wait
    /// and the bytes of their requests, from any thread and outside of any lock.
    func onChange(_ wake: @escaping @Sendable (_ waitingSpans: Int, _ waitingBytes: Int) -> Void)

    /// Everything counted so far, in one moment.
    func books() -> Books
}

/// Spans that wait to be taken.
package struct Backlog: Hashable, Sendable {
    package var spans = 0
    /// Bytes of the requests they are part of.
    package var bytes = 0
    /// When the oldest of them came, in the queue's clock.
    package var oldest: ContinuousClock.Instant?

    package init() {}

    package init(spans: Int, bytes: Int, oldest: ContinuousClock.Instant?) {
        self.spans = spans
        self.bytes = bytes
        self.oldest = oldest
    }
}
