/// An `AnyValue` where it lies: its kind, and either the value itself or the bytes that hold it.
@usableFromInline package struct ValueView: Hashable, Sendable {
    @usableFromInline package enum Kind: UInt8, Sendable {
        /// No member of the oneof is set; a value of its own since OTLP 1.9.0.
        case empty
        case string
        case bool
        case int
        case double
        case array
        case keyValueList
        case bytes
    }

    @usableFromInline package var kind = Kind.empty
    /// `bool`, `int` and `double` by their bit pattern.
    @usableFromInline package var bits: UInt64 = 0
    /// The content of `string`, `bytes`, `array` and `keyValueList`.
    @usableFromInline package var slice = Slice.empty

    @inlinable
    package init() {}

    @inlinable package var bool: Bool { bits != 0 }
    @inlinable package var int: Int64 { Int64(bitPattern: bits) }
    @inlinable package var double: Double { Double(bitPattern: bits) }

    /// Reads the message at `range`. Of several members the last set wins, as for any oneof; a later
    /// empty message changes nothing, which is protobuf's merge.
    @inlinable @inline(__always)
    package mutating func merge(_ range: Slice, in bytes: Span<UInt8>) {
        var position = range.start
        while let field = bytes.nextField(at: &position, before: range.end) {
            switch field.tag {
            case 0x0a: self = Self(.string, field.content)
            case 0x10: self = Self(.bool, field.bits == 0 ? 0 : 1)
            case 0x18: self = Self(.int, field.bits)
            case 0x21: self = Self(.double, field.bits)
            case 0x2a: self = Self(.array, field.content)
            case 0x32: self = Self(.keyValueList, field.content)
            case 0x3a: self = Self(.bytes, field.content)
            default: break
            }
        }
    }

    @inlinable @inline(__always)
    package init(_ kind: Kind, _ slice: Slice) {
        self.kind = kind
        self.slice = slice
    }

    @inlinable @inline(__always)
    package init(_ kind: Kind, _ bits: UInt64) {
        self.kind = kind
        self.bits = bits
    }
}

/// A `KeyValue` where it lies.
@usableFromInline package struct AttributeView: Hashable, Sendable {
    @usableFromInline package var key = Slice.empty
    @usableFromInline package var value = ValueView()

    @inlinable @inline(__always)
    package init(_ range: Slice, in bytes: Span<UInt8>) {
        if readUsualForm(range, in: bytes) { return }
        var position = range.start
        while let field = bytes.nextField(at: &position, before: range.end) {
            switch field.tag {
            case 0x0a: key = field.content
            case 0x12: value.merge(field.content, in: bytes)
            default: break
            }
        }
    }

    /// Key and value once each and in this order, the key and its tag shorter than 128 bytes, a
    /// string or a number as value: what every encoder writes, read without a loop. False where the
    /// bytes are otherwise, and nothing taken.
    @inlinable @inline(__always)
    mutating func readUsualForm(_ range: Slice, in bytes: Span<UInt8>) -> Bool {
        let start = range.start
        let end = range.end
        guard end &- start >= 6, bytes[start] == 0x0a, bytes[start &+ 1] < 0x80 else {
            return false
        }
        let keyEnd = start &+ 2 &+ Int(bytes[start &+ 1])
        guard end &- keyEnd >= 4, bytes[keyEnd] == 0x12 else { return false }
        var position = keyEnd &+ 1
        guard let any = try? bytes.delimited(at: &position, before: end), any.end == end else {
            return false
        }
        guard any.count >= 2 else { return false }
        let tag = bytes[any.start]
        position = any.start &+ 1
        if tag == 0x0a {
            guard let text = try? bytes.delimited(at: &position, before: end), text.end == end
            else { return false }
            value.kind = .string
            value.slice = text
        } else if tag == 0x18 {
            guard let number = try? bytes.varint(at: &position, before: end), position == end
            else { return false }
            value.kind = .int
            value.bits = number
        } else {
            return false
        }
        key = Slice(start &+ 2, keyEnd)
        return true
    }
}

/// The items of an `ArrayValue` or the pairs of a `KeyValueList`, or the attributes of any message
/// in which they are a repeated field: one after the other, without a list of them.
@usableFromInline package struct RepeatedCursor: Sendable {
    @usableFromInline let tag: UInt32
    @usableFromInline var position: Int
    @usableFromInline let end: Int

    /// - Parameter field: the number of the repeated, length-delimited field.
    @inlinable @inline(__always)
    package init(field: Int, of message: Slice) {
        tag = UInt32(truncatingIfNeeded: field) << 3 | 2
        position = message.start
        end = message.end
    }

    @inlinable @inline(__always)
    package mutating func next(in bytes: Span<UInt8>) -> Slice? {
        while let field = bytes.nextField(at: &position, before: end) {
            if field.tag == tag { return field.content }
        }
        return nil
    }
}
