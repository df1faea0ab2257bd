import OTLP

extension JSONLexer {
    /// Over a string, from its opening quote past its closing one; each byte and escape is checked.
    ///
    /// - Precondition: the next byte is the quote.
    @inline(__always)
    mutating func string(_ json: Span<UInt8>) throws(Fault) -> JSONString {
        position &+= 1
        let start = position
        skipPlain(json)
        if position < json.count, json[position] == UInt8(ascii: "\"") {
            position &+= 1
            return JSONString(start: start, end: position &- 1, isEscaped: false)
        }
        return try unusualString(from: start, json)
    }

    /// The rest of a string in which something was found that is not printable ASCII, or that ends
    /// within eight bytes of the text.
    @inline(never)
    private mutating func unusualString(
        from start: Int, _ json: Span<UInt8>
    ) throws(Fault) -> JSONString {
        var isEscaped = false
        while position < json.count {
            let byte = json[position]
            switch byte {
            case UInt8(ascii: "\""):
                position &+= 1
                return JSONString(start: start, end: position &- 1, isEscaped: isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                try escape(json)
            case 0..<0x20: throw notJSON("control characters to be escaped", json)
            case 0x80...:
                let length = UTF8Form.length(at: position, in: json)
                guard length > 0 else { throw Fault(position, .notUTF8) }
                position &+= length
                // Text in other scripts comes in runs, at each character of which a word would stop.
                continue
            default: position &+= 1
            }
            skipPlain(json)
        }
        throw Fault(json.count, .truncated)
    }

    /// Over runs of eight bytes that are neither quote, backslash, control nor above ASCII.
    @inline(__always)
    private mutating func skipPlain(_ json: Span<UInt8>) {
        while json.count &- position >= 8 {
            let flags = Self.special(json.load64(position))
            if flags != 0 {
                position &+= flags.trailingZeroBitCount &>> 3
                return
            }
            position &+= 8
        }
    }

    /// The high bit of each byte that is a quote, a backslash, a control character or above ASCII.
    ///
    /// A borrow can flag a byte above a true hit; the lowest flag is always true, and only that one
    /// is used.
    @inline(__always)
    private static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5c)
        return
            (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
            | ((word &- (ones &* 0x20)) & ~word) | word) & (ones &* 0x80)
    }

    @inline(__always)
    private mutating func escape(_ json: Span<UInt8>) throws(Fault) {
        guard position &+ 1 < json.count else { throw Fault(json.count, .truncated) }
        switch json[position &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 2
        case UInt8(ascii: "u"):
            guard json.count &- position >= 6 else { throw Fault(json.count, .truncated) }
            for offset in 2..<6 where !HexText.isDigit(json[position &+ offset]) {
                throw notJSON("\\u and four hex digits", json)
            }
            position &+= 6
        default: throw notJSON("an escape of RFC 8259", json)
        }
    }
}

enum UTF8Form {
    /// Bytes of the well-formed character whose first byte, not ASCII, is at `start`, or 0 where
    /// there is none. Well-formed is what table 3-7 of the Unicode Standard lists: no overlong
    /// forms, no surrogates, nothing above U+10FFFF.
    @inline(__always)
    static func length(at start: Int, in bytes: Span<UInt8>) -> Int {
        func isTail(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xbf) -> Bool {
            guard start &+ offset < bytes.count else { return false }
            let byte = bytes[start &+ offset]
            return byte >= low && byte <= high
        }
        switch bytes[start] {
        case 0xc2...0xdf: return isTail(1) ? 2 : 0
        case 0xe0: return isTail(1, 0xa0) && isTail(2) ? 3 : 0
        case 0xed: return isTail(1, 0x80, 0x9f) && isTail(2) ? 3 : 0
        case 0xe1...0xef: return isTail(1) && isTail(2) ? 3 : 0
        case 0xf0: return isTail(1, 0x90) && isTail(2) && isTail(3) ? 4 : 0
        case 0xf1...0xf3: return isTail(1) && isTail(2) && isTail(3) ? 4 : 0
        case 0xf4: return isTail(1, 0x80, 0x8f) && isTail(2) && isTail(3) ? 4 : 0
        default: return 0
        }
    }
}
