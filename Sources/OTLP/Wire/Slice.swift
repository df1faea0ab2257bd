/// A run of bytes of the request body, as offsets from its first byte.
///
/// Offsets and not pointers: a slice cannot dangle, and every read through it is checked against
/// the body. Bodies are far below 4 GiB (`OTLPReceiverConfiguration.maxBodyBytes`).
@usableFromInline package struct Slice: Hashable, Sendable {
    @usableFromInline package var lower: UInt32
    @usableFromInline package var upper: UInt32

    @usableFromInline package static let empty = Slice(0, 0)

    @inlinable @inline(__always)
    package init(_ lower: Int, _ upper: Int) {
        self.lower = UInt32(truncatingIfNeeded: lower)
        self.upper = UInt32(truncatingIfNeeded: upper)
    }

    @inlinable @inline(__always) package var start: Int { Int(lower) }
    @inlinable @inline(__always) package var end: Int { Int(upper) }
    @inlinable @inline(__always) package var count: Int { Int(upper) - Int(lower) }
    @inlinable @inline(__always) package var isEmpty: Bool { lower >= upper }
}
