import FuzzClaims
import HTTPServing
import OTLPReceiving
import SendingQueue

/// The value of an `authorization` field, given to a receiver that knows one key and one password, and what
/// holds of it:
///
/// - It is let in where it spells one of them, as this file reads it, and nowhere else.
/// - Whatever else it is, the answer is the same to the byte.
enum AccessRun {
    static let key = "key-of-the-fuzzer"
    static let pair = "fuzzer:password?>"
    /// Base64 of the pair, which a sender may leave unpadded.
    static let spelled = "ZnV6emVyOnBhc3N3b3JkPz4"
    static let padding = "="

    static func check(_ bytes: [UInt8]) throws(BrokenClaim) {
        let value = String(decoding: bytes, as: UTF8.self)
        let answer = try answer(to: value)
        try claim((answer == nil) == isKnown(value), "\(bytes) is let in or not, wrongly")
        guard let answer else { return }
        try claim(answer == (try Self.answer(to: "x")), "an answer of its own: \(answer)")
    }

    /// Nil where it is let in.
    private static func answer(to value: String) throws(BrokenClaim) -> HTTPResponse? {
        let queue = MemoryQueue(configuration: MemoryQueue.Configuration())
        let credentials = [
            Credential.key(SHA256Digest(of: key)), .basic(SHA256Digest(of: pair)),
        ]
        guard
            let routing = try? Routing(
                routes: [(RouteIntake(name: "a", queue: queue), credentials)], open: nil)
        else { throw BrokenClaim("a key and a password are one") }
        let receiver = OTLPReceiver(
            configuration: OTLPReceiverConfiguration(), routing: routing,
            budget: MemoryBudget(limit: 1_000_000), wallClock: { 0 })
        let head = HTTPRequestHead(
            version: .http1_1, method: "POST", path: "/v1/traces",
            fields: HTTPFields([
                ("content-type", "application/x-protobuf"), ("authorization", value),
            ]))
        guard case .refuse(let response) = receiver.admit(head) else { return nil }
        return response
    }

    /// A scheme in any case, spaces, what it brings, spaces and tabs.
    private static func isKnown(_ value: String) -> Bool {
        let bytes = Array(value.utf8)
        guard bytes.count <= 4096 else { return false }
        let end = bytes.firstIndex(of: 0x20) ?? bytes.count
        let scheme = bytes[..<end].map { $0 &- 0x41 < 26 ? $0 + 0x20 : $0 }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let rest = bytes[end...].drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        let known =
            scheme.elementsEqual("bearer".utf8)
            ? [key] : scheme.elementsEqual("basic".utf8) ? [spelled, spelled + padding] : []
        return known.contains { rest.elementsEqual($0.utf8) }
    }
}
