import OTLP

extension JSONLexer {
    /// Over the value of an unknown member, whatever it is, checking that it is JSON (OTLP J6,
    /// J19).
    ///
    /// Without recursion: the open brackets are bits of one word, hence at most 64.
    mutating func skipValue(_ json: Span<UInt8>) throws(Fault) {
        // The lowest bit is the innermost bracket, set for an object.
        var brackets: UInt64 = 0
        var depth = 0
        repeat {
            let byte = peek(json)
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                guard depth < min(WalkLimits.maxDepth, UInt64.bitWidth) else {
                    throw Fault(position, .tooDeep(limit: WalkLimits.maxDepth))
                }
                position &+= 1
                brackets = brackets &<< 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
                depth &+= 1
                if take(brackets & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]"), json) {
                    brackets &>>= 1
                    depth &-= 1
                } else {
                    if brackets & 1 == 1 { _ = try name(json) }
                    continue
                }
            } else {
                try skipScalar(byte, json)
            }
            while depth > 0 {
                let isObject = brackets & 1 == 1
                if try goesOn(before: isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), json) {
                    if isObject { _ = try name(json) }
                    break
                }
                brackets &>>= 1
                depth &-= 1
            }
        } while depth > 0
    }

    /// - Parameter first: the byte that stands here.
    mutating func skipScalar(_ first: UInt8, _ json: Span<UInt8>) throws(Fault) {
        switch first {
        case UInt8(ascii: "\""): _ = try string(json)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try number(json)
        case UInt8(ascii: "t"): try word("true", json)
        case UInt8(ascii: "f"): try word("false", json)
        case UInt8(ascii: "n"): try word("null", json)
        default: throw notJSON("a value", json)
        }
    }
}
