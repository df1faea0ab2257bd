import Dispatch
import Glibc
import Threads

/// SIGTERM and SIGINT: the first asks to stop, a second to stop at once. SIGPIPE is ignored, since a
/// peer that is gone is met at the write.
///
/// A handler writes a byte into a pipe, and a source reads it. Dispatch's own signal sources depend on
/// which thread the kernel picks for a signal, and lost one in some thousands.
package final class ShutdownSignals: Sendable {
    private let waiter: SignalWaiter
    private let source: PipeSource

    package init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        waiter = SignalWaiter(stream)
        source = PipeSource { continuation.yield() }
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT] { signal(number, SignalPipe.handler) }
    }

    package func first() async { await waiter.next() }

    package func second() async { await waiter.next() }
}

/// The pipe between the handler, which may do next to nothing, and everything else.
private enum SignalPipe {
    /// Set before the handler is, and never again.
    nonisolated(unsafe) static var writeEnd: Int32 = -1

    static let handler: @convention(c) (Int32) -> Void = { _ in
        let before = errno
        var byte: UInt8 = 1
        // `write` is async-signal-safe; a full pipe has signals enough in it.
        _ = unsafe write(writeEnd, &byte, 1)
        errno = before
    }
}

private final class PipeSource: @unchecked Sendable {
    // The source is thread-safe; nothing else changes after `init`.
    private let source: any DispatchSourceRead
    private let pipe = WakePipe()

    init(onSignal: @escaping @Sendable () -> Void) {
        unsafe SignalPipe.writeEnd = pipe.writeEnd
        let readEnd = pipe.readEnd
        source = DispatchSource.makeReadSource(
            fileDescriptor: readEnd, queue: DispatchQueue(label: "mastra-gateway.signals"))
        source.setEventHandler {
            var byte: UInt8 = 0
            while unsafe read(readEnd, &byte, 1) == 1 { onSignal() }
        }
        source.resume()
    }
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
