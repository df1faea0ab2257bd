package import Instruments
package import SendingQueue

/// Where the requests of a route go: its queue, how fast it may be filled, and what was refused for that.
/// It outlives a reload of the configuration.
package final class RouteIntake: Sendable {
    /// As configured; a label of metrics.
    package let name: String
    package let queue: any SendingQueue
    package let limiter: RateLimiter
    /// Requests that were refused because a limit was passed.
    package let refused: [(limit: RateLimit, counter: Counter)]

    package init(name: String, queue: any SendingQueue, limiter: RateLimiter = RateLimiter()) {
        self.name = name
        self.queue = queue
        self.limiter = limiter
        refused = RateLimit.allCases.map { ($0, Counter()) }
    }

    /// Why a request of usual size that came now would not be taken; nil where it would.
    package func shortage() -> Shortage? {
        // An eighth of a small queue.
        let bytes = min(64 * 1024, Int(queue.books().capacityBytes / 8))
        return queue.delayIfFull(bytes: bytes)?.shortage
    }

    func count(_ excess: RateLimiter.Excess) {
        refused.first { $0.limit == excess.limit }?.counter.add()
    }
}
