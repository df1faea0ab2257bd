import MastraRecords
import OTLP
import SendingQueue
import SpanMapping

/// Limits of a batch.
package struct BatchLimits: Hashable, Sendable {
    /// 1 to 100000.
    package var maxRecords = 1000
    /// Bytes of JSON, unless one record alone has more. 1 KiB to 64 MiB.
    package var maxBytes = 4 * 1024 * 1024
    /// From the first span's acceptance to the cut.
    package var maxWait = Duration.seconds(5)

    package init() {}
}

/// Room 6: takes requests from the queue, has their spans mapped, and cuts batches. A request that
/// does not fit goes on in the next batch, where its cursor stands.
struct BatchBuilder {
    private struct Open {
        let item: QueueItem
        var cursor: RequestCursor
        /// Index of the next span among those that the walk counted.
        var next: Int
    }

    private let limits: BatchLimits
    private let derivesMetrics: Bool
    private var mapper: SpanMapper
    private var open: Open?
    /// Bytes of the last batch, as a guess for the next.
    private var lastSize = 256 * 1024

    /// - Parameter derivesMetrics: whether batches come with the metrics of their records.
    init(limits: BatchLimits, mapper: SpanMapper, derivesMetrics: Bool = false) {
        self.limits = limits
        self.derivesMetrics = derivesMetrics
        self.mapper = mapper
    }

    /// Spans of the request that is cut in the middle.
    var openSpans: Int { open.map { $0.item.spans.upperBound - $0.next } ?? 0 }
    var openSince: ContinuousClock.Instant? { open?.item.offeredAt }

    /// After so many spans of which none has made a record, others get their turn.
    private static let maxLeftOut = 20_000

    /// The next batch, or nil where no span waits, or where none of many has made a record. Spans of
    /// which the mapping makes nothing are dropped, which the walk's own count makes impossible as
    /// long as both agree.
    mutating func build(from queue: any SendingQueue, maxBytes: Int) -> Batch? {
        var writer = JSONWriter(capacity: lastSize + lastSize / 8)
        var ends: [UInt32] = []
        ends.reserveCapacity(min(limits.maxRecords, 1000))
        var parts: [Batch.Part] = []
        writer.literal(Batch.opening)
        var looked = 0
        while ends.count < limits.maxRecords {
            if ends.isEmpty, looked >= Self.maxLeftOut { break }
            if open == nil {
                guard let item = queue.take() else { break }
                queue.beginMapping(item.ticket)
                begin(item)
                looked += item.spans.count
            }
            let isFull = addRecords(&writer, &ends, &parts, maxBytes: maxBytes, queue)
            if isFull { break }
        }
        guard !ends.isEmpty else { return nil }
        writer.literal(Batch.closing)
        lastSize = writer.count
        let body = writer.finish()
        let metrics =
            derivesMetrics
            ? DerivedMetrics(
                ofRecordsIn: body, after: Batch.opening.utf8CodeUnitCount, ends: ends) : nil
        return Batch(body: body, ends: ends, parts: parts, metrics: metrics)
    }

    /// Puts the rest of the request that is cut in the middle back into the queue.
    mutating func putBack(into queue: any SendingQueue) {
        guard let open else { return }
        self.open = nil
        queue.putBack(open.item.ticket, spans: open.next..<open.item.spans.upperBound)
    }

    private mutating func begin(_ item: QueueItem) {
        var cursor = RequestCursor()
        let body = item.request.body
        mapper.beginRequest()
        mapper.skip(item.spans.lowerBound, with: &cursor, in: body.span)
        open = Open(item: item, cursor: cursor, next: item.spans.lowerBound)
    }

    /// Records of the open request until it ends or the batch is full; answers whether it is full.
    private mutating func addRecords(
        _ writer: inout JSONWriter, _ ends: inout [UInt32], _ parts: inout [Batch.Part],
        maxBytes: Int, _ queue: any SendingQueue
    ) -> Bool {
        guard var current = open else { return true }
        let item = current.item
        let body = item.request.body
        queue.beginMapping(item.ticket)
        defer { queue.endMapping() }
        // Of the spans that go together into the batch.
        var start = current.next
        var isFull = false
        while current.next < item.spans.upperBound {
            if ends.count == limits.maxRecords {
                isFull = true
                break
            }
            let before = current.cursor
            guard let range = current.cursor.next(in: body.span) else { break }
            let mark = writer.count
            if !ends.isEmpty { writer.byte(UInt8(ascii: ",")) }
            let outcome = mapper.write(
                range, of: current.cursor, in: body.span, receivedAt: item.request.receivedAt,
                maxBytes: maxRecordBytes, to: &writer)
            guard outcome == .record else {
                writer.truncate(to: mark)
                if case .left(let reason) = outcome {
                    close(start..<current.next, item.ticket, &parts)
                    queue.settle(item.ticket, spans: 1, as: .dropped(DropReason(reason)))
                    current.next += 1
                    start = current.next
                }
                continue
            }
            if writer.count + Batch.closing.utf8CodeUnitCount > maxBytes, !ends.isEmpty {
                writer.truncate(to: mark)
                current.cursor = before
                isFull = true
                break
            }
            ends.append(UInt32(writer.count))
            current.next += 1
        }
        close(start..<current.next, item.ticket, &parts)
        if isFull {
            open = current
        } else {
            let missing = current.next..<item.spans.upperBound
            if !missing.isEmpty {
                queue.setAside(item.ticket, spans: missing, as: .unmappable, because: .none)
            }
            open = nil
        }
        return isFull
    }

    private func close(_ spans: Range<Int>, _ ticket: Ticket, _ parts: inout [Batch.Part]) {
        guard !spans.isEmpty else { return }
        parts.append(Batch.Part(ticket: ticket, spans: spans))
    }

    /// One record that is all of a batch.
    private var maxRecordBytes: Int {
        limits.maxBytes - Batch.opening.utf8CodeUnitCount - Batch.closing.utf8CodeUnitCount
    }
}

extension DropReason {
    init(_ reason: SpanMapper.Reason) {
        switch reason {
        case .pendingSpan: self = .pendingSpan
        case .modelChunk: self = .modelChunk
        case .filtered: self = .filtered
        case .sampled: self = .sampled
        case .notAI: self = .notAI
        }
    }
}
