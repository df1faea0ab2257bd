package import HTTPServing

/// What a request may show to be let in on a route, as a configuration writes it.
package enum Credential: Hashable, Sendable {
    /// A key, sent as `authorization: Bearer KEY` or `x-api-key: KEY`; written `sha256:` and the digest
    /// of its bytes in hex.
    case key(SHA256Digest)
    /// A user and password (RFC 7617); written `basic:sha256:` and the digest of `user:password`.
    case basic(SHA256Digest)
    /// A name in the certificate of a client that TLS has verified; written `certificate:NAME`.
    case certificate(ClientNamePattern)

    /// What was expected in the place of a text. Never what stands there: it may be the key itself.
    package struct Invalid: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// - Throws: `Invalid`, whose description goes on after "expected".
    package init(_ text: String) throws(Invalid) {
        if let name = text.dropping("certificate:") {
            guard let pattern = ClientNamePattern(String(name)) else { throw .certificateName }
            self = .certificate(pattern)
        } else if let hex = text.dropping("basic:sha256:") {
            guard let digest = SHA256Digest(hex: hex) else { throw .basicDigest }
            self = .basic(digest)
        } else if let hex = text.dropping("sha256:") {
            guard let digest = SHA256Digest(hex: hex) else { throw .keyDigest }
            self = .key(digest)
        } else {
            throw text.hasPrefix("basic:") ? .basicDigest : .form
        }
    }
}

extension Credential.Invalid {
    fileprivate static let keyDigest = Self(
        description:
            "sha256: and 64 hex digits; `mastra-gateway credential hash` makes them of a key")
    fileprivate static let basicDigest = Self(
        description:
            "basic:sha256: and 64 hex digits; `mastra-gateway credential hash --basic USER` makes them of a password"
    )
    fileprivate static let certificateName = Self(
        description:
            "certificate: and a name, *. before a name, or a URI; a star stands for the first label alone"
    )
    fileprivate static let form = Self(
        description:
            "sha256: and 64 hex digits, basic:sha256: and 64 hex digits, or certificate: and a name; `mastra-gateway credential hash` makes the digits of a key"
    )
}

extension String {
    /// What follows a beginning; nil for a text with another one.
    fileprivate func dropping(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
