// Dispatch's sources are thread-safe and not marked so.
@unsafe @preconcurrency import Dispatch
import Glibc

/// SIGTERM and SIGINT: the first asks to stop, a second to stop at once. SIGPIPE is ignored, since a
/// peer that is gone is met at the write.
package final class ShutdownSignals: Sendable {
    private let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]
    private let waiter: SignalWaiter

    package init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.stream = stream
        waiter = SignalWaiter(stream)
        signal(SIGPIPE, SIG_IGN)
        let queue = DispatchQueue(label: "mastra-gateway.signals")
        sources = [SIGTERM, SIGINT].map { number in
            // The default action would end the process before the source is asked.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }

    package func first() async { await waiter.next() }

    package func second() async { await waiter.next() }
}

/// One iterator for both waits.
private actor SignalWaiter {
    private var iterator: AsyncStream<Void>.Iterator

    init(_ stream: AsyncStream<Void>) {
        iterator = stream.makeAsyncIterator()
    }

    func next() async {
        var iterator = iterator
        _ = await iterator.next(isolation: self)
        self.iterator = iterator
    }
}
