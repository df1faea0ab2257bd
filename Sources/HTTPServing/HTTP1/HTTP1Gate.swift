import NIOCore

/// Holds received bytes back until the handler behind the parser wants them.
///
/// NIO's parser makes parts of all the bytes that it is given, so a client that pipelines tiny
/// requests would turn each 64 KiB read into megabytes of parts waiting for an answer. Therefore
/// the parser gets as many bytes as the handler has an appetite for, and the socket is read only
/// when nothing is held. Only at the end of the input NIO reads on by itself (it has to, to see the
/// end): what then passes `maxHeldBytes` is dropped, and the connection closed after the answer.
final class HTTP1Gate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    static let maxHeldBytes = 1024 * 1024

    private let handler: HTTP1Handler
    private var context: ChannelHandlerContext?
    private var held = ByteBuffer()
    private var isFeeding = false
    private var isInRead = false
    private var inputClosed = false
    private var toldInputClosed = false

    init(handler: HTTP1Handler) {
        self.handler = handler
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isInRead = true
        var bytes = unwrapInboundIn(data)
        if handler.discardsInput {
            handler.discardedInput()
            return
        }
        if held.readableBytes == 0 {
            held = bytes
        } else if held.readableBytes + bytes.readableBytes <= Self.maxHeldBytes {
            held.writeBuffer(&bytes)
        } else {
            handler.closesAfterAnswer = true
        }
        feed()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInRead = false
        handler.flush()
        readIfWanted()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { handler.becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        inputClosed = true
        feed()
        handler.flush()
    }

    /// The handler has become hungry, outside of a read.
    func resume() {
        feed()
        if isInRead || isFeeding { return }
        handler.flush()
        readIfWanted()
    }

    private func feed() {
        guard !isFeeding, let context else { return }
        isFeeding = true
        while held.readableBytes > 0, let appetite = handler.appetite,
            let portion = held.readSlice(length: min(appetite, held.readableBytes))
        {
            handler.willBeFed(portion)
            context.fireChannelRead(wrapInboundOut(portion))
            handler.wasFed(portion)
        }
        isFeeding = false
        if held.readableBytes == 0 || handler.discardsInput {
            // Gives the storage back to the channel, which reads into it again.
            held = ByteBuffer()
            passOnInputClosed(context)
        }
    }

    /// Behind the last byte, so that the parser sees them in their order.
    private func passOnInputClosed(_ context: ChannelHandlerContext) {
        guard inputClosed, !toldInputClosed else { return }
        toldInputClosed = true
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    private func readIfWanted() {
        guard let context, !inputClosed, held.readableBytes == 0 else { return }
        if handler.discardsInput || handler.appetite != nil { context.read() }
    }
}
