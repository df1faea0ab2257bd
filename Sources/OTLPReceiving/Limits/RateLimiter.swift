import Synchronization

/// How fast the queue of a route may be filled, in spans and in bytes of requests. Without limits it lets
/// in everything.
package final class RateLimiter: Sendable {
    /// A limit that is passed.
    package struct Excess: Error, Hashable, Sendable {
        package var limit: RateLimit
        /// As configured.
        package var rate: Double
        /// 1 to 3600.
        package var retryAfterSeconds: Int
    }

    private struct State {
        var spans: TokenBucket?
        var bytes: TokenBucket?
    }

    private let clock: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    package init(
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.clock = clock
    }

    /// Sets the limits; nil is none. One that is as it was goes on with what it has, so that a reload is no
    /// way around it; another begins anew.
    package func set(spansPerSecond: Double?, bytesPerSecond: Double?) {
        let now = clock()
        state.withLock { state in
            if state.spans?.rate != spansPerSecond {
                state.spans = spansPerSecond.map { TokenBucket(rate: $0, now: now) }
            }
            if state.bytes?.rate != bytesPerSecond {
                state.bytes = bytesPerSecond.map { TokenBucket(rate: $0, now: now) }
            }
        }
    }

    /// Why nothing is let in now; nil where something is.
    package func excess() -> Excess? {
        let now = clock()
        return state.withLock { Self.excess(&$0, now) }
    }

    /// Charges a request, or says why it is not let in. One step: of requests that come together, those
    /// after the one that takes the last token are not let in.
    package func charge(spans: Int, bytes: Int) throws(Excess) {
        let now = clock()
        let excess = state.withLock { state in
            let excess = Self.excess(&state, now)
            if excess == nil {
                state.spans?.charge(spans)
                state.bytes?.charge(bytes)
            }
            return excess
        }
        if let excess { throw excess }
    }

    /// Gives back what was charged for a request that the queue has not taken.
    package func refund(spans: Int, bytes: Int) {
        state.withLock { state in
            state.spans?.refund(spans)
            state.bytes?.refund(bytes)
        }
    }

    /// The limit that takes longer.
    private static func excess(
        _ state: inout State, _ now: ContinuousClock.Instant
    ) -> Excess? {
        let spans = state.spans?.wait(now)
        let bytes = state.bytes?.wait(now)
        guard let longer = [spans, bytes].compactMap({ $0 }).max() else { return nil }
        let limit: RateLimit = longer == spans ? .spans : .bytes
        let rate = limit == .spans ? state.spans?.rate : state.bytes?.rate
        return Excess(
            limit: limit, rate: rate ?? 0, retryAfterSeconds: longer.wholeSeconds(upTo: 3600))
    }
}

extension Duration {
    /// Rounded up; at least 1.
    fileprivate func wholeSeconds(upTo limit: Int64) -> Int {
        let (seconds, attoseconds) = components
        return Int(max(1, min(limit, seconds + (attoseconds > 0 ? 1 : 0))))
    }
}
