import NIOCore
import Synchronization

/// What the session calls while it receives: streams begin, bring their parts, and end.
extension HTTP2Handler {
    func begin(stream id: Int32) {
        guard let timer else { return }
        let now = timer.now
        lastActivity = now
        streams[id] = HTTP2Stream(
            id: id, client: client, headDeadline: now + serving.headTimeout)
        timer.wake(by: now + serving.headTimeout)
    }

    func take(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, stream id: Int32) {
        // Passed on for the length of this call, as they came.
        unsafe streams[id]?.take(name: name, value: value, limits: serving.configuration)
    }

    func headReceived(stream id: Int32, endsRequest: Bool) {
        guard let stream = streams[id] else { return }
        serving.counters.requestsHTTP2.add(1, ordering: .relaxed)
        stream.requestHasEnded = endsRequest
        if stream.isOverLimits(serving.configuration) {
            fail(stream, .headersTooLarge(limit: serving.configuration.maxHeaderBytes))
            return
        }
        do throws(HTTPProblem) {
            try admit(stream)
        } catch {
            fail(stream, error)
        }
    }

    private func admit(_ stream: HTTP2Stream) throws(HTTPProblem) {
        let expectation = stream.request.fields["expect"]
        if let expectation, expectation.loweredASCII != "100-continue" {
            throw .expectationFailed(expectation)
        }
        switch serving.responder.admit(stream.request) {
        case .refuse(let response):
            answer(stream, response)
        case .accept(let limit, let time, let context):
            stream.admission = context
            let declared = stream.request.declaredLength
            if let declared, declared > limit { throw .bodyTooLarge(limit: limit, seen: declared) }
            stream.body = BodyCollector(declared: declared, limit: limit, budget: serving.budget)
            if stream.body == nil { throw .outOfMemory(limit: serving.budget.limit) }
            if let time, let timer {
                // A client that waits longer than a day is not going to see this one pass.
                let time = min(time, .seconds(86_400))
                stream.requestDeadline = (timer.now + TimeAmount(time), time)
            }
            if stream.requestHasEnded {
                respond(stream)
            } else {
                beginBody(stream, continues: expectation != nil)
            }
        }
    }

    private func beginBody(_ stream: HTTP2Stream, continues: Bool) {
        guard let timer, let session else { return }
        stream.state = .body
        let progress = BodyProgress(
            interval: serving.bodyTimeout, minBytes: serving.configuration.minBodyProgressBytes,
            declared: stream.request.declaredLength, now: timer.now)
        stream.progress = progress
        timer.wake(by: min(progress.deadline, stream.requestDeadline?.at ?? .distantFuture))
        if continues, !session.submitContinue(stream: stream.id) { isBroken = true }
    }

    /// Bytes that are stored give their windows back; others only that of the connection, which
    /// all streams share. False ends the connection.
    func take(body chunk: UnsafeRawBufferPointer, stream id: Int32) -> Bool {
        guard let session else { return false }
        guard let stream = streams[id], stream.state == .body else {
            return session.consumeConnection(count: chunk.count)
        }
        // Copied within the call.
        switch unsafe stream.body?.append(chunk) {
        case .taken:
            return session.consume(stream: id, count: chunk.count)
        case .overLimit(let limit, let seen):
            fail(stream, .bodyTooLarge(limit: limit, seen: seen))
        case .outOfMemory, nil:
            fail(stream, .outOfMemory(limit: serving.budget.limit))
        }
        return session.consumeConnection(count: chunk.count)
    }

    func requestEnded(stream id: Int32) {
        guard let stream = streams[id] else { return }
        stream.requestHasEnded = true
        if stream.state == .body { respond(stream) }
    }

    private func respond(_ stream: HTTP2Stream) {
        guard let route, let timer else { return }
        // The client sends such a request again; taking it would make two of one.
        if let deadline = stream.requestDeadline, timer.now >= deadline.at {
            fail(stream, .deadlinePassed(deadline.within))
            return
        }
        stream.state = .responding
        stream.progress = nil
        let number = Int(stream.id)
        serving.responder.respond(
            to: HTTPRequest(
                head: stream.request, body: stream.body?.takeBytes() ?? [],
                context: stream.admission.take())
        ) { route($0, for: number) }
    }

    /// Reset by either side, or over: what it held goes back with it.
    func closed(stream id: Int32) {
        streams[id] = nil
        if let timer { lastActivity = timer.now }
    }

    func pingAnswered() {
        if case .announced = drainState { endDrain() }
    }

    func countMalformed() {
        serving.counters.count(.malformed("an HTTP/2 frame"))
    }
}
