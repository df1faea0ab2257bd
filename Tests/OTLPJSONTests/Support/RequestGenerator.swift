import TestKit

/// Random requests, each as OTLP/JSON in one of its many spellings and as the protobuf that it has
/// to become.
struct RequestGenerator {
    private var random: SplitMix64

    /// A message: the same fields twice.
    struct Pair {
        var json: String
        var wire: [UInt8]
    }

    /// One field: a JSON value, and all that stands for it on the wire, its tag included.
    private struct Field {
        var number: UInt64
        var name: String
        var json: String
        var wire: [UInt8]
    }

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func request() -> Pair {
        message([list(1, "resourceSpans", 3) { $0.resourceSpans() }])
    }
}

// MARK: - Messages

extension RequestGenerator {
    private mutating func resourceSpans() -> Pair {
        message([
            inner(1, "resource") { $0.resource() }, list(2, "scopeSpans", 3) { $0.scopeSpans() },
            text(3, "schemaUrl"),
        ])
    }

    private mutating func resource() -> Pair {
        message([
            attributes(1), uint32(2, "droppedAttributesCount"),
            list(3, "entityRefs", 2) { $0.entityRef() },
        ])
    }

    private mutating func entityRef() -> Pair {
        message([
            text(1, "schemaUrl"), text(2, "type"), texts(3, "idKeys"), texts(4, "descriptionKeys"),
        ])
    }

    private mutating func scopeSpans() -> Pair {
        message([
            inner(1, "scope") { $0.scope() }, list(2, "spans", 4) { $0.span() },
            text(3, "schemaUrl"),
        ])
    }

    private mutating func scope() -> Pair {
        message([
            text(1, "name"), text(2, "version"), attributes(3),
            uint32(4, "droppedAttributesCount"),
        ])
    }

    private mutating func span() -> Pair {
        message([
            id(1, "traceId", 16), id(2, "spanId", 8), text(3, "traceState"),
            id(4, "parentSpanId", 8), text(5, "name"),
            enumerated(
                6, "kind", ["SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER"]),
            time(7, "startTimeUnixNano"), time(8, "endTimeUnixNano"), attributes(9),
            uint32(10, "droppedAttributesCount"), list(11, "events", 3) { $0.event() },
            uint32(12, "droppedEventsCount"), list(13, "links", 3) { $0.link() },
            uint32(14, "droppedLinksCount"), inner(15, "status") { $0.status() }, flags(16),
        ])
    }

    private mutating func event() -> Pair {
        message([
            time(1, "timeUnixNano"), text(2, "name"), attributes(3),
            uint32(4, "droppedAttributesCount"),
        ])
    }

    private mutating func link() -> Pair {
        message([
            id(1, "traceId", 16), id(2, "spanId", 8), text(3, "traceState"), attributes(4),
            uint32(5, "droppedAttributesCount"), flags(6),
        ])
    }

    private mutating func status() -> Pair {
        message([
            text(2, "message"),
            enumerated(3, "code", ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"]),
        ])
    }

    private mutating func attributes(_ number: UInt64) -> Field {
        list(number, "attributes", 4) { $0.keyValue(depth: 0) }
    }

    private mutating func keyValue(depth: Int) -> Pair {
        message([text(1, "key"), inner(2, "value") { $0.anyValue(depth: depth) }])
    }

    private mutating func anyValue(depth: Int) -> Pair {
        switch random.below(depth < 4 ? 11 : 6) {
        case 0: return message([])
        case 1:
            let flag = random.once(in: 2)
            return member(2, "boolValue", flag ? "true" : "false", .field(2, varint: flag ? 1 : 0))
        case 2:
            let value = Int64(bitPattern: number64())
            return member(
                3, "intValue", integer("\(value)"), .field(3, varint: UInt64(bitPattern: value)))
        case 3: return double()
        case 4:
            let bytes = (0..<random.below(9)).map { _ in random.byte() }
            return member(7, "bytesValue", "\"\(base64(bytes))\"", .field(7, bytes: bytes))
        case 5, 6, 7:
            let (json, text) = string()
            return member(1, "stringValue", json, .field(1, text: text))
        case 8, 9:
            let array = message([list(1, "values", 4) { $0.anyValue(depth: depth + 1) }])
            return member(5, "arrayValue", array.json, .field(5, bytes: array.wire))
        default:
            let map = message([list(1, "values", 4) { $0.keyValue(depth: depth + 1) }])
            return member(6, "kvlistValue", map.json, .field(6, bytes: map.wire))
        }
    }

    private mutating func double() -> Pair {
        let value: Double
        switch random.below(6) {
        case 0: value = [.nan, .infinity, -.infinity][random.below(3)]
        case 1: value = Double(random.below(1000)) / 8
        case 2: value = random.once(in: 2) ? 0 : -0.0
        default: value = Double(bitPattern: random.next())
        }
        // One of the many bit patterns for "not a number" is what the word means.
        let kept = value.isNaN ? Double.nan : value
        let text: String =
            switch kept {
            case .infinity: "Infinity"
            case -.infinity: "-Infinity"
            default: kept.isNaN ? "NaN" : "\(kept)"
            }
        let isString = !kept.isFinite || random.once(in: 4)
        return member(
            4, "doubleValue", isString ? "\"\(text)\"" : text,
            .field(4, fixed64: kept.bitPattern))
    }

    private mutating func member(
        _ number: UInt64, _ name: String, _ json: String, _ wire: [UInt8]
    ) -> Pair {
        message([Field(number: number, name: name, json: json, wire: wire)])
    }
}

// MARK: - Fields

extension RequestGenerator {
    private mutating func inner(
        _ number: UInt64, _ name: String, _ content: (inout Self) -> Pair
    ) -> Field {
        guard !random.once(in: 5) else { return absent(number, name) }
        let pair = content(&self)
        return Field(
            number: number, name: name, json: pair.json, wire: .field(number, bytes: pair.wire))
    }

    private mutating func list(
        _ number: UInt64, _ name: String, _ bound: Int, _ element: (inout Self) -> Pair
    ) -> Field {
        let count = random.once(in: 40) ? random.below(20) : random.below(bound)
        let pairs = (0..<count).map { _ in element(&self) }
        return Field(
            number: number, name: name,
            json: "[\(space())\(pairs.map(\.json).joined(separator: "\(space()),"))\(space())]",
            wire: pairs.flatMap { [UInt8].field(number, bytes: $0.wire) })
    }

    private mutating func text(_ number: UInt64, _ name: String) -> Field {
        let (json, text) = string()
        let wire: [UInt8] = text.isEmpty ? [] : .field(number, text: text)
        return Field(number: number, name: name, json: json, wire: wire)
    }

    private mutating func texts(_ number: UInt64, _ name: String) -> Field {
        let texts = (0..<random.below(3)).map { _ in string() }
        return Field(
            number: number, name: name, json: "[\(texts.map(\.0).joined(separator: ","))]",
            wire: texts.flatMap { [UInt8].field(number, text: $0.1) })
    }

    private mutating func id(_ number: UInt64, _ name: String, _ length: Int) -> Field {
        let count = random.once(in: 10) ? random.below(20) : length
        let bytes = (0..<count).map { _ in random.byte() }
        var hex = bytes.map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
        if random.once(in: 3) { hex = hex.uppercased() }
        return Field(
            number: number, name: name, json: "\"\(hex)\"",
            wire: bytes.isEmpty ? [] : .field(number, bytes: bytes))
    }

    private mutating func time(_ number: UInt64, _ name: String) -> Field {
        let value = number64()
        return Field(
            number: number, name: name, json: integer("\(value)"),
            wire: value == 0 ? [] : .field(number, fixed64: value))
    }

    private mutating func uint32(_ number: UInt64, _ name: String) -> Field {
        let value = number64() & 0xffff_ffff
        return Field(
            number: number, name: name, json: integer("\(value)"),
            wire: value == 0 ? [] : .field(number, varint: value))
    }

    private mutating func flags(_ number: UInt64) -> Field {
        let value = UInt32(truncatingIfNeeded: number64())
        return Field(
            number: number, name: "flags", json: integer("\(value)"),
            wire: value == 0 ? [] : .field(number, fixed32: value))
    }

    private mutating func enumerated(
        _ number: UInt64, _ name: String, _ names: [String]
    ) -> Field {
        let value =
            random.once(in: 4) ? Int32(truncatingIfNeeded: number64()) : Int32(random.below(3))
        let isNamed = names.indices.contains(Int(value)) && random.once(in: 3)
        return Field(
            number: number, name: name,
            json: isNamed ? "\"\(names[Int(value)])\"" : integer("\(value)"),
            wire: value == 0
                ? [] : .field(number, varint: UInt64(bitPattern: Int64(value))))
    }

    private func absent(_ number: UInt64, _ name: String) -> Field {
        Field(number: number, name: name, json: "null", wire: [])
    }
}

// MARK: - Spellings

extension RequestGenerator {
    /// Most fields, some absent; members in another order now and then, with unknown ones between
    /// them, and some twice.
    private mutating func message(_ fields: [Field]) -> Pair {
        let kept = fields.filter { _ in !random.once(in: 6) }
        var members = kept.map { field in member(field.name, field.json) }
        if random.once(in: 4) { members.shuffle(using: &random) }
        if random.once(in: 12), let twice = kept.randomElement(using: &random) {
            // What stands first is replaced, `null` included; a member that was there is not.
            members.insert(member(twice.name, random.once(in: 2) ? "null" : twice.json), at: 0)
        }
        if random.once(in: 12) {
            members.insert(unknown(), at: random.below(members.count + 1))
        }
        return Pair(
            json: "{\(space())\(members.joined(separator: ","))\(space())}",
            wire: kept.flatMap(\.wire))
    }

    private mutating func member(_ name: String, _ json: String) -> String {
        var name = name
        if random.once(in: 8) {
            name = name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" }
        }
        if random.once(in: 60) {
            name = "\\u00\(String(name.utf8.first!, radix: 16))\(name.dropFirst())"
        }
        return "\(space())\"\(name)\"\(space()):\(space())\(json)\(space())"
    }

    private mutating func unknown() -> String {
        random.pick([
            #""x":1"#, #""":null"#, #""name_":{"name":["a",{}]}"#, #""é":"\ud800""#,
            #""instrumentationLibrarySpans":[{"spans":[{"traceId":"00"}]}]"#, #""keyStrindex":3"#,
        ])
    }

    private mutating func space() -> String {
        random.once(in: 12) ? random.pick([" ", "\n", "\t", "\r\n  "]) : ""
    }

    private mutating func integer(_ digits: String) -> String {
        switch random.below(8) {
        case 0: digits
        case 1: "\(digits).0"
        case 2: digits == "0" ? "0.0E+7" : "\(digits)0e-1"
        case 3: "\"\(digits)e0\""
        default: "\"\(digits)\""
        }
    }

    private mutating func number64() -> UInt64 {
        switch random.below(6) {
        case 0: random.next()
        case 1: UInt64(bitPattern: -Int64(random.below(10)))
        case 2: 1 << UInt64(random.below(64))
        case 3: .max
        default: UInt64(random.below(7))
        }
    }

    /// A text and a JSON string that spells it.
    private mutating func string() -> (String, String) {
        var text = ""
        for _ in 0..<(random.once(in: 30) ? random.below(300) : random.below(12)) {
            text.unicodeScalars.append(scalar())
        }
        var json = "\""
        for scalar in text.unicodeScalars { json += spelled(scalar) }
        return (json + "\"", text)
    }

    private mutating func scalar() -> Unicode.Scalar {
        switch random.below(12) {
        case 0: random.pick(["\"", "\\", "/", "\n", "\0", "\u{1f}", "\u{7f}", "\t"])
        case 1: random.pick(["é", "ß", "日", "\u{2028}", "\u{fffd}", "\u{ffff}"])
        case 2: random.pick(["😀", "\u{10ffff}", "\u{10000}"])
        default: Unicode.Scalar(UInt8(0x61 + random.below(26)))
        }
    }

    private mutating func spelled(_ scalar: Unicode.Scalar) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": #"\""#, "\\": #"\\"#, "\n": #"\n"#, "\t": #"\t"#, "/": #"\/"#,
        ]
        if let escape = short[scalar], !random.once(in: 4) { return escape }
        let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
        guard mustEscape || random.once(in: 10) else { return String(scalar) }
        return String(scalar).utf16.reduce(into: "") { text, unit in
            text += "\\u" + String(Int(unit) + 0x10000, radix: 16).dropFirst()
        }
    }

    private mutating func base64(_ bytes: [UInt8]) -> String {
        let isSafe = random.once(in: 2)
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                + (isSafe ? "-_" : "+/"))
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) }
            bits <<= 8 * (3 - group.count)
            for index in 0...group.count { text.append(alphabet[bits >> (18 - 6 * index) & 63]) }
        }
        if random.once(in: 2) {
            text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        }
        return text
    }
}
