import Glibc
import HTTPTestKit
import NIOCore
import NIOSSL
import Testing

@testable import HTTPServing

/// TLS over real sockets, where the kernel has its say: half-closing, resets, full buffers.
@Suite struct TLSServerTests {
    let fixture: TLSFixture

    init() throws {
        fixture = try TLSFixture.shared.get()
    }

    private func run(
        _ responder: ScriptedResponder = ScriptedResponder(),
        configuration: TLSServerConfiguration? = nil,
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        try await ServerFixture.run(responder, tls: fixture.source(configuration), body)
    }

    // MARK: Protocols

    @Test(arguments: [
        (["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["http/1.1"], "http/1.1"),
        (["h2"], "h2"), ([], nil), (["spdy/3"], nil),
    ])
    func `ALPN offers both protocols and prefers HTTP 2`(
        _ offered: [String], _ chosen: String?
    ) async throws {
        try await run { server in
            let peer = try await server.connect(fixture.client(alpn: offered))
            let seen = try await peer.seen { $0.certificate != nil }
            #expect(seen.negotiated == chosen)
            await peer.close()
        }
    }

    @Test(arguments: ["h2", "http/1.1", nil])
    func `the first bytes decide which protocol is spoken, whatever ALPN chose`(
        _ chosen: String?
    ) async throws {
        try await run { server in
            let client = try fixture.client(alpn: chosen.map { [$0] } ?? [])
            let first = try await server.connect(client)
            try await first.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            #expect(try await first.seen { $0.text.hasSuffix("POST /a 2") }.text.count > 9)
            let second = try await server.connect(client)
            try await second.send(HTTP2Frame.greeting + HTTP2Frame.request(1, ends: true).bytes)
            let seen = try await second.seen {
                HTTP2Frame.parse($0.bytes).body(of: 1) == "POST /v1/traces 0"
            }
            #expect(HTTP2Frame.parse(seen.bytes).status(of: 1) == 200)
            let metrics = server.server.metrics
            #expect(metrics.requestsHTTP1 == 1 && metrics.requestsHTTP2 == 1)
            await first.close()
            await second.close()
        }
    }

    @Test(arguments: ["server", "rsa"])
    func `a large request and a large answer pass whole`(_ certificate: String) async throws {
        let responder = ScriptedResponder(maxBodyBytes: 8_000_000, padding: 3_000_000)
        let configuration = fixture.configuration(certificate: certificate)
        try await run(responder, configuration: configuration) { server in
            let peer = try await server.connect(fixture.client())
            for number in 1...2 {
                try await peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n")
                try await peer.send([UInt8](repeating: 97, count: 5_000_000))
                let seen = try await peer.seen { $0.bytes.count > number * 3_000_000 }
                #expect(seen.bytes.count > number * 3_000_000 && !seen.isEnded)
            }
            #expect(responder.requests.map(\.body.count) == [5_000_000, 5_000_000])
            await peer.close()
        }
    }

    // MARK: Ends

    @Test func `a client that says goodbye after its request gets its answer`() async throws {
        try await run { server in
            let peer = try await server.connect(fixture.client())
            try await peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            try await peer.endOutput()
            let seen = try await peer.seen { $0.isEnded }
            #expect(
                seen.text.hasSuffix("POST / 2") && seen.isEnded && !seen.isReset, "\(seen.error)")
        }
    }

    @Test(arguments: [true, false])
    func `a client that writes its whole body first still sees the 413`(
        _ isChunked: Bool
    ) async throws {
        try await run(ScriptedResponder(maxBodyBytes: 1_000_000)) { server in
            let peer = try await server.connect(fixture.client())
            let count = 8_000_000
            let framing =
                isChunked
                ? "Transfer-Encoding: chunked\r\n\r\n\(String(count, radix: 16))\r\n"
                : "Content-Length: \(count)\r\n\r\n"
            try await peer.send("POST / HTTP/1.1\r\nHost: a\r\n" + framing)
            try await peer.send([UInt8](repeating: 97, count: count))
            let seen = try await peer.seen { $0.isEnded }
            #expect(seen.text.hasPrefix("HTTP/1.1 413 "))
            #expect(!seen.isReset, "\(seen.error)")
            #expect(server.budget.reserved == 0)
        }
    }

    @Test func `an answer that ends the connection is followed by the goodbye of TLS`() async throws
    {
        try await run { server in
            let peer = try await server.connect(fixture.client())
            try await peer.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let seen = try await peer.seen { $0.isEnded }
            #expect(seen.text.hasSuffix("GET / 0") && !seen.isReset, "\(seen.error)")
            while server.server.metrics.openConnections > 0 { await Task.yield() }
        }
    }

    @Test func `a client that never reads holds up nobody else`() async throws {
        try await run(ScriptedResponder(padding: 1_000_000)) { server in
            let stuck = try await server.connect(fixture.client())
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            try await stuck.send(request)
            _ = try await stuck.seen { $0.bytes.count > 1_000_000 }
            try await stuck.channel.setOption(.autoRead, value: false).get()
            try await stuck.send(String(repeating: request, count: 1000))
            let other = try await server.connect(fixture.client())
            try await other.send(request)
            #expect(try await other.seen { $0.bytes.count > 1_000_000 }.bytes.count > 1_000_000)
            #expect(server.responder.requests.count < 100)
            for peer in [stuck, other] { await peer.close() }
        }
    }

    @Test func `a client that resets leaves nothing behind`() async throws {
        try await run { server in
            for sent in ["", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc"] {
                let peer = try await server.connect(fixture.client())
                _ = try await peer.seen { $0.certificate != nil }
                try await peer.send(sent)
                let options = try #require(peer.channel as? any SocketOptionProvider)
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
                await peer.close()
            }
            while server.server.metrics.openConnections > 0 { await Task.yield() }
            #expect(server.budget.reserved == 0)
            #expect(server.responder.requests.isEmpty)
        }
    }

    // MARK: A drain

    @Test func `a drain ends HTTP 1 with its answer, and idle connections at once`() async throws {
        try await run(ScriptedResponder(holdsReplies: true)) { server in
            let idle = try await server.connect(fixture.client())
            let busy = try await server.connect(fixture.client())
            _ = try await idle.seen { $0.certificate != nil }
            try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while server.responder.requests.isEmpty { await Task.yield() }
            async let drained: Void = server.server.drain(within: .seconds(5))
            let ended = try await idle.seen { $0.isEnded }
            #expect(ended.isEnded && !ended.isReset, "\(ended.error)")
            server.responder.reply(to: 0)
            let answer = try await busy.seen { $0.isEnded }
            #expect(answer.text.contains("connection: close\r\n") && !answer.isReset)
            await busy.close()
            await idle.close()
            await drained
            #expect(server.server.metrics.openConnections == 0)
        }
    }

    @Test func `a drain sends GOAWAY over HTTP 2 and finishes its streams`() async throws {
        try await run(ScriptedResponder(holdsReplies: true)) { server in
            let peer = try await server.connect(fixture.client(alpn: ["h2"]))
            try await peer.send(HTTP2Frame.greeting + HTTP2Frame.request(1, ends: true).bytes)
            while server.responder.requests.isEmpty { await Task.yield() }
            async let drained: Void = server.server.drain(within: .seconds(5))
            _ = try await peer.seen { HTTP2Frame.parse($0.bytes).has(HTTP2Frame.Kind.goaway) }
            server.responder.reply(to: 0)
            let seen = try await peer.seen { $0.isEnded }
            let frames = HTTP2Frame.parse(seen.bytes)
            #expect(frames.filter { $0.kind == HTTP2Frame.Kind.goaway }.count == 2)
            #expect(frames.status(of: 1) == 200 && !seen.isReset, "\(seen.error)")
            await peer.close()
            await drained
        }
    }

    /// The peer does not answer the goodbye of TLS.
    @Test func `a stop waits for nobody's goodbye`() async throws {
        try await run(ScriptedResponder(holdsReplies: true)) { server in
            let peer = try await server.connect(fixture.client())
            try await peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            while server.responder.requests.isEmpty { await Task.yield() }
            try await peer.channel.setOption(.autoRead, value: false).get()
            let clock = ContinuousClock()
            let begun = clock.now
            await server.server.drain(within: .milliseconds(50))
            #expect(clock.now - begun < .seconds(2))
            #expect(server.server.metrics.openConnections == 0)
            try await peer.channel.setOption(.autoRead, value: true).get()
            #expect(try await peer.seen { $0.isEnded }.text.hasPrefix("HTTP/1.1 503 "))
        }
    }

    // MARK: Reloading

    @Test func `new connections get the new certificate, and old ones go on`() async throws {
        let name = "reloaded"
        for part in [".pem", ".key"] {
            try fixture.folder.write(fixture.folder.text(of: "server" + part), to: name + part)
        }
        let source = try fixture.source(fixture.configuration(certificate: name))
        try await ServerFixture.run(tls: source) { server in
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            let old = try await server.connect(fixture.client())
            try await old.send(request)
            let before = try await old.seen { $0.text.hasSuffix("GET / 0") }
            #expect(before.certificate == (try fixture.certificate("server")))
            for part in [".pem", ".key"] {
                try fixture.folder.write(fixture.folder.text(of: "renewed" + part), to: name + part)
            }
            source.reloadIfChanged()
            let new = try await server.connect(fixture.client())
            try await new.send(request)
            let after = try await new.seen { $0.text.hasSuffix("GET / 0") }
            #expect(after.certificate == (try fixture.certificate("renewed")))
            try await old.send(request)
            let again = try await old.seen { $0.bytes.count >= 2 * before.bytes.count }
            #expect(again.bytes.count == 2 * before.bytes.count && !again.isEnded)
            #expect(server.server.metrics.tls?.reloadsDone == 1)
            await old.close()
            await new.close()
        }
    }

    // MARK: The other kind of listener

    @Test func `a client of TLS at a listener in clear text is answered and counted`() async throws
    {
        try await ServerFixture.run { server in
            let peer = try await server.connect(fixture.client())
            let seen = try await peer.seen { $0.isEnded }
            #expect(seen.error.contains("WRONG_VERSION_NUMBER"), "\(seen.error)")
            while server.server.metrics.openConnections > 0 { await Task.yield() }
            #expect(server.server.metrics.problems.tlsHello == 1)
            #expect(server.server.metrics.problems.malformed == 0)
            #expect(server.responder.problems == [.tlsHello])
            #expect(server.server.metrics.tls == nil)
        }
    }

    @Test func `a failure is told to a client that is still sending`() async throws {
        let configuration = fixture.configuration(clientCA: "ca")
        try await run(configuration: configuration) { server in
            // In TLS 1.3 it takes the handshake for complete before the server has seen its certificate.
            let peer = try await server.connect(fixture.client(showing: "stranger"))
            _ = try await peer.seen { $0.certificate != nil }
            try? await peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
            try? await peer.send([UInt8](repeating: 97, count: 900_000))
            let seen = try await peer.seen { $0.isEnded }
            #expect(seen.error.contains("ALERT_UNKNOWN_CA"), "\(seen.error)")
            #expect(server.responder.requests.isEmpty)
        }
    }
}
