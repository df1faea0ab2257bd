import CDeflate

/// Compresses answers for clients that offer to read gzip (OTLP H9). Most answers are empty or a
/// line; what is sent is the shorter of both. The viewer's files are compressed by it as well.
package enum AnswerGzip {
    /// Below this many bytes the header and trailer of gzip weigh more than what is saved.
    static let minBytes = 128

    /// Whether `Accept-Encoding` offers gzip (RFC 9110 12.5.3): by name or by `*`, with a weight
    /// other than zero.
    package static func isOffered(_ acceptEncoding: String) -> Bool {
        var any: Bool?
        for item in acceptEncoding.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.trimmingSpaces() }
            guard let name = parts.first else { continue }
            let isWanted = !parts.dropFirst().contains { isZeroWeight($0) }
            if name == "gzip" || name == "x-gzip" { return isWanted }
            if name == "*" { any = isWanted }
        }
        return any ?? false
    }

    /// `q=0`, `q=0.0` and so on.
    private static func isZeroWeight(_ parameter: Substring) -> Bool {
        guard parameter.hasPrefix("q=") else { return false }
        return parameter.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
    }

    /// Nil where it would be no shorter.
    package static func compressed(_ body: [UInt8]) -> [UInt8]? {
        guard body.count >= minBytes, let compressor = unsafe libdeflate_alloc_compressor(1) else {
            return nil
        }
        defer { unsafe libdeflate_free_compressor(compressor) }
        // Both pointers are valid for their counts; zero bytes written mean that it does not fit.
        let packed = unsafe [UInt8](unsafeUninitializedCapacity: body.count) { buffer, count in
            count = unsafe body.withUnsafeBufferPointer { source in
                unsafe libdeflate_gzip_compress(
                    compressor, source.baseAddress, source.count, buffer.baseAddress, buffer.count)
            }
        }
        return packed.isEmpty ? nil : packed
    }
}
