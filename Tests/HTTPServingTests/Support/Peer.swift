import HTTPTestKit
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

@testable import HTTPServing

/// A client with a real socket that sends what the test says and keeps what comes back.
struct Peer {
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let seen: NIOLockedValueBox<Seen>

        init(_ seen: NIOLockedValueBox<Seen>) { self.seen = seen }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            seen.withLockedValue { $0.bytes += bytes.readableBytesView }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            switch event {
            case ChannelEvent.inputClosed: seen.withLockedValue { $0.isEnded = true }
            case TLSUserEvent.handshakeCompleted(let negotiated):
                let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
                seen.withLockedValue { seen in
                    seen.negotiated = negotiated
                    seen.certificate = certificate
                }
            default: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            seen.withLockedValue { seen in
                seen.isReset = true
                seen.error = "\(error)"
            }
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            seen.withLockedValue { $0.isEnded = true }
        }
    }

    struct Seen {
        var bytes: [UInt8] = []
        var isEnded = false
        var isReset = false
        var error = ""
        /// By ALPN, and shown by the server.
        var negotiated: String?
        var certificate: NIOSSLCertificate?

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    let channel: any Channel
    private let seen: NIOLockedValueBox<Seen>

    /// In clear text, or as a client of TLS.
    init(port: Int, group: any EventLoopGroup, tls: NIOSSLContext? = nil) async throws {
        let seen = NIOLockedValueBox(Seen())
        self.seen = seen
        channel = try await ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(seen))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func endOutput() async throws { try await channel.close(mode: .output).get() }

    func close() async { try? await channel.close().get() }

    /// Waits for a condition, at most five seconds, and gives what was seen then.
    func seen(until condition: (Seen) -> Bool) async throws -> Seen {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(5)
        while true {
            let now = seen.withLockedValue { $0 }
            if condition(now) || clock.now > end { return now }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// A server on a free port of the loopback, ended with the test.
struct ServerFixture {
    let server: HTTPServer
    let responder: ScriptedResponder
    let budget: MemoryBudget
    let group: any EventLoopGroup
    let port: Int

    /// Runs `body` against a started server, then drains it and expects an empty budget.
    static func run(
        _ responder: ScriptedResponder = ScriptedResponder(),
        configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        budget: Int = 256 * 1024 * 1024, tls: TLSContextSource? = nil,
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let budget = MemoryBudget(limit: budget)
        let server = HTTPServer(
            configuration: configuration, group: group, responder: responder, budget: budget,
            logger: .quiet, tls: tls)
        try await server.start()
        let fixture = ServerFixture(
            server: server, responder: responder, budget: budget, group: group,
            port: server.boundPort ?? 0)
        do {
            try await body(fixture)
        } catch {
            await server.drain(within: .zero)
            try? await group.shutdownGracefully()
            throw error
        }
        await server.drain(within: .milliseconds(200))
        try await group.shutdownGracefully()
    }

    func connect(_ tls: NIOSSLContext? = nil) async throws -> Peer {
        try await Peer(port: port, group: group, tls: tls)
    }
}
