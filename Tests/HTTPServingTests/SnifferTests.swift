import HTTPTestKit
import NIOCore
import Testing

@testable import HTTPServing

@Suite struct SnifferTests {
    @Test(arguments: 0..<24)
    func `each true prefix of the preface leaves it undecided`(_ count: Int) {
        let bytes = ByteBuffer(bytes: HTTP2Frame.preface.prefix(count))
        #expect(ProtocolSniffer.verdict(on: bytes) == .undecided)
    }

    @Test(arguments: 0..<24)
    func `the first byte that differs means HTTP 1`(_ position: Int) {
        var bytes = Array(HTTP2Frame.preface.prefix(position + 1))
        bytes[position] ^= 0x20
        #expect(ProtocolSniffer.verdict(on: ByteBuffer(bytes: bytes)) == .http1)
    }

    @Test(arguments: 1..<24)
    func `a preface cut anywhere opens HTTP 2`(_ cut: Int) throws {
        let connection = try EmbeddedConnection()
        let bytes = HTTP2Frame.greeting + HTTP2Frame.request(1, ends: true).bytes
        try connection.send(Array(bytes[..<cut]))
        #expect(try connection.received().isEmpty)
        try connection.send(Array(bytes[cut...]))
        let frames = HTTP2Frame.parse(try connection.received())
        #expect(frames.status(of: 1) == 200)
        #expect(frames.body(of: 1) == "POST /v1/traces 0")
    }

    @Test(arguments: [[0x16], [0x16, 3, 1, 2, 0, 1, 0, 1]] as [[UInt8]])
    func `a TLS handshake is answered in clear text by its first byte`(_ bytes: [UInt8]) throws {
        let connection = try EmbeddedConnection()
        try connection.send(bytes)
        #expect(try connection.receivedStatuses() == [400])
        #expect(connection.responder.problems == [.tlsHello])
        #expect(connection.metrics.problems.tlsHello == 1)
        #expect(connection.metrics.requestsHTTP1 == 0)
        connection.advance(by: .seconds(1))
        #expect(!connection.isOpen)
    }

    static let request = Array(
        "POST /v1/traces?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8)

    @Test(arguments: 1..<request.count)
    func `a request cut anywhere is answered as a whole one`(_ cut: Int) throws {
        let connection = try EmbeddedConnection()
        try connection.send(Array(Self.request[..<cut]))
        #expect(try connection.received().isEmpty)
        try connection.send(Array(Self.request[cut...]))
        #expect(try connection.receivedText().hasSuffix("\r\n\r\nPOST /v1/traces 3"))
        #expect(connection.isOpen)
        #expect(connection.budget.reserved == 0)
    }

    @Test func `the input's end before any byte closes without a word`() throws {
        let connection = try EmbeddedConnection()
        connection.endInput()
        #expect(!connection.isOpen)
        #expect(try connection.received().isEmpty)
    }

    @Test func `the input's end within the preface is answered as HTTP 1`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("PRI * HT")
        connection.endInput()
        #expect(try connection.receivedStatuses() == [400])
        #expect(!connection.isOpen)
    }
}
