import NIOCore
import NIOSSL
import NIOTLS

/// Stands behind TLS, on the side of HTTP: lets nothing through before the handshake is complete and
/// the client known, then puts `ProtocolSniffer` behind itself.
final class TLSBackHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let serving: ServingContext
    private let tls: TLSContextSource
    /// Nil once the client may send requests.
    private var front: TLSFrontHandler?

    init(serving: ServingContext, tls: TLSContextSource, front: TLSFrontHandler) {
        self.serving = serving
        self.tls = tls
        self.front = front
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: handshakeCompleted(context)
        case is TLSUserEvent: break
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        guard let front else { return }
        let client: ClientNames?
        do throws(Objection) {
            client = try self.client(context)
        } catch {
            front.fail(error.failure, error.detail)
            context.close(promise: nil)
            return
        }
        self.front = nil
        front.complete()
        do {
            try context.pipeline.syncOperations.addHandler(
                ProtocolSniffer(serving: serving, client: client), position: .after(self))
        } catch {
            // Only a closed channel refuses a handler.
            context.close(promise: nil)
        }
    }

    private struct Objection: Error {
        var failure: TLSHandshakeFailure
        var detail: String
    }

    /// Whom the client's certificate names, read once for all requests of the connection; nil where none
    /// is asked for. It was verified now or, where an earlier session is resumed, when that began: the
    /// ticket holds it, for days in TLS 1.3.
    ///
    /// - Throws: what is wrong with such a client.
    private func client(_ context: ChannelHandlerContext) throws(Objection) -> ClientNames? {
        guard tls.configuration.clientCAFile != nil else { return nil }
        guard let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate() else {
            throw Objection(failure: .certificate, detail: "there is none")
        }
        if tls.isOver(certificate) {
            throw Objection(failure: .certificate, detail: "it has expired since")
        }
        let allowed = tls.configuration.allowedClients
        let names = ClientNames(certificate)
        guard allowed.isEmpty || names.isKnown(to: allowed) else {
            throw Objection(failure: .name, detail: "the list has none of \(names)")
        }
        return names
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Else they are of a client that is being turned away.
        if front == nil { context.fireChannelRead(data) }
    }

    /// HTTP closes when its last write is done, which it is told in the middle of a flush. The goodbye
    /// that TLS then writes would not leave any more.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all else {
            context.close(mode: mode, promise: promise)
            return
        }
        context.eventLoop.assumeIsolated().execute { context.close(mode: mode, promise: promise) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let front {
            front.fail(TLSHandshakeFailure(error), TLSHandshakeFailure.text(of: error))
        } else if error as? NIOSSLError != .uncleanShutdown {
            context.fireErrorCaught(error)
        }
        // An end without the goodbye of TLS is followed by the event that the input has ended. HTTP
        // knows where its messages end, so that nothing can be cut off unnoticed (RFC 9112 9.8).
    }
}
