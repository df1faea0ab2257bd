import Logging
import MastraRecords
import SendingQueue

/// What the lane does with batches that the upstream will not have as they are.
extension Lane {
    /// 413: both halves go out at once; a record that is too large by itself is dropped while others
    /// are taken.
    func split(_ batch: Batch, at now: ContinuousClock.Instant) {
        guard let (first, second) = batch.halves() else {
            guard refusals.mayGiveUp(batch.recordCount, at: now) else {
                return suspectContract(batch, .tooLarge, at: now)
            }
            logger.error(
                "Dropped a span whose record is larger than the upstream takes",
                metadata: ["record.bytes": "\(batch.body.count)"])
            return setAside(
                batch, as: .tooLarge, because: DropCause(status: 413, answer: ""))
        }
        ready.insert(contentsOf: [first, second], at: 0)
    }

    /// 400 and its like: halves find the record that is refused, so that its neighbours get through.
    func search(
        _ batch: Batch, _ status: Int, _ answer: String, at now: ContinuousClock.Instant
    ) {
        var batch = batch
        let budget = batch.searchBudget ?? SearchBudget()
        batch.searchBudget = budget
        budget.requests -= 1
        if budget.requests > 0, let (first, second) = batch.halves() {
            ready.insert(contentsOf: [first, second], at: 0)
            return
        }
        guard refusals.mayGiveUp(batch.recordCount, at: now) else {
            return suspectContract(batch, .refused(status: status, answer: answer), at: now)
        }
        logger.error(
            "Dropped spans that the upstream refuses",
            metadata: [
                "spans": "\(batch.recordCount)", "http.status": "\(status)",
                "answer": "\(answer)",
            ])
        setAside(batch, as: .rejected, because: DropCause(status: status, answer: answer))
    }

    private func setAside(_ batch: Batch, as reason: DropReason, because cause: DropCause) {
        tell(batch, .dropped(reason), because: cause)
        for part in batch.parts {
            queue.setAside(part.ticket, spans: part.spans, as: reason, because: cause)
        }
    }

    /// Nothing is given up while there is no sign that the upstream takes anything.
    private func suspectContract(
        _ batch: Batch, _ outcome: AttemptOutcome, at now: ContinuousClock.Instant
    ) {
        let before = gate.posture
        gate.suspectContract(now: now, random: environment.random())
        logChange(from: before, because: outcome)
        // A single record would come first again and again, and hide from the lane what else it has.
        if batch.recordCount == 1, suspects.count < Self.maxSuspects {
            suspects.append(batch)
        } else {
            putBack(batch)
        }
    }

    private static let maxSuspects = 16

    /// Tries the suspects again.
    func takeUpSuspects() {
        ready.append(contentsOf: suspects)
        suspects = []
    }
}
