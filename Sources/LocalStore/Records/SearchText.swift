import MastraRecords

/// What full-text search looks through: the values of a record's input and output, without the names of members.
///
/// It is made once when a span is written and once more when it is pruned, since the index keeps no texts; both have to
/// agree byte for byte.
enum SearchText {
    /// Of each span; what is behind it is not found.
    static let maxBytes = 16 * 1024

    static func append(
        _ bytes: Span<UInt8>, _ range: Range<Int>?, to text: inout [UInt8],
        maxBytes: Int = SearchText.maxBytes
    ) {
        guard let range else { return }
        var scanner = JSONScanner(position: range.lowerBound, end: range.upperBound)
        while scanner.position < range.upperBound, text.count < maxBytes {
            switch bytes[scanner.position] {
            case UInt8(ascii: "\""):
                let start = scanner.position + 1
                guard scanner.string(bytes) != nil else { return }
                let end = scanner.position - 1
                scanner.skipSpace(bytes)
                let isName =
                    scanner.position < range.upperBound
                    && bytes[scanner.position] == UInt8(ascii: ":")
                guard !isName else { continue }
                let room = maxBytes - text.count
                let stop = end - start > room ? whole(bytes, start, start + room) : end
                JSONUnescape.append(bytes, start, stop, to: &text)
                text.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                while scanner.position < range.upperBound, isOfNumber(bytes[scanner.position]) {
                    text.append(bytes[scanner.position])
                    scanner.position += 1
                }
                text.append(UInt8(ascii: "\n"))
            default: scanner.position += 1
            }
        }
    }

    /// The place at or before `end` where neither an escape nor a character is cut in two.
    private static func whole(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var end = end
        // The longest escape has 12 bytes, of two halves.
        let floor = max(start, end - 12)
        if let escape = (floor..<end).last(where: { bytes[$0] == UInt8(ascii: "\\") }) {
            end = escape
        }
        while end > start, bytes[end] & 0xc0 == 0x80 { end -= 1 }
        return end
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// What FTS5 is asked for words that people type: all of them. Nil where there is no word.
    ///
    /// Words are cut as FTS5's unicode61 cuts them, by scalars and not by characters: a word of it that came in one piece
    /// here and in two there would be asked for as a phrase, which this index does not know.
    static func query(_ text: String, byBeginnings: Bool) -> String? {
        let words = text.unicodeScalars.split { !isOfWord($0) }.prefix(16)
        let star = byBeginnings ? "*" : ""
        return words.isEmpty
            ? nil : words.map { "\"\(String($0.prefix(64)))\"\(star)" }.joined(separator: " ")
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .otherNumber, .privateUse:
            true
        default: false
        }
    }
}
