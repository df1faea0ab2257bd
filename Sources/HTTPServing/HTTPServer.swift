package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix

/// One listener for HTTP/1.1 and HTTP/2, in clear or in TLS, told apart by the first bytes.
///
/// `start` binds, `drain` ends; in between each connection lives on a loop of the group, where the
/// responder is called as well. A server is started once.
package final class HTTPServer: Sendable {
    private enum State {
        case new
        case starting
        case listening(any Channel)
        case ended
    }

    private let group: any EventLoopGroup
    private let serving: ServingContext
    private let logger: Logger
    private let registry = ConnectionRegistry()
    private let state = NIOLockedValueBox(State.new)

    package init(
        configuration: HTTPServerConfiguration, group: any EventLoopGroup,
        responder: any HTTPResponder, budget: MemoryBudget, logger: Logger,
        clock: (@Sendable () -> Int)? = nil, tls: TLSContextSource? = nil
    ) {
        self.group = group
        self.logger = logger
        serving = ServingContext(
            configuration: configuration, responder: responder, budget: budget, clock: clock,
            tls: tls)
    }

    package var metrics: HTTPServerMetrics {
        var metrics = serving.counters.snapshot()
        metrics.tls = serving.tls?.metrics(serving.counters.handshakes)
        return metrics
    }

    /// Nil unless listening.
    package var boundPort: Int? {
        state.withLockedValue { state in
            guard case .listening(let channel) = state else { return nil }
            return channel.localAddress?.port
        }
    }

    /// Host and port as one writes them in a URL; the configured ones unless listening.
    package var boundAddress: String {
        let configuration = serving.configuration
        return Self.address(host: configuration.host, port: boundPort ?? configuration.port)
    }

    static func address(host: String, port: Int) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Binds and listens, or throws `HTTPServerError`.
    package func start() async throws {
        let isFirst = state.withLockedValue { state in
            guard case .new = state else { return false }
            state = .starting
            return true
        }
        guard isFirst else { throw HTTPServerError.alreadyStarted }
        HTTP1Pipeline.prepare()
        let (host, port) = (serving.configuration.host, serving.configuration.port)
        do {
            let channel = try await bootstrap().bind(host: host, port: port).get()
            state.withLockedValue { $0 = .listening(channel) }
        } catch {
            state.withLockedValue { $0 = .ended }
            throw HTTPServerError.cannotListen(host: host, port: port, reason: "\(error)")
        }
    }

    private func bootstrap() -> ServerBootstrap {
        guard serving.tls != nil else { return bootstrapInClear() }
        // TLS keeps a buffer as large as what it has deciphered between two pauses of the socket.
        // Reads of one record at a time keep it at 64 KiB, where it grew to 512 KiB.
        return bootstrapInClear()
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 1024, initial: 2048, maximum: 16 * 1024))
    }

    private func bootstrapInClear() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [serving, logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionAcceptor(serving: serving, logger: logger))
                }
            }
            .childChannelInitializer { [serving, registry] channel in
                Self.prepare(channel, serving: serving, registry: registry)
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
    }

    private static func prepare(
        _ channel: any Channel, serving: ServingContext, registry: ConnectionRegistry
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            guard registry.add(channel) else { throw ChannelError.ioOnClosedChannel }
            channel.closeFuture.whenComplete { _ in registry.remove(channel) }
            let first: any ChannelHandler =
                if let tls = serving.tls {
                    TLSFrontHandler(serving: serving, tls: tls)
                } else {
                    ProtocolSniffer(serving: serving)
                }
            try channel.pipeline.syncOperations.addHandlers(
                PeerLimiter(serving: serving), first)
        }
    }

    /// Accepts nothing new, lets requests under way finish, and closes the rest after `time`.
    /// Returns when no connection is left. Called once more with no time, it cuts that short.
    package func drain(within time: Duration) async {
        let previous = state.withLockedValue { state in
            defer { state = .ended }
            return state
        }
        guard case .listening(let listener) = previous else {
            // A drain under way is cut short.
            if time <= .zero { registry.tellAll(.stop) }
            return
        }
        // Fails only where it is closed already.
        try? await listener.close().get()
        let empty = registry.drain(on: listener.eventLoop)
        registry.tellAll(.drain)
        let last = listener.eventLoop.scheduleTask(in: TimeAmount(time)) { [registry] in
            registry.tellAll(.stop)
        }
        try? await empty.get()
        last.cancel()
    }
}
