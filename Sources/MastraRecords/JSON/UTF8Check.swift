/// Well-formed UTF-8 as the Unicode Standard's table 3-7 lists it: no overlong forms, no
/// surrogates, nothing above U+10FFFF.
package enum UTF8Check {
    /// Bytes of the well-formed character at the start of a non-empty buffer whose first byte is not
    /// ASCII, or 0 where there is none.
    @inline(__always)
    static func length(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        // Indices are checked against `count` before each read.
        let first = unsafe bytes[0]
        func isTail(_ index: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xbf) -> Bool {
            guard index < bytes.count else { return false }
            let byte = unsafe bytes[index]
            return byte >= low && byte <= high
        }
        switch first {
        case 0xc2...0xdf: return isTail(1) ? 2 : 0
        case 0xe0: return isTail(1, 0xa0) && isTail(2) ? 3 : 0
        case 0xed: return isTail(1, 0x80, 0x9f) && isTail(2) ? 3 : 0
        case 0xe1...0xef: return isTail(1) && isTail(2) ? 3 : 0
        case 0xf0: return isTail(1, 0x90) && isTail(2) && isTail(3) ? 4 : 0
        case 0xf1...0xf3: return isTail(1) && isTail(2) && isTail(3) ? 4 : 0
        case 0xf4: return isTail(1, 0x80, 0x8f) && isTail(2) && isTail(3) ? 4 : 0
        default: return 0
        }
    }

    /// As above, for a character at `offset` of a span.
    @inline(__always)
    package static func length(of bytes: Span<UInt8>, at offset: Int, before end: Int) -> Int {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe length(of: UnsafeBufferPointer(rebasing: buffer[offset..<end]))
        }
    }
}
