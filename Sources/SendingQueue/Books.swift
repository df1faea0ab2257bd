/// The accounts of a lane, in spans. At every moment `received = accepted + rejected + refused` and
/// `accepted + recovered = delivered + queued + dropped`; each number is counted by itself and none is computed from the others.
package struct Books: Hashable, Sendable {
    package var received: UInt64 = 0
    package var accepted: UInt64 = 0
    package var rejected: UInt64 = 0
    package var refused: UInt64 = 0
    /// Found on disk at the start, from lives before; and those that became durable after their
    /// sender had been told to come again.
    package var recovered: UInt64 = 0
    package var delivered: UInt64 = 0
    /// By `DropReason`.
    package var dropped: [DropReason: UInt64] = [:]

    /// Held now: waiting, or taken and not settled.
    package var queuedSpans: UInt64 = 0
    package var queuedBytes: UInt64 = 0
    package var queuedRequests: UInt64 = 0
    package var capacitySpans: UInt64 = 0
    package var capacityBytes: UInt64 = 0

    package init() {}

    package init(sumOf books: [Books]) {
        for one in books {
            received += one.received
            accepted += one.accepted
            rejected += one.rejected
            refused += one.refused
            recovered += one.recovered
            delivered += one.delivered
            dropped.merge(one.dropped, uniquingKeysWith: +)
            queuedSpans += one.queuedSpans
            queuedBytes += one.queuedBytes
            queuedRequests += one.queuedRequests
            capacitySpans += one.capacitySpans
            capacityBytes += one.capacityBytes
        }
    }

    mutating func refuse(_ spans: Int) {
        received += UInt64(spans)
        refused += UInt64(spans)
    }

    package var droppedTotal: UInt64 { dropped.values.reduce(0, +) }

    /// Nothing is unaccounted for.
    package var isBalanced: Bool {
        received == accepted + rejected + refused
            && accepted + recovered == delivered + queuedSpans + droppedTotal
    }
}
