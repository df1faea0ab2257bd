import HTTPTestKit
import NIOCore
import NIOEmbedded
import NIOSSL

@testable import HTTPServing

/// Both sides of a TLS connection without a socket: the test carries the bytes and moves the clock.
final class TLSPair {
    /// Stands where the socket is: an embedded channel would close as a whole.
    final class HalfClosing: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private(set) var outputIsClosed = false

        func close(
            context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
        ) {
            guard mode == .output else {
                context.close(mode: mode, promise: promise)
                return
            }
            outputIsClosed = true
            promise?.succeed()
        }
    }

    /// What the client has seen.
    final class Ear: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private(set) var text = ""
        private(set) var errors: [String] = []
        private(set) var inputHasEnded = false

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            errors.append("\(error)")
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { inputHasEnded = true }
        }
    }

    let server = EmbeddedChannel()
    let client = EmbeddedChannel()
    let responder: ScriptedResponder
    let serving: ServingContext
    let socket = HalfClosing()
    let ear = Ear()
    private let bytesAWrite: Int?

    /// `client` nil leaves the client's side to the test. `bytesAWrite` cuts what the client sends.
    init(
        _ source: TLSContextSource, client tls: NIOSSLContext?, bytesAWrite: Int? = nil,
        responder: ScriptedResponder = ScriptedResponder()
    ) throws {
        self.responder = responder
        self.bytesAWrite = bytesAWrite
        serving = ServingContext(
            configuration: HTTPServerConfiguration(), responder: responder,
            budget: MemoryBudget(limit: 1 << 24), tls: source)
        server.allowRemoteHalfClosure = true
        client.allowRemoteHalfClosure = true
        try server.pipeline.syncOperations.addHandler(socket)
        try server.pipeline.syncOperations.addHandler(
            TLSFrontHandler(serving: serving, tls: source))
        if let tls {
            try client.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
        }
        try client.pipeline.syncOperations.addHandler(ear)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        server.connect(to: address, promise: nil)
        client.connect(to: address, promise: nil)
    }

    var isOpen: Bool { server.isActive }

    var failures: [String: Int] {
        let counts = serving.counters.handshakes.snapshot().filter { $0.count > 0 }
        return Dictionary(uniqueKeysWithValues: counts.map { ($0.reason, $0.count) })
    }

    /// Carries bytes to and fro until both are silent.
    func exchange() throws {
        var isBusy = true
        while isBusy {
            isBusy = false
            while let bytes = try client.readOutbound(as: ByteBuffer.self) {
                isBusy = true
                try deliver(bytes)
            }
            while let bytes = try server.readOutbound(as: ByteBuffer.self) {
                isBusy = true
                if client.isActive { try client.writeInbound(bytes) }
            }
            server.embeddedEventLoop.run()
            client.embeddedEventLoop.run()
        }
    }

    func deliver(_ bytes: ByteBuffer) throws {
        var rest = bytes
        while server.isActive,
            let part = rest.readSlice(
                length: min(rest.readableBytes, bytesAWrite ?? rest.readableBytes)),
            part.readableBytes > 0
        {
            try server.writeInbound(part)
            server.embeddedEventLoop.run()
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        client.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        try exchange()
    }

    /// As by a client without TLS.
    func sendInClear(_ text: String) throws { try deliver(ByteBuffer(string: text)) }

    func receivedInClear() throws -> String {
        var text = ""
        while let bytes = try server.readOutbound(as: ByteBuffer.self) {
            text += String(buffer: bytes)
        }
        return text
    }

    /// The socket's input ends, without a goodbye of TLS.
    func endInput() {
        server.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        server.embeddedEventLoop.run()
    }

    func tell(_ event: ConnectionEvent) {
        server.pipeline.fireUserInboundEventTriggered(event)
        server.embeddedEventLoop.run()
    }

    func advance(by time: TimeAmount) { server.embeddedEventLoop.advanceTime(by: time) }

    /// Ends both sides, so that no test leaves a connection of TLS behind.
    func close() {
        for channel in [server, client] {
            if channel.isActive { channel.pipeline.fireChannelInactive() }
            _ = channel.close()
            channel.embeddedEventLoop.run()
        }
    }
}
