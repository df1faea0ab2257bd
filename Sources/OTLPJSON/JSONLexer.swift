import OTLP

/// Where the content of a JSON string lies, its quotes excluded.
struct JSONString {
    let start: Int
    let end: Int
    /// Whether there is a backslash in it, so that its text is not its bytes.
    let isEscaped: Bool

    @inline(__always) var count: Int { end &- start }
}

/// The lexical half of JSON (RFC 8259): moves over one token and says what is wrong with it.
struct JSONLexer {
    var position = 0

    @inline(__always)
    mutating func skipSpace(_ json: Span<UInt8>) {
        while position < json.count, json[position] <= 0x20 {
            switch json[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position &+= 1
            default: return
            }
        }
    }

    /// The byte that decides what stands here, white space skipped; 0, which begins nothing, at the
    /// end of the text.
    @inline(__always)
    mutating func peek(_ json: Span<UInt8>) -> UInt8 {
        skipSpace(json)
        return position < json.count ? json[position] : 0
    }

    @inline(__always)
    mutating func take(_ byte: UInt8, _ json: Span<UInt8>) -> Bool {
        guard peek(json) == byte, position < json.count else { return false }
        position &+= 1
        return true
    }

    /// After an element of a list or a member of an object: whether another one follows.
    @inline(__always)
    mutating func goesOn(before close: UInt8, _ json: Span<UInt8>) throws(Fault) -> Bool {
        let byte = peek(json)
        guard byte == UInt8(ascii: ",") || byte == close else {
            throw notJSON(
                close == UInt8(ascii: "}") ? "a comma or }" : "a comma or ]", json)
        }
        position &+= 1
        return byte != close
    }

    /// A member's name and the colon behind it.
    @inline(__always)
    mutating func name(_ json: Span<UInt8>) throws(Fault) -> JSONString {
        guard peek(json) == UInt8(ascii: "\"") else { throw notJSON("a member's name", json) }
        let name = try string(json)
        guard take(UInt8(ascii: ":"), json) else { throw notJSON("a colon", json) }
        return name
    }

    /// Moves over `null`, if that is what stands here.
    @inline(__always)
    mutating func null(_ json: Span<UInt8>) throws(Fault) -> Bool {
        guard peek(json) == UInt8(ascii: "n") else { return false }
        try word("null", json)
        return true
    }

    /// - Precondition: the next byte is the first of `word`.
    mutating func word(_ word: StaticString, _ json: Span<UInt8>) throws(Fault) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position &+ index < json.count else {
                throw Fault(json.count, .truncated)
            }
            // The index is below the word's count.
            guard unsafe json[position &+ index] == word.utf8Start[index] else {
                throw notJSON("\(word)", json)
            }
        }
        position &+= word.utf8CodeUnitCount
    }

    /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`; answers where it lies.
    mutating func number(_ json: Span<UInt8>) throws(Fault) -> Slice {
        let start = position
        _ = takeNext(UInt8(ascii: "-"), json)
        if !takeNext(UInt8(ascii: "0"), json) { try digits(json) }
        if takeNext(UInt8(ascii: "."), json) { try digits(json) }
        if takeNext(UInt8(ascii: "e"), json) || takeNext(UInt8(ascii: "E"), json) {
            if !takeNext(UInt8(ascii: "+"), json) { _ = takeNext(UInt8(ascii: "-"), json) }
            try digits(json)
        }
        return Slice(start, position)
    }

    @inline(__always)
    private mutating func takeNext(_ byte: UInt8, _ json: Span<UInt8>) -> Bool {
        guard position < json.count, json[position] == byte else { return false }
        position &+= 1
        return true
    }

    private mutating func digits(_ json: Span<UInt8>) throws(Fault) {
        let start = position
        while position < json.count, json[position] &- UInt8(ascii: "0") < 10 { position &+= 1 }
        guard position > start else { throw notJSON("a digit", json) }
    }

    /// What to throw where something other than `expected` stands.
    @inline(never)
    func notJSON(_ expected: String, _ json: Span<UInt8>) -> Fault {
        guard position < json.count else { return Fault(json.count, .truncated) }
        return Fault(position, .notJSON(expected: expected))
    }
}
