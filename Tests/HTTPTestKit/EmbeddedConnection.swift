import NIOCore
import NIOEmbedded

@testable import HTTPServing

/// A connection without a socket, whose clock the test moves.
package struct EmbeddedConnection {
    package let channel = EmbeddedChannel()
    package let responder: ScriptedResponder
    package let budget: MemoryBudget
    let serving: ServingContext

    /// - Parameter socket: stands before all other handlers, where a socket would be.
    package init(
        _ responder: ScriptedResponder = ScriptedResponder(), budget: Int = 16 * 1024 * 1024,
        configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        socket: (any ChannelHandler)? = nil
    ) throws {
        self.responder = responder
        self.budget = MemoryBudget(limit: budget)
        serving = ServingContext(
            configuration: configuration, responder: responder, budget: self.budget)
        if let socket { try channel.pipeline.syncOperations.addHandler(socket) }
        try channel.pipeline.syncOperations.addHandler(ProtocolSniffer(serving: serving))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    package var isOpen: Bool { channel.isActive }
    package var metrics: HTTPServerMetrics { serving.counters.snapshot() }

    package func run() { channel.embeddedEventLoop.run() }

    /// As when the client reads again, or no longer.
    package func set(isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
        run()
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        guard channel.isActive else { return }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        run()
    }

    package func sendByteByByte(_ bytes: [UInt8]) throws {
        for byte in bytes { try send([byte]) }
    }

    package func endInput() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        run()
    }

    package func tell(_ event: ConnectionEvent) {
        channel.pipeline.fireUserInboundEventTriggered(event)
        run()
    }

    package func advance(by time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
    }

    package func close() {
        _ = channel.close()
        run()
    }

    /// What the server wrote since the last call.
    package func received() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    package func receivedText() throws -> String { String(decoding: try received(), as: UTF8.self) }

    /// The status codes of the HTTP/1 answers written since the last call.
    package func receivedStatuses() throws -> [Int] {
        try receivedText().split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
    }
}
