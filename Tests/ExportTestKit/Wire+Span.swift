import TestKit

extension [UInt8] {
    /// A span whose id tells its number.
    ///
    /// - Parameters:
    ///   - isRejected: the trace id is all zero, so that the walk does not take the span.
    ///   - nameBytes: what the span's record has at least.
    ///   - isGeneration: a model's, with its number as tokens of input; its record has two metrics.
    package static func span(
        _ number: UInt64, nameBytes: Int, isRejected: Bool = false, isGeneration: Bool = false
    ) -> [UInt8] {
        let traceID = isRejected ? [UInt8](repeating: 0, count: 16) : Array(0xa0...0xaf)
        let spanID = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
        return field(1, bytes: traceID) + field(2, bytes: spanID)
            + field(5, bytes: [UInt8](repeating: UInt8(ascii: "n"), count: nameBytes))
            + field(7, fixed64: 1_700_000_000_000_000_000)
            + field(8, fixed64: 1_700_000_001_000_000_000)
            + (isGeneration
                ? attribute("gen_ai.operation.name", field(1, text: "chat"))
                    + attribute("gen_ai.usage.input_tokens", field(3, varint: number)) : [])
    }

    /// The mark that a span has begun, of which the mapping makes no record.
    package static func pendingSpan(_ number: UInt64) -> [UInt8] {
        span(number, nameBytes: 1)
            + attribute("logfire.span_type", field(1, text: "pending_span"))
    }

    private static func attribute(_ key: String, _ value: [UInt8]) -> [UInt8] {
        field(9, bytes: field(1, text: key) + field(2, bytes: value))
    }

    /// `ExportTraceServiceRequest`: one resource with one scope around the spans.
    package static func exportRequest(_ spans: [[UInt8]]) -> [UInt8] {
        field(1, bytes: field(2, bytes: spans.flatMap { field(2, bytes: $0) }))
    }
}
