import CZstd

/// Zstandard (RFC 8878): every frame of a body; skippable frames are skipped.
///
/// The whole output is one buffer, which serves as the window: a frame cannot ask for more memory.
enum ZstdFormat {
    /// What the first frame's header says, as far as so many bytes can become so much.
    static func namedLength(_ input: Span<UInt8>) -> Int {
        // Valid for the length of the closure.
        let named = unsafe input.withUnsafeBufferPointer {
            unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count)
        }
        // Unknown, as streaming encoders leave it, or no frame: the two highest numbers. Guessing too
        // little decompresses twice.
        guard named < 1 << 40 else { return max(65_536, input.count * 8) }
        // A block of 128 KiB takes at least four bytes.
        return min(Int(named), input.count * 32_768)
    }

    /// As in `GzipFormat`.
    static func decompress(
        _ context: OpaquePointer, _ input: UnsafeBufferPointer<UInt8>,
        into buffer: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
    ) -> Decompression {
        // The pointers and their counts are the caller's.
        let result = unsafe ZSTD_decompressDCtx(
            context, buffer.baseAddress, buffer.count, input.baseAddress, input.count)
        guard ZSTD_isError(result) != 0 else {
            count = result
            return .done
        }
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_dstSize_tooSmall: return .full
        case ZSTD_error_memory_allocation: return .outOfMemory
        default:
            // The name is a constant text of the library.
            return .broken(
                "the zstd frames are damaged or cut off: "
                    + (unsafe String(cString: ZSTD_getErrorName(result))))
        }
    }
}
