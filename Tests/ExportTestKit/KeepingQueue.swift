package import SendingQueue
import Synchronization

/// A queue in memory that says it is durable, and remembers what a lane tells a durable queue alone.
package final class KeepingQueue: SendingQueue {
    package struct Aside: Hashable, Sendable {
        package let ticket: Ticket
        package let spans: Range<Int>
        package let reason: DropReason
        package let cause: DropCause

        package init(ticket: Ticket, spans: Range<Int>, reason: DropReason, cause: DropCause) {
            self.ticket = ticket
            self.spans = spans
            self.reason = reason
            self.cause = cause
        }
    }

    private let queue: MemoryQueue
    private let state = Mutex<(asides: [Aside], mapping: [Ticket?])>(([], []))

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant) {
        queue = MemoryQueue(now: now)
    }

    package var asides: [Aside] { state.withLock { $0.asides } }
    /// The requests whose mapping began, and nil for each end.
    package var mapping: [Ticket?] { state.withLock { $0.mapping } }

    package var isDurable: Bool { true }

    package func setAside(
        _ ticket: Ticket, spans: Range<Int>, as reason: DropReason, because cause: DropCause
    ) {
        state.withLock {
            $0.asides.append(Aside(ticket: ticket, spans: spans, reason: reason, cause: cause))
        }
        queue.settle(ticket, spans: spans.count, as: .dropped(reason))
    }

    package func beginMapping(_ ticket: Ticket) {
        state.withLock { $0.mapping.append(ticket) }
    }

    package func endMapping() {
        state.withLock { $0.mapping.append(nil) }
    }

    package func offer(
        _ request: QueuedRequest, rejected: Int,
        completion: @escaping @Sendable (OfferOutcome) -> Void
    ) {
        queue.offer(request, rejected: rejected, completion: completion)
    }

    package func noteRefused(_ spans: Int) { queue.noteRefused(spans) }

    package func delayIfFull(bytes: Int) -> (seconds: Int, shortage: Shortage)? {
        queue.delayIfFull(bytes: bytes)
    }
    package func take() -> QueueItem? { queue.take() }
    package func settle(_ ticket: Ticket, spans: Int, as settlement: Settlement) {
        queue.settle(ticket, spans: spans, as: settlement)
    }
    package func putBack(_ ticket: Ticket, spans: Range<Int>) {
        queue.putBack(ticket, spans: spans)
    }
    package func backlog() -> Backlog { queue.backlog() }
    package func close() { queue.close() }
    package func onChange(_ wake: @escaping @Sendable (Int, Int) -> Void) { queue.onChange(wake) }
    package func books() -> Books { queue.books() }
}
