import OTLP
import OracleKit

/// A canonical request in its plainest spelling as OTLP/JSON: every field under its name, numbers of
/// 64 bits in strings, nothing escaped that need not be.
///
/// Written from the specification ("JSON Protobuf Encoding"), apart from what reads it.
enum JSONSpelling {
    /// Nil where a string is not UTF-8.
    static func of(_ request: [UInt8]) -> [UInt8]? {
        var writer = SpellingWriter(bytes: request)
        writer.message(.request, Slice(0, request.count))
        return writer.isUTF8 ? Array(writer.text.utf8) : nil
    }
}

private struct SpellingWriter {
    let bytes: [UInt8]
    var text = ""
    var isUTF8 = true

    mutating func message(_ schema: Schema, _ range: Slice) {
        var fields: [UInt64: [WireField]] = [:]
        var position = range.start
        while let field = bytes.span.nextField(at: &position, before: range.end) {
            fields[UInt64(field.tag >> 3), default: []].append(field)
        }
        text += "{"
        var separator = ""
        for (number, values) in fields.sorted(by: { $0.key < $1.key }) {
            guard let name = schema.names[number], let kind = schema.fields[number] else {
                continue
            }
            text += "\(separator)\"\(name)\":"
            separator = ","
            if case .repeated(let item) = kind {
                list(values) { $0.value($1, item, name) }
            } else if let last = values.last {
                value(last, kind, name)
            }
        }
        text += "}"
    }

    private mutating func list(
        _ values: [WireField], _ write: (inout SpellingWriter, WireField) -> Void
    ) {
        text += "["
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            write(&self, value)
        }
        text += "]"
    }

    private mutating func value(_ field: WireField, _ kind: Schema.Kind, _ name: String) {
        switch kind {
        case .message(let inner): message(inner, field.content)
        case .repeated: break
        case .bool: text += field.bits == 0 ? "false" : "true"
        case .varint, .fixed64, .fixed32: number(field.bits, name)
        case .bytes where name == "bytesValue": base64(bytes[field.content])
        case .bytes where ["traceId", "spanId", "parentSpanId"].contains(name):
            let digits = bytes[field.content].map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            text += "\"" + digits.joined() + "\""
        case .bytes: string(bytes[field.content])
        }
    }

    private mutating func number(_ bits: UInt64, _ name: String) {
        switch name {
        case "doubleValue": double(Double(bitPattern: bits))
        case "kind", "code": text += "\(Int32(truncatingIfNeeded: bits))"
        case "intValue": text += "\"\(Int64(bitPattern: bits))\""
        default: text += "\"\(bits)\""
        }
    }

    private mutating func double(_ number: Double) {
        if number.isFinite {
            text += "\(number)"
        } else {
            text += number.isNaN ? "\"NaN\"" : number < 0 ? "\"-Infinity\"" : "\"Infinity\""
        }
    }

    private mutating func string(_ content: ArraySlice<UInt8>) {
        guard let string = String(validating: content, as: UTF8.self) else {
            isUTF8 = false
            return
        }
        text += "\""
        for scalar in string.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text += "\\" }
            if scalar.value < 0x20 {
                text += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func base64(_ content: ArraySlice<UInt8>) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var rest = content
        text += "\""
        while !rest.isEmpty {
            let group = rest.prefix(3)
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                text.append(index > group.count ? "=" : alphabet[bits >> (18 - 6 * index) & 63])
            }
            rest = rest.dropFirst(3)
        }
        text += "\""
    }
}

extension Schema {
    /// What ProtoJSON calls the fields. `key_strindex` and `string_value_strindex` belong to
    /// profiles.
    var names: [UInt64: String] {
        switch self {
        case .request: [1: "resourceSpans"]
        case .resourceSpans: [1: "resource", 2: "scopeSpans", 3: "schemaUrl"]
        case .resource: [1: "attributes", 2: "droppedAttributesCount", 3: "entityRefs"]
        case .entityRef: [1: "schemaUrl", 2: "type", 3: "idKeys", 4: "descriptionKeys"]
        case .scopeSpans: [1: "scope", 2: "spans", 3: "schemaUrl"]
        case .scope: [1: "name", 2: "version", 3: "attributes", 4: "droppedAttributesCount"]
        case .span:
            [
                1: "traceId", 2: "spanId", 3: "traceState", 4: "parentSpanId", 5: "name", 6: "kind",
                7: "startTimeUnixNano", 8: "endTimeUnixNano", 9: "attributes",
                10: "droppedAttributesCount", 11: "events", 12: "droppedEventsCount", 13: "links",
                14: "droppedLinksCount", 15: "status", 16: "flags",
            ]
        case .event: [1: "timeUnixNano", 2: "name", 3: "attributes", 4: "droppedAttributesCount"]
        case .link:
            [
                1: "traceId", 2: "spanId", 3: "traceState", 4: "attributes",
                5: "droppedAttributesCount", 6: "flags",
            ]
        case .status: [2: "message", 3: "code"]
        case .keyValue: [1: "key", 2: "value"]
        case .anyValue:
            [
                1: "stringValue", 2: "boolValue", 3: "intValue", 4: "doubleValue", 5: "arrayValue",
                6: "kvlistValue", 7: "bytesValue",
            ]
        case .arrayValue, .keyValueList: [1: "values"]
        }
    }
}
