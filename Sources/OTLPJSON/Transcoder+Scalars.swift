import OTLP

extension Transcoder {
    /// A string field. Its bytes are the text's UTF-8, half a surrogate pair as U+FFFD (OTLP J18).
    @inline(__always)
    mutating func text(
        _ tag: UInt8, keepsDefault: Bool, _ json: Span<UInt8>
    ) throws(Fault) {
        let string = try self.string("a string", json)
        if string.isEscaped {
            // The text is no longer than its escaped form, and seldom so much shorter that its
            // length takes fewer bytes.
            let width = WireOutput.varintWidth(UInt64(truncatingIfNeeded: string.count))
            let start = output.open(tag, lengthWidth: width)
            unescape(string, json)
            output.close(start, lengthWidth: width)
        } else if string.count > 0 || keepsDefault {
            output.append(tag)
            output.varint(UInt64(truncatingIfNeeded: string.count))
            output.append(json.extracting(string.start..<string.end))
        }
    }

    /// Everything that is neither text nor a message.
    @inline(never)
    mutating func scalar(
        _ field: Field, keepsDefault: Bool, _ json: Span<UInt8>
    ) throws(Fault) {
        switch field.form {
        case .traceID: try id(field.tag, bytes: 16, json)
        case .spanID: try id(field.tag, bytes: 8, json)
        case .fixed64: fixed(field, try unsigned(UInt64.max, json), width: 8, keepsDefault)
        case .fixed32: fixed(field, try unsigned(UInt64(UInt32.max), json), width: 4, keepsDefault)
        case .uint32: varint(field, try unsigned(UInt64(UInt32.max), json), keepsDefault)
        case .int64: varint(field, try signed(json), keepsDefault)
        case .spanKind: varint(field, try enumerated(Schema.spanKinds, json), keepsDefault)
        case .statusCode: varint(field, try enumerated(Schema.statusCodes, json), keepsDefault)
        case .bool: varint(field, try bool(json) ? 1 : 0, keepsDefault)
        case .double: fixed(field, try double(json).bitPattern, width: 8, keepsDefault)
        case .base64: try base64(field, keepsDefault, json)
        case .texts: try texts(field.tag, json)
        case .text, .message, .messages: break  // `value` has met them
        }
    }

    private mutating func varint(_ field: Field, _ value: UInt64, _ keepsDefault: Bool) {
        guard value != 0 || keepsDefault else { return }
        output.append(field.tag)
        output.varint(value)
    }

    private mutating func fixed(
        _ field: Field, _ value: UInt64, width: Int, _ keepsDefault: Bool
    ) {
        guard value != 0 || keepsDefault else { return }
        output.append(field.tag)
        if field.tag >= 0x80 { output.append(1) }  // `Span.flags`: a tag of two bytes
        output.fixed(value, width: width)
    }

    private mutating func bool(_ json: Span<UInt8>) throws(Fault) -> Bool {
        let first = lexer.peek(json)
        switch first {
        case UInt8(ascii: "t"): try lexer.word("true", json)
        case UInt8(ascii: "f"): try lexer.word("false", json)
        default: throw wrongValue("true or false", json)
        }
        return first == UInt8(ascii: "t")
    }
}

// MARK: - Strings

extension Transcoder {
    @inline(__always)
    func mismatch(_ expected: String, at start: Int) -> Fault {
        Fault(start, .wrongValue(expected: expected))
    }

    @inline(__always)
    private mutating func string(
        _ expected: @autoclosure () -> String, _ json: Span<UInt8>
    ) throws(Fault) -> JSONString {
        guard lexer.peek(json) == UInt8(ascii: "\"") else { throw wrongValue(expected(), json) }
        return try lexer.string(json)
    }

    private mutating func unescape(_ string: JSONString, _ json: Span<UInt8>) {
        output.append(upTo: EscapedText.capacity(for: string)) { span in
            EscapedText.copy(string, json, to: &span)
        }
    }

    /// Gives `read` the text of a string, of which almost none that is not text has an escape.
    @inline(__always)
    mutating func withText<Value>(
        _ string: JSONString, _ json: Span<UInt8>, _ read: (Span<UInt8>) -> Value?
    ) -> Value? {
        guard string.isEscaped else { return read(json.extracting(string.start..<string.end)) }
        scratch.removeAll(keepingCapacity: true)
        scratch.append(addingCapacity: EscapedText.capacity(for: string)) { span in
            EscapedText.copy(string, json, to: &span)
        }
        return read(scratch.span)
    }

    /// An id of `bytes` bytes in hex, of either case (OTLP J1, J2), or what says that it is
    /// none (J3).
    private mutating func id(
        _ tag: UInt8, bytes: Int, _ json: Span<UInt8>
    ) throws(Fault) {
        let string = try self.string("an id of \(2 &* bytes) hex digits as a string", json)
        if !string.isEscaped, string.count == 2 &* bytes {
            let start = output.open(tag, lengthWidth: 1)
            output.append(upTo: bytes) { span in
                HexText.copy(json.extracting(string.start..<string.end), to: &span)
            }
            if output.count &- start == bytes { return output.close(start, lengthWidth: 1) }
            output.truncate(to: start &- 2)
        }
        let decodesBase64 = options.acceptsBase64IDs
        let id = withText(string, json) { text -> [UInt8]? in
            if let id = HexText.bytes(text) { return id }
            if decodesBase64, let id = Base64Text.id(text, bytes: bytes) { return id }
            // The first bytes of the text, fewer than any id has: whoever reads the field sees that
            // it is no id, and has something to look for at the sender.
            return (0..<min(text.count, 7)).map { text[$0] }
        }
        guard let id, !id.isEmpty else { return }
        output.append(tag)
        output.varint(UInt64(truncatingIfNeeded: id.count))
        output.append(id.span)
    }

    /// `bytesValue` (OTLP J12).
    private mutating func base64(
        _ field: Field, _ keepsDefault: Bool, _ json: Span<UInt8>
    ) throws(Fault) {
        let expected = "base64 as a string"
        let string = try self.string(expected, json)
        guard let bytes = withText(string, json, Base64Text.bytes) else {
            throw mismatch(expected, at: string.start &- 1)
        }
        guard !bytes.isEmpty || keepsDefault else { return }
        output.append(field.tag)
        output.varint(UInt64(truncatingIfNeeded: bytes.count))
        output.append(bytes.span)
    }
}

// MARK: - Numbers

extension Transcoder {
    /// A number, or a number in a string, read by `read`, which answers nil for what does not fit.
    private mutating func number<Value>(
        _ expected: () -> String, _ json: Span<UInt8>, _ read: (Span<UInt8>) -> Value?
    ) throws(Fault) -> Value {
        let first = lexer.peek(json)
        let start = lexer.position
        let value: Value?
        switch first {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let number = try lexer.number(json)
            value = read(json.extracting(number.start..<number.end))
        case UInt8(ascii: "\""): value = withText(try lexer.string(json), json, read)
        default: throw wrongValue(expected(), json)
        }
        guard let value else { throw mismatch(expected(), at: start) }
        return value
    }

    private mutating func unsigned(
        _ limit: UInt64, _ json: Span<UInt8>
    ) throws(Fault) -> UInt64 {
        try number({ "an integer from 0 to \(limit)" }, json) { text in
            if let value = Self.plainDigits(text) { return value <= limit ? value : nil }
            return Decimal(text)?.integer(from: 0, to: limit)
        }
    }

    /// In two's complement, which is how protobuf writes negative numbers.
    private mutating func signed(_ json: Span<UInt8>) throws(Fault) -> UInt64 {
        try number({ "an integer from \(Int64.min) to \(Int64.max)" }, json) { text in
            if let value = Self.plainDigits(text) { return value <= Int64.max ? value : nil }
            return Decimal(text)?.integer(from: Int64.min.magnitude, to: UInt64(Int64.max))
        }
    }

    /// What nearly every integer is: up to 19 digits, the first of several not 0, and nothing else.
    /// Nil for all others, whatever is wrong or unusual with them.
    @inline(__always)
    private static func plainDigits(_ text: Span<UInt8>) -> UInt64? {
        guard text.count > 0, text.count <= 19 else { return nil }
        guard text[0] != UInt8(ascii: "0") || text.count == 1 else { return nil }
        var value: UInt64 = 0
        for index in text.indices {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return value
    }

    /// An open enum: any 32-bit number (OTLP J4), or a name of the schema (J5).
    private mutating func enumerated(
        _ enumerators: [String], _ json: Span<UInt8>
    ) throws(Fault) -> UInt64 {
        try number({ "a number of 32 bits or a name such as \(enumerators[1])" }, json) { text in
            if let value = Self.plainDigits(text) { return value <= Int32.max ? value : nil }
            if let decimal = Decimal(text) {
                return decimal.integer(from: UInt64(Int32.min.magnitude), to: UInt64(Int32.max))
            }
            let value = enumerators.firstIndex { name in
                name.utf8.count == text.count
                    && name.utf8.enumerated().allSatisfy { text[$0] == $1 }
            }
            return value.map { UInt64($0) }
        }
    }

    /// A finite number, or one of the three strings for others (OTLP J13).
    private mutating func double(_ json: Span<UInt8>) throws(Fault) -> Double {
        let isString = lexer.peek(json) == UInt8(ascii: "\"")
        return try number({ "a number up to 1.8e308, \"NaN\" or \"Infinity\"" }, json) { text in
            if let decimal = Decimal(text) { return decimal.double(text) }
            return isString ? Decimal.notFinite(text) : nil
        }
    }
}
