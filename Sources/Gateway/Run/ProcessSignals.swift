import Dispatch
import Glibc
import Threads

/// SIGTERM and SIGINT: the first asks to stop, a second to stop at once. SIGHUP asks to look at files again, where
/// somebody does. SIGPIPE is ignored, since a peer that is gone is met at the write.
///
/// A handler writes a byte into a pipe, and a source reads it. Dispatch's own signal sources depend on
/// which thread the kernel picks for a signal, and lost one in some thousands.
package final class ProcessSignals: Sendable {
    /// Ends never.
    let reloads: AsyncStream<Void>
    private let waiter: SignalWaiter
    private let source: PipeSource

    /// - Parameter reloads: whether SIGHUP is for `reloads`; else it ends the process, as it does by itself.
    package init(reloads takesReloads: Bool = false) {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let (reloads, reload) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.reloads = reloads
        waiter = SignalWaiter(stops)
        source = PipeSource { number in
            if number == SIGHUP { reload.yield() } else { stop.yield() }
        }
        signal(SIGPIPE, SIG_IGN)
        for number in takesReloads ? [SIGTERM, SIGINT, SIGHUP] : [SIGTERM, SIGINT] {
            signal(number, SignalPipe.handler)
        }
    }

    package func first() async { await waiter.next() }

    package func second() async { await waiter.next() }
}

/// The pipe between the handler, which may do next to nothing, and everything else.
private enum SignalPipe {
    /// Set before the handler is, and never again.
    nonisolated(unsafe) static var writeEnd: Int32 = -1

    static let handler: @convention(c) (Int32) -> Void = { number in
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        // `write` is async-signal-safe; a full pipe has signals enough in it.
        _ = unsafe write(writeEnd, &byte, 1)
        errno = before
    }
}

private final class PipeSource: @unchecked Sendable {
    // The source is thread-safe; nothing else changes after `init`.
    private let source: any DispatchSourceRead
    private let pipe: WakePipe

    init(onSignal: @escaping @Sendable (Int32) -> Void) {
        do throws(WakePipe.Unavailable) {
            pipe = try WakePipe()
        } catch {
            // Nothing was opened before it.
            preconditionFailure("no descriptors are left for a pipe")
        }
        unsafe SignalPipe.writeEnd = pipe.writeEnd
        let readEnd = pipe.readEnd
        source = DispatchSource.makeReadSource(
            fileDescriptor: readEnd, queue: DispatchQueue(label: "mastra-gateway.signals"))
        source.setEventHandler {
            var byte: UInt8 = 0
            while unsafe read(readEnd, &byte, 1) == 1 { onSignal(Int32(byte)) }
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
