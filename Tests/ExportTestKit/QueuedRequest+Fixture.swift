package import SendingQueue

extension QueuedRequest {
    /// A request whose spans are numbered from `first` on.
    ///
    /// - Parameters:
    ///   - nameBytes: length of each span's name.
    ///   - areGenerations: whether their records have metrics.
    ///   - rejected: how many spans that the walk does not take stand before each one that it does.
    package static func fixture(
        spans: Int, from first: Int = 1, nameBytes: Int = 4, rejected: Int = 0,
        areGenerations: Bool = false
    ) -> QueuedRequest {
        let encoded = (first..<first + spans).flatMap { number in
            let strange = [UInt8].span(UInt64(number), nameBytes: nameBytes, isRejected: true)
            return [[UInt8]](repeating: strange, count: rejected)
                + [
                    .span(UInt64(number), nameBytes: nameBytes, isGeneration: areGenerations)
                ]
        }
        return QueuedRequest(
            body: .exportRequest(encoded), spanCount: spans, receivedAt: 1_700_000_002_000)
    }

    /// For a queue alone, which does not look into the bytes.
    package static func blank(spans: Int, bytes: Int = 1) -> QueuedRequest {
        QueuedRequest(
            body: [UInt8](repeating: 0, count: bytes), spanCount: spans, receivedAt: 0)
    }
}

extension SendingQueue {
    /// Offers and answers the outcome, which a queue in memory has at once.
    @discardableResult
    package func offer(_ request: QueuedRequest, rejected: Int = 0) -> OfferOutcome? {
        let outcome = Recorder<OfferOutcome>()
        offer(request, rejected: rejected) { outcome.append($0) }
        return outcome.all.count == 1 ? outcome.all[0] : nil
    }
}
