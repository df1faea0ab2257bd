/// The version a request came in; it decides framing, never meaning.
package enum HTTPVersion: Sendable, Hashable {
    case http1_0
    case http1_1
    case http2
}

/// Header fields in the order received; names are lower-case (RFC 9110 5.1: names are
/// case-insensitive), values without surrounding white space.
package struct HTTPFields: Sendable, Hashable {
    package private(set) var entries: [HTTPField] = []

    package init() {}

    package init(_ pairs: [(String, String)]) {
        entries = pairs.map { HTTPField(name: $0.0, value: $0.1) }
    }

    package mutating func append(name: String, value: String) {
        entries.append(HTTPField(name: name, value: value))
    }

    /// The first value under a lower-case name.
    package subscript(name: String) -> String? {
        entries.first { $0.name == name }?.value
    }

    /// The value under a lower-case name that comes once; nil where it comes again.
    package func single(_ name: String) -> String? {
        guard let first = entries.firstIndex(where: { $0.name == name }),
            !entries[(first + 1)...].contains(where: { $0.name == name })
        else { return nil }
        return entries[first].value
    }

    package func values(_ name: String) -> [String] {
        entries.filter { $0.name == name }.map(\.value)
    }
}

package struct HTTPField: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Everything known about a request before its body.
package struct HTTPRequestHead: Sendable {
    package var version: HTTPVersion
    /// Case-sensitive (RFC 9110 9.1).
    package var method: String
    /// The path of the target, without query; the absolute form is reduced to its path.
    package var path: String
    /// What follows the first `?` of the target, as it came; empty where there is none.
    package var query: String
    package var fields: HTTPFields
    /// `Content-Length` where it was given.
    package var declaredLength: Int?
    /// Whom the client's certificate names, where TLS has verified one; no field of a request can set it.
    package var client: ClientNames?

    package init(
        version: HTTPVersion, method: String, path: String, query: String = "",
        fields: HTTPFields, declaredLength: Int? = nil, client: ClientNames? = nil
    ) {
        self.version = version
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.declaredLength = declaredLength
        self.client = client
    }
}

/// A whole request. Its body was reserved from the byte budget; the reservation is given back when
/// the reply has been made.
package struct HTTPRequest: Sendable {
    package var head: HTTPRequestHead
    package var body: [UInt8]
    /// What the responder attached when it admitted the request.
    package var context: (any Sendable)?

    package init(head: HTTPRequestHead, body: [UInt8], context: (any Sendable)? = nil) {
        self.head = head
        self.body = body
        self.context = context
    }
}

package struct HTTPResponse: Sendable, Hashable {
    package var status: Int
    /// Lower-case names. `content-length`, `connection` and `date` are the server's business.
    package var fields: [HTTPField]
    package var body: [UInt8]
    /// Sent behind the body in HTTP/2 (gRPC's status stands there); HTTP/1 leaves them out.
    package var trailers: [HTTPField]
    /// Whether `content-length` is sent; HTTP/2 can do without, HTTP/1 cannot.
    package var hasLength: Bool
    /// What follows the body as it comes to be. HTTP/1.1 alone; elsewhere the response ends with its body.
    package var stream: HTTPStream?

    package init(
        status: Int, fields: [HTTPField] = [], body: [UInt8] = [], trailers: [HTTPField] = [],
        hasLength: Bool = true, stream: HTTPStream? = nil
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.trailers = trailers
        self.hasLength = hasLength
        self.stream = stream
    }
}
