import Synchronization

/// Durations in buckets, from any thread.
package final class Histogram: Sendable {
    package struct Snapshot: Sendable, Hashable {
        /// Upper bounds in seconds; a last bucket without one follows.
        package let bounds: [Double]
        /// By bucket, not cumulative; one more than `bounds`.
        package var counts: [UInt64]
        package var sum: Double
    }

    private let state: Mutex<Snapshot>

    /// - Parameter bounds: in seconds, rising.
    package init(bounds: [Double]) {
        precondition(!bounds.isEmpty && bounds == bounds.sorted())
        state = Mutex(
            Snapshot(
                bounds: bounds, counts: [UInt64](repeating: 0, count: bounds.count + 1), sum: 0))
    }

    package func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        state.withLock { state in
            let bucket = state.bounds.firstIndex { seconds <= $0 } ?? state.bounds.count
            state.counts[bucket] += 1
            state.sum += seconds
        }
    }

    package var snapshot: Snapshot { state.withLock { $0 } }
}
