import NIOHTTP1

/// A request head together with what HTTP/1 says about its framing (RFC 9112 6).
struct HTTP1Head {
    enum Expectation: Equatable {
        case none
        case continue100
        case other(String)
    }

    var request: HTTPRequestHead
    var isChunked = false
    var keepsAlive = true
    var expectation = Expectation.none

    var hasBody: Bool { isChunked || (request.declaredLength ?? 0) > 0 }

    /// Checks what the parser lets pass and may be understood in two ways: RFC 9112 3.2 (Host),
    /// 6.1 (transfer codings), 6.3 (lengths), 2.2 and RFC 9110 5.5 (control characters).
    init(_ parsed: NIOHTTP1.HTTPRequestHead) throws(HTTPProblem) {
        let version: HTTPVersion = parsed.version.minor == 0 ? .http1_0 : .http1_1
        let target = try Self.target(of: parsed.uri, method: parsed.method)
        request = HTTPRequestHead(
            version: version, method: parsed.method.rawValue, path: target.path,
            query: target.query, fields: HTTPFields())
        keepsAlive = version == .http1_1
        var hosts = 0
        var codings = 0
        for (name, value) in parsed.headers {
            let field = HTTPField(name: name.loweredASCII, value: value.trimmedASCII)
            if field.value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
                throw .malformed("control character in the header field \(field.name)")
            }
            switch field.name {
            case "host": hosts += 1
            case "content-length": try take(length: field.value)
            case "transfer-encoding":
                codings += 1
                try take(coding: field.value)
            case "connection": take(connection: field.value)
            case "expect": take(expectation: field.value)
            default: break
            }
            request.fields.append(name: field.name, value: field.value)
        }
        if hosts > 1 || (hosts == 0 && version == .http1_1) {
            throw .malformed("an HTTP/1.1 request has one Host field, this one has \(hosts)")
        }
        if codings > 1 { throw .malformed("more than one Transfer-Encoding field") }
        if isChunked, request.declaredLength != nil {
            throw .malformed("Content-Length beside Transfer-Encoding")
        }
        // The parser stops for a change of protocol after such a request; it is answered, and the
        // client may come again.
        if parsed.method == .CONNECT || request.fields["upgrade"] != nil { keepsAlive = false }
    }

    /// Digits only, and one field only (RFC 9112 6.3): equal repetitions are refused as well.
    private mutating func take(length value: String) throws(HTTPProblem) {
        if request.declaredLength != nil { throw .malformed("more than one Content-Length field") }
        guard let length = Int(decimalDigits: value) else {
            throw .malformed("Content-Length is not a number of bytes")
        }
        request.declaredLength = length
    }

    private mutating func take(coding value: String) throws(HTTPProblem) {
        guard request.version == .http1_1 else {
            throw .malformed("Transfer-Encoding in an HTTP/1.0 request")
        }
        guard value.loweredASCII == "chunked" else {
            throw .malformed("a transfer coding other than chunked")
        }
        isChunked = true
    }

    private mutating func take(connection value: String) {
        for option in value.loweredASCII.split(separator: ",") {
            switch String(option).trimmedASCII {
            case "close": keepsAlive = false
            // Counts in HTTP/1.0 only; in 1.1 it says what holds already.
            case "keep-alive" where request.version == .http1_0: keepsAlive = true
            default: break
            }
        }
    }

    /// RFC 9110 10.1.1: an HTTP/1.0 client's expectation is ignored.
    private mutating func take(expectation value: String) {
        guard request.version == .http1_1 else { return }
        expectation = value.loweredASCII == "100-continue" ? .continue100 : .other(value)
    }

    /// Origin form, absolute form (RFC 9112 3.2.2), and `*` for OPTIONS.
    private static func target(
        of target: String, method: HTTPMethod
    ) throws(HTTPProblem) -> RequestTarget {
        let bytes = target.utf8
        if bytes.first == UInt8(ascii: "/") { return RequestTarget(target[...]) }
        if target == "*", method == .OPTIONS { return RequestTarget(target[...]) }
        if method == .CONNECT { return RequestTarget("") }
        let lowered = String(target.prefix(8)).loweredASCII
        guard let scheme = ["http://", "https://"].first(where: { lowered.hasPrefix($0) }) else {
            throw .malformed("the request target is neither a path nor an absolute URI")
        }
        let rest = target.dropFirst(scheme.count)
        guard let end = rest.utf8.firstIndex(where: { "/?#".utf8.contains($0) }) else {
            return RequestTarget("/")
        }
        var found = RequestTarget(rest[end...])
        if found.path.isEmpty { found.path = "/" }
        return found
    }
}
