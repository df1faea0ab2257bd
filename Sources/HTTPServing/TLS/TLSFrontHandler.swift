import NIOCore
import NIOSSL

/// Stands in front of TLS, on the side of the socket, until the handshake is complete.
///
/// It holds the handshake to its time, begins TLS at the first byte and not before (an idle
/// connection so costs what it costs in clear), and closes a connection whose handshake failed such
/// that the client reads why. `TLSBackHandler` stands on the other side.
///
/// This file holds the state and the way in, `+Failure` what follows where TLS does not come about.
final class TLSFrontHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// No byte has come.
        case waiting
        case handshaking
        /// Failed, and the last byte is written; what still comes is thrown away.
        case lingering
        /// Complete, or closed.
        case over
    }

    let serving: ServingContext
    let tls: TLSContextSource
    var phase = Phase.waiting
    private(set) var context: ChannelHandlerContext?
    private var timer: ConnectionTimer?
    private var deadline = NIODeadline.distantFuture
    private var lingerEnd = NIODeadline.distantFuture
    private(set) var inputHasEnded = false
    private(set) var sawAlert = false
    var hasFailed = false

    init(serving: ServingContext, tls: TLSContextSource) {
        self.serving = serving
        self.tls = tls
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
        timer = ConnectionTimer(loop: context.eventLoop) { [weak self] in self?.check(now: $0) }
        set(timeout: TimeAmount(tls.configuration.handshakeTimeout))
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        // TLS says first whether that was in the middle of a handshake.
        context.fireChannelInactive()
        phase = .over
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.stop()
        timer = nil
        self.context = nil
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .waiting:
            guard let first = unwrapInboundIn(data).readableBytesView.first else { return }
            if first == TLSRecord.handshake {
                beginTLS(context)
                context.fireChannelRead(data)
            } else {
                refuse(context, first: first)
            }
        case .handshaking:
            if TLSRecord.hasAlert(unwrapInboundIn(data)) { sawAlert = true }
            context.fireChannelRead(data)
        // A client that is still writing is waited for.
        case .lingering: set(timeout: serving.lingerTimeout)
        case .over: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // TLS asks for more by itself.
        if phase == .waiting || phase == .lingering { context.read() }
        context.fireChannelReadComplete()
    }

    private func beginTLS(_ context: ChannelHandlerContext) {
        phase = .handshaking
        let pipeline = context.pipeline.syncOperations
        let handler = NIOSSLServerHandler(context: tls.context)
        let back = TLSBackHandler(serving: serving, tls: tls, front: self)
        do {
            try pipeline.addHandler(back, position: .after(self))
            try pipeline.addHandler(handler, position: .after(self))
        } catch {
            // Only a closed channel refuses a handler.
            end(context)
        }
    }

    /// Takes itself out: the client may send its requests.
    func complete() {
        guard let context else { return }
        phase = .over
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    // MARK: Events and time

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where phase == .handshaking:
            inputHasEnded = true
            context.fireUserInboundEventTriggered(event)
        case ChannelEvent.inputClosed, ConnectionEvent.stop:
            end(context)
        case ConnectionEvent.drain:
            if phase != .lingering { end(context) }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func set(timeout: TimeAmount, lingersFor longest: TimeAmount? = nil) {
        guard let timer else { return }
        if let longest { lingerEnd = timer.now + longest }
        deadline = min(timer.now + timeout, lingerEnd)
        timer.wake(by: deadline)
    }

    private func check(now: NIODeadline) -> NIODeadline? {
        guard let context, phase != .over else { return nil }
        if now < deadline { return deadline }
        fail(.timeout, "it took longer than \(tls.configuration.handshakeTimeout)")
        end(context)
        return nil
    }
}
