import NIOCore

/// Wakes one connection for its deadlines.
///
/// Deadlines move with every request, the scheduled task does not: it is moved forward only where a
/// deadline comes before it, and where it wakes too early it asks for the next deadline. A busy
/// connection so costs a task in several seconds, not several a request.
final class ConnectionTimer {
    private let loop: any EventLoop
    /// Given the time, closes or answers what is due and returns the next deadline.
    private let check: (NIODeadline) -> NIODeadline?
    private var scheduled: Scheduled<Void>?
    private var wakesAt: NIODeadline?
    private var isStopped = false

    /// `check` must not keep its connection alive: the timer outlives nothing.
    init(loop: any EventLoop, check: @escaping (NIODeadline) -> NIODeadline?) {
        self.loop = loop
        self.check = check
    }

    var now: NIODeadline { loop.now }

    /// Makes sure that `check` runs at `deadline` or before.
    func wake(by deadline: NIODeadline) {
        if isStopped { return }
        if let wakesAt, wakesAt <= deadline { return }
        scheduled?.cancel()
        wakesAt = deadline
        scheduled = loop.assumeIsolated().scheduleTask(deadline: deadline) { self.fire() }
    }

    /// For good: `check` may end its connection and still name a deadline.
    func stop() {
        isStopped = true
        scheduled?.cancel()
        scheduled = nil
        wakesAt = nil
    }

    private func fire() {
        scheduled = nil
        wakesAt = nil
        if let next = check(loop.now) { wake(by: next) }
    }
}
