package import MastraRecords
package import SendingQueue

/// Span records that are delivered in one POST.
package struct Batch: Sendable {
    /// Spans of one request that are in the batch.
    package struct Part: Hashable, Sendable {
        package let ticket: Ticket
        package let spans: Range<Int>
    }

    private let list: ItemList
    /// In the order of the records.
    package let parts: [Part]
    /// What is published once the records are delivered; nil where metrics are off.
    let metrics: DerivedMetrics?
    /// Where the last attempt went; nil before the first.
    var wentUpstream: Bool?
    /// When the first attempt began.
    var firstAttempt: ContinuousClock.Instant?
    /// Requests that may still be spent on finding a refused record; nil before one was refused.
    var searchBudget: SearchBudget?

    static let opening: StaticString = "{\"spans\":["
    static let closing = ItemList.closing

    init(body: ByteBlock, ends: [UInt32], parts: [Part], metrics: DerivedMetrics? = nil) {
        self.init(
            list: ItemList(opening: Self.opening, body: body, ends: ends), parts: parts,
            metrics: metrics)
    }

    private init(list: ItemList, parts: [Part], metrics: DerivedMetrics?) {
        self.list = list
        self.parts = parts
        self.metrics = metrics
    }

    /// `{"spans":[…]}`.
    package var body: ByteBlock { list.body }
    /// Where each record ends in `body`.
    var ends: [UInt32] { list.ends }
    package var recordCount: Int { list.count }

    /// The batch in two, at the record nearest to the middle by bytes; nil for a single record.
    func halves() -> (Batch, Batch)? {
        list.middle.map { (slice(0..<$0), slice($0..<recordCount)) }
    }

    private func slice(_ records: Range<Int>) -> Batch {
        var batch = Batch(
            list: list.slice(records), parts: parts(of: records),
            metrics: metrics?.slice(records))
        batch.firstAttempt = firstAttempt
        batch.searchBudget = searchBudget
        batch.wentUpstream = wentUpstream
        return batch
    }

    private func parts(of records: Range<Int>) -> [Part] {
        var parts: [Part] = []
        var position = 0
        for part in self.parts {
            let range = position..<position + part.spans.count
            position = range.upperBound
            let common = range.clamped(to: records)
            guard !common.isEmpty else { continue }
            let lower = part.spans.lowerBound + (common.lowerBound - range.lowerBound)
            parts.append(Part(ticket: part.ticket, spans: lower..<lower + common.count))
        }
        return parts
    }
}

/// How many more requests the search for refused records in one batch may cost; shared by its
/// pieces.
final class SearchBudget: @unchecked Sendable {
    // Used inside the lane's isolation only.
    var requests = 64
}
