import HTTPServing

/// What a request shows in its header to be let in. These two fields and no others: what a proxy may have
/// added, or a sender made up, says nothing.
struct PresentedCredentials: Hashable, Sendable {
    /// A digest of what was shown, so that nothing behind depends on its length.
    enum Shown: Hashable, Sendable {
        case key(SHA256Digest)
        case basic(SHA256Digest)
    }

    /// Longer values are of nobody, and would cost time to hash.
    static let maxBytes = 4096

    private(set) var shown: [Shown] = []

    struct Malformed: Error {}

    init(_ fields: HTTPFields) throws(Malformed) {
        if let value = try Self.value("authorization", in: fields) {
            shown.append(try Self.authorization(value))
        }
        if let key = try Self.value("x-api-key", in: fields) {
            shown.append(.key(SHA256Digest(of: key)))
        }
    }

    /// Nil where the field is missing. One that comes twice may be understood in two ways.
    private static func value(
        _ name: String, in fields: HTTPFields
    ) throws(Malformed) -> String? {
        guard fields[name] != nil else { return nil }
        guard let value = fields.single(name), !value.isEmpty, value.utf8.count <= maxBytes else {
            throw Malformed()
        }
        return value
    }

    /// A scheme, in any case, one or more spaces, and what it brings (RFC 9110 11.4).
    private static func authorization(_ value: String) throws(Malformed) -> Shown {
        guard let space = value.utf8.firstIndex(of: UInt8(ascii: " ")) else { throw Malformed() }
        let rest = value[space...].trimmingSpaces()
        guard !rest.isEmpty else { throw Malformed() }
        switch value[..<space].lowercased() {
        case "bearer":
            return .key(SHA256Digest(of: String(rest)))
        case "basic":
            // RFC 7617 2: a user and a password around a colon.
            guard let pair = Base64.decoded(rest), pair.contains(UInt8(ascii: ":")) else {
                throw Malformed()
            }
            return .basic(SHA256Digest(of: pair))
        default:
            throw Malformed()
        }
    }
}
