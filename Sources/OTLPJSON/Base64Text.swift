/// `bytesValue`: base64 of the standard or the URL-safe alphabet, padded or not (OTLP J12,
/// RFC 4648).
package enum Base64Text {
    /// Nil for another character, white space included, and for a length that no bytes have.
    /// Padding is there in full or not at all; unused bits of the last character may be anything.
    package static func bytes(_ text: Span<UInt8>) -> [UInt8]? {
        var end = text.count
        while end > 0, text.count &- end < 2, text[end &- 1] == UInt8(ascii: "=") { end &-= 1 }
        guard end == text.count || text.count & 3 == 0, end & 3 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(end / 4 &* 3 &+ 2)
        var bits: UInt32 = 0
        for position in 0..<end {
            let value = values[Int(text[position])]
            guard value < 64 else { return nil }
            bits = bits &<< 6 | UInt32(value)
            if position & 3 == 3 {
                bytes.append(UInt8(truncatingIfNeeded: bits &>> 16))
                bytes.append(UInt8(truncatingIfNeeded: bits &>> 8))
                bytes.append(UInt8(truncatingIfNeeded: bits))
            }
        }
        switch end & 3 {
        case 2: bytes.append(UInt8(truncatingIfNeeded: bits &>> 4))
        case 3:
            bytes.append(UInt8(truncatingIfNeeded: bits &>> 10))
            bytes.append(UInt8(truncatingIfNeeded: bits &>> 2))
        default: break
        }
        return bytes
    }

    /// An id as plain ProtoJSON would write it: padded, and of `count` bytes. Nil for all else.
    static func id(_ text: Span<UInt8>, bytes count: Int) -> [UInt8]? {
        guard text.count == (count &+ 2) / 3 &* 4, let id = bytes(text), id.count == count else {
            return nil
        }
        return id
    }

    /// By character: six bits, or 255 for what is in neither alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        for (value, letter) in letters.utf8.enumerated() { values[Int(letter)] = UInt8(value) }
        for (letter, value) in [("+", 62), ("-", 62), ("/", 63), ("_", 63)] as [(Character, UInt8)]
        {
            values[Int(letter.asciiValue ?? 0)] = value
        }
        return values
    }()
}
