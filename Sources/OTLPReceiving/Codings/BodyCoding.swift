/// How a body or a gRPC message is compressed.
enum BodyCoding: String, Hashable, Sendable, CaseIterable {
    case identity
    case gzip
    /// The zlib format (RFC 9110 8.4.1.2), without which the name would say nothing of a checksum.
    case deflate
    case zstd

    /// What `accept-encoding` and `grpc-accept-encoding` name, the usual one first.
    static let accepted = "gzip, deflate, zstd, identity"

    /// By `Content-Encoding`: names of any case; `x-gzip` is gzip (RFC 9110 8.4.1). Nil for every
    /// other name, and for more than one.
    init?(contentEncoding: String) {
        switch contentEncoding.isPlainToken
            ? contentEncoding : contentEncoding.trimmingSpaces().lowercased()
        {
        case "", "identity": self = .identity
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        case "zstd": self = .zstd
        default: return nil
        }
    }

    /// By `grpc-encoding`, whose names are lower-case (gRPC's compression.md).
    init?(grpcEncoding: String) {
        self.init(rawValue: grpcEncoding)
    }
}
