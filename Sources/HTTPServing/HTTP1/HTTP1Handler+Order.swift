import NIOCore

/// One request after the other: what follows an answer, and parts that were parsed too early.
extension HTTP1Handler {
    /// The answer is written and the message wholly read: the next one may come.
    func becomeIdle() {
        lastHadNoBody = head?.hasBody == false
        head = nil
        body = nil
        admission = nil
        progress = nil
        if closesAfterAnswer || isDraining {
            finish()
            return
        }
        rest()
        takeBacklog()
        gate?.resume()
        finishIfInputEnded()
    }

    func rest() {
        phase = .idle
        if let timer { set(deadline: timer.now + serving.idleTimeout) }
    }

    func becameWritable() {
        takeBacklog()
        gate?.resume()
        finishIfInputEnded()
    }

    /// A client that has closed its sending side is served to its last whole request.
    func finishIfInputEnded() {
        guard phase == .idle, inputHasEnded, backlog.isEmpty, backlogProblem == nil else { return }
        finish()
    }

    private func takeBacklog() {
        if isTakingBacklog { return }
        isTakingBacklog = true
        while !isBusy, let part = backlog.popFirst() { take(part) }
        isTakingBacklog = false
        if !isBusy, let problem = backlogProblem {
            backlogProblem = nil
            fail(problem)
        }
    }
}
