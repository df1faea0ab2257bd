/// Where span records or metrics are posted (MASTRA-CONTRACT 1.2-1.4).
package struct CloudEndpoint: Hashable, Sendable {
    /// The full URL of the publish route.
    package let url: String

    package static let platformOrigin = "https://observability.mastra.ai"
    package static let cloudOrigin = "https://api.mastra.ai"

    /// Why a setting is no endpoint. Reads on from "endpoint …".
    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameters:
    ///   - setting: an origin (`https://host[:port]`, slashes at its end do not matter), to which the
    ///     route is added, or a whole URL whose path ends in `/spans/publish`, taken as it is.
    ///   - projectID: letters, digits, `_` and `-`; makes the route the project's.
    package init(_ setting: String, projectID: String?) throws(Invalid) {
        if let projectID, !Self.isProjectID(projectID) {
            throw Invalid(
                description: "project id \"\(projectID)\" may only have letters, digits, _ and -")
        }
        let parts = try Parts(setting)
        if parts.path.isEmpty {
            let project = projectID.map { "/projects/\($0)" } ?? ""
            url = parts.origin + project + "/ai/spans/publish"
        } else {
            guard parts.path.hasSuffix("/spans/publish") else {
                throw Invalid(
                    description:
                        "has the path \"\(parts.path)\"; give an origin such as https://host, or a URL that ends in /spans/publish"
                )
            }
            url = parts.origin + parts.path
        }
    }

    /// The route beside it that takes metrics. Every endpoint has one, since each URL ends in
    /// `/spans/publish`.
    package var metrics: CloudEndpoint {
        CloudEndpoint(url: url.dropLast("/spans/publish".count) + "/metrics/publish")
    }

    private init(url: String) {
        self.url = url
    }

    package var isHTTPS: Bool { url.hasPrefix("https://") }

    package static func isProjectID(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private struct Parts {
        let origin: String
        let path: String

        init(_ setting: String) throws(Invalid) {
            guard let schemeEnd = Substring(setting).firstRange(of: "://") else {
                throw Invalid(
                    description: "has no scheme; it has to begin with https:// or http://")
            }
            let scheme = setting[..<schemeEnd.lowerBound].lowercased()
            guard scheme == "https" || scheme == "http" else {
                throw Invalid(description: "has the scheme \"\(scheme)\"; use https or http")
            }
            let rest = setting[schemeEnd.upperBound...]
            guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
                throw Invalid(description: "has a query or a fragment, which it must not have")
            }
            guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !Self.isForbidden($0) }) else {
                throw Invalid(description: "has characters that no URL has")
            }
            let authority = rest.prefix { $0 != "/" }
            guard !authority.contains("@") else {
                throw Invalid(
                    description: "has user information in it; a token belongs into access_token")
            }
            guard !authority.isEmpty, !authority.hasPrefix(":") else {
                throw Invalid(description: "has no host")
            }
            try Self.checkHost(authority)
            var path = rest.dropFirst(authority.count)
            while path.hasSuffix("/") { path.removeLast() }
            origin = "\(scheme)://\(authority)"
            self.path = String(path)
        }

        /// Printable, and yet in no URL (RFC 3986 2).
        private static func isForbidden(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
                UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"),
                UInt8(ascii: "}"):
                true
            default: false
            }
        }

        /// A name, an IPv4 address, or an IPv6 address in brackets; then perhaps a port.
        private static func checkHost(_ authority: Substring) throws(Invalid) {
            var rest = authority.drop { $0 != ":" && $0 != "[" && $0 != "]" }
            if authority.hasPrefix("[") {
                let address = authority.dropFirst().prefix {
                    $0.isHexDigit || $0 == ":" || $0 == "."
                }
                let afterAddress = authority[address.endIndex...]
                let isAddress = address.contains(":") && afterAddress.hasPrefix("]")
                rest = isAddress ? afterAddress.dropFirst() : authority
            }
            guard !rest.isEmpty else { return }
            let port = rest.dropFirst()
            guard rest.hasPrefix(":"), !port.contains(":") else {
                throw Invalid(
                    description:
                        "has the host \"\(authority)\"; put an IPv6 address into brackets, as in [::1]"
                )
            }
            try checkPort(port)
        }

        private static func checkPort(_ digits: Substring) throws(Invalid) {
            guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(digits),
                (1...65_535).contains(port)
            else { throw Invalid(description: "has the port \"\(digits)\"; ports run to 65535") }
        }
    }
}

extension Substring {
    /// The first place of `needle`; the standard library has this for collections of its own only.
    func firstRange(of needle: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(needle) {
                return index..<self.index(index, offsetBy: needle.count)
            }
            index = self.index(after: index)
        }
        return nil
    }
}
