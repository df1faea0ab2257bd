import NIOCore

/// Stands for the socket in a pipeline without one, where `EmbeddedChannel` would be too kind: it
/// notes whether bytes are wanted, and closes one side at a time.
final class SocketModel: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// `read` was called since the last bytes came.
    private(set) var wantsBytes = false
    private(set) var outputIsClosed = false
    /// What broke a claim, in words.
    private(set) var fault: String?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        wantsBytes = false
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        wantsBytes = true
        context.read()
    }

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        if outputIsClosed, unwrapOutboundIn(data).readableBytes > 0 {
            fault = "bytes are written behind the end of the output"
        }
        context.write(data, promise: promise)
    }

    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        outputIsClosed = true
        promise?.succeed()
    }
}
