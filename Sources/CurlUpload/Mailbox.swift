import CloudExport
import Synchronization

/// What callers leave for the transport's thread: jobs, a word that a ticket was cancelled, and the
/// order to stop.
///
/// It holds one job for each suspended caller, so that its bound is the callers' number.
final class Mailbox: Sendable {
    private struct State {
        var jobs: [UploadJob] = []
        var hasCancellation = false
        /// There until the order to stop, and only used for waking: whoever wakes holds the lock and
        /// finds it there, so that none wakes a freed handle.
        var multi: MultiHandle?
        var threadHasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(waking multi: MultiHandle) {
        state = Mutex(State(multi: multi))
    }

    // MARK: The callers' side

    func submit(_ job: UploadJob) {
        let isTaken = state.withLock { state in
            // A ticket cancelled before this moment may have been noted, and looked for in vain; one
            // cancelled after it is noted with the job in place.
            guard let multi = state.multi, !job.ticket.isCancelled else { return false }
            state.jobs.append(job)
            multi.wake()
            return true
        }
        if !isTaken { job.finish(.failure(.cancelled)) }
    }

    func noteCancellation() {
        state.withLock { state in
            state.hasCancellation = true
            state.multi?.wake()
        }
    }

    func orderStop() {
        state.withLock { state in
            state.multi?.wake()
            state.multi = nil
        }
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.threadHasEnded { state.waiters.append(continuation) }
                return state.threadHasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: The thread's side

    enum Order {
        case goOn(lookForCancelled: Bool)
        case stop
    }

    /// The handle to work with; `nil` when the order to stop came first.
    func handle() -> MultiHandle? {
        state.withLock { $0.multi }
    }

    /// Moves new jobs behind those in `line`.
    func collect(into line: inout [UploadJob]) -> Order {
        state.withLock { state in
            line.append(contentsOf: state.jobs)
            state.jobs.removeAll(keepingCapacity: true)
            guard state.multi != nil else { return .stop }
            defer { state.hasCancellation = false }
            return .goOn(lookForCancelled: state.hasCancellation)
        }
    }

    /// The thread's last act.
    func announceEnd() {
        let waiters = state.withLock { state in
            state.threadHasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
