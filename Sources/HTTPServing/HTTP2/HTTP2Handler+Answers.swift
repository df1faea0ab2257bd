import NIOCore

/// Responses on their way out: handed to the session whole, fetched by it in frames.
extension HTTP2Handler {
    /// The reply to a stream that may be gone by now.
    func receive(_ response: HTTPResponse, for number: Int) {
        guard phase == .open, let stream = streams[Int32(truncatingIfNeeded: number)],
            stream.state == .responding
        else { return }
        answer(stream, response)
        scheduleSend()
    }

    func fail(_ stream: HTTP2Stream, _ problem: HTTPProblem) {
        let head = stream.request.method.isEmpty ? nil : stream.request
        answer(stream, serving.answer(to: problem, head: head))
    }

    func answer(_ stream: HTTP2Stream, _ response: HTTPResponse) {
        guard let session else { return }
        stream.state = .answered
        stream.body = nil
        stream.admission = nil
        stream.progress = nil
        stream.requestDeadline = nil
        var fields = serving.dated(response).fields
        // RFC 9110 8.6: 1xx and 204 carry no length.
        if response.hasLength, response.status >= 200, response.status != 204 {
            fields.append(HTTPField(name: "content-length", value: String(response.body.count)))
        }
        let isHead = stream.request.method == "HEAD"
        let hasBody = !isHead && !(response.body.isEmpty && response.trailers.isEmpty)
        if hasBody {
            stream.responseBody = response.body
            stream.trailers = response.trailers
        }
        let isSubmitted = session.submit(
            status: response.status, fields: fields, stream: stream.id, hasBody: hasBody)
        if !isSubmitted { isBroken = true }
    }

    /// Fills the frame that is being made; nil where the stream is gone.
    func readBody(
        stream id: Int32, into target: UnsafeMutableRawBufferPointer
    ) -> (count: Int, isLast: Bool, hasTrailers: Bool)? {
        guard let stream = streams[id], let session else { return nil }
        let count = min(target.count, stream.responseBody.count - stream.sentBytes)
        let part = stream.responseBody[stream.sentBytes..<stream.sentBytes + count]
        // `count` is at most what the target holds.
        unsafe target.copyBytes(from: part)
        stream.sentBytes += count
        let isLast = stream.sentBytes == stream.responseBody.count
        guard isLast, !stream.trailers.isEmpty else { return (count, isLast, false) }
        if !session.submitTrailers(stream.trailers, stream: id) { return nil }
        return (count, true, true)
    }

    /// The last frame of a response is out. A client that still sends its request is told to stop
    /// (RFC 9113 8.1), but not at once: small bodies end by themselves meanwhile, and libcurl 7.88
    /// forgets the response when the reset comes in the same read.
    func responseSent(stream id: Int32) {
        guard let stream = streams[id], !stream.requestHasEnded, let timer else { return }
        let deadline = timer.now + serving.lingerTimeout
        stream.resetDeadline = deadline
        timer.wake(by: deadline)
    }

    /// Ends a stream whose request will not be completed.
    func discard(_ stream: HTTP2Stream) {
        streams[stream.id] = nil
        if session?.submitReset(stream: stream.id) == false { isBroken = true }
    }

    // MARK: Drain

    /// RFC 9113 6.8: a first GOAWAY, time for requests on their way, then the last one.
    func drain() {
        guard phase == .open, case .none = drainState, let session, let timer else { return }
        let until = timer.now + serving.lingerTimeout
        drainState = .announced(until: until)
        if !session.submitShutdownNotice() || !session.submitPing() { isBroken = true }
        timer.wake(by: until)
        scheduleSend()
    }

    func endDrain() {
        guard case .announced = drainState, let session else { return }
        drainState = .final
        if !session.submitGoaway() { isBroken = true }
        scheduleSend()
    }

    /// The time to drain is over.
    func stop() {
        for stream in Array(streams.values) where stream.state != .answered {
            if stream.state != .head { fail(stream, .stopping) }
        }
        send()
        context?.close(promise: nil)
    }
}
