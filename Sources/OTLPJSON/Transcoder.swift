import OTLP

/// One pass over a body: each member is written as a field the moment it is read. Nothing of the
/// text is kept but the place of the pass in it.
struct Transcoder {
    let options: OTLPJSON.Options
    var lexer = JSONLexer()
    var output: WireOutput
    /// The text of an escaped string whose value is not text: ids, numbers, base64.
    var scratch: [UInt8] = []
    private let names = FieldNames.shared

    init(options: OTLPJSON.Options, bodyBytes: Int) {
        self.options = options
        output = WireOutput(bodyBytes: bodyBytes)
    }

    mutating func request(_ json: Span<UInt8>) throws(Fault) -> [UInt8] {
        // RFC 8259 section 8.1: a reader may ignore a byte order mark.
        if json.count >= 3, json[0] == 0xef, json[1] == 0xbb, json[2] == 0xbf {
            lexer.position = 3
        }
        try message(.request, depth: 0, json)
        _ = lexer.peek(json)
        guard lexer.position == json.count else {
            throw lexer.notJSON("nothing behind the request", json)
        }
        return output.finish()
    }

    /// The content of a message, without tag and length.
    ///
    /// - Parameter depth: arrays and maps of an attribute value that are open, this one included.
    private mutating func message(
        _ message: Message, depth: Int, _ json: Span<UInt8>
    ) throws(Fault) {
        guard lexer.peek(json) == UInt8(ascii: "{") else { throw wrongValue("an object", json) }
        guard depth <= WalkLimits.maxDepth else {
            throw Fault(lexer.position, .tooDeep(limit: WalkLimits.maxDepth))
        }
        lexer.position &+= 1
        if case .anyValue = message {
            try anyValue(depth: depth, json)
        } else {
            try members(of: message, depth: depth, json)
        }
    }

    @inline(__always)
    private mutating func members(
        of message: Message, depth: Int, _ json: Span<UInt8>
    ) throws(Fault) {
        var order = FieldOrder()
        let start = output.count
        var hint = names.hint(for: message)
        guard !lexer.take(UInt8(ascii: "}"), json) else { return }
        repeat {
            guard let field = try name(of: message, hint: &hint, json) else { continue }
            let fieldStart = output.count
            if try !lexer.null(json) {
                try value(field, keepsDefault: false, depth: depth, json)
            }
            order.note(field.number, from: fieldStart, to: output.count)
        } while try lexer.goesOn(before: UInt8(ascii: "}"), json)
        if !order.isKept { output.restore(order, from: start) }
    }

    /// A oneof: of several members the last that is not null stands, and its default counts.
    @inline(__always)
    private mutating func anyValue(depth: Int, _ json: Span<UInt8>) throws(Fault) {
        let start = output.count
        var standing: UInt8 = 0
        var hint = names.hint(for: .anyValue)
        guard !lexer.take(UInt8(ascii: "}"), json) else { return }
        repeat {
            guard let field = try name(of: .anyValue, hint: &hint, json) else { continue }
            if try lexer.null(json) {
                // The member that stands is set anew, to "not set"; another stays as it is.
                if standing == field.number { output.truncate(to: start) }
                continue
            }
            output.truncate(to: start)
            standing = field.number
            try value(field, keepsDefault: true, depth: depth, json)
        } while try lexer.goesOn(before: UInt8(ascii: "}"), json)
    }

    /// The field that the next member is; nil for an unknown one, which is skipped with its value.
    @inline(__always)
    private mutating func name(
        of message: Message, hint: inout Int, _ json: Span<UInt8>
    ) throws(Fault) -> Field? {
        let name = try lexer.name(json)
        let packed =
            name.isEscaped
            ? withText(name, json) { text in PackedName(text, 0, text.count) }
            : PackedName(json, name.start, name.end)
        if let packed, let field = names.field(packed, of: message, hint: &hint) { return field }
        try lexer.skipValue(json)
        return nil
    }

    /// The value of a member, with the tag of its field; nothing for a default that is not kept.
    @inline(__always)
    private mutating func value(
        _ field: Field, keepsDefault: Bool, depth: Int, _ json: Span<UInt8>
    ) throws(Fault) {
        switch field.form {
        case .text: try text(field.tag, keepsDefault: keepsDefault, json)
        case .message(let message): try self.message(message, field.tag, depth: depth, json)
        case .messages(let message): try messages(message, field.tag, depth: depth, json)
        default: try scalar(field, keepsDefault: keepsDefault, json)
        }
    }

    private mutating func message(
        _ message: Message, _ tag: UInt8, depth: Int, _ json: Span<UInt8>
    ) throws(Fault) {
        var inner = depth
        switch message {
        case .arrayValue, .keyValueList: inner &+= 1
        default: break
        }
        let start = output.open(tag, lengthWidth: message.usualLengthWidth)
        try self.message(message, depth: inner, json)
        output.close(start, lengthWidth: message.usualLengthWidth)
    }

    private mutating func messages(
        _ message: Message, _ tag: UInt8, depth: Int, _ json: Span<UInt8>
    ) throws(Fault) {
        guard lexer.take(UInt8(ascii: "["), json) else { throw wrongValue("an array", json) }
        guard !lexer.take(UInt8(ascii: "]"), json) else { return }
        repeat {
            try self.message(message, tag, depth: depth, json)
        } while try lexer.goesOn(before: UInt8(ascii: "]"), json)
    }

    mutating func texts(_ tag: UInt8, _ json: Span<UInt8>) throws(Fault) {
        guard lexer.take(UInt8(ascii: "["), json) else { throw wrongValue("an array", json) }
        guard !lexer.take(UInt8(ascii: "]"), json) else { return }
        repeat {
            try text(tag, keepsDefault: true, json)
        } while try lexer.goesOn(before: UInt8(ascii: "]"), json)
    }

    /// What to throw where a value of another type stands, or what is no value at all.
    @inline(never)
    func wrongValue(_ expected: String, _ json: Span<UInt8>) -> Fault {
        guard lexer.position < json.count else { return Fault(json.count, .truncated) }
        switch json[lexer.position] {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"),
            UInt8(ascii: "n"):
            return Fault(lexer.position, .wrongValue(expected: expected))
        default: return lexer.notJSON(expected, json)
        }
    }
}
