package import MastraRecords

/// One HTTP POST to the upstream, complete.
package struct UploadRequest: Sendable {
    /// Absolute `https://` or `http://` URL.
    package var url: String
    /// Name and value in the order in which they are sent. Values may hold the bearer token: this
    /// type is never logged.
    package var headers: [(name: String, value: String)]
    package var body: ByteBlock

    package init(url: String, headers: [(name: String, value: String)], body: ByteBlock) {
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What the upstream answered, head complete.
package struct UploadResponse: Sendable, Hashable {
    package var status: Int
    /// Lower-case name to value; where a name comes twice, the first value.
    package var headers: [String: String]
    /// At most the first `UploadLimits.maxAnswerBytes` of the body.
    package var body: [UInt8]

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why an attempt ended without a complete response head. Every text is safe to log.
package enum UploadFailure: Error, Sendable, Hashable {
    /// Name resolution, connection, reset, early end, protocol error: a new attempt may work.
    case network(String)
    /// Connect or whole-exchange deadline passed.
    case timedOut(String)
    /// The peer's certificate was not accepted, or our own certificate, key or CA is unusable:
    /// repeating does not help until someone changes something.
    case untrusted(String)
    /// The gateway is stopping.
    case cancelled
}

package enum UploadLimits {
    /// Of an answer's body this much is kept; the rest is read and dropped.
    package static let maxAnswerBytes = 16 * 1024
}

/// Carries out one attempt. It neither retries nor follows redirects, and verifies TLS always.
package protocol UploadTransport: Sendable {
    func upload(_ request: UploadRequest) async -> Result<UploadResponse, UploadFailure>
    /// Ends attempts under way with `.cancelled` and frees the transport's thread. Idempotent.
    func shutdown() async
}
