/// Where traces are taken, and what stands beside it.
struct TracesPaths: Hashable, Sendable {
    /// As configured, in their plain form; at least one.
    let paths: [String]
    /// Other signals at the same bases, with the setting that stops an SDK from sending them.
    private let siblings: [String: String]

    init(_ paths: [String]) {
        precondition(!paths.isEmpty, "traces are taken somewhere")
        let paths = paths.map { Self.normalized($0) ?? $0 }
        self.paths = paths
        var siblings: [String: String] = [:]
        for path in paths + ["/v1/traces"] where path.hasSuffix("/v1/traces") {
            let base = path.dropLast("/v1/traces".count)
            siblings[base + "/v1/metrics"] = "OTEL_METRICS_EXPORTER"
            siblings[base + "/v1/logs"] = "OTEL_LOGS_EXPORTER"
            siblings[base + "/v1development/profiles"] = "OTEL_PROFILES_EXPORTER"
        }
        self.siblings = siblings
    }

    /// For messages.
    var names: String { paths.joined(separator: " and ") }

    enum Place: Hashable, Sendable {
        case traces
        case otherSignal(setting: String)
        case nothing
    }

    func place(of path: String) -> Place {
        if paths.contains(path) { return .traces }
        guard let plain = Self.normalized(path) else { return place(plain: path) }
        return paths.contains(plain) ? .traces : place(plain: plain)
    }

    private func place(plain path: String) -> Place {
        siblings[path].map { .otherSignal(setting: $0) } ?? .nothing
    }

    /// A path that means the same to nearly everybody: slashes once, none at the end, and letters,
    /// digits and `-._~` as themselves (RFC 3986 6.2.2.2). Nil where it is so already.
    ///
    /// An endpoint with a slash at its end makes SDKs post to `//v1/traces`; a redirect would lose
    /// the request (OTLP X44).
    static func normalized(_ path: String) -> String? {
        guard path.contains("//") || path.contains("%") || (path.count > 1 && path.hasSuffix("/"))
        else { return nil }
        var plain: [UInt8] = []
        var rest = path.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let decoded = unreserved(rest.prefix(2)) {
                plain.append(decoded)
                rest = rest.dropFirst(2)
            } else if byte != UInt8(ascii: "/") || plain.last != UInt8(ascii: "/") {
                plain.append(byte)
            }
        }
        if plain.count > 1, plain.last == UInt8(ascii: "/") { plain.removeLast() }
        return String(decoding: plain, as: UTF8.self)
    }

    /// The character that two hex digits stand for, where writing it so changes nothing.
    private static func unreserved(_ digits: Substring.UTF8View) -> UInt8? {
        guard digits.count == 2, let value = UInt8(String(Substring(digits)), radix: 16) else {
            return nil
        }
        switch value {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            return value
        default: return nil
        }
    }
}
