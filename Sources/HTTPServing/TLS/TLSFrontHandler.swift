import Logging
import NIOCore
import NIOSSL

/// Stands in front of TLS, on the side of the socket, until the handshake is complete.
///
/// It holds the handshake to its time, begins TLS at the first byte and not before (an idle
/// connection so costs what it costs in clear), and closes a connection whose handshake failed such
/// that the client reads why. `TLSBackHandler` stands on the other side.
final class TLSFrontHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// No byte has come.
        case waiting
        case handshaking
        /// Failed, and the last byte is written; what still comes is thrown away.
        case lingering
        /// Complete, or closed.
        case over
    }

    /// The type of a record with a handshake message (RFC 8446 5.1).
    static let handshakeRecord: UInt8 = 22

    private let serving: ServingContext
    private let tls: TLSContextSource
    private var phase = Phase.waiting
    private var context: ChannelHandlerContext?
    private var timer: ConnectionTimer?
    private var deadline = NIODeadline.distantFuture
    private var inputHasEnded = false
    private var hasFailed = false

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
            if first == Self.handshakeRecord {
                beginTLS(context)
                context.fireChannelRead(data)
            } else {
                refuse(context, first: first)
            }
        case .handshaking: context.fireChannelRead(data)
        case .lingering, .over: break
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

    /// HTTP in clear text is told so; whatever else it may be would not understand.
    private func refuse(_ context: ChannelHandlerContext, first: UInt8) {
        fail(.notTLS, "the first byte is \(first)")
        if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) {
            let response = serving.responder.response(
                to: .malformed("this listener speaks TLS: use https"), head: nil)
            let writer = HTTP1ResponseWriter(version: .http1_1, isHead: false, closes: true)
            var buffer = context.channel.allocator.buffer(capacity: 512)
            writer.write(serving.dated(response), into: &buffer)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        linger(context)
    }

    // MARK: The end

    /// Takes itself out: the client may send its requests.
    func complete() {
        guard let context else { return }
        phase = .over
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Counted once a connection, and not where we ended it.
    func fail(_ failure: TLSHandshakeFailure, _ detail: @autoclosure () -> String) {
        guard !hasFailed, phase == .waiting || phase == .handshaking else { return }
        hasFailed = true
        serving.counters.handshakes.count(failure)
        // Nobody is asked before this, so that it must not fill a log.
        tls.logger.debug(
            "A TLS handshake failed",
            metadata: [
                "reason": "\(failure.label)", "detail": "\(detail())",
                "client": "\(context?.channel.remoteAddress?.description ?? "")",
            ])
    }

    /// TLS closes behind its alert. A socket that is closed with unread bytes sends a reset, and the
    /// client may lose the alert.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, phase == .handshaking, !inputHasEnded else {
            context.close(mode: mode, promise: promise)
            return
        }
        if let promise { context.channel.closeFuture.cascade(to: promise) }
        linger(context)
    }

    private func linger(_ context: ChannelHandlerContext) {
        phase = .lingering
        set(timeout: serving.lingerTimeout)
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func end(_ context: ChannelHandlerContext) {
        phase = .over
        context.close(promise: nil)
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

    private func set(timeout: TimeAmount) {
        guard let timer else { return }
        deadline = timer.now + timeout
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
