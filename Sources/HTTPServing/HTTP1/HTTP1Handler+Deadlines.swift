import NIOCore

extension HTTP1Handler {
    func set(deadline: NIODeadline) {
        self.deadline = deadline
        timer?.wake(by: deadline)
    }

    func expectProgress() {
        guard let timer else { return }
        let progress = BodyProgress(
            interval: serving.bodyTimeout, minBytes: serving.configuration.minBodyProgressBytes,
            declared: head?.request.declaredLength, now: timer.now)
        self.progress = progress
        set(deadline: progress.deadline)
    }

    func check(now: NIODeadline) -> NIODeadline? {
        guard phase != .answering, phase != .streaming, phase != .closed else { return nil }
        if now < deadline { return deadline }
        switch phase {
        case .head:
            fail(serving.headTimeoutProblem)
        case .body:
            if progress?.hasStalled(count: body?.count ?? 0, now: now) == true {
                fail(serving.bodyTimeoutProblem)
            } else if let progress {
                deadline = progress.deadline
            }
        case .draining:
            finish()
        default:
            // Idle for its time, or done lingering.
            context?.close(promise: nil)
            return nil
        }
        return deadline
    }
}
