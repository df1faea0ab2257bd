/// The way to a place in a body, in the names of the body: `resourceSpans[0].scopeSpans[1].spans`.
///
/// It is looked for in a second pass over what comes before the place, all of which is JSON.
enum FieldPath {
    /// A path that is longer keeps its first names and its last, with an ellipsis between.
    static let maxBytes = 256

    private enum Step {
        case member(JSONString?)
        case index(Int)
    }

    static func leading(to offset: Int, in json: Span<UInt8>) -> String {
        shortened(steps(to: offset, in: json).map { text(of: $0, json) })
    }

    /// The open objects and arrays before `offset`, each with the member or index that is in hand.
    private static func steps(to offset: Int, in json: Span<UInt8>) -> [Step] {
        var steps: [Step] = []
        var lexer = JSONLexer()
        if json.count >= 3, json[0] == 0xef { lexer.position = 3 }
        do throws(Fault) {
            while true {
                let byte = lexer.peek(json)
                guard lexer.position < min(offset, json.count) else { return steps }
                switch byte {
                case UInt8(ascii: "{"): steps.append(.member(nil))
                case UInt8(ascii: "["): steps.append(.index(0))
                case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = steps.popLast()
                case UInt8(ascii: ","): comma(&steps)
                case UInt8(ascii: ":"): break
                default:
                    try token(byte, &steps, &lexer, json)
                    continue
                }
                lexer.position &+= 1
            }
        } catch {
            return steps
        }
    }

    private static func comma(_ steps: inout [Step]) {
        switch steps.popLast() {
        case .index(let index): steps.append(.index(index &+ 1))
        case .member: steps.append(.member(nil))
        case nil: break
        }
    }

    /// A scalar, or a member's name.
    private static func token(
        _ byte: UInt8, _ steps: inout [Step], _ lexer: inout JSONLexer, _ json: Span<UInt8>
    ) throws(Fault) {
        guard byte == UInt8(ascii: "\""), case .member(nil) = steps.last else {
            return try lexer.skipScalar(byte, json)
        }
        let name = try lexer.string(json)
        steps[steps.count &- 1] = .member(name)
    }

    private static func text(of step: Step, _ json: Span<UInt8>) -> String {
        switch step {
        case .index(let index): return "[\(index)]"
        case .member(nil): return ""
        case .member(let name?):
            return "." + Snippet.text(from: name.start, to: name.end, maxBytes: 40, in: json)
        }
    }

    private static func shortened(_ steps: [String]) -> String {
        let whole = steps.joined()
        guard whole.utf8.count > maxBytes else { return String(whole.drop { $0 == "." }) }
        var first = ""
        var last = ""
        var rest = steps[...]
        while let step = rest.popFirst(), first.utf8.count + step.utf8.count <= maxBytes / 2 - 4 {
            first += step
        }
        while let step = rest.popLast(), last.utf8.count + step.utf8.count <= maxBytes / 2 - 4 {
            last = step + last
        }
        return first.drop { $0 == "." } + "…" + last
    }
}

/// A piece of a body, fit to be printed: short, printable, UTF-8.
enum Snippet {
    static let maxBytes = 40

    /// The token at `offset`, as far as it goes.
    static func text(at offset: Int, in json: Span<UInt8>) -> String {
        guard offset < json.count else { return "" }
        var end = offset &+ 1
        let isString = json[offset] == UInt8(ascii: "\"")
        while end < json.count, end &- offset <= maxBytes {
            if isString, json[end] == UInt8(ascii: "\""), json[end &- 1] != UInt8(ascii: "\\") {
                end &+= 1
                break
            }
            if !isString, isDelimiter(json[end]) { break }
            end &+= 1
        }
        return text(from: offset, to: end, maxBytes: maxBytes, in: json)
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "\""),
            UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }

    static func text(
        from start: Int, to end: Int, maxBytes: Int, in json: Span<UInt8>
    ) -> String {
        var text = ""
        var position = start
        while position < end {
            guard text.utf8.count < maxBytes else { return text + "…" }
            let byte = json[position]
            if byte >= 0x20, byte < 0x7f {
                text.unicodeScalars.append(Unicode.Scalar(byte))
                position &+= 1
            } else if byte >= 0x80, case let length = UTF8Form.length(at: position, in: json),
                length > 0
            {
                var bytes: [UInt8] = []
                for index in position..<(position &+ length) { bytes.append(json[index]) }
                text += String(decoding: bytes, as: UTF8.self)
                position &+= length
            } else {
                text += byte < 0x10 ? "\\x0" : "\\x"
                text += String(byte, radix: 16)
                position &+= 1
            }
        }
        return text
    }
}
