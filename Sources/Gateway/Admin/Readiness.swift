import CloudExport
import OTLPReceiving
import SendingQueue

/// What `/readyz` says: whether spans are taken, and of each lane what it does and why.
struct Readiness {
    /// Why requests are refused on every route; nil where one takes them.
    let refusal: OTLPReceiver.RefusalReason?
    let looks: [RouteLook]

    var isReady: Bool { refusal == nil }

    var json: String {
        var members = ["\"ready\":\(isReady)"]
        if let refusal { members.append("\"reason\":\"\(refusal.label)\"") }
        members.append("\"lanes\":[\(looks.map(Self.json).joined(separator: ","))]")
        return "{\(members.joined(separator: ","))}"
    }

    private static func json(_ look: RouteLook) -> String {
        var lane = [
            "\"name\":\"\(look.name)\"", "\"state\":\"\(look.status.posture.kind)\"",
            "\"queue\":\"\(look.shortage?.rawValue ?? "ok")\"",
            "\"queued_spans\":\(look.books.queuedSpans)",
            "\"queued_bytes\":\(look.books.queuedBytes)",
            "\"dropped_spans\":\(look.books.droppedTotal)",
        ]
        if let until = look.status.posture.until {
            let seconds = max(0, Int((until - .now) / .seconds(1)))
            lane.append("\"next_attempt_seconds\":\(seconds)")
        }
        if let oldest = look.oldest {
            lane.append("\"oldest_age_seconds\":\(Int(oldest / .seconds(1)))")
        }
        if look.isRetired { lane.append("\"retired\":true") }
        return "{\(lane.joined(separator: ","))}"
    }
}

extension LaneGate.Posture {
    /// When the lane tries again, where it waits.
    var until: ContinuousClock.Instant? {
        switch self {
        case .open, .probing: nil
        case .backingOff(let until), .coolingDown(let until, _), .paused(let until): until
        }
    }
}
