/// The address of a proxy, which may hold a password: descriptions show the password as stars.
///
/// Written `scheme://[user:password@]host[:port]` with the scheme `http`, `https`, `socks4`,
/// `socks4a`, `socks5` or `socks5h`; without a scheme it is `http`, without a port 1080.
package struct CurlProxy: Sendable, Hashable, ExpressibleByStringLiteral {
    let address: String

    package init(_ address: String) {
        self.address = address
    }

    package init(stringLiteral address: String) {
        self.init(address)
    }

    var scheme: String {
        address.range(ofFirst: "://").map { address[..<$0.lowerBound].lowercased() } ?? "http"
    }
}

extension CurlProxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        guard let userInfo = address.userInfo else { return address }
        return address[..<userInfo.startIndex] + "****" + address[userInfo.endIndex...]
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension String {
    /// What stands between the scheme and the `@` of the authority.
    ///
    /// The last `@` of the whole text counts, not of the authority alone: a password with a `/` in it
    /// is an invalid address, but must not be printed either.
    var userInfo: Substring? {
        let start = range(ofFirst: "://")?.upperBound ?? startIndex
        guard let end = self[start...].lastIndex(of: "@") else { return nil }
        return self[start..<end]
    }

    func range(ofFirst text: some StringProtocol) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) {
                return start..<index(start, offsetBy: text.count)
            }
            formIndex(after: &start)
        }
        return nil
    }
}
