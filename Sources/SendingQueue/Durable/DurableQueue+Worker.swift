import Synchronization

/// What the worker does to the queue. Each is one transition, inside of the lock.
extension DurableQueue {
    struct Work {
        var group: [QueuedRequest] = []
        /// The group is handed on from memory once it is durable.
        var goesToWindow = false
        var finished: [UInt64] = []
        var asides: [Aside] = []
        /// Limits that changed since the last turn.
        var setup: Setup?
        /// No more work will come.
        var isLast = false
    }

    static let groupBytes = 1 << 20
    static let groupRequests = 512

    /// What has gathered since the last turn.
    func collect() -> Work {
        state.withLock { state in
            if state.standstill == .hanging { state.standstill = nil }
            var work = Work()
            var bytes = 0
            var count = 0
            for offer in state.offers {
                if count > 0, bytes + offer.request.body.count > Self.groupBytes { break }
                guard count < Self.groupRequests else { break }
                bytes += offer.request.body.count
                count += 1
            }
            state.committing = Array(state.offers.prefix(count))
            state.offers.removeFirst(count)
            work.group = state.committing.map(\.request)
            let limits = state.configuration
            work.goesToWindow =
                state.unread.isZero
                && (state.held.count == 0 && count == 1
                    || state.held.bytes + bytes <= limits.windowBytes
                        && state.held.count + count <= limits.windowRequests)
            swap(&work.setup, &state.setup)
            swap(&work.finished, &state.finished)
            swap(&work.asides, &state.asides)
            work.isLast = state.isEnding && state.offers.isEmpty
            return work
        }
    }

    /// Whether there is a group for the next turn; its bell may have rung already.
    var hasOffers: Bool {
        state.withLock { !$0.offers.isEmpty }
    }

    /// The group is durable, from `first` on.
    func committed(_ first: UInt64, toWindow: Bool) {
        let (completions, wake, spans, bytes) = state.withLock { state in
            var completions: [@Sendable (OfferOutcome) -> Void] = []
            for (index, offer) in state.committing.enumerated() {
                let request = offer.request
                let spans = UInt64(request.spanCount)
                state.forget(offer)
                if let completion = offer.completion {
                    offer.completion = nil
                    completions.append(completion)
                    state.books.received += spans + UInt64(offer.rejected)
                    state.books.rejected += UInt64(offer.rejected)
                    state.books.accepted += spans
                } else {
                    state.books.recovered += spans
                }
                state.books.queuedSpans += spans
                state.books.queuedBytes += UInt64(request.body.count)
                state.books.queuedRequests += 1
                if toWindow {
                    state.held.add(
                        request, as: first + UInt64(index), offeredAt: offer.offeredAt)
                }
            }
            state.committing = []
            state.standstill = nil
            return (
                completions, toWindow ? state.wake : nil, state.held.waitingSpans,
                state.held.waitingBytes
            )
        }
        wake?(spans, bytes)
        for completion in completions { completion(.accepted) }
    }

    /// Nothing of the group is acknowledged.
    func refused(_ standstill: Standstill, retryAt: ContinuousClock.Instant) {
        let time = now()
        let (completions, delay) = state.withLock { state in
            var completions: [@Sendable (OfferOutcome) -> Void] = []
            for offer in state.committing {
                state.forget(offer)
                guard let completion = offer.completion else { continue }
                offer.completion = nil
                completions.append(completion)
                state.books.refuse(offer.request.spanCount + offer.rejected)
            }
            state.committing = []
            state.standstill = standstill
            state.retryAt = retryAt
            let wait = Int(((retryAt - time) / .seconds(1)).rounded(.up))
            return (completions, min(30, max(1, wait)))
        }
        for completion in completions {
            completion(.full(retryAfterSeconds: delay, for: standstill.shortage))
        }
    }

    func setStandstill(_ standstill: Standstill?, retryAt: ContinuousClock.Instant?) {
        state.withLock { state in
            state.standstill = standstill
            state.retryAt = retryAt
        }
    }

    /// What was found at the start, all of it on disk.
    func recovered(_ amount: Amount) {
        state.withLock { state in
            state.books.recovered += amount.spans
            state.books.queuedSpans += amount.spans
            state.books.queuedBytes += amount.bytes
            state.books.queuedRequests += amount.records
        }
    }

    /// How much there is room for in the window; nil where it is full enough.
    func room() -> (bytes: Int, requests: Int)? {
        state.withLock { state in
            let limits = state.configuration
            guard state.held.bytes < limits.windowBytes, state.held.count < limits.windowRequests
            else { return nil }
            return (
                limits.windowBytes - state.held.bytes, limits.windowRequests - state.held.count
            )
        }
    }

    /// Whether nothing is in the window: then one request may come in, however large.
    var hasEmptyWindow: Bool { state.withLock { $0.held.count == 0 } }

    /// Requests that were read are next to be sent, in their order; those of them that are not to be
    /// tried again come back.
    ///
    /// - Parameter wallClock: milliseconds since 1970, for how long they have waited already.
    func fill(
        _ records: [StoredRecord], at time: ContinuousClock.Instant, wallClock: UInt64
    ) -> [Aside] {
        guard !records.isEmpty else { return [] }
        var poisoned: [Aside] = []
        let (wake, spans, bytes) = state.withLock { state in
            for record in records {
                let request = QueuedRequest(
                    body: record.payload, spanCount: record.spanCount,
                    receivedAt: record.receivedAt)
                // A clock that was wrong makes nobody wait.
                let age = min(wallClock - min(wallClock, record.receivedAt), 31_622_400_000)
                state.held.add(
                    request, as: record.sequence, offeredAt: time - .milliseconds(Int(age)))
                guard mark.isPoison(record.sequence) else { continue }
                state.held.withdraw(record.sequence)
                poisoned.append(
                    Aside(
                        ticket: Ticket(sequence: record.sequence), spans: 0..<record.spanCount,
                        reason: .crash, cause: .none, request: request))
            }
            return (state.wake, state.held.waitingSpans, state.held.waitingBytes)
        }
        wake?(spans, bytes)
        return poisoned
    }

    /// Requests that are on disk alone have ended, without having been sent.
    func lost(_ amount: Amount, as reason: DropReason) {
        guard !amount.isZero else { return }
        state.withLock { state in
            state.books.dropped[reason, default: 0] += amount.spans
            state.books.queuedSpans -= amount.spans
            state.books.queuedBytes -= amount.bytes
            state.books.queuedRequests -= amount.records
        }
    }

    /// A dead letter is durable, or there are none.
    func ended(_ aside: Aside) {
        settle(aside.ticket, spans: aside.spans.count, as: .dropped(aside.reason))
    }

    func publish(_ figures: QueueFigures, unread: Amount) {
        state.withLock { state in
            state.figures = figures
            state.unread = unread
        }
    }

    /// Spans in memory, for the self-check.
    func spansInMemory() -> (held: UInt64, books: Books) {
        state.withLock { state in (state.held.unsettledSpans, state.books) }
    }
}
