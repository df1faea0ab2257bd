import NIOCore
import NIOHTTP1
import Synchronization

/// One HTTP/1 connection: makes requests of the parser's parts, asks the responder, answers in
/// order. Requests are taken one at a time; the next is not read before the answer is written.
///
/// This file holds the state and the way in; `+Appetite` how much of it, `+Order` one after the
/// other, `+Answers` and `+Stream` the way out, `+Deadlines` the clock.
final class HTTP1Handler: ChannelInboundHandler, ReplyReceiver {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// No byte of a request has come.
        case idle
        /// Part of a head has come.
        case head
        case body
        /// Refused and answered; the small rest of the body is read to stay in step (RFC 9112 9.3).
        case draining
        /// The responder has the request.
        case answering
        /// The answer's body goes on for as long as the responder sends.
        case streaming
        /// The last answer is written; what still comes is thrown away.
        case lingering
        case closed
    }

    /// A refused request may leave this much of a declared body to be read and dropped.
    static let maxDrainedBytes = 64 * 1024
    /// What the parser is given at once, where the end of the message is not known. The tiniest
    /// request has 18 bytes, so that few of them can be parsed before the first is answered.
    static let headPortion = 1024
    static let chunkedPortion = 16 * 1024
    /// Answers to pipelined requests leave together, up to so many bytes. TLS keeps to itself what is not
    /// flushed, so that the channel would seem writable for ever.
    static let maxUnflushedBytes = 64 * 1024

    let serving: ServingContext
    let client: ClientNames?
    /// Set by `HTTP1Pipeline` before the first byte; the two know each other until `tearDown`.
    var gate: HTTP1Gate?
    var context: ChannelHandlerContext?
    var timer: ConnectionTimer?
    var route: ReplyRoute?

    var phase = Phase.idle
    var deadline = NIODeadline.distantFuture
    var progress: BodyProgress?
    var isDraining: Bool
    var inputHasEnded = false
    var closesAfterAnswer = false
    var unflushedBytes = 0
    var outputIsClosed = false
    var lingerEnd = NIODeadline.distantFuture

    /// Of the request in hand.
    var head: HTTP1Head?
    var body: BodyCollector?
    /// What the responder attached to its admission.
    var admission: (any Sendable)?
    /// Of the answer in hand.
    var stream: HTTPStream?
    var number = 0
    var headBytes = 0
    var bodyBytesLeft = 0
    var lastHadNoBody = false

    /// Parts that the parser made of the same portion as the request in hand, and its error.
    var backlog = CircularBuffer<HTTPServerRequestPart>()
    var backlogProblem: HTTPProblem?
    var isTakingBacklog = false

    var headBegan: NIODeadline?

    init(
        serving: ServingContext, client: ClientNames?, headBegan: NIODeadline?, isDraining: Bool
    ) {
        self.serving = serving
        self.client = client
        self.headBegan = headBegan
        self.isDraining = isDraining
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        route = ReplyRoute(receiver: self, loop: context.eventLoop)
        let timer = ConnectionTimer(loop: context.eventLoop) { [weak self] in self?.check(now: $0) }
        self.timer = timer
        set(deadline: timer.now + serving.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        tearDown()
    }

    func channelInactive(context: ChannelHandlerContext) {
        tearDown()
        context.fireChannelInactive()
    }

    // MARK: Parts, as the parser makes them

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if isBusy || !backlog.isEmpty {
            // Its head has come in time, whenever it is taken.
            if phase == .head { rest() }
            backlog.append(part)
        } else {
            take(part)
        }
    }

    func take(_ part: HTTPServerRequestPart) {
        switch (phase, part) {
        case (.idle, .head(let parsed)), (.head, .head(let parsed)): take(head: parsed)
        case (.body, .body(let bytes)): take(body: bytes)
        case (.body, .end): respond()
        case (.draining, .body(let bytes)): bodyBytesLeft -= bytes.readableBytes
        case (.draining, .end): becomeIdle()
        // Behind the answer that ends the connection nothing counts.
        default: break
        }
    }

    private func take(head parsed: NIOHTTP1.HTTPRequestHead) {
        serving.counters.requestsHTTP1.add(1, ordering: .relaxed)
        headBytes = 0
        do throws(HTTPProblem) {
            var head = try HTTP1Head(parsed)
            head.request.client = client
            self.head = head
            bodyBytesLeft = head.request.declaredLength ?? 0
            if case .other(let value) = head.expectation { throw .expectationFailed(value) }
            try admit(head)
        } catch {
            switch error {
            case .malformed: fail(error)
            default: refuse(serving.answer(to: error, head: head?.request))
            }
        }
    }

    private func admit(_ head: HTTP1Head) throws(HTTPProblem) {
        switch serving.responder.admit(head.request) {
        case .refuse(let response):
            refuse(response)
        case .accept(let limit, _, let context):
            admission = context
            let declared = head.request.declaredLength
            if let declared, declared > limit { throw .bodyTooLarge(limit: limit, seen: declared) }
            body = BodyCollector(declared: declared, limit: limit, budget: serving.budget)
            if body == nil { throw .outOfMemory(limit: serving.budget.limit) }
            if head.hasBody { beginBody(head) } else { phase = .body }
        }
    }

    private func beginBody(_ head: HTTP1Head) {
        phase = .body
        expectProgress()
        if head.expectation == .continue100, let context {
            let line = context.channel.allocator.buffer(string: HTTP1ResponseWriter.continue100)
            context.writeAndFlush(wrapOutboundOut(line), promise: nil)
        }
    }

    private func take(body bytes: ByteBuffer) {
        bodyBytesLeft -= bytes.readableBytes
        // The view is read within the closure only.
        let outcome = unsafe bytes.withUnsafeReadableBytes { unsafe body?.append($0) }
        switch outcome {
        case .taken, nil: break
        case .overLimit(let limit, let seen): fail(.bodyTooLarge(limit: limit, seen: seen))
        case .outOfMemory: fail(.outOfMemory(limit: serving.budget.limit))
        }
    }

    private func respond() {
        guard let head, let route else { return }
        phase = .answering
        deadline = .distantFuture
        number &+= 1
        serving.responder.respond(
            to: HTTPRequest(
                head: head.request, body: body?.takeBytes() ?? [], context: admission.take())
        ) { [number] in route($0, for: number) }
    }

    // MARK: Trouble and events

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard context.channel.isActive, !discardsInput else { return }
        guard let problem = problem(of: error) else {
            context.close(promise: nil)
            return
        }
        if isBusy || !backlog.isEmpty {
            backlogProblem = problem
        } else {
            fail(problem)
        }
    }

    /// Nil for errors of the socket and of TLS: nobody is there to be told.
    private func problem(of error: any Error) -> HTTPProblem? {
        switch error {
        case HTTPParserError.headerOverflow:
            .headersTooLarge(limit: serving.configuration.maxHeaderBytes)
        case HTTPParserError.invalidEOFState: .malformed("the request ends early")
        case let error as HTTPParserError: .malformed("not an HTTP/1 request: \(error)")
        default: nil
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: inputEnded()
        case ConnectionEvent.drain: drain()
        case ConnectionEvent.stop: stop()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func tearDown() {
        phase = .closed
        leaveStream()
        body = nil
        admission = nil
        head = nil
        route = nil
        gate = nil
        backlog.removeAll()
        timer?.stop()
        timer = nil
        context = nil
    }
}
