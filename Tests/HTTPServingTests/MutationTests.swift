import HTTPTestKit
import NIOCore
import Testing

@testable import HTTPServing

/// Requests with wrong bytes, cut and repeated: nothing may trap, and the books have to close.
@Suite struct MutationTests {
    /// SplitMix64: the same mutations in each run.
    struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    static let http1 = Array(
        ("POST /v1/traces?a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
            + "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
            + "GET /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"
            + "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;x\r\nhello\r\n0\r\nt: u\r\n\r\nGET / HTTP/1.0\r\n\r\n").utf8)

    static let http2 =
        HTTP2Frame.greeting + HTTP2Frame.request(1, fields: [("content-length", "6")]).bytes
        + HTTP2Frame.data(1, Array("abc".utf8)).bytes
        + HTTP2Frame.request(3, path: "/refused").bytes
        + HTTP2Frame.data(1, Array("def".utf8), ends: true).bytes
        + HTTP2Frame.data(3, Array("x".utf8)).bytes + HTTP2Frame.reset(3).bytes
        + HTTP2Frame(kind: HTTP2Frame.Kind.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]).bytes
        + HTTP2Frame.request(5, fields: [("expect", "100-continue")]).bytes
        + HTTP2Frame.data(5, Array("x".utf8), ends: true).bytes
        + HTTP2Frame.request(7, method: "HEAD", ends: true).bytes

    @Test(arguments: [http1, http2], 0..<8 as Range<UInt64>)
    func `any bytes are survived, and every reservation comes back`(
        _ original: [UInt8], _ seed: UInt64
    ) throws {
        var chance = Chance(state: seed)
        for _ in 0..<250 {
            let connection = try EmbeddedConnection(
                ScriptedResponder(
                    maxBodyBytes: 1000, holdsReplies: .random(using: &chance),
                    trailers: [HTTPField(name: "t", value: "1")]), budget: 200_000)
            var rest = Self.mutate(original, &chance)[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...rest.count, using: &chance)
                try connection.send(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
                if Int.random(in: 0..<10, using: &chance) == 0 {
                    connection.advance(by: .seconds(.random(in: 1...11, using: &chance)))
                }
            }
            let given = connection.responder.requests.count
            for index in 0..<given { connection.responder.reply(to: index) }
            connection.run()
            if .random(using: &chance) { connection.endInput() }
            if .random(using: &chance) { connection.tell(.drain) }
            connection.advance(by: .seconds(1))
            connection.close()
            #expect(connection.budget.reserved == 0)
            connection.responder.forget()
        }
    }

    static func mutate(_ bytes: [UInt8], _ chance: inout Chance) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...3, using: &chance) {
            let place = Int.random(in: bytes.indices, using: &chance)
            switch Int.random(in: 0..<4, using: &chance) {
            case 0: bytes[place] = .random(in: 0...255, using: &chance)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
            case 2: bytes.remove(at: place)
            default:
                let end = Int.random(in: place..<bytes.count, using: &chance)
                bytes.insert(contentsOf: bytes[place...end], at: place)
            }
        }
        return bytes
    }
}
