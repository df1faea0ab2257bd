import ExportTestKit
import MastraRecords
import SendingQueue
import SpanMapping
import TestKit
import Testing

@testable import CloudExport

extension Batch {
    /// The bytes of each record, by the offsets that the batch keeps.
    var records: [[UInt8]] {
        let bytes = body.bytes
        var start = Self.opening.utf8CodeUnitCount
        return ends.map { end in
            defer { start = Int(end) + 1 }
            return Array(bytes[start..<Int(end)])
        }
    }

    /// By a JSON parser that is not ours; nil where the body is not what an upstream takes.
    var numbers: [Int]? { PublishedSpans(body.bytes)?.numbers }

    /// Each span by its request and its place there.
    var spans: [SpanPlace] {
        parts.flatMap { part in part.spans.map { SpanPlace(ticket: part.ticket, index: $0) } }
    }
}

struct SpanPlace: Hashable {
    let ticket: Ticket
    let index: Int
}

extension BatchLimits {
    static func fixture(maxRecords: Int = 1000, maxBytes: Int = 4_194_304) -> BatchLimits {
        var limits = BatchLimits()
        limits.maxRecords = maxRecords
        limits.maxBytes = maxBytes
        return limits
    }
}

extension BatchBuilder {
    static func fixture(maxRecords: Int = 1000) -> BatchBuilder {
        BatchBuilder(
            limits: .fixture(maxRecords: maxRecords), mapper: SpanMapper(dialect: .platform))
    }

    /// The next batch, which has to be there.
    mutating func buildOne(from queue: MemoryQueue, maxBytes: Int = .max) throws -> Batch {
        let batch = build(from: queue, maxBytes: maxBytes)
        return try #require(batch)
    }

    /// Everything that waits, in batches.
    mutating func buildAll(from queue: MemoryQueue, maxBytes: Int = 4_194_304) -> [Batch] {
        var batches: [Batch] = []
        while let batch = build(from: queue, maxBytes: maxBytes) { batches.append(batch) }
        return batches
    }
}
