import OTLP

enum Numbers {
    /// A count in decimal digits, below 2^53.
    static func digits(_ slice: Slice, in bytes: Span<UInt8>) -> Int64? {
        guard slice.count > 0, slice.count <= 16 else { return nil }
        var number: Int64 = 0
        for offset in slice.start..<slice.end {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int64(digit)
        }
        return number <= 1 << 53 - 1 ? number : nil
    }
}
