import Synchronization

/// Wakes the lane's loop, and only when there is something for it: offers come by the thousand, and
/// most change nothing for a sender that is waiting for a batch to fill.
final class Doorbell: Sendable {
    /// Spans that have to wait before an offer rings; no offer does at `Int.max`.
    private let threshold = Atomic<Int>(Int.max)
    /// The same for the bytes of their requests.
    private let byteThreshold = Atomic<Int>(Int.max)
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Rings once when at least so many spans or bytes wait.
    func arm(at spans: Int, bytes: Int = .max) {
        threshold.store(spans, ordering: .sequentiallyConsistent)
        byteThreshold.store(bytes, ordering: .sequentiallyConsistent)
    }

    func isWaiting(_ spans: Int, bytes: Int) {
        guard
            spans >= threshold.load(ordering: .sequentiallyConsistent)
                || bytes >= byteThreshold.load(ordering: .sequentiallyConsistent)
        else { return }
        arm(at: .max)
        continuation.yield()
    }

    func ring() {
        continuation.yield()
    }

    func rings() -> AsyncStream<Void>.Iterator {
        stream.makeAsyncIterator()
    }
}
