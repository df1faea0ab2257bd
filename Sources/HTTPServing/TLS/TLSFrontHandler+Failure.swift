import Logging
import NIOCore

extension TLSFrontHandler {
    /// Counted once a connection, and not where we ended it.
    func fail(_ failure: TLSHandshakeFailure, _ detail: @autoclosure () -> String) {
        guard !hasFailed, phase == .waiting || phase == .handshaking else { return }
        hasFailed = true
        let failure = failure == .protocolError && sawAlert ? .alert : failure
        serving.counters.handshakes.count(failure)
        // Anybody may bring this about, so that it must not fill a log.
        tls.logger.debug(
            "A TLS handshake failed",
            metadata: [
                "reason": "\(failure.label)", "detail": "\(detail())",
                "client": "\(context?.channel.remoteAddress?.description ?? "")",
            ])
    }

    /// HTTP in clear text is told so; whatever else it may be would not understand.
    func refuse(_ context: ChannelHandlerContext, first: UInt8) {
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
        set(timeout: serving.lingerTimeout, lingersFor: serving.longestLinger)
        context.close(mode: .output, promise: nil)
        context.read()
    }

    func end(_ context: ChannelHandlerContext) {
        phase = .over
        context.close(promise: nil)
    }
}
