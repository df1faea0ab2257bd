import NIOCore

/// Tells HTTP/2 with prior knowledge (RFC 9113 3.3) from everything else by the first bytes, and
/// puts the handlers of the protocol in its own place.
///
/// It decides at the first byte that differs from the client preface, so an HTTP/1 request waits
/// for nothing; `POST` and the preface part at the second byte. A TLS handshake, which has no place
/// here, is refused by its first.
final class ProtocolSniffer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let serving: ServingContext
    /// For the requests of the connection.
    private let client: ClientNames?
    private var seen = ByteBuffer()
    private var timer: ConnectionTimer?
    private var context: ChannelHandlerContext?
    /// Of the first byte.
    private var began: NIODeadline?
    private var idleDeadline = NIODeadline.uptimeNanoseconds(0)
    private var isDraining = false

    init(serving: ServingContext, client: ClientNames? = nil) {
        self.serving = serving
        self.client = client
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        let timer = ConnectionTimer(loop: context.eventLoop) { [weak self] in self?.check(now: $0) }
        self.timer = timer
        idleDeadline = timer.now + serving.idleTimeout
        timer.wake(by: idleDeadline)
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        seen.writeBuffer(&bytes)
        if began == nil, let timer {
            began = timer.now
            timer.wake(by: timer.now + serving.headTimeout)
        }
        switch Self.verdict(on: seen) {
        case .http2: becomeHTTP2(context)
        case .http1: becomeHTTP1(context)
        case .tls: refuseTLS(context)
        case .undecided: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        context.read()
    }

    enum Verdict {
        case http1
        case http2
        case tls
        case undecided
    }

    static func verdict(on bytes: ByteBuffer) -> Verdict {
        let view = bytes.readableBytesView
        if view.first == TLSRecord.handshake { return .tls }
        guard zip(view, preface).allSatisfy({ $0 == $1 }) else { return .http1 }
        return view.count >= preface.count ? .http2 : .undecided
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ConnectionEvent.drain where seen.readableBytes == 0, ConnectionEvent.stop:
            context.close(promise: nil)
        case ConnectionEvent.drain:
            isDraining = true
        case ChannelEvent.inputClosed where seen.readableBytes == 0:
            context.close(promise: nil)
        case ChannelEvent.inputClosed:
            becomeHTTP1(context, inputHasEnded: true)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.stop()
        timer = nil
        self.context = nil
    }

    private func check(now: NIODeadline) -> NIODeadline? {
        guard let context else { return nil }
        guard let began else {
            if now < idleDeadline { return idleDeadline }
            context.close(promise: nil)
            return nil
        }
        if now < began + serving.headTimeout { return began + serving.headTimeout }
        // Part of a preface, or of a method that begins like it: HTTP/1 answers with its 408.
        becomeHTTP1(context)
        return nil
    }

    private func becomeHTTP1(_ context: ChannelHandlerContext, inputHasEnded: Bool = false) {
        handOver(context, inputHasEnded: inputHasEnded) { pipeline in
            _ = try HTTP1Pipeline.add(
                to: pipeline, after: self, serving: serving, client: client, headBegan: began,
                isDraining: isDraining)
        }
    }

    /// The answer is in clear text, and so the client says that it has met a server without TLS.
    private func refuseTLS(_ context: ChannelHandlerContext) {
        handOver(context) { pipeline in
            let handler = try HTTP1Pipeline.add(
                to: pipeline, after: self, serving: serving, client: client, headBegan: began,
                isDraining: true)
            handler.fail(.tlsHello)
        }
    }

    private func becomeHTTP2(_ context: ChannelHandlerContext) {
        let handler = HTTP2Handler(serving: serving, client: client, isDraining: isDraining)
        handOver(context) { try $0.addHandler(handler, position: .after(self)) }
    }

    /// Adds the next handlers behind this one, gives them the bytes, and leaves.
    private func handOver(
        _ context: ChannelHandlerContext, inputHasEnded: Bool = false,
        adding: (ChannelPipeline.SynchronousOperations) throws -> Void
    ) {
        let pipeline = context.pipeline.syncOperations
        timer?.stop()
        do {
            try adding(pipeline)
        } catch {
            // Only a closed channel refuses a handler.
            context.close(promise: nil)
            return
        }
        var bytes = ByteBuffer()
        swap(&bytes, &seen)
        context.fireChannelRead(wrapInboundOut(bytes))
        if inputHasEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        context.fireChannelReadComplete()
        pipeline.removeHandler(self, promise: nil)
    }
}
