import CNghttp2

/// Names and values of a header block in one run of bytes, as nghttp2 wants to be pointed at them.
struct HTTP2HeaderBlock {
    private var bytes: [UInt8] = []
    private var lengths: [(name: Int, value: Int)] = []

    /// `status` is nil for trailers.
    init(status: Int?, fields: [HTTPField]) {
        bytes.reserveCapacity(64 + fields.count * 48)
        lengths.reserveCapacity(fields.count + 1)
        if let status { append(name: ":status", value: String(status)) }
        for field in fields { append(name: field.name, value: field.value) }
    }

    private mutating func append(name: String, value: String) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: value.utf8)
        lengths.append((name.utf8.count, value.utf8.count))
    }

    /// The pairs point into this block and hold for the length of `body`; nghttp2 copies them.
    func withPairs<R>(_ body: (UnsafeBufferPointer<nghttp2_nv>) -> R) -> R {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            var pairs: [nghttp2_nv] = unsafe []
            unsafe pairs.reserveCapacity(lengths.count)
            // nghttp2 does not write through these pointers, though its type would let it.
            var next = unsafe UnsafeMutablePointer(mutating: bytes.baseAddress)
            for length in lengths {
                let value = unsafe next.map { unsafe $0 + length.name }
                unsafe pairs.append(
                    nghttp2_nv(
                        name: next, value: value, namelen: length.name, valuelen: length.value,
                        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
                unsafe next = value.map { unsafe $0 + length.value }
            }
            return unsafe pairs.withUnsafeBufferPointer { unsafe body($0) }
        }
    }
}
