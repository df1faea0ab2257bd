package import MastraRecords
package import OTLP

/// Attribute values as JSON, within a policy.
extension JSONWriter {
    @inline(__always)
    package mutating func string(_ slice: Slice, in bytes: Span<UInt8>) {
        string(bytes, slice.start, slice.end)
    }

    /// An attribute value as JSON, whatever its kind (MAPPING 2): bytes as base64, what JSON has no
    /// number for as a string, an unset value as null.
    ///
    /// - Parameter depth: the level of the value itself, as `ContentPolicy` counts.
    package mutating func value(
        _ value: ValueView, in bytes: Span<UInt8>, depth: Int, _ policy: borrowing ContentPolicy
    ) {
        switch value.kind {
        case .string:
            text(
                bytes, value.slice.start, value.slice.end, maxUnits: policy.maxStringLength,
                maxBytes: policy.maxValueBytes)
        case .int: integer(value.int)
        case .bool: literal(value.bool ? "true" : "false")
        case .double: double(value.double)
        case .bytes: base64(bytes, value.slice, policy)
        case .empty: literal("null")
        case .array, .keyValueList:
            // Beyond the walk's own limit there is nothing.
            if depth > policy.maxDepth || depth > WalkLimits.maxDepth &+ 8 {
                literal("\"[MaxDepth]\"")
            } else if value.kind == .array {
                list(value.slice, in: bytes, depth: depth, policy)
            } else {
                byte(UInt8(ascii: "{"))
                pairs(
                    1, of: value.slice, in: bytes, depth: depth, policy,
                    maxKeys: policy.maxObjectKeys)
                byte(UInt8(ascii: "}"))
            }
        }
    }

    /// Bytes are text of a third more characters.
    private mutating func base64(
        _ bytes: Span<UInt8>, _ slice: Slice, _ policy: borrowing ContentPolicy
    ) {
        let mark = count
        base64(bytes, slice.start, slice.end)
        let length = count &- mark &- 2
        guard length > policy.maxStringLength || length > policy.maxValueBytes else { return }
        let text = self.bytes(from: mark &+ 1)
        truncate(to: mark)
        self.text(
            text.span, 0, length, maxUnits: policy.maxStringLength, maxBytes: policy.maxValueBytes)
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

    /// What stands for the value of a sensitive key: objects are looked into, all else is hidden.
    mutating func hidden(
        _ value: ValueView, in bytes: Span<UInt8>, depth: Int, _ policy: borrowing ContentPolicy
    ) {
        switch value.kind {
        case .empty: literal("null")
        case .keyValueList: self.value(value, in: bytes, depth: depth, policy)
        case .string: redacted(bytes, value.slice.start, value.slice.end, policy.redaction)
        case .array:
            if holdsObjects(value.slice, in: bytes) {
                self.value(value, in: bytes, depth: depth, policy)
            } else {
                literal("[\"[REDACTED]\"]")
            }
        default: literal("\"[REDACTED]\"")
        }
    }

    private func holdsObjects(_ slice: Slice, in bytes: Span<UInt8>) -> Bool {
        var cursor = RepeatedCursor(field: 1, of: slice)
        while let item = cursor.next(in: bytes) {
            var view = ValueView()
            view.merge(item, in: bytes)
            guard view.kind == .keyValueList else { return false }
        }
        return true
    }

    private mutating func list(
        _ slice: Slice, in bytes: Span<UInt8>, depth: Int, _ policy: borrowing ContentPolicy
    ) {
        byte(UInt8(ascii: "["))
        var cursor = RepeatedCursor(field: 1, of: slice)
        var written = 0
        while let item = cursor.next(in: bytes) {
            if written > 0 { byte(UInt8(ascii: ",")) }
            if written == policy.maxArrayItems {
                var left = 1
                while cursor.next(in: bytes) != nil { left &+= 1 }
                moreItems(left)
                break
            }
            written &+= 1
            var view = ValueView()
            view.merge(item, in: bytes)
            value(view, in: bytes, depth: depth &+ 1, policy)
        }
        byte(UInt8(ascii: "]"))
    }

    /// The last item of a list that was cut (MASTRA-CONTRACT 2.5).
    mutating func moreItems(_ count: Int) {
        literal("\"[…")
        unsigned(UInt64(count))
        literal(" more items]\"")
    }

    /// The last member of an object that was cut.
    mutating func moreKeys(_ count: Int) {
        literal("\"__truncated\":\"")
        unsigned(UInt64(count))
        literal(" more keys omitted\"")
    }

    /// The `KeyValue`s in a repeated field as members of an object at `depth`, without its braces;
    /// answers whether there was one. Of a key that comes again the last value is written.
    ///
    /// - Parameter maxKeys: of a sender's own value; the attributes of a resource, a scope, an event
    ///   or a link are not cut.
    @discardableResult
    package mutating func pairs(
        _ field: Int, of message: Slice, in bytes: Span<UInt8>, depth: Int,
        _ policy: borrowing ContentPolicy, maxKeys: Int = .max
    ) -> Bool {
        let mark = count
        var cursor = RepeatedCursor(field: field, of: message)
        var written = 0
        var seen: UInt64 = 0
        while let item = cursor.next(in: bytes) {
            let pair = AttributeView(item, in: bytes)
            let bit = Self.bit(of: pair.key, in: bytes)
            // Few lists name a key twice: those that may are written again with an eye on it.
            if seen & bit != 0 || written == maxKeys {
                truncate(to: mark)
                return pairsOnce(
                    RepeatedCursor(field: field, of: message), in: bytes, depth: depth, policy,
                    maxKeys: maxKeys)
            }
            seen |= bit
            if written > 0 { byte(UInt8(ascii: ",")) }
            written &+= 1
            member(pair, in: bytes, depth: depth, policy)
        }
        return written > 0
    }

    /// One of 64 bits, by the last eight bytes of a key.
    @inline(__always)
    private static func bit(of key: Slice, in bytes: Span<UInt8>) -> UInt64 {
        var word = UInt64(truncatingIfNeeded: key.count)
        if key.count >= 8 {
            word ^= bytes.load64(key.end &- 8)
        } else {
            for offset in key.start..<key.end { word = word &<< 8 ^ UInt64(bytes[offset]) }
        }
        return 1 &<< ((word &* 0x9e37_79b9_7f4a_7c15) &>> 58)
    }

    /// As `pairs`, each key once and no more of them than there may be.
    private mutating func pairsOnce(
        _ start: RepeatedCursor, in bytes: Span<UInt8>, depth: Int,
        _ policy: borrowing ContentPolicy, maxKeys: Int
    ) -> Bool {
        var cursor = start
        var written = 0
        while let item = cursor.next(in: bytes) {
            let pair = AttributeView(item, in: bytes)
            if comesAgain(pair.key, cursor, in: bytes) { continue }
            if written > 0 { byte(UInt8(ascii: ",")) }
            if written == maxKeys {
                var left = 1
                while cursor.next(in: bytes) != nil { left &+= 1 }
                moreKeys(left)
                break
            }
            written &+= 1
            member(pair, in: bytes, depth: depth, policy)
        }
        return written > 0
    }

    /// Looked for in short lists only, where it costs little; in a longer one JSON readers take the
    /// last themselves.
    private func comesAgain(_ key: Slice, _ cursor: RepeatedCursor, in bytes: Span<UInt8>) -> Bool {
        var rest = cursor
        var looked = 0
        while looked < 64, let item = rest.next(in: bytes) {
            looked &+= 1
            let other = AttributeView(item, in: bytes).key
            if other.count == key.count, bytes.equals(other.start, bytes, key.start, key.count) {
                return true
            }
        }
        return false
    }

    /// One attribute as a member of an object at `depth`.
    @inline(__always)
    mutating func member(
        _ pair: AttributeView, in bytes: Span<UInt8>, depth: Int, _ policy: borrowing ContentPolicy
    ) {
        string(pair.key, in: bytes)
        byte(UInt8(ascii: ":"))
        value(of: pair, in: bytes, depth: depth &+ 1, policy)
    }

    /// The value of an attribute at `depth`, hidden where its key is sensitive.
    @inline(__always)
    mutating func value(
        of pair: AttributeView, in bytes: Span<UInt8>, depth: Int,
        _ policy: borrowing ContentPolicy
    ) {
        if policy.isSensitive(bytes, pair.key.start, pair.key.end) {
            hidden(pair.value, in: bytes, depth: depth, policy)
        } else {
            value(pair.value, in: bytes, depth: depth, policy)
        }
    }
}
