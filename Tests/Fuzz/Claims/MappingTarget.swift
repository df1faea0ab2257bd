import MastraRecords
import OTLP
import OracleKit
import SpanMapping

/// `SpanMapper` and `RecordMetrics`, with options that the input chooses by its last bytes.
///
/// - Every span that the walk took becomes a record or is left for a reason; no other does.
/// - A record is JSON on one line with the fields of its dialect, and the names that the mapping gives
///   come once. In a sender's values a name may come again: readers of JSON take the last.
/// - It is the same from a mapper that has mapped before, with an explanation asked for, and where
///   the request is cut.
/// - A record that fits is not made short, and one that is made short is JSON all the same.
/// - The metrics of a record are JSON and end where they are said to end.
/// - Bytes that the walk refuses are mapped to JSON as well, as far as they make spans.
package enum MappingTarget: FuzzTarget {
    package static let name = "mapping"
    /// Bytes at the end of an input that choose options.
    static let choices = 8

    package static func check(_ input: [UInt8]) throws(BrokenClaim) {
        var request = input
        var choices = Choices(Self.choices, from: &request)
        let options = MappingOptions(&choices)
        var mapper = Mappers.mapper(options, choices: choices, hashSeed: 1)
        let whole = Mapping(request, &mapper)
        let summary = try? walkRequest(request.span)
        for record in whole.records { try check(record, options, isWalked: summary != nil) }
        guard let summary else { return }
        try claim(
            whole.records.count + whole.left == summary.spans
                && whole.rejected == summary.rejected,
            "\(whole.records.count) records, \(whole.left) left, \(whole.rejected) rejected of "
                + "\(summary)")
        mapper.explains = true
        try claim(Mapping(request, &mapper) == whole, "other records a second time")
        var fresh = Mappers.mapper(options, choices: choices, hashSeed: 2)
        let skipped = Int(choices.byte()) % (summary.spans + 1)
        try claim(
            Mapping(request, &fresh, after: skipped).outcomes
                == Array(whole.outcomes.dropFirst(skipped)),
            "other records behind \(skipped) spans")
        // It maps again and again, so that few inputs ask for it.
        let maxBytes = choices.pick([Int.max, .max, .max, .max, 300, 1000, 2000, 5000])
        if maxBytes != .max { try checkShort(request, whole, maxBytes: maxBytes, &fresh) }
    }

    private static func check(
        _ record: [UInt8], _ options: MappingOptions, isWalked: Bool
    ) throws(BrokenClaim) {
        try claim(!record.contains { $0 == 0x0a || $0 == 0x0d }, "a record of several lines")
        let json = try parse(record, ownNamesComeOnce: isWalked)
        try RecordShape.check(json, options)
        try checkMetrics(of: record)
    }

    /// The objects whose names are the mapping's own.
    private static let own: Set<[String]> = [
        [], ["attributes"], ["metadata"], ["metadata", "otel"], ["metadata", "scope"],
    ]

    private static func parse(
        _ bytes: [UInt8], ownNamesComeOnce: Bool
    ) throws(BrokenClaim) -> JSON {
        var parser = JSONParser(bytes, duplicates: .lastWins)
        let json: JSON
        do {
            json = try parser.parse()
        } catch {
            throw BrokenClaim("\(error), in \(String(decoding: bytes, as: UTF8.self))")
        }
        // Two keys that are not UTF-8 may be replaced by the same characters.
        let isReplaced = bytes.contains([0xef, 0xbf, 0xbd])
        let repeated =
            ownNamesComeOnce && !isReplaced ? parser.objectsWithDuplicates.intersection(own) : []
        try claim(
            repeated.isEmpty,
            "a name comes twice in \(repeated) of \(String(decoding: bytes, as: UTF8.self))")
        return json
    }

    private static func checkShort(
        _ request: [UInt8], _ whole: Mapping, maxBytes: Int, _ mapper: inout SpanMapper
    ) throws(BrokenClaim) {
        let short = Mapping(request, &mapper, maxBytes: maxBytes)
        for (usual, record) in zip(whole.records, short.records) {
            if usual.count <= maxBytes {
                try claim(record == usual, "a record that fits is another one")
            } else {
                _ = try parse(record, ownNamesComeOnce: true)
            }
        }
        try claim(short.records.count == whole.records.count, "a record that is short is none")
    }

    private static func checkMetrics(of record: [UInt8]) throws(BrokenClaim) {
        var writer = JSONWriter(capacity: 256)
        var ends: [UInt32] = []
        RecordMetrics.derive(from: record.span, 0..<record.count, to: &writer, ends: &ends)
        let metrics = writer.bytes(from: 0)
        try claim(Int(ends.last ?? 0) == metrics.count, "metrics end at \(ends)")
        var start = 0
        for end in ends {
            _ = try parse(Array(metrics[start..<Int(end)]), ownNamesComeOnce: true)
            start = Int(end) + 1
        }
    }
}

/// What became of the spans of a request.
private struct Mapping: Hashable {
    /// The record of each span that is not rejected, nil where it was left.
    var outcomes: [[UInt8]?] = []
    var rejected = 0

    var records: [[UInt8]] { outcomes.compactMap(\.self) }
    var left: Int { outcomes.count { $0 == nil } }

    init(
        _ request: [UInt8], _ mapper: inout SpanMapper, after skipped: Int = 0,
        maxBytes: Int = .max
    ) {
        var writer = JSONWriter(capacity: 256)
        var cursor = RequestCursor()
        mapper.beginRequest()
        mapper.skip(skipped, with: &cursor, in: request.span)
        while let range = cursor.next(in: request.span) {
            let start = writer.count
            let outcome = mapper.write(
                range, of: cursor, in: request.span, receivedAt: 1_700_000_001_750,
                maxBytes: maxBytes, to: &writer)
            switch outcome {
            case .record: outcomes.append(writer.bytes(from: start))
            case .left: outcomes.append(nil)
            case .rejected: rejected += 1
            }
        }
    }
}
