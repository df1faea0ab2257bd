/// A key, or a user with a password, as a client holds it, and all that is made of it: what a configuration
/// says and what an SDK is given.
package struct ClientSecret: Hashable, Sendable {
    /// With less, somebody who reads the digest finds the secret by trying: SHA-256 is made to be fast.
    package static let minCharacters = 16

    /// The key or password.
    private let secret: String
    private let user: String?

    /// What is wrong with a key, password or user; never what it is.
    package struct Unfit: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    package init(_ secret: String, user: String?) throws(Unfit) {
        let name = user == nil ? "key" : "password"
        guard secret.count >= Self.minCharacters else {
            throw Unfit(
                description:
                    "the \(name) has fewer than \(Self.minCharacters) characters, so that it could be guessed from its digest; `mastra-gateway credential new` makes one that cannot"
            )
        }
        if let user {
            // RFC 7617 2: the first colon ends the user.
            guard !user.isEmpty, !user.contains(":"), user.isPrintable else {
                throw Unfit(
                    description: "a user is of printable characters, at least one, without a colon")
            }
            guard secret.isPrintable else {
                throw Unfit(description: "the password has characters that are not printable")
            }
        } else {
            // What a header field can carry, whatever is on the way (RFC 9110 5.5).
            guard secret.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw Unfit(
                    description: "the key has a space or another character than printable ASCII")
            }
        }
        self.secret = secret
        self.user = user
        guard authorization.utf8.count <= PresentedCredentials.maxBytes else {
            throw Unfit(
                description:
                    "the \(name) is too long: an authorization field has at most \(PresentedCredentials.maxBytes) bytes"
            )
        }
    }

    /// For the one place that shows it.
    package var revealed: String { user.map { $0 + ":" + secret } ?? secret }

    /// As a configuration writes it; no secret.
    package var credential: String {
        (user == nil ? "sha256:" : "basic:sha256:") + SHA256Digest(of: revealed).hex
    }

    /// The value of the field `authorization`.
    package var authorization: String {
        user == nil
            ? "Bearer " + secret : "Basic " + Base64.encoded(Array(revealed.utf8), as: .padded)
    }

    /// What an SDK is given. Values of the variable are percent-encoded (OTLP exporter specification,
    /// "Specifying headers via environment variables").
    package var environmentLine: String {
        let value = authorization.utf8.map { byte in
            Self.isPlain(byte) ? String(Unicode.Scalar(byte)) : Self.escaped(byte)
        }
        return "OTEL_EXPORTER_OTLP_HEADERS=\"authorization=\(value.joined())\""
    }

    /// Unreserved in RFC 3986 2.3: the same with every decoder.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || "-._~".utf8.contains(byte)
    }

    private static func escaped(_ byte: UInt8) -> String {
        let hex = String(byte, radix: 16, uppercase: true)
        return (byte < 16 ? "%0" : "%") + hex
    }
}

extension ClientSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "****" }
    package var debugDescription: String { "****" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension String {
    /// RFC 7617 2: a user and a password have no control characters.
    fileprivate var isPrintable: Bool {
        unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
