import CloudExport
import OTLPReceiving
import SendingQueue

/// What `/readyz` says: whether spans are taken, and of each lane what it does and why.
struct Readiness {
    /// Why requests are refused; nil where they are taken.
    let refusal: OTLPReceiver.RefusalReason?
    let lane: LaneStatus
    let books: Books
    /// Age of the oldest span that is next to be sent.
    let oldest: Duration?

    var isReady: Bool { refusal == nil }

    var json: String {
        var members = ["\"ready\":\(isReady)"]
        if let refusal { members.append("\"reason\":\"\(refusal.label)\"") }
        var lane = [
            "\"name\":\"default\"", "\"state\":\"\(lane.posture.kind)\"",
            "\"queue\":\"\(refusal?.shortage?.rawValue ?? "ok")\"",
            "\"queued_spans\":\(books.queuedSpans)", "\"queued_bytes\":\(books.queuedBytes)",
            "\"dropped_spans\":\(books.droppedTotal)",
        ]
        if let seconds = self.lane.posture.secondsLeft {
            lane.append("\"next_attempt_seconds\":\(seconds)")
        }
        if let oldest {
            lane.append("\"oldest_age_seconds\":\(Int(oldest / .seconds(1)))")
        }
        members.append("\"lanes\":[{\(lane.joined(separator: ","))}]")
        return "{\(members.joined(separator: ","))}"
    }
}

extension LaneGate.Posture {
    fileprivate var secondsLeft: Int? {
        switch self {
        case .open, .probing: nil
        case .backingOff(let until), .coolingDown(let until, _), .paused(let until):
            max(0, Int((until - .now) / .seconds(1)))
        }
    }
}
