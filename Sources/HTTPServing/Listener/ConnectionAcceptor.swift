import Logging
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Stands in the listening channel: keeps the number of connections within its limit, and rests
/// when the process or the system has no file descriptor or memory left.
final class ConnectionAcceptor: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// The socket stays readable while accepting fails; without a rest the loop would spin.
    static let rest = TimeAmount.milliseconds(100)
    static let logInterval = TimeAmount.minutes(1)

    private let serving: ServingContext
    private let logger: Logger
    private var nextLog: NIODeadline?
    private var isResting = false

    init(serving: ServingContext, logger: Logger) {
        self.serving = serving
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        let counters = serving.counters
        let open = counters.open.add(1, ordering: .relaxed).newValue
        channel.closeFuture.whenComplete { _ in counters.open.subtract(1, ordering: .relaxed) }
        if open > serving.configuration.maxConnections {
            counters.refused.add(1, ordering: .relaxed)
            channel.close(promise: nil)
            return
        }
        counters.accepted.add(1, ordering: .relaxed)
        context.fireChannelRead(data)
    }

    /// NIO keeps the listening socket open after these errors and tries again at once.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? IOError, Self.isShortage(error.errnoCode) {
            takeRest(context, because: error)
        }
        // Other errors concern a single connection, which is gone with it.
    }

    private static func isShortage(_ code: CInt) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code)
    }

    private func takeRest(_ context: ChannelHandlerContext, because error: IOError) {
        guard !isResting else { return }
        isResting = true
        serving.counters.acceptPauses.add(1, ordering: .relaxed)
        log(error, now: context.eventLoop.now)
        // Turning it off also unregisters the socket, which withholding `read` would not.
        setAutoRead(context, false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.rest) {
            self.isResting = false
            self.setAutoRead(context, true)
        }
    }

    private func setAutoRead(_ context: ChannelHandlerContext, _ isOn: Bool) {
        // Fails only on a closed channel, which accepts nothing anyway.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    private func log(_ error: IOError, now: NIODeadline) {
        if let nextLog, now < nextLog { return }
        nextLog = now + Self.logInterval
        logger.warning(
            "connections wait: none can be accepted now",
            metadata: [
                "reason": "\(error)",
                "connections.open": "\(serving.counters.open.load(ordering: .relaxed))",
            ])
    }
}
