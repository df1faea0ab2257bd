import OTLP

/// What the `tracestate` of a span says of sampling: OpenTelemetry's entry `ot=th:HEX;rv:HEX`.
///
/// What is malformed counts as absent, and of what comes twice the first counts.
struct SamplingState: Hashable, Sendable {
    /// Up to which random values were rejected before: `th`, 1 to 14 digits with the zeros at their end
    /// left out.
    private(set) var threshold: UInt64?
    /// What decides in the place of the trace id: `rv`, 14 digits.
    private(set) var randomness: UInt64?

    private static let maxDigits = 14

    init(_ traceState: Slice, in bytes: Span<UInt8>) {
        var rest = traceState
        while !rest.isEmpty {
            let member = Self.cut(&rest, at: UInt8(ascii: ","), bytes)
            guard SpanMapper.begins(member, with: "ot=", bytes) else { continue }
            // Vendors have one entry each (W3C Trace Context 3.3).
            readPairs(Slice(member.start &+ 3, member.end), bytes)
            return
        }
    }

    private mutating func readPairs(_ list: Slice, _ bytes: Span<UInt8>) {
        var rest = list
        while !rest.isEmpty {
            let pair = Self.cut(&rest, at: UInt8(ascii: ";"), bytes)
            let value = Slice(min(pair.start &+ 3, pair.end), pair.end)
            if threshold == nil, SpanMapper.begins(pair, with: "th:", bytes) {
                threshold = Self.number(value, bytes)
            } else if randomness == nil, value.count == Self.maxDigits,
                SpanMapper.begins(pair, with: "rv:", bytes)
            {
                randomness = Self.number(value, bytes)
            }
        }
    }

    /// What stands before the next separator, without blanks around it; both leave `rest`.
    private static func cut(
        _ rest: inout Slice, at separator: UInt8, _ bytes: Span<UInt8>
    ) -> Slice {
        var end = rest.start
        while end < rest.end, bytes[end] != separator { end &+= 1 }
        let piece = SpanMapper.trim(Slice(rest.start, end), in: bytes)
        rest = Slice(min(end &+ 1, rest.end), rest.end)
        return piece
    }

    /// Digits in either case as the first of 56 bits.
    private static func number(_ digits: Slice, _ bytes: Span<UInt8>) -> UInt64? {
        guard (1...maxDigits).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for position in digits.start..<digits.end {
            let digit: UInt8
            switch bytes[position] {
            case let byte where byte &- UInt8(ascii: "0") < 10: digit = byte &- UInt8(ascii: "0")
            case let byte where (byte | 0x20) &- UInt8(ascii: "a") < 6:
                digit = (byte | 0x20) &- UInt8(ascii: "a") &+ 10
            default: return nil
            }
            value = value &<< 4 | UInt64(digit)
        }
        return value &<< UInt64(4 &* (maxDigits &- digits.count))
    }
}
