import Synchronization

/// What follows a response's body as it comes to be, such as events. Whoever answers keeps it and sends; the connection
/// takes, and tells when nobody reads any more.
///
/// Nothing waits here: a reader that does not keep up loses its connection, and asks again.
package final class HTTPStream: Sendable {
    enum Piece: Sendable {
        case bytes([UInt8])
        case end
    }

    private struct State {
        /// Nil before the connection has taken the response, and once it is gone.
        var sink: (@Sendable (Piece) -> Void)?
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let whenTaken: @Sendable (HTTPStream) -> Void
    private let whenGone: @Sendable (HTTPStream) -> Void

    /// - Parameters:
    ///   - whenTaken: called once, when bytes may be sent.
    ///   - whenGone: called once, after `whenTaken`, when the connection takes no more.
    package init(
        whenTaken: @escaping @Sendable (HTTPStream) -> Void,
        whenGone: @escaping @Sendable (HTTPStream) -> Void
    ) {
        self.whenTaken = whenTaken
        self.whenGone = whenGone
    }

    /// Sends bytes, from any thread; nothing where the connection is gone.
    package func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, let sink = state.withLock({ $0.sink }) else { return }
        sink(.bytes(bytes))
    }

    /// Ends the response, from any thread.
    package func end() {
        let sink = state.withLock { state in
            state.hasEnded = true
            return state.sink
        }
        sink?(.end)
    }

    /// By the connection, once the head is written.
    func take(_ sink: @escaping @Sendable (Piece) -> Void) {
        let hasEnded = state.withLock { state in
            state.sink = sink
            return state.hasEnded
        }
        whenTaken(self)
        if hasEnded { sink(.end) }
    }

    /// By the connection, when it takes no more.
    func leave() {
        let wasTaken = state.withLock { $0.sink.take() != nil }
        if wasTaken { whenGone(self) }
    }
}

extension HTTPStream: Hashable {
    package static func == (left: HTTPStream, right: HTTPStream) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
