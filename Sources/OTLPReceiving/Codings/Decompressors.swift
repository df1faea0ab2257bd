import CDeflate
import CZstd

/// The C decompressors of one thread, made when they are first needed.
@safe struct Decompressors: ~Copyable {
    private var deflate: OpaquePointer?
    private var zstd: OpaquePointer?

    deinit {
        // Both take nil.
        unsafe libdeflate_free_decompressor(deflate)
        unsafe ZSTD_freeDCtx(zstd)
    }

    /// Decompresses all of `input`; `count` is what the buffer holds then.
    mutating func run(
        _ coding: BodyCoding, _ input: Span<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>,
        _ count: inout Int
    ) -> Decompression {
        // Both pointers are valid for the counts that go with them, for the length of the closure.
        unsafe input.withUnsafeBufferPointer { source in
            guard let from = source.baseAddress, let to = buffer.baseAddress else { return .full }
            switch coding {
            case .identity:
                count = min(source.count, buffer.count)
                unsafe to.initialize(from: from, count: count)
                return source.count <= buffer.count ? .done : .full
            case .gzip, .deflate:
                if unsafe deflate == nil { unsafe deflate = libdeflate_alloc_decompressor() }
                guard let deflate = unsafe deflate else { return .outOfMemory }
                return coding == .gzip
                    ? unsafe GzipFormat.decompress(deflate, source, into: buffer, &count)
                    : unsafe ZlibFormat.decompress(deflate, source, into: buffer, &count)
            case .zstd:
                if unsafe zstd == nil { unsafe zstd = ZSTD_createDCtx() }
                guard let zstd = unsafe zstd else { return .outOfMemory }
                return unsafe ZstdFormat.decompress(zstd, source, into: buffer, &count)
            }
        }
    }
}
