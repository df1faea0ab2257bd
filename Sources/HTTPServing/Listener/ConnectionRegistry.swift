import NIOConcurrencyHelpers
import NIOCore

/// The open connections of a listener, so that they can be told to drain and waited for.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var whenEmpty: EventLoopPromise<Void>?
    }

    private let state = NIOLockedValueBox(State())

    /// False where the listener drains: the connection is to be closed.
    func add(_ channel: any Channel) -> Bool {
        state.withLockedValue { state in
            if state.isDraining { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel) {
        let promise: EventLoopPromise<Void>? = state.withLockedValue { state in
            state.channels[ObjectIdentifier(channel)] = nil
            guard state.channels.isEmpty else { return nil }
            defer { state.whenEmpty = nil }
            return state.whenEmpty
        }
        promise?.succeed(())
    }

    func tellAll(_ event: ConnectionEvent) {
        for channel in state.withLockedValue({ Array($0.channels.values) }) {
            channel.pipeline.fireUserInboundEventTriggered(event)
        }
    }

    /// From now on no connection is added; the future succeeds when none is left.
    func drain(on loop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        let isEmpty = state.withLockedValue { state in
            state.isDraining = true
            if !state.channels.isEmpty { state.whenEmpty = promise }
            return state.channels.isEmpty
        }
        if isEmpty { promise.succeed(()) }
        return promise.futureResult
    }
}
