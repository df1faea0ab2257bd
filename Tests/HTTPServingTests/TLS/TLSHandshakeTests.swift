import NIOCore
import NIOSSL
import Testing

@testable import HTTPServing

/// From the first byte to the end of the handshake, with a clock that the test moves.
@Suite struct TLSHandshakeTests {
    static let request = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

    let fixture: TLSFixture

    init() throws {
        fixture = try TLSFixture.shared.get()
    }

    private func pair(
        _ configuration: TLSServerConfiguration? = nil, client: NIOSSLContext? = nil,
        bytesAWrite: Int? = nil
    ) throws -> TLSPair {
        try TLSPair(
            fixture.source(configuration), client: client ?? fixture.client(),
            bytesAWrite: bytesAWrite)
    }

    private func pairInClear(_ configuration: TLSServerConfiguration? = nil) throws -> TLSPair {
        try TLSPair(fixture.source(configuration), client: nil)
    }

    @Test(arguments: [nil, 1, 7])
    func `a request is taken however the bytes are cut`(_ bytesAWrite: Int?) throws {
        let pair = try pair(bytesAWrite: bytesAWrite)
        try pair.send(Self.request)
        #expect(pair.ear.text.hasSuffix("GET /a 0"))
        try pair.send(Self.request)
        #expect(pair.responder.requests.count == 2)
        #expect(pair.failures.isEmpty)
        pair.close()
    }

    @Test(arguments: [
        ("1.2", TLSVersion.tlsv12, true), ("1.3", .tlsv12, false), ("1.2", .tlsv11, false),
        ("1.3", .tlsv13, true),
    ])
    func `a version older than the oldest is refused with an alert`(
        _ oldest: String, _ newest: TLSVersion, _ isTaken: Bool
    ) throws {
        let minimum = try #require(TLSServerConfiguration.Version(rawValue: oldest))
        let configuration = fixture.configuration { $0.minimumVersion = minimum }
        let client = try fixture.client {
            $0.minimumTLSVersion = .tlsv1
            $0.maximumTLSVersion = newest
        }
        let pair = try pair(configuration, client: client)
        try pair.send(Self.request)
        #expect(pair.responder.requests.count == (isTaken ? 1 : 0))
        #expect(pair.failures == (isTaken ? [:] : ["protocol": 1]))
        #expect(pair.ear.errors.contains { $0.contains("ALERT_PROTOCOL_VERSION") } == !isTaken)
        pair.close()
    }

    // MARK: Time

    @Test func `a connection without a byte is closed after the time of a handshake`() throws {
        let pair = try pairInClear()
        pair.advance(by: .milliseconds(9999))
        #expect(pair.isOpen)
        pair.advance(by: .milliseconds(1))
        #expect(!pair.isOpen)
        #expect(pair.failures == ["timeout": 1])
        #expect(try pair.receivedInClear().isEmpty)
    }

    @Test func `a handshake that drips does not stretch its time`() throws {
        let pair = try pair()
        let hello = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        for byte in hello.readableBytesView.prefix(9) {
            try pair.deliver(ByteBuffer(bytes: [byte]))
            pair.advance(by: .seconds(1))
            #expect(pair.isOpen)
        }
        pair.advance(by: .seconds(1))
        #expect(!pair.isOpen)
        #expect(pair.failures == ["timeout": 1])
        pair.close()
    }

    @Test func `a client that stops after the server's part is closed too`() throws {
        let pair = try pair()
        let hello = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        try pair.deliver(hello)
        #expect(!(try pair.receivedInClear().isEmpty))
        pair.advance(by: .seconds(10))
        #expect(!pair.isOpen)
        #expect(pair.failures == ["timeout": 1])
        pair.close()
    }

    @Test func `behind the handshake its time no longer counts, that of HTTP does`() throws {
        let pair = try pair()
        try pair.exchange()
        pair.advance(by: .seconds(74))
        #expect(pair.isOpen)
        pair.advance(by: .seconds(1))
        #expect(!pair.isOpen)
        #expect(pair.failures.isEmpty)
        pair.close()
    }

    // MARK: No TLS

    @Test(arguments: ["G", "POST /v1/traces HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
    func `HTTP in clear text is told to use https, read on for a while, and closed`(
        _ text: String
    ) throws {
        let pair = try pairInClear()
        try pair.sendInClear(text)
        let answer = try pair.receivedInClear()
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("connection: close\r\n"))
        #expect(pair.responder.problems == [.malformed("this listener speaks TLS: use https")])
        #expect(pair.socket.outputIsClosed && pair.isOpen)
        try pair.sendInClear("Host: a\r\n\r\n" + Self.request)
        #expect(try pair.receivedInClear().isEmpty)
        pair.advance(by: .seconds(1))
        #expect(!pair.isOpen)
        #expect(pair.failures == ["not_tls": 1])
        #expect(pair.responder.requests.isEmpty)
    }

    @Test(arguments: ["\u{0}", "\u{15}\u{3}\u{1}", "get", "\r\n", "\u{80}"])
    func `what is neither TLS nor HTTP is closed without a word`(_ text: String) throws {
        let pair = try pairInClear()
        try pair.sendInClear(text)
        #expect(try pair.receivedInClear().isEmpty)
        pair.endInput()
        #expect(!pair.isOpen)
        #expect(pair.failures == ["not_tls": 1])
    }

    @Test func `what begins like TLS and is not gets an alert`() throws {
        let pair = try pairInClear()
        try pair.sendInClear("\u{16}\u{3}\u{1}\u{0}\u{5}hello")
        let answer = Array(try pair.receivedInClear().utf8)
        #expect(answer.first == 21)
        #expect(pair.socket.outputIsClosed && pair.isOpen)
        try pair.sendInClear("more")
        pair.advance(by: .seconds(1))
        #expect(!pair.isOpen)
        #expect(pair.failures == ["protocol": 1])
    }

    // MARK: Ends

    @Test func `a client that leaves before its first byte is no failure`() throws {
        for leave in [{ $0.endInput() }, { $0.close() }] as [(TLSPair) -> Void] {
            let pair = try pairInClear()
            leave(pair)
            #expect(!pair.isOpen)
            #expect(pair.failures.isEmpty)
        }
    }

    @Test func `a client that leaves in the middle is counted`() throws {
        for leave in [{ $0.endInput() }, { $0.close() }] as [(TLSPair) -> Void] {
            let pair = try pairInClear()
            try pair.sendInClear("\u{16}\u{3}")
            leave(pair)
            #expect(!pair.isOpen)
            #expect(pair.failures == ["closed": 1])
        }
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func `a client that does not trust the certificate says so`(_ version: TLSVersion) throws {
        let client = try fixture.client(trusting: "other-ca") { $0.maximumTLSVersion = version }
        let pair = try pair(client: client)
        try pair.send(Self.request)
        #expect(pair.failures == ["client_alert": 1])
        #expect(pair.responder.requests.isEmpty)
        pair.close()
    }

    @Test(arguments: [ConnectionEvent.drain, .stop], ["", "\u{16}\u{3}"])
    func `a server that stops does not wait for handshakes, and counts none`(
        _ event: ConnectionEvent, _ sent: String
    ) throws {
        let pair = try pairInClear()
        try pair.sendInClear(sent)
        pair.tell(event)
        #expect(!pair.isOpen)
        #expect(pair.failures.isEmpty)
    }

    @Test func `a drain lets an alert be read, a stop does not wait for it`() throws {
        let pair = try pairInClear()
        try pair.sendInClear("no TLS")
        pair.tell(.drain)
        #expect(pair.isOpen)
        pair.tell(.stop)
        #expect(!pair.isOpen)
    }

    @Test func `a failure is logged at debug, whoever causes it`() throws {
        let log = LogRecorder()
        let source = try fixture.source(logger: log.logger())
        let strangers = try TLSPair(source, client: fixture.client(trusting: "other-ca"))
        try strangers.exchange()
        strangers.close()
        let clear = try TLSPair(source, client: nil)
        try clear.sendInClear("no TLS")
        clear.close()
        #expect(log.lines.count == 2)
        for line in log.lines {
            #expect(line.hasPrefix("debug A TLS handshake failed client="), "\(line)")
        }
        // The names of BoringSSL, not the places in its source.
        #expect(log.lines[0].contains("detail=TLSV1_ALERT_UNKNOWN_CA reason=client_alert"))
    }

    @Test func `an alert in clear text is found among records, however they are cut`() {
        let change: [UInt8] = [20, 3, 3, 0, 1, 1]
        let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 48]
        let cases: [([UInt8], Bool)] = [
            ([], false), ([21], false), (alert, true), (change + alert, true), (change, false),
            (change + change + Array(alert.prefix(5)), true), (Array(alert.prefix(4)), false),
            ([23, 3, 3, 0, 9] + alert, false), ([23, 3, 3, 0, 7] + alert + alert, true),
            ([20, 3, 3, 255, 255, 21], false),
        ]
        for (bytes, expected) in cases {
            #expect(TLSRecord.hasAlert(ByteBuffer(bytes: bytes)) == expected, "\(bytes)")
        }
    }
}
