package import MastraRecords
package import OTLP

extension JSONWriter {
    @inline(__always)
    package mutating func string(_ slice: Slice, in bytes: Span<UInt8>) {
        string(bytes, slice.start, slice.end)
    }

    /// An attribute value as JSON, whatever its kind (MAPPING 2): bytes as base64, what JSON has no
    /// number for as a string, an unset value as null.
    package mutating func value(_ value: ValueView, in bytes: Span<UInt8>, depth: Int = 0) {
        switch value.kind {
        case .string: string(value.slice, in: bytes)
        case .int: integer(value.int)
        case .bool: literal(value.bool ? "true" : "false")
        case .double: double(value.double)
        case .bytes: base64(bytes, value.slice.start, value.slice.end)
        case .empty: literal("null")
        // The walk admits no more levels than this, so nothing is cut here.
        case .array, .keyValueList:
            if depth > WalkLimits.maxDepth {
                literal("\"[MaxDepth]\"")
            } else if value.kind == .array {
                list(value.slice, in: bytes, depth: depth)
            } else {
                byte(UInt8(ascii: "{"))
                pairs(1, of: value.slice, in: bytes, depth: depth)
                byte(UInt8(ascii: "}"))
            }
        }
    }

    /// Integers that JavaScript cannot hold exactly are strings: the far side reads JSON with doubles.
    package mutating func integer(_ value: Int64) {
        if value.magnitude <= 1 << 53 - 1 {
            signed(value)
        } else {
            byte(UInt8(ascii: "\""))
            signed(value)
            byte(UInt8(ascii: "\""))
        }
    }

    private mutating func list(_ slice: Slice, in bytes: Span<UInt8>, depth: Int) {
        byte(UInt8(ascii: "["))
        var cursor = RepeatedCursor(field: 1, of: slice)
        var isFirst = true
        while let item = cursor.next(in: bytes) {
            if !isFirst { byte(UInt8(ascii: ",")) }
            isFirst = false
            var view = ValueView()
            view.merge(item, in: bytes)
            value(view, in: bytes, depth: depth + 1)
        }
        byte(UInt8(ascii: "]"))
    }

    /// The `KeyValue`s in a repeated field as members of an object, without its braces; answers
    /// whether there was one.
    @discardableResult
    package mutating func pairs(
        _ field: Int, of message: Slice, in bytes: Span<UInt8>, depth: Int = 0
    ) -> Bool {
        var cursor = RepeatedCursor(field: field, of: message)
        var isFirst = true
        while let item = cursor.next(in: bytes) {
            if !isFirst { byte(UInt8(ascii: ",")) }
            isFirst = false
            let pair = AttributeView(item, in: bytes)
            string(pair.key, in: bytes)
            byte(UInt8(ascii: ":"))
            value(pair.value, in: bytes, depth: depth + 1)
        }
        return !isFirst
    }
}
