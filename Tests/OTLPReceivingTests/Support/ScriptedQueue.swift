import SendingQueue
import Synchronization

/// A queue that keeps what it is offered and says what it was told to say.
final class ScriptedQueue: SendingQueue {
    struct Offer: Hashable {
        var body: [UInt8]
        var spanCount: Int
        var receivedAt: UInt64
        var rejected: Int
    }

    private struct State {
        var offers: [Offer] = []
        var asked: [Int] = []
        var refused = 0
        var waiting: [@Sendable (OfferOutcome) -> Void] = []
    }

    private let outcome: OfferOutcome?
    private let delay: Int?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - outcome: of every offer; nil holds them until `end` is called.
    ///   - delay: what is answered before a body is read.
    init(_ outcome: OfferOutcome? = .accepted, delay: Int? = nil) {
        self.outcome = outcome
        self.delay = delay
    }

    var offers: [Offer] { state.withLock { $0.offers } }
    /// Lengths that were asked about before their bodies were read.
    var asked: [Int] { state.withLock { $0.asked } }
    /// Spans of decoded requests that were refused without an offer.
    var refused: Int { state.withLock { $0.refused } }

    func offer(
        _ request: QueuedRequest, rejected: Int,
        completion: @escaping @Sendable (OfferOutcome) -> Void
    ) {
        state.withLock { state in
            state.offers.append(
                Offer(
                    body: request.body, spanCount: request.spanCount,
                    receivedAt: request.receivedAt, rejected: rejected))
            if outcome == nil { state.waiting.append(completion) }
        }
        if let outcome { completion(outcome) }
    }

    /// Ends what is held.
    func end(_ outcome: OfferOutcome) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for completion in waiting { completion(outcome) }
    }

    func noteRefused(_ spans: Int) { state.withLock { $0.refused += spans } }

    func delayIfFull(bytes: Int) -> (seconds: Int, shortage: Shortage)? {
        state.withLock { $0.asked.append(bytes) }
        return delay.map { ($0, .room) }
    }

    func take() -> QueueItem? { nil }
    func settle(_ ticket: Ticket, spans: Int, as settlement: Settlement) {}
    func setAside(
        _ ticket: Ticket, spans: Range<Int>, as reason: DropReason, because cause: DropCause
    ) {}
    func beginMapping(_ ticket: Ticket) {}
    func endMapping() {}
    var isDurable: Bool { false }
    func putBack(_ ticket: Ticket, spans: Range<Int>) {}
    func backlog() -> Backlog { Backlog() }
    func close() {}
    func onChange(_ wake: @escaping @Sendable (Int, Int) -> Void) {}
    func books() -> Books { Books() }
}
