import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPServing

/// A connection without a socket, whose clock the test moves.
struct EmbeddedConnection {
    let channel = EmbeddedChannel()
    let responder: ScriptedResponder
    let budget: MemoryBudget
    let serving: ServingContext

    init(
        _ responder: ScriptedResponder = ScriptedResponder(), budget: Int = 16 * 1024 * 1024,
        configuration: HTTPServerConfiguration = HTTPServerConfiguration()
    ) throws {
        self.responder = responder
        self.budget = MemoryBudget(limit: budget)
        serving = ServingContext(
            configuration: configuration, responder: responder, budget: self.budget)
        try channel.pipeline.syncOperations.addHandler(ProtocolSniffer(serving: serving))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    var isOpen: Bool { channel.isActive }
    var metrics: HTTPServerMetrics { serving.counters.snapshot() }

    func run() { channel.embeddedEventLoop.run() }

    /// As when the client reads again, or no longer.
    func set(isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
        run()
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        guard channel.isActive else { return }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        run()
    }

    func sendByteByByte(_ bytes: [UInt8]) throws {
        for byte in bytes { try send([byte]) }
    }

    func endInput() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        run()
    }

    func tell(_ event: ConnectionEvent) {
        channel.pipeline.fireUserInboundEventTriggered(event)
        run()
    }

    func advance(by time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
    }

    func close() {
        _ = channel.close()
        run()
    }

    /// What the server wrote since the last call.
    func received() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            bytes += buffer.readableBytesView
        }
        return bytes
    }

    func receivedText() throws -> String { String(decoding: try received(), as: UTF8.self) }

    /// The status codes of the HTTP/1 answers written since the last call.
    func receivedStatuses() throws -> [Int] {
        try receivedText().split(separator: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
    }
}

extension EmbeddedConnection {
    /// A connection that has greeted, the server's greeting read.
    static func greeted(
        _ responder: ScriptedResponder = ScriptedResponder(), budget: Int = 16 * 1024 * 1024,
        configuration: HTTPServerConfiguration = HTTPServerConfiguration()
    ) throws -> EmbeddedConnection {
        let connection = try EmbeddedConnection(
            responder, budget: budget, configuration: configuration)
        try connection.send(HTTP2Frame.greeting)
        let frames = HTTP2Frame.parse(try connection.received())
        #expect(frames.has(HTTP2Frame.Kind.settings))
        #expect(frames.has(HTTP2Frame.Kind.windowUpdate))
        return connection
    }
}
