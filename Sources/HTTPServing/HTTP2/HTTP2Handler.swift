import NIOCore

/// One HTTP/2 connection over nghttp2.
///
/// Bytes go into the session, which calls back with what they mean (`+Requests`); responses and all
/// other frames are collected and leave in one write at the end of each read (`+Answers`). Memory
/// is bounded by the number of streams, the windows, and the byte budget for bodies.
final class HTTP2Handler: ChannelInboundHandler, ReplyReceiver {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case open
        /// The last frame is written; what still comes is thrown away.
        case lingering
        case closed
    }

    enum Drain {
        case none
        /// The first GOAWAY is out, and the second due then, or at the answer to our PING.
        case announced(until: NIODeadline)
        case final
    }

    /// Frames are collected up to this many bytes before they are given to the channel.
    static let outputPortion = 64 * 1024

    let serving: ServingContext
    let client: ClientNames?
    private(set) var context: ChannelHandlerContext?
    private(set) var timer: ConnectionTimer?
    private(set) var route: ReplyRoute?
    private(set) var session: HTTP2Session?

    var streams: [Int32: HTTP2Stream] = [:]
    var phase = Phase.open
    var drainState = Drain.none
    /// When the last stream began or ended; PING and SETTINGS do not keep a connection open.
    var lastActivity = NIODeadline.uptimeNanoseconds(0)
    var lingerDeadline = NIODeadline.distantFuture
    private var lingerEnd = NIODeadline.distantFuture
    /// A call of nghttp2 failed inside a callback; the connection ends after it.
    var isBroken = false
    private var isDraining: Bool
    private var isReceiving = false
    private var flushIsScheduled = false
    private var inputHasEnded = false

    init(serving: ServingContext, client: ClientNames?, isDraining: Bool) {
        self.serving = serving
        self.client = client
        self.isDraining = isDraining
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        route = ReplyRoute(receiver: self, loop: context.eventLoop)
        let timer = ConnectionTimer(loop: context.eventLoop) { [weak self] in self?.check(now: $0) }
        self.timer = timer
        lastActivity = timer.now
        timer.wake(by: lastActivity + serving.idleTimeout)
        guard let session = HTTP2Session(owner: self),
            session.submitSettings(serving.configuration)
        else {
            context.close(promise: nil)
            return
        }
        self.session = session
        if isDraining { drain() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        tearDown()
    }

    func channelInactive(context: ChannelHandlerContext) {
        tearDown()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if phase == .lingering, let timer {
            // A client that is still writing is waited for.
            lingerDeadline = min(timer.now + serving.lingerTimeout, lingerEnd)
        }
        guard phase == .open, let session else { return }
        isReceiving = true
        // The view is read within the closure only.
        let trouble = unsafe unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            unsafe session.receive(bytes)
        }
        isReceiving = false
        if trouble != nil || isBroken {
            countMalformed()
            finish(because: trouble)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        send()
        readIfWanted()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            send()
            readIfWanted()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: inputEnded()
        case ConnectionEvent.drain: drain()
        case ConnectionEvent.stop: stop()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Only the socket and TLS bring errors here, and then nobody is left to be told.
        context.close(promise: nil)
    }

    private func readIfWanted() {
        guard let context, !inputHasEnded else { return }
        if context.channel.isWritable || phase == .lingering { context.read() }
    }

    // MARK: Output

    /// Sends what the session has, unless a read is under way, whose end does it. Replies that come
    /// together from another thread leave together.
    func scheduleSend() {
        guard !isReceiving, !flushIsScheduled, let context else { return }
        flushIsScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.flushIsScheduled = false
            self.send()
        }
    }

    /// Not from within a callback of the session.
    func send() {
        guard phase == .open, let context, let session else { return }
        var failed = isBroken
        while !failed, context.channel.isWritable {
            var buffer = context.channel.allocator.buffer(capacity: 1024)
            var output = HTTP2Session.Output.written
            while output == .written, buffer.readableBytes < Self.outputPortion {
                // nghttp2 keeps the frame until the next call; the buffer takes a copy.
                output = unsafe session.nextOutput { unsafe buffer.writeBytes($0) }
            }
            if buffer.readableBytes > 0 {
                context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            }
            if output == .failed { failed = true }
            if output != .written { break }
        }
        if failed || isBroken || session.isOver || isDone { finish() }
    }

    private var isDone: Bool {
        guard streams.isEmpty else { return false }
        if case .final = drainState { return true }
        return inputHasEnded
    }

    // MARK: The end

    private func inputEnded() {
        inputHasEnded = true
        if phase == .lingering {
            context?.close(promise: nil)
            return
        }
        // Requests without their end will not get it.
        for stream in Array(streams.values) where !stream.requestHasEnded {
            discard(stream)
        }
        send()
    }

    /// Half-closes when all is written, so that the client reads our last frames, no reset.
    func finish(because trouble: HTTP2Session.Trouble? = nil) {
        guard phase == .open, let context, let timer else { return }
        if isBroken || session?.isOver == false { sendGoaway(trouble?.code ?? 0) }
        phase = .lingering
        streams.removeAll()
        lingerDeadline = timer.now + serving.lingerTimeout
        lingerEnd = timer.now + serving.longestLinger
        timer.wake(by: lingerDeadline)
        if inputHasEnded {
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenComplete { _ in
                self.context?.close(promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        } else {
            context.close(mode: .output, promise: nil)
            context.read()
        }
    }

    /// What the session still has to say, whatever the state of the channel; it is little.
    private func sendGoaway(_ code: UInt32) {
        guard let context, let session, session.submitGoaway(code: code) else { return }
        var buffer = context.channel.allocator.buffer(capacity: 256)
        var output = HTTP2Session.Output.written
        while output == .written, buffer.readableBytes < Self.outputPortion {
            // As in `send`.
            output = unsafe session.nextOutput { unsafe buffer.writeBytes($0) }
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func tearDown() {
        phase = .closed
        streams.removeAll()
        timer?.stop()
        timer = nil
        route = nil
        context = nil
        // A session in the middle of `receive` is freed when that returns, which holds it.
        session = nil
    }
}
