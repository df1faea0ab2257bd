import Glibc

package enum JSONUnescape {
    /// Appends the text of a JSON string's content (without quotes, already checked) to `text`.
    ///
    /// Half a surrogate pair becomes U+FFFD.
    package static func append(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, to text: inout [UInt8]
    ) {
        var position = start
        while position < end {
            let plain = position
            // Most texts have no escapes, or few: what is between them is copied at once.
            unsafe bytes.extracting(plain..<end).withUnsafeBufferPointer { rest in
                let base = rest.baseAddress!
                let escape = unsafe memchr(base, Int32(UInt8(ascii: "\\")), rest.count)
                let count = unsafe escape.map { unsafe UnsafeRawPointer(base).distance(to: $0) }
                position = plain + (count ?? rest.count)
                unsafe text.append(contentsOf: rest[..<(position - plain)])
            }
            guard position < end else { return }
            position += 1
            guard position < end else { return text.append(UInt8(ascii: "\\")) }
            let letter = bytes[position]
            position += 1
            switch letter {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                text.append(contentsOf: String(scalar(bytes, &position, end)).utf8)
            default: text.append(letter)
            }
        }
    }

    /// Whether an escape in checked content is half a surrogate pair.
    package static func hasLoneSurrogate(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        var position = start
        while position < end {
            guard bytes[position] == UInt8(ascii: "\\") else {
                position += 1
                continue
            }
            guard position + 1 < end, bytes[position + 1] == UInt8(ascii: "u"),
                let first = unit(bytes, position + 2, end)
            else {
                position += 2
                continue
            }
            position += 6
            guard first & 0xf800 == 0xd800 else { continue }
            guard first & 0x0400 == 0, position + 2 <= end,
                bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u"),
                let second = unit(bytes, position + 2, end), second & 0xfc00 == 0xdc00
            else { return true }
            position += 6
        }
        return false
    }

    /// The character of a `\u` escape, whose four digits stand at `position`, and of the second half
    /// that follows a first.
    private static func scalar(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
    ) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard let first = unit(bytes, position, end) else { return replacement }
        position += 4
        guard first & 0xfc00 == 0xd800 else { return Unicode.Scalar(first) ?? replacement }
        guard position + 2 <= end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u"),
            let second = unit(bytes, position + 2, end), second & 0xfc00 == 0xdc00
        else { return replacement }
        position += 6
        return Unicode.Scalar(0x10000 + (first & 0x3ff) << 10 + (second & 0x3ff)) ?? replacement
    }

    private static func unit(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> UInt32? {
        guard start + 4 <= end else { return nil }
        var value: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = JSONScanner.hexValue(bytes[start + offset]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }
}
