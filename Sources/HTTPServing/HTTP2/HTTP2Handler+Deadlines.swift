import NIOCore

extension HTTP2Handler {
    /// Answers or closes what is due; returns the next deadline.
    func check(now: NIODeadline) -> NIODeadline? {
        switch phase {
        case .closed:
            return nil
        case .lingering:
            if now < lingerDeadline { return lingerDeadline }
            context?.close(promise: nil)
            return nil
        case .open:
            return checkOpen(now: now)
        }
    }

    private func checkOpen(now: NIODeadline) -> NIODeadline? {
        if case .announced(let until) = drainState, now >= until { endDrain() }
        var next = NIODeadline.distantFuture
        for stream in Array(streams.values) {
            if stream.state == .head, now >= stream.headDeadline {
                // The header block is open, and no other frame may come (RFC 9113 4.3).
                serving.counters.count(serving.headTimeoutProblem)
                finish()
                return lingerDeadline
            }
            next = min(next, check(stream, now: now))
        }
        send()
        guard phase == .open else { return lingerDeadline }
        if case .announced(let until) = drainState { next = min(next, until) }
        return checkIdle(now: now, next: next)
    }

    private func check(_ stream: HTTP2Stream, now: NIODeadline) -> NIODeadline {
        switch stream.state {
        case .head:
            return stream.headDeadline
        case .body:
            if let deadline = stream.requestDeadline, now >= deadline.at {
                fail(stream, .deadlinePassed(deadline.within))
            } else if stream.progress?.hasStalled(count: stream.body?.count ?? 0, now: now) == true
            {
                fail(stream, serving.bodyTimeoutProblem)
            }
            return min(
                stream.progress?.deadline ?? .distantFuture,
                stream.requestDeadline?.at ?? .distantFuture)
        case .answered:
            guard let deadline = stream.resetDeadline else { return .distantFuture }
            if now < deadline { return deadline }
            stream.resetDeadline = nil
            if session?.submitReset(stream: stream.id) == false { isBroken = true }
            return .distantFuture
        case .responding:
            return .distantFuture
        }
    }

    /// A connection is idle while nobody works for it: without streams, or with responses that the
    /// client does not read.
    private func checkIdle(now: NIODeadline, next: NIODeadline) -> NIODeadline {
        let isWaitedFor = streams.values.contains { $0.state != .answered }
        if isWaitedFor { return min(next, now + serving.idleTimeout) }
        let idleDeadline = lastActivity + serving.idleTimeout
        if now < idleDeadline { return min(next, idleDeadline) }
        finish()
        return lingerDeadline
    }
}
