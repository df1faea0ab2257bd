import MastraRecords
import OTLP

/// Numbers as instrumentations write them: integers, doubles, and strings of either.
enum Numbers {
    /// The largest integer that JavaScript holds exactly.
    static let maxSafeInteger: Int64 = 1 << 53 - 1

    /// An integer of magnitude below 2^53: an int, an integral double, or decimal digits in a string.
    static func integer(_ value: ValueView, in bytes: Span<UInt8>) -> Int64? {
        let number: Int64
        switch value.kind {
        case .int: number = value.int
        case .double:
            guard let exact = Int64(exactly: value.double) else { return nil }
            number = exact
        case .string:
            guard let parsed = digits(SpanMapper.trim(value.slice, in: bytes), in: bytes) else {
                return nil
            }
            number = parsed
        default: return nil
        }
        return number.magnitude <= UInt64(maxSafeInteger) ? number : nil
    }

    private static func digits(_ slice: Slice, in bytes: Span<UInt8>) -> Int64? {
        guard slice.count > 0, slice.count <= 16 else { return nil }
        var number: Int64 = 0
        for offset in slice.start..<slice.end {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int64(digit)
        }
        return number
    }

    /// Writes a finite number, or the JSON number that a string holds; false for anything else.
    static func write(
        _ value: ValueView, _ bytes: Span<UInt8>, _ writer: inout JSONWriter
    ) -> Bool {
        switch value.kind {
        case .int:
            guard value.int.magnitude <= UInt64(maxSafeInteger) else { return false }
            writer.signed(value.int)
        case .double:
            guard value.double.isFinite else { return false }
            writer.double(value.double)
        case .string:
            let text = SpanMapper.trim(value.slice, in: bytes)
            // `1e999` is a JSON number, and read as infinity.
            guard JSONTree.isNumber(bytes, text.start, text.end),
                Double(String(decoding: bytes.copy(text), as: UTF8.self))?.isFinite == true
            else { return false }
            writer.raw(bytes, text.start, text.end)
        default: return false
        }
        return true
    }

    /// A bool, or the words `true` and `false` in any case.
    static func boolean(_ value: ValueView, in bytes: Span<UInt8>) -> Bool? {
        switch value.kind {
        case .bool: return value.bool
        case .string:
            let text = value.slice
            if ("true" as StaticString).equalsIgnoringCase(bytes, text.start, text.end) {
                return true
            }
            if ("false" as StaticString).equalsIgnoringCase(bytes, text.start, text.end) {
                return false
            }
            return nil
        default: return nil
        }
    }
}
