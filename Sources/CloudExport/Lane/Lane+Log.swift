import Logging

extension Lane {
    /// One line when the lane changes what it does, never one an attempt.
    func logChange(from before: LaneGate.Posture, because outcome: AttemptOutcome) {
        guard gate.posture.kind != before.kind else { return }
        switch gate.posture {
        case .open: logger.info("Uploads go on")
        case .probing: break
        case .backingOff(let until):
            logger.warning(
                "The upstream cannot take spans; uploads are retried",
                metadata: about(outcome, until))
        case .coolingDown(let until, let cause):
            logger.error(
                Logger.Message(stringLiteral: cause.advice), metadata: about(outcome, until))
        case .paused(let until):
            logger.warning(
                "The quota is spent; spans are held until it is renewed",
                metadata: about(outcome, until))
        }
    }

    func about(
        _ outcome: AttemptOutcome, _ until: ContinuousClock.Instant
    ) -> Logger.Metadata {
        let seconds = Int((until - environment.now()) / .seconds(1))
        var metadata: Logger.Metadata = [
            "outcome": "\(outcome.label)", "next_attempt_seconds": "\(max(0, seconds))",
        ]
        switch outcome {
        case .unavailable(let text, _), .untrusted(let text): metadata["cause"] = "\(text)"
        case .unauthorized(let status), .misdirected(let status):
            metadata["http.status"] = "\(status)"
        case .refused(let status, let answer):
            metadata["http.status"] = "\(status)"
            metadata["answer"] = "\(answer)"
        default: break
        }
        return metadata
    }
}

extension LaneGate.Posture {
    /// A word for logs, metrics and readiness.
    package var kind: String {
        switch self {
        case .open: "open"
        case .backingOff: "backing_off"
        case .coolingDown(_, let cause): "cooling_down_\(cause.rawValue)"
        case .paused: "paused_quota"
        case .probing: "probing_quota"
        }
    }

    package static let kinds =
        ["open", "backing_off", "paused_quota", "probing_quota"]
        + LaneGate.Cause.allCases.map { "cooling_down_\($0.rawValue)" }
}

extension LaneGate.Cause: CaseIterable {
    package static var allCases: [LaneGate.Cause] {
        [.unauthorized, .misdirected, .untrusted, .contract]
    }

    fileprivate var advice: String {
        switch self {
        case .unauthorized: "The access token is not accepted; spans are held"
        case .misdirected: "There is no publish route at the endpoint; spans are held"
        case .untrusted: "The upstream's certificate is not trusted; spans are held"
        case .contract: "The upstream refuses all records; spans are held"
        }
    }
}
