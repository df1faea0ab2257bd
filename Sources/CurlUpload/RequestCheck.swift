import CloudExport

/// Keeps out what curl would cut, or read as something else than it was meant to be.
///
/// A request that fails here fails each time, until a setting changes: hence `.untrusted`, whose
/// reader stops repeating.
enum RequestCheck {
    static func failure(of request: UploadRequest) -> UploadFailure? {
        let url = request.url
        let isPrintable = url.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
        let scheme = url.prefix(8).lowercased()
        guard isPrintable && (scheme == "https://" || scheme.hasPrefix("http://")) else {
            return .untrusted("The upload's URL is not an http:// or https:// URL.")
        }
        for (name, value) in request.headers {
            guard isToken(name) else {
                return .untrusted("An upload header's name is not a token of HTTP.")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
                return .untrusted("The upload header \(name) has a control character in it.")
            }
        }
        return nil
    }

    /// The `token` of RFC 9110, section 5.6.2.
    private static func isToken(_ name: String) -> Bool {
        let signs = "!#$%&'*+-.^_`|~".utf8
        return !name.isEmpty
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte)
                    || (0x41...0x5a).contains(byte & 0xdf)
                        && byte < 0x80
                    || signs.contains(byte)
            }
    }
}
