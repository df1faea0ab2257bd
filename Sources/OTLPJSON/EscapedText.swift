import OTLP

/// The text of a JSON string with escapes (RFC 8259 section 7), as UTF-8.
enum EscapedText {
    /// Room that `copy` asks for: no escape is shorter than its text, and plain bytes are copied
    /// eight at once.
    static func capacity(for string: JSONString) -> Int { string.count &+ 8 }

    /// Writes the text of `string`, which `JSONLexer` has checked; half a surrogate pair as U+FFFD.
    ///
    /// - Precondition: `output` is empty and has room for `capacity(for:)` bytes.
    static func copy(
        _ string: JSONString, _ json: Span<UInt8>, to output: inout OutputSpan<UInt8>
    ) {
        // The writer answers how many bytes it has written.
        unsafe output.withUnsafeMutableBufferPointer { buffer, count in
            count = unsafe copy(string, json, TextWriter(buffer: buffer))
        }
    }

    private static func copy(
        _ string: JSONString, _ json: Span<UInt8>, _ empty: TextWriter
    ) -> Int {
        var writer = empty
        var position = string.start
        while position < string.end {
            if string.end &- position >= 8 {
                let word = json.load64(position)
                let plain = Self.bytesBeforeBackslash(word)
                writer.write(word, count: plain)
                position &+= plain
                if plain == 8 { continue }
            }
            let byte = json[position]
            if byte == UInt8(ascii: "\\") {
                position = escape(json, position, string.end, &writer)
            } else {
                writer.write(byte)
                position &+= 1
            }
        }
        return writer.count
    }

    @inline(__always)
    private static func bytesBeforeBackslash(_ word: UInt64) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let backslash = word ^ (ones &* 0x5c)
        // The lowest flag is always true. Without one, all 64 bits are zero.
        return ((backslash &- ones) & ~backslash & (ones &* 0x80)).trailingZeroBitCount &>> 3
    }

    /// Answers where the escape that begins at `position` ends.
    @inline(__always)
    private static func escape(
        _ json: Span<UInt8>, _ position: Int, _ end: Int, _ writer: inout TextWriter
    ) -> Int {
        switch json[position &+ 1] {
        case UInt8(ascii: "b"): writer.write(0x08)
        case UInt8(ascii: "f"): writer.write(0x0c)
        case UInt8(ascii: "n"): writer.write(0x0a)
        case UInt8(ascii: "r"): writer.write(0x0d)
        case UInt8(ascii: "t"): writer.write(0x09)
        case UInt8(ascii: "u"): return unicode(json, position, end, &writer)
        case let byte: writer.write(byte)  // quote, backslash, solidus
        }
        return position &+ 2
    }

    private static func unicode(
        _ json: Span<UInt8>, _ position: Int, _ end: Int, _ writer: inout TextWriter
    ) -> Int {
        let first = unit(json, position)
        if first & 0xfc00 == 0xd800, end &- position >= 12,
            json[position &+ 6] == UInt8(ascii: "\\"), json[position &+ 7] == UInt8(ascii: "u")
        {
            let second = unit(json, position &+ 6)
            if second & 0xfc00 == 0xdc00 {
                writer.write(scalar: 0x10000 &+ (first & 0x3ff) &<< 10 &+ (second & 0x3ff))
                return position &+ 12
            }
        }
        writer.write(scalar: first & 0xf800 == 0xd800 ? 0xfffd : first)
        return position &+ 6
    }

    /// The UTF-16 unit of the `\u` escape at `position`, whose digits have been checked.
    private static func unit(_ json: Span<UInt8>, _ position: Int) -> UInt32 {
        (2..<6).reduce(0) { $0 &<< 4 | UInt32(HexText.value(json[position &+ $1])) }
    }
}

/// Writes text into memory whose size has been settled before, see `EscapedText.capacity`; it traps
/// where that was a mistake, whatever the text is.
@safe private struct TextWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(buffer: UnsafeMutableBufferPointer<UInt8>) {
        unsafe self.buffer = unsafe buffer
    }

    @inline(__always)
    mutating func write(_ byte: UInt8) {
        let capacity = unsafe buffer.count
        precondition(count < capacity)
        unsafe buffer[count] = byte
        count &+= 1
    }

    /// Writes the first `count` bytes of `word`.
    @inline(__always)
    mutating func write(_ word: UInt64, count written: Int) {
        let capacity = unsafe buffer.count
        precondition(capacity &- count >= 8)
        let base = unsafe UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
        unsafe base.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
        count &+= written
    }

    mutating func write(scalar: UInt32) {
        func tail(_ shift: UInt32) -> UInt8 {
            0x80 | UInt8(truncatingIfNeeded: scalar &>> shift & 0x3f)
        }
        switch scalar {
        case 0..<0x80: write(UInt8(truncatingIfNeeded: scalar))
        case 0x80..<0x800:
            write(0xc0 | UInt8(truncatingIfNeeded: scalar &>> 6))
            write(tail(0))
        case 0x800..<0x10000:
            write(0xe0 | UInt8(truncatingIfNeeded: scalar &>> 12))
            write(tail(6))
            write(tail(0))
        default:
            write(0xf0 | UInt8(truncatingIfNeeded: scalar &>> 18))
            write(tail(12))
            write(tail(6))
            write(tail(0))
        }
    }
}
