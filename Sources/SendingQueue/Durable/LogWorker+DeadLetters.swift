/// Spans that are given up are copied to the dead letters before they end.
extension LogWorker {
    /// The copy is durable before the original may go; one group a turn, so that senders wait for no
    /// more than one sync of it.
    func keepDeadLetters(at time: ContinuousClock.Instant) {
        guard !asides.isEmpty else { return }
        if let asidesDue, time < asidesDue { return }
        asidesDue = nil
        let group = nextAsides()
        guard let deadLetters, !keep(group, in: deadLetters) else {
            asidesFailingSince = nil
            return end(group)
        }
        // Spans without a copy are better than a queue that stands still for them.
        let since = asidesFailingSince ?? time
        asidesFailingSince = since
        guard time - since >= configuration.maxDeadLetterWait else {
            asidesDue = time + .seconds(1)
            return
        }
        let spans = group.reduce(0) { $0 + UInt64($1.spans.count) }
        figures.spansWithoutLetter += spans
        events(.uncopied(spans: spans))
        end(group)
    }

    private func nextAsides() -> ArraySlice<DurableQueue.Aside> {
        var bytes = 0
        var count = 0
        for aside in asides.prefix(DurableQueue.groupRequests) {
            bytes += aside.request.body.count
            if count > 0, bytes > DurableQueue.groupBytes { break }
            count += 1
        }
        return asides.prefix(count)
    }

    private func end(_ group: ArraySlice<DurableQueue.Aside>) {
        for aside in group { queue.ended(aside) }
        asides.removeFirst(group.count)
    }

    private func keep(
        _ group: ArraySlice<DurableQueue.Aside>, in letters: SegmentLog
    ) -> Bool {
        let entries = group.map { aside -> SegmentLog.Entry in
            let isWhole = aside.spans == 0..<aside.request.spanCount
            let letter = DeadLetter(
                reason: aside.reason, cause: aside.cause,
                request: isWhole ? aside.request.body : cut(aside.request.body, aside.spans))
            return (letter.bytes, UInt32(aside.spans.count), aside.request.receivedAt)
        }
        while true {
            do throws(SegmentLog.Obstacle) {
                _ = try letters.append(entries, isBehindReader: false)
                figures.deadLetterSpans += entries.reduce(0) { $0 + UInt64($1.spans) }
                return true
            } catch {
                guard error.isLackOfRoom,
                    makeRoom(in: letters, orElse: { evict(from: letters) })
                else { return false }
            }
        }
    }

    private func evict(from letters: SegmentLog) -> Bool {
        guard let amount = letters.skipOldest(where: { _, _ in true }) else { return false }
        figures.deadLettersEvicted += amount.spans
        events(.evicted(spans: amount.spans))
        return (try? letters.writeCursor()) != nil
    }
}
