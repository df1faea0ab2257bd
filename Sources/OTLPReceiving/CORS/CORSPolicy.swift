import HTTPServing

/// Which pages in browsers may send spans (Fetch standard, "CORS protocol"). Off without origins.
///
/// Credentials are never granted: what a page sends is let in or not by what it can write into the
/// request itself.
struct CORSPolicy: Sendable {
    /// As configured.
    let configuration: CORSConfiguration
    private let allowsAny: Bool
    /// Origins in lower case; those with one `*` apart.
    private let exact: Set<String>
    private let patterns: [(prefix: String, suffix: String)]

    init(_ configuration: CORSConfiguration) {
        self.configuration = configuration
        let origins = configuration.allowedOrigins.map { $0.lowercased() }
        allowsAny = origins.contains("*")
        exact = Set(origins.filter { !$0.contains("*") })
        patterns = origins.filter { $0 != "*" }.compactMap { origin in
            guard let star = origin.firstIndex(of: "*") else { return nil }
            return (String(origin[..<star]), String(origin[origin.index(after: star)...]))
        }
    }

    var isOn: Bool { !configuration.allowedOrigins.isEmpty }

    /// Whether the request asks if another one may be sent.
    static func isPreflight(_ head: HTTPRequestHead) -> Bool {
        head.method == "OPTIONS" && head.fields["origin"] != nil
            && head.fields["access-control-request-method"] != nil
    }

    /// What a page is told beside the answer to its request, or to the preflight of it. An origin that
    /// is not allowed is told nothing, and its browser keeps the answer from it.
    func fields(for head: HTTPRequestHead) -> [HTTPField] {
        guard isOn else { return [] }
        var fields: [HTTPField] = []
        // A cache must not give one origin's answer to another.
        if !allowsAny { fields.append(HTTPField(name: "vary", value: "origin")) }
        guard let origin = head.fields["origin"], allows(origin) else { return fields }
        fields.append(
            HTTPField(name: "access-control-allow-origin", value: allowsAny ? "*" : origin))
        if Self.isPreflight(head) {
            fields += [
                HTTPField(name: "access-control-allow-methods", value: "POST"),
                HTTPField(name: "access-control-allow-headers", value: allowedHeaders),
                HTTPField(
                    name: "access-control-max-age",
                    value: String(configuration.maxAge.components.seconds)),
            ]
        } else {
            fields.append(
                HTTPField(name: "access-control-expose-headers", value: "retry-after"))
        }
        return fields
    }

    private func allows(_ origin: String) -> Bool {
        if allowsAny { return true }
        let origin = origin.lowercased()
        return exact.contains(origin)
            || patterns.contains { pattern in
                origin.utf8.count > pattern.prefix.utf8.count + pattern.suffix.utf8.count
                    && origin.hasPrefix(pattern.prefix) && origin.hasSuffix(pattern.suffix)
                    // The star stands for labels of a host, or for a port.
                    && origin.utf8.dropFirst(pattern.prefix.utf8.count)
                        .dropLast(pattern.suffix.utf8.count).allSatisfy(Self.isOfHost)
            }
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        byte &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    /// `*` would not stand for `authorization` (Fetch, "CORS-unsafe request-header names").
    private var allowedHeaders: String {
        (["authorization", "content-encoding", "content-type", "x-api-key"]
            + configuration.allowedHeaders)
            .joined(separator: ", ")
    }
}
