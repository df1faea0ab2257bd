import MastraRecords

/// Strings that a policy shortens or hides.
extension JSONWriter {
    /// A string of a sender in its full length or, beyond the limits, cut with a mark.
    ///
    /// - Parameter maxBytes: beyond these the middle is cut out, so that both ends stay to be seen.
    @inline(__always)
    mutating func text(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, maxUnits: Int, maxBytes: Int
    ) {
        // A character has no more UTF-16 units than bytes.
        if end &- start <= maxUnits, end &- start <= maxBytes {
            string(bytes, start, end)
        } else {
            cutText(bytes, start, end, maxUnits: maxUnits, maxBytes: maxBytes)
        }
    }

    private mutating func cutText(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, maxUnits: Int, maxBytes: Int
    ) {
        let unitEnd = TextCut.end(ofUnits: maxUnits, bytes, start, end)
        let isCut = unitEnd < end
        byte(UInt8(ascii: "\""))
        if unitEnd &- start <= maxBytes {
            stringContent(bytes, start, unitEnd)
        } else {
            let half = maxBytes / 2
            let headEnd = TextCut.boundary(atOrBefore: start &+ half, bytes, start)
            let tailStart = TextCut.boundary(atOrBefore: unitEnd &- half, bytes, start)
            stringContent(bytes, start, headEnd)
            literal("…[")
            unsigned(UInt64(tailStart &- headEnd))
            literal(" bytes cut]…")
            stringContent(bytes, tailStart, unitEnd)
        }
        if isCut { literal("…[truncated]") }
        byte(UInt8(ascii: "\""))
    }

    /// What stands for a sensitive string.
    mutating func redacted(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ style: ContentPolicy.Redaction
    ) {
        guard style == .partial,
            let ends = TextCut.firstAndLastThree(bytes, start, end)
        else { return literal("\"[REDACTED]\"") }
        byte(UInt8(ascii: "\""))
        stringContent(bytes, start, ends.0)
        literal("…")
        stringContent(bytes, ends.1, end)
        byte(UInt8(ascii: "\""))
    }
}

/// Where text may be cut without cutting a character.
enum TextCut {
    /// The offset behind at most `limit` UTF-16 units; a character of two units is not split.
    static func end(ofUnits limit: Int, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        guard end &- start > limit else { return end }
        var units = 0
        var position = start
        while position < end {
            let length = step(bytes, position, end)
            units &+= length == 4 ? 2 : 1
            if units > limit { return position }
            position &+= length
        }
        return end
    }

    /// The start of the character at `offset`, looking back over its tail bytes.
    static func boundary(atOrBefore offset: Int, _ bytes: Span<UInt8>, _ start: Int) -> Int {
        var position = offset
        while position > start, offset &- position < 3, position < bytes.count,
            bytes[position] & 0xc0 == 0x80
        {
            position &-= 1
        }
        return position
    }

    /// Ends of the first three and the last three characters, where there are more than six.
    static func firstAndLastThree(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) -> (Int, Int)? {
        var starts: [Int] = []
        var position = start
        var last = [start, start, start]
        while position < end {
            if starts.count < 7 { starts.append(position) }
            last = [last[1], last[2], position]
            position &+= step(bytes, position, end)
        }
        return starts.count > 6 ? (starts[3], last[0]) : nil
    }

    /// Bytes of the character at `position`; one for a byte that begins none.
    private static func step(_ bytes: Span<UInt8>, _ position: Int, _ end: Int) -> Int {
        guard bytes[position] >= 0x80 else { return 1 }
        return max(1, UTF8Check.length(of: bytes, at: position, before: end))
    }
}
