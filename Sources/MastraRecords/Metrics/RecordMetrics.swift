/// The metrics that a finished record gives (MASTRA-CONTRACT 1.12): durations and token counts, as
/// Mastra's SDK derives them when a span ends.
///
/// They are read from the record's JSON, after everything that was done to it, so that a metric
/// cannot tell what its record does not.
package enum RecordMetrics {
    /// Writes the metrics of the record at `range`, separated by commas from what was written
    /// before, and appends to `ends` where each one ends. Nothing for events, spans without an end
    /// and types that have no metric.
    package static func derive(
        from bytes: Span<UInt8>, _ range: Range<Int>, to writer: inout JSONWriter,
        ends: inout [UInt32]
    ) {
        guard let record = MeasuredRecord(bytes, range) else { return }
        var context: (start: Int, end: Int)?
        for rule in MetricRule.byType[Int(record.type.rawValue)] {
            guard let value = record.value(of: rule, in: bytes) else { continue }
            if !ends.isEmpty { writer.byte(UInt8(ascii: ",")) }
            record.writeHead(of: rule, value, bytes, &writer)
            // All metrics of a span have the same context.
            let start = writer.count
            if let context {
                writer.repeatBytes(from: context.start, to: context.end)
            } else {
                record.writeContext(bytes, &writer)
                context = (start, writer.count)
            }
            record.writeCost(of: rule, bytes, &writer)
            writer.byte(UInt8(ascii: "}"))
            ends.append(UInt32(writer.count))
        }
    }
}

/// A record of a span that has a duration, and what of it metrics are made of.
struct MeasuredRecord {
    enum Value {
        case milliseconds(Int)
        /// A number as it stands in the record.
        case text(Range<Int>)
    }

    let type: SpanType
    let record: ObjectMembers<RecordMember>
    let attributes: ObjectMembers<AttributeMember>
    let traceID: Range<Int>
    let spanID: Range<Int>
    let endedAt: Range<Int>
    private let duration: Int
    private let usage: ObjectMembers<UsageMember>
    private let inputDetails: ObjectMembers<TokenDetail>
    private let outputDetails: ObjectMembers<TokenDetail>

    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        record = ObjectMembers(of: range, in: bytes)
        guard let typeName = record[.spanType],
            let type = MetricRule.types.first(where: { $0.name.isString(bytes, typeName) }),
            record[.isEvent].map({ bytes[$0.lowerBound] != UInt8(ascii: "t") }) ?? true,
            let traceID = record[.traceID], let spanID = record[.spanID],
            let startedAt = record[.startedAt], let endedAt = record[.endedAt],
            let start = RecordTime.milliseconds(bytes, startedAt),
            let end = RecordTime.milliseconds(bytes, endedAt)
        else { return nil }
        self.type = type
        self.traceID = traceID
        self.spanID = spanID
        self.endedAt = endedAt
        duration = max(0, end - start)
        attributes = ObjectMembers(of: record[.attributes], in: bytes)
        usage = ObjectMembers(of: attributes[.usage], in: bytes)
        inputDetails = ObjectMembers(of: usage[.inputDetails], in: bytes)
        outputDetails = ObjectMembers(of: usage[.outputDetails], in: bytes)
    }

    func value(of rule: MetricRule, in bytes: Span<UInt8>) -> Value? {
        switch rule.source {
        case .duration: return .milliseconds(duration)
        case .total(let total):
            guard let text = usage[total], Self.isCount(text, in: bytes) else { return nil }
            return .text(text)
        case .detail(let total, let detail):
            let details = total == .inputDetails ? inputDetails : outputDetails
            guard let text = details[detail], Self.isCount(text, in: bytes),
                !Self.isZero(text, in: bytes)
            else { return nil }
            return .text(text)
        }
    }

    /// A number from 0 on.
    static func isCount(_ text: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        bytes[text.lowerBound] != UInt8(ascii: "-")
            && JSONTree.isNumber(bytes, text.lowerBound, text.upperBound)
    }

    /// `0`, `0.0` and `0e5`.
    private static func isZero(_ number: Range<Int>, in bytes: Span<UInt8>) -> Bool {
        for index in number {
            switch bytes[index] {
            case UInt8(ascii: "1")...UInt8(ascii: "9"): return false
            case UInt8(ascii: "e"), UInt8(ascii: "E"): return true
            default: break
            }
        }
        return true
    }

    /// The metric that carries the cost of the whole span, so that a sum has it once: the total of
    /// input where it is known, else that of output, as Mastra's SDK has it.
    func carriesCost(_ rule: MetricRule, in bytes: Span<UInt8>) -> Bool {
        guard case .total(let total) = rule.source else { return false }
        let hasInput = usage[.inputTokens].map { Self.isCount($0, in: bytes) } ?? false
        return total == (hasInput ? .inputTokens : .outputTokens)
    }
}

extension StaticString {
    /// Whether the JSON text at `range` is this string, written without escapes.
    func isString(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.count >= 2 && bytes[range.lowerBound] == UInt8(ascii: "\"")
            && equals(bytes, range.lowerBound + 1, range.upperBound - 1)
    }
}
