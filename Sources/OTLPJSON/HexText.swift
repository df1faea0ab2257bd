/// Ids in OTLP/JSON: hex of either case, which is where it departs from ProtoJSON (OTLP J1).
enum HexText {
    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 6
    }

    /// The value of a hex digit; meaningless for another byte.
    @inline(__always)
    static func value(_ byte: UInt8) -> UInt8 {
        // Letters have bit 6, and their low bits count from 1.
        (byte & 0xf) &+ (byte &>> 6) &* 9
    }

    /// Writes the bytes that `text` spells: none where it is not hex of an even length.
    ///
    /// - Precondition: `output` is empty and has room for half as many bytes as the text has.
    @inline(__always)
    static func copy(_ text: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
        guard text.count & 1 == 0 else { return }
        // No branch for a digit: ids are random, and so would be the guesses of the processor.
        var isHex = true
        for index in 0..<text.count / 2 {
            let high = text[2 &* index]
            let low = text[2 &* index &+ 1]
            isHex = isHex && isDigit(high) && isDigit(low)
            output.append(value(high) &<< 4 | value(low))
        }
        if !isHex { output.removeAll() }
    }

    /// The bytes that `text` spells, or nil where it is not hex of an even length.
    static func bytes(_ text: Span<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: text.count / 2) { copy(text, to: &$0) }
        return 2 &* bytes.count == text.count ? bytes : nil
    }
}
