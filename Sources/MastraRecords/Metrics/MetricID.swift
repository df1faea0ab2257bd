/// The id of a metric, which follows from its span and its name: whoever derives it again, after an
/// answer that was lost or from a span that was sent twice, has the same metric and no other.
///
/// The hash is FNV-1a of 128 bits. It needs no strength against an attacker: whoever chooses trace
/// ids can only harm metrics of the project that the spans go to anyway.
struct MetricID {
    private(set) var hash = UInt128(high: 0x6c62_272e_07bb_0142, low: 0x62b8_2175_6295_c58d)

    private static let prime = UInt128(high: 0x0000_0000_0100_0000, low: 0x0000_0000_0000_013b)

    mutating func add(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        for index in range { add(bytes[index]) }
        // So that no two lists of parts are one text.
        add(0)
    }

    mutating func add(_ text: StaticString) {
        for offset in 0..<text.utf8CodeUnitCount {
            // `offset` is below the literal's length; literals live as long as the program.
            add(unsafe text.utf8Start[offset])
        }
        add(0)
    }

    private mutating func add(_ byte: UInt8) {
        hash = (hash ^ UInt128(byte)) &* Self.prime
    }

    /// The 16 bytes of a UUID of version 8, the one for ids of a program's own making (RFC 9562
    /// 5.8).
    var bytes: [UInt8] {
        var bytes = (0..<16).map { UInt8(truncatingIfNeeded: hash &>> UInt128(120 - 8 * $0)) }
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }
}

extension UInt128 {
    fileprivate init(high: UInt64, low: UInt64) {
        self = UInt128(high) << 64 | UInt128(low)
    }
}

extension JSONWriter {
    mutating func uuid(_ id: MetricID) {
        let bytes = id.bytes
        byte(UInt8(ascii: "\""))
        var start = 0
        for end in [4, 6, 8, 10, 16] {
            if start > 0 { byte(UInt8(ascii: "-")) }
            hexContent(bytes.span, start, end)
            start = end
        }
        byte(UInt8(ascii: "\""))
    }
}
