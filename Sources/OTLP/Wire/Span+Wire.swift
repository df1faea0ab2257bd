/// The protobuf wire format, read from a `Span` at an offset that moves forward.
///
/// Two readers of one format: the throwing ones serve the walk over a stranger's bytes and say what
/// is wrong; nothing behind the walk reads a byte that it has not seen, so `nextField` there simply
/// ends where the throwing one would have complained.
extension Span<UInt8> {
    /// Base-128 varint, at most ten bytes.
    @inlinable @inline(__always)
    package func varint(at position: inout Int, before end: Int) throws(WireError) -> UInt64 {
        guard position < end else { throw WireError(offset: position, reason: .truncated) }
        let first = self[position]
        if first < 0x80 {
            position &+= 1
            return UInt64(first)
        }
        return try longVarint(at: &position, before: end)
    }

    @inline(never) @usableFromInline
    func longVarint(at position: inout Int, before end: Int) throws(WireError) -> UInt64 {
        let start = position
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = self[position]
            position &+= 1
            // The tenth byte carries the 64th bit alone.
            if shift == 63, byte > 1 { throw WireError(offset: start, reason: .varintTooLong) }
            value |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        throw WireError(offset: start, reason: .truncated)
    }

    /// The content of a length-delimited field whose length begins at `position`, which moves past it.
    @inlinable @inline(__always)
    package func delimited(at position: inout Int, before end: Int) throws(WireError) -> Slice {
        let start = position
        let length = try varint(at: &position, before: end)
        guard length <= UInt64(end &- position) else {
            throw WireError(
                offset: start, reason: .lengthPastEnd(by: length &- UInt64(end &- position)))
        }
        let content = Slice(position, position &+ Int(length))
        position = content.end
        return content
    }

    @inlinable @inline(__always)
    package func skip(_ width: Int, at position: inout Int, before end: Int) throws(WireError) {
        guard end &- position >= width else {
            throw WireError(offset: position, reason: .truncated)
        }
        position &+= width
    }

    /// Eight little-endian bytes; the caller has checked that they are there.
    @inlinable @inline(__always)
    package func load64(_ offset: Int) -> UInt64 {
        // Bounds are checked by `RawSpan`; every bit pattern is a valid `UInt64`.
        unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inlinable @inline(__always)
    package func load32(_ offset: Int) -> UInt32 {
        // As `load64`.
        unsafe UInt32(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

/// One field of a message: its tag and its value in whichever form the wire type gives.
@usableFromInline package struct WireField {
    /// Field number and wire type as on the wire: `number << 3 | type`.
    @usableFromInline package var tag: UInt32
    /// Varint, fixed64 or fixed32.
    @usableFromInline package var bits: UInt64
    /// Length-delimited content.
    @usableFromInline package var content: Slice

    @inlinable @inline(__always)
    package init(tag: UInt32, bits: UInt64, content: Slice) {
        self.tag = tag
        self.bits = bits
        self.content = content
    }
}

extension Span<UInt8> {
    /// The next field before `end`, or nil at the end and at bytes that the walk would have refused.
    @inlinable @inline(__always)
    package func nextField(at position: inout Int, before end: Int) -> WireField? {
        guard position < end, let tag = try? varint(at: &position, before: end) else { return nil }
        let tag32 = UInt32(truncatingIfNeeded: tag)
        switch tag & 7 {
        case 2:
            guard let content = try? delimited(at: &position, before: end) else { return nil }
            return WireField(tag: tag32, bits: 0, content: content)
        case 0:
            guard let value = try? varint(at: &position, before: end) else { return nil }
            return WireField(tag: tag32, bits: value, content: .empty)
        case 1:
            guard end &- position >= 8 else { return nil }
            defer { position &+= 8 }
            return WireField(tag: tag32, bits: load64(position), content: .empty)
        case 5:
            guard end &- position >= 4 else { return nil }
            defer { position &+= 4 }
            return WireField(tag: tag32, bits: UInt64(load32(position)), content: .empty)
        default:
            guard skipGroup(tag: tag, at: &position, before: end) else { return nil }
            return WireField(tag: 0, bits: 0, content: .empty)
        }
    }

    /// The rare rest of `nextField`: an unknown group, or what is no field at all.
    @inline(never) @usableFromInline
    func skipGroup(tag: UInt64, at position: inout Int, before end: Int) -> Bool {
        let start = position
        do throws(WireError) {
            try skipUnknown(tag: tag, at: &position, before: end, tagOffset: start, depth: 0)
            return true
        } catch {
            return false
        }
    }

    /// Skips the value of a field that the schema does not have (OTLP-REQUIREMENTS P4, X16).
    func skipUnknown(
        tag: UInt64, at position: inout Int, before end: Int, tagOffset: Int, depth: Int
    ) throws(WireError) {
        let number = tag >> 3
        guard number >= 1, number < 1 << 29 else {
            throw WireError(offset: tagOffset, reason: .fieldNumber(number))
        }
        switch tag & 7 {
        case 0: _ = try varint(at: &position, before: end)
        case 1: try skip(8, at: &position, before: end)
        case 2: _ = try delimited(at: &position, before: end)
        case 3:
            try skipGroup(
                number: number, at: &position, before: end, tagOffset: tagOffset, depth: depth)
        case 4: throw WireError(offset: tagOffset, reason: .strayEndGroup(field: number))
        case 5: try skip(4, at: &position, before: end)
        case let type:
            throw WireError(
                offset: tagOffset, reason: .wireType(UInt8(truncatingIfNeeded: type), field: number)
            )
        }
    }

    private func skipGroup(
        number: UInt64, at position: inout Int, before end: Int, tagOffset: Int, depth: Int
    ) throws(WireError) {
        guard depth < WalkLimits.maxDepth else {
            throw WireError(offset: tagOffset, reason: .tooDeep(limit: WalkLimits.maxDepth))
        }
        while position < end {
            let start = position
            let tag = try varint(at: &position, before: end)
            if tag & 7 == 4 {
                guard tag >> 3 == number else {
                    throw WireError(offset: start, reason: .strayEndGroup(field: tag >> 3))
                }
                return
            }
            try skipUnknown(
                tag: tag, at: &position, before: end, tagOffset: start, depth: depth + 1)
        }
        throw WireError(offset: tagOffset, reason: .unendedGroup(field: number))
    }
}
