/// The lexical half of JSON: moves over one token and says whether it is one.
package struct JSONScanner {
    package var position: Int
    package let end: Int
    /// Between tokens there was one; text that is copied into a line of its own must not have it.
    package private(set) var sawLineBreak = false
    /// Some string so far had the escape of half a surrogate pair, with its other half or without.
    package private(set) var sawSurrogate = false

    package init(position: Int, end: Int) {
        self.position = position
        self.end = end
    }

    @inline(__always)
    package mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09: position &+= 1
            case 0x0a, 0x0d:
                sawLineBreak = true
                position &+= 1
            default: return
            }
        }
    }

    @inline(__always)
    package mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position &+= 1
        return true
    }

    package mutating func word(_ word: StaticString, _ bytes: Span<UInt8>) -> Bool {
        let after = position &+ word.utf8CodeUnitCount
        guard after <= end, word.equals(bytes, position, after) else { return false }
        position = after
        return true
    }

    /// From the opening quote past the closing one; answers whether there was a backslash, or nil
    /// where it is no string.
    package mutating func string(_ bytes: Span<UInt8>) -> Bool? {
        position &+= 1
        var escaped = false
        while position < end {
            skipPlain(bytes)
            guard position < end else { return nil }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position &+= 1
                return escaped
            case UInt8(ascii: "\\"):
                escaped = true
                guard escape(bytes) else { return nil }
            case 0..<0x20: return nil
            case 0x80...:
                let length = UTF8Check.length(of: bytes, at: position, before: end)
                guard length > 0 else { return nil }
                position &+= length
            default: position &+= 1
            }
        }
        return nil
    }

    /// Over runs of eight bytes that are neither quote, backslash, control nor above ASCII.
    @inline(__always)
    private mutating func skipPlain(_ bytes: Span<UInt8>) {
        while end &- position >= 8 {
            // Bounds are checked by `RawSpan`; every bit pattern is a valid `UInt64`.
            let word = unsafe UInt64(
                littleEndian: bytes.bytes.unsafeLoadUnaligned(
                    fromByteOffset: position, as: UInt64.self))
            let flags = ByteFlags.special(word)
            if flags != 0 {
                position &+= flags.trailingZeroBitCount &>> 3
                return
            }
            position &+= 8
        }
    }

    private mutating func escape(_ bytes: Span<UInt8>) -> Bool {
        position &+= 1
        guard position < end else { return false }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 1
            return true
        case UInt8(ascii: "u"):
            guard end &- position > 4 else { return false }
            for offset in 1...4 where Self.hexValue(bytes[position &+ offset]) == nil {
                return false
            }
            // `\ud800` to `\udfff`.
            if bytes[position &+ 1] | 0x20 == UInt8(ascii: "d"),
                Self.hexValue(bytes[position &+ 2]) ?? 0 >= 8
            {
                sawSurrogate = true
            }
            position &+= 5
            return true
        default: return false
        }
    }

    static func hexValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
    package mutating func number(_ bytes: Span<UInt8>) -> Bool {
        _ = take(UInt8(ascii: "-"), bytes)
        if !take(UInt8(ascii: "0"), bytes) {
            guard digits(bytes) else { return false }
        }
        if take(UInt8(ascii: "."), bytes) {
            guard digits(bytes) else { return false }
        }
        if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
            if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
            guard digits(bytes) else { return false }
        }
        return true
    }

    private mutating func digits(_ bytes: Span<UInt8>) -> Bool {
        let start = position
        while position < end, bytes[position] >= UInt8(ascii: "0"),
            bytes[position] <= UInt8(ascii: "9")
        {
            position &+= 1
        }
        return position > start
    }
}

/// Eight bytes looked at as one word.
enum ByteFlags {
    /// The high bit of each byte that is a quote, a backslash, a control character or above ASCII.
    ///
    /// A borrow can flag a byte above a true hit; the lowest flag is always true, and callers use
    /// only that one.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5c)
        return
            (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
            | ((word &- (ones &* 0x20)) & ~word) | word) & highs
    }
}
