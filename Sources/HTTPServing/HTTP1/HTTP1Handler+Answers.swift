import NIOCore

extension HTTP1Handler {
    /// The reply to the request in hand; to any other it comes too late.
    func receive(_ response: HTTPResponse, for number: Int) {
        guard phase == .answering, number == self.number else { return }
        if head?.keepsAlive != true { closesAfterAnswer = true }
        if let stream = response.stream, begin(stream, of: response) { return }
        write(response, closing: closesAfterAnswer || isDraining)
        becomeIdle()
    }

    /// Answers before the body. A small declared one is read and dropped, and the connection goes
    /// on; otherwise it ends, as it does for a client that may not send the body at all.
    func refuse(_ response: HTTPResponse) {
        guard let head else { return }
        let length = head.request.declaredLength ?? 0
        let waits = head.expectation != .none && head.hasBody
        if !head.keepsAlive || head.isChunked || waits || length > Self.maxDrainedBytes {
            closesAfterAnswer = true
        }
        let closes = closesAfterAnswer || isDraining
        write(response, closing: closes)
        if closes {
            finish()
        } else {
            phase = .draining
            expectProgress()
            gate?.resume()
        }
    }

    /// Tells the client of a problem after which the connection cannot go on.
    func fail(_ problem: HTTPProblem) {
        guard !discardsInput else { return }
        let wasAnswered = phase == .draining
        let response = serving.answer(to: problem, head: head?.request)
        if !wasAnswered { write(response, closing: true) }
        finish()
    }

    /// Half-closes once all is written, and goes on reading for a while: a socket that is closed
    /// with unread bytes sends a reset, and the client may lose the answer (RFC 9112 9.6).
    func finish() {
        guard !discardsInput, let context, let timer else { return }
        phase = .lingering
        body = nil
        admission = nil
        set(deadline: timer.now + serving.idleTimeout)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.closeOutput() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        gate?.resume()
    }

    private func closeOutput() {
        guard phase == .lingering, let context, let timer else { return }
        outputIsClosed = true
        if inputHasEnded {
            context.close(promise: nil)
        } else {
            set(deadline: timer.now + serving.lingerTimeout)
            lingerEnd = timer.now + serving.longestLinger
            context.close(mode: .output, promise: nil)
        }
    }

    /// A client that writes its whole body first, slowly, is waited for.
    func discardedInput() {
        guard phase == .lingering, outputIsClosed, let timer else { return }
        set(deadline: min(timer.now + serving.lingerTimeout, lingerEnd))
    }

    func inputEnded() {
        inputHasEnded = true
        switch phase {
        case .idle: finishIfInputEnded()
        case .streaming: endStream()
        case .lingering where outputIsClosed: context?.close(promise: nil)
        default: break
        }
    }

    /// What has begun is finished; the answer to it says that the connection ends.
    func drain() {
        isDraining = true
        if phase == .idle { finish() }
        endStream()
    }

    /// The time to drain is over.
    func stop() {
        switch phase {
        case .body, .answering: fail(.stopping)
        case .streaming: endStream()
        default: break
        }
        context?.close(promise: nil)
    }

    func write(_ response: HTTPResponse, closing: Bool) {
        guard let context else { return }
        let writer = HTTP1ResponseWriter(
            version: head?.request.version ?? .http1_1, isHead: head?.request.method == "HEAD",
            closes: closing)
        var buffer = context.channel.allocator.buffer(capacity: 256 + response.body.count)
        writer.write(serving.dated(response), into: &buffer)
        unflushedBytes += buffer.readableBytes
        context.write(wrapOutboundOut(buffer), promise: nil)
        if unflushedBytes > Self.maxUnflushedBytes { flush() }
    }

    /// Called by the gate at the end of a read, so that answers to pipelined requests leave together.
    func flush() {
        guard unflushedBytes > 0, let context else { return }
        unflushedBytes = 0
        context.flush()
    }
}
