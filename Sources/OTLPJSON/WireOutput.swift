/// The protobuf bytes as they come to be.
///
/// A message's length stands before its content and is known after it: room is left for it, and the
/// content is moved where that was a byte too few or too many. Padded lengths would save the move,
/// and would not be what other encoders write.
struct WireOutput {
    private var bytes: [UInt8]
    /// Fields on their way to another order.
    private var scratch: [UInt8] = []

    /// Takes memory for all that a body can become, so that nothing is moved to a larger place. Of
    /// a large body the part that is not written is never touched, hence never given by the kernel.
    ///
    /// A body grows by less than a quarter: the most that a byte of JSON becomes is seen at
    /// `"kind":-1,`, ten bytes for eleven.
    init(bodyBytes: Int) {
        bytes = []
        bytes.reserveCapacity(bodyBytes &+ bodyBytes / 4 &+ 64)
    }

    var count: Int {
        @inline(__always) get { bytes.count }
    }

    /// The bytes, in memory of about their size.
    mutating func finish() -> [UInt8] {
        scratch = []
        guard bytes.capacity > bytes.count &+ bytes.count / 4 else { return bytes }
        let fitting = [UInt8](bytes[...])
        bytes = []
        return fitting
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    @inline(__always)
    mutating func append(_ source: Span<UInt8>) {
        // The span is borrowed for the call; `append` copies.
        unsafe source.withUnsafeBufferPointer { buffer in
            unsafe bytes.append(contentsOf: buffer)
        }
    }

    /// Appends what `body` writes, at most `capacity` bytes.
    @inline(__always)
    mutating func append(upTo capacity: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
        bytes.append(addingCapacity: capacity, initializingWith: body)
    }

    /// Base 128, of minimal length.
    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Little-endian, in `width` bytes.
    mutating func fixed(_ value: UInt64, width: Int) {
        for index in 0..<width {
            bytes.append(
                UInt8(truncatingIfNeeded: value &>> UInt64(truncatingIfNeeded: index &* 8)))
        }
    }

    @inline(__always)
    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count &- count)
    }

    /// The tag of a field and room for its length. Answers where the content begins.
    @inline(__always)
    mutating func open(_ tag: UInt8, lengthWidth: Int) -> Int {
        bytes.append(tag)
        for _ in 0..<lengthWidth { bytes.append(0) }
        return bytes.count
    }

    /// Ends the field whose content begins at `start`: its length is put before it.
    @inline(__always)
    mutating func close(_ start: Int, lengthWidth: Int) {
        let length = UInt64(truncatingIfNeeded: bytes.count &- start)
        let width = Self.varintWidth(length)
        if width != lengthWidth { move(from: start, by: width &- lengthWidth) }
        var index = start &- lengthWidth
        var rest = length
        while rest >= 0x80 {
            bytes[index] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest &>>= 7
            index &+= 1
        }
        bytes[index] = UInt8(truncatingIfNeeded: rest)
    }

    @inline(__always)
    static func varintWidth(_ value: UInt64) -> Int {
        (UInt64.bitWidth &- (value | 1).leadingZeroBitCount &+ 6) / 7
    }

    /// Moves everything from `start` on by a few bytes, up or down.
    @inline(never)
    private mutating func move(from start: Int, by distance: Int) {
        let count = bytes.count &- start
        for _ in 0..<max(distance, 0) { bytes.append(0) }
        guard count > 0 else { return truncate(to: start &+ distance) }
        unsafe bytes.withUnsafeMutableBytes { buffer in
            // Both ends lie within the bytes: room for a move up has just been appended, and a move
            // down goes over the room that `open` made. `copyMemory` allows overlap.
            let base = unsafe buffer.baseAddress.unsafelyUnwrapped
            unsafe (base + start + distance).copyMemory(from: base + start, byteCount: count)
        }
        if distance < 0 { truncate(to: start &+ distance &+ count) }
    }

    /// Puts the fields of the message whose content begins at `start` into the order of their
    /// numbers, and forgets the values that others have replaced.
    @inline(never)
    mutating func restore(_ order: FieldOrder, from start: Int) {
        scratch.removeAll(keepingCapacity: true)
        for index in 0..<FieldOrder.highestNumber {
            scratch.append(contentsOf: bytes[order[index]])
        }
        truncate(to: start)
        bytes.append(contentsOf: scratch)
    }
}
