/// A name in the list of clients that may connect: a whole name (`collector.example`, `Build 7`),
/// all names one level below another (`*.agents.example`), or a URI (`spiffe://example/agent`), which
/// has a colon.
package struct ClientNamePattern: Sendable, Hashable {
    /// In UTF-8: texts would be equal in more ways than bytes are.
    private enum Kind: Hashable {
        /// Lower case (RFC 4343).
        case name([UInt8])
        /// What follows the star, with its dot; lower case.
        case below([UInt8])
        case uri([UInt8])
    }

    private let kind: Kind

    /// Nil where a star stands elsewhere than before the first dot, or nothing is named.
    package init?(_ text: String) {
        // No DNS name has a colon.
        let isURI = text.contains(":")
        let isBelow = !isURI && text.hasPrefix("*.")
        let rest = text.utf8.dropFirst(isBelow ? 1 : 0)
        let isPrintable = rest.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard isPrintable, !rest.contains(UInt8(ascii: "*")), rest.count > (isBelow ? 1 : 0) else {
            return nil
        }
        if isURI {
            kind = .uri(Array(rest))
        } else {
            let lowered = rest.map(\.loweredASCII)
            kind = isBelow ? .below(lowered) : .name(lowered)
        }
    }

    /// `name` is in lower case.
    fileprivate func matches(name: [UInt8]) -> Bool {
        switch kind {
        case .name(let wanted):
            return name == wanted
        case .below(let suffix):
            // One label before it, as in certificates (RFC 9525 6.3).
            let label = name.dropLast(suffix.count)
            return !label.isEmpty && !label.contains(UInt8(ascii: "."))
                && name.suffix(suffix.count).elementsEqual(suffix)
        case .uri:
            return false
        }
    }

    fileprivate func matches(uri: String) -> Bool { kind == .uri(Array(uri.utf8)) }
}

/// The names in a client's certificate by which it may be known.
package struct ClientNames: Sendable, Hashable, CustomStringConvertible {
    /// DNS names of the subject alternative name.
    package var dns: [String]
    /// URIs of the subject alternative name.
    package var uris: [String]
    /// The last of the subject, which is the most specific.
    package var commonName: String?

    package init(dns: [String] = [], uris: [String] = [], commonName: String? = nil) {
        self.dns = dns
        self.uris = uris
        self.commonName = commonName
    }

    /// The common name counts where there is no other name (RFC 6125 6.4.4): an authority that
    /// vouches for the others may let clients choose that one.
    package func isKnown(to patterns: [ClientNamePattern]) -> Bool {
        // A star in a certificate is the name of nobody.
        let names = (dns.isEmpty && uris.isEmpty ? [commonName].compactMap { $0 } : dns)
            .filter { !$0.utf8.contains(UInt8(ascii: "*")) }
            .map { $0.utf8.map(\.loweredASCII) }
        return patterns.contains { pattern in
            names.contains(where: pattern.matches(name:))
                || uris.contains(where: pattern.matches(uri:))
        }
    }

    /// For the log: what a list would have to name.
    package var description: String {
        let all = dns + uris
        return all.isEmpty ? commonName ?? "none" : all.prefix(8).joined(separator: ", ")
    }
}

extension UInt8 {
    fileprivate var loweredASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
