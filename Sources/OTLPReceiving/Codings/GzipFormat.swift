import CDeflate

/// gzip (RFC 1952): every member of a body, each with its checksum and length.
enum GzipFormat {
    /// What the last member's trailer says, as far as so many bytes can become so much.
    static func namedLength(_ input: Span<UInt8>) -> Int {
        guard input.count >= 18 else { return 0 }
        var named = 0
        for offset in 1...4 { named = named << 8 | Int(input[input.count - offset]) }
        // Deflate makes at most 1032 bytes of one.
        return min(named, input.count * 1032)
    }

    /// - Parameters:
    ///   - input: not empty.
    ///   - buffer: not empty.
    static func decompress(
        _ decompressor: OpaquePointer, _ input: UnsafeBufferPointer<UInt8>,
        into buffer: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) -> Decompression {
        guard let from = input.baseAddress, let to = buffer.baseAddress else { return .full }
        var consumed = 0
        var member = 1
        // Stopping after the first member would lose spans silently (OTLP X11).
        while consumed < input.count {
            var read = 0
            var written = 0
            // The pointers and what is left of their counts are the caller's.
            let result = unsafe libdeflate_gzip_decompress_ex(
                decompressor, from + consumed, input.count - consumed, to + count,
                buffer.count - count, &read, &written)
            switch result {
            case LIBDEFLATE_SUCCESS:
                consumed += read
                count += written
                member += 1
            case LIBDEFLATE_INSUFFICIENT_SPACE: return .full
            default:
                return .broken("gzip member \(member) at byte \(consumed) is damaged or cut off")
            }
        }
        return .done
    }
}

/// zlib (RFC 1950), which HTTP calls `deflate`: one stream with its checksum, and nothing behind it.
enum ZlibFormat {
    /// As in `GzipFormat`.
    static func decompress(
        _ decompressor: OpaquePointer, _ input: UnsafeBufferPointer<UInt8>,
        into buffer: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) -> Decompression {
        var read = 0
        // The pointers and their counts are the caller's.
        let result = unsafe libdeflate_zlib_decompress_ex(
            decompressor, input.baseAddress, input.count, buffer.baseAddress, buffer.count, &read,
            &count)
        switch result {
        case LIBDEFLATE_SUCCESS where read == input.count: return .done
        case LIBDEFLATE_SUCCESS:
            return .broken("\(input.count - read) bytes follow the zlib stream")
        case LIBDEFLATE_INSUFFICIENT_SPACE:
            count = 0
            return .full
        default:
            count = 0
            return .broken("the zlib stream is damaged or cut off")
        }
    }
}
