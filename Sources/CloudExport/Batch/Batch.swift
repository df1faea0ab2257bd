package import MastraRecords
package import SendingQueue

/// Span records that are delivered in one POST.
package struct Batch: Sendable {
    /// Spans of one request that are in the batch.
    package struct Part: Hashable, Sendable {
        package let ticket: Ticket
        package let spans: Range<Int>
    }

    /// `{"spans":[…]}`.
    package let body: ByteBlock
    /// Where each record ends in `body`.
    let ends: [UInt32]
    /// In the order of the records.
    package let parts: [Part]
    /// When the first attempt began.
    var firstAttempt: ContinuousClock.Instant?
    /// Requests that may still be spent on finding a refused record; nil before one was refused.
    var searchBudget: SearchBudget?

    static let opening: StaticString = "{\"spans\":["
    static let closing: StaticString = "]}"

    package var recordCount: Int { ends.count }

    /// The batch in two, at the record nearest to the middle by bytes; nil for a single record.
    func halves() -> (Batch, Batch)? {
        guard ends.count >= 2 else { return nil }
        let half = body.count / 2
        let across = ends.firstIndex { Int($0) >= half } ?? 0
        let start = across == 0 ? Self.opening.utf8CodeUnitCount : Int(ends[across - 1])
        let isNearerToItsEnd = Int(ends[across]) - half <= half - start
        let middle = min(max(1, isNearerToItsEnd ? across + 1 : across), ends.count - 1)
        return (slice(0..<middle), slice(middle..<ends.count))
    }

    private func slice(_ records: Range<Int>) -> Batch {
        var writer = JSONWriter(capacity: body.count)
        writer.literal(Self.opening)
        let first =
            records.lowerBound == 0
            ? Self.opening.utf8CodeUnitCount : Int(ends[records.lowerBound - 1]) + 1
        let last = Int(ends[records.upperBound - 1])
        let shift = first - Self.opening.utf8CodeUnitCount
        unsafe body.withUnsafeBytes { bytes in
            // The buffer is only read, and outlives the span.
            let span = unsafe bytes.bindMemory(to: UInt8.self).span
            writer.raw(span, first, last)
        }
        writer.literal(Self.closing)
        var batch = Batch(
            body: writer.finish(), ends: ends[records].map { $0 - UInt32(shift) },
            parts: parts(of: records))
        batch.firstAttempt = firstAttempt
        batch.searchBudget = searchBudget
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
