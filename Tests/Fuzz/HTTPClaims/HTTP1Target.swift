import FuzzClaims
import HTTPServing

/// A connection that gets any bytes, most often HTTP/1: all of `ConnectionRun`, and
///
/// - The requests that the responder gets do not depend on where the bytes are cut.
/// - Each request that the responder answers at once is answered once.
package enum HTTP1Target: FuzzTarget {
    package static let name = "http1"

    package static func check(_ input: [UInt8]) throws(BrokenClaim) {
        var bytes = input
        let choices = Choices(ConnectionScript.bytes, from: &bytes)
        try ConnectionRun.run(bytes, ConnectionScript(choices))
        guard !bytes.starts(with: "PRI".utf8) else { return }
        // The limit of a head that follows another request at once is not kept to the byte.
        let whole = try ConnectionRun.run(bytes, .atOnce, maxHeaderBytes: 64 * 1024)
        let inPieces = try ConnectionRun.run(
            bytes, .inPieces(choices), maxHeaderBytes: 64 * 1024)
        try claim(
            whole.requests.map(Seen.init) == inPieces.requests.map(Seen.init),
            "at once the requests are \(whole.requests), in pieces \(inPieces.requests)")
        for (requests, written) in [whole, inPieces] {
            // Paths have no spaces, so that the line stands in no body of an answer.
            let text = String(decoding: written, as: UTF8.self)
            let answers = text.split(separator: "HTTP/1.1 200 ", omittingEmptySubsequences: false)
            try claim(
                answers.count - 1 == requests.count,
                "\(requests.count) requests and \(answers.count - 1) answers")
        }
    }

    /// What a responder sees of a request.
    private struct Seen: Hashable {
        let method: String
        let path: String
        let fields: HTTPFields
        let body: [UInt8]

        init(_ request: HTTPRequest) {
            method = request.head.method
            path = request.head.path
            fields = request.head.fields
            body = request.body
        }
    }
}
