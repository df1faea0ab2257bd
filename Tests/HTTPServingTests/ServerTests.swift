import Glibc
import HTTPTestKit
import NIOCore
import NIOPosix
import Testing

@testable import HTTPServing

/// Over real sockets, where the kernel has its say: half-closing, resets, full buffers.
@Suite struct ServerTests {
    @Test func `a server tells where it listens and serves both protocols there`() async throws {
        try await ServerFixture.run { fixture in
            #expect(fixture.server.boundAddress == "127.0.0.1:\(fixture.port)")
            let first = try await fixture.connect()
            try await first.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            #expect(try await first.seen { $0.text.hasSuffix("POST /a 2") }.bytes.isEmpty == false)
            let second = try await fixture.connect()
            try await second.send(HTTP2Frame.greeting + HTTP2Frame.request(1, ends: true).bytes)
            let seen = try await second.seen {
                HTTP2Frame.parse($0.bytes).body(of: 1) == "POST /v1/traces 0"
            }
            #expect(HTTP2Frame.parse(seen.bytes).status(of: 1) == 200)
            let metrics = fixture.server.metrics
            #expect(metrics.requestsHTTP1 == 1 && metrics.requestsHTTP2 == 1)
            #expect(metrics.openConnections == 2 && metrics.acceptedConnections == 2)
        }
    }

    @Test func `an address that is taken is named in the error`() async throws {
        try await ServerFixture.run { fixture in
            var configuration = HTTPServerConfiguration()
            configuration.port = fixture.port
            let second = HTTPServer(
                configuration: configuration, group: fixture.group, responder: fixture.responder,
                budget: fixture.budget, logger: .quiet)
            let error = await #expect(throws: HTTPServerError.self) { try await second.start() }
            let text = try #require(error).description
            #expect(text.contains("127.0.0.1:\(fixture.port)"))
            #expect(text.contains("Address already in use"))
            await #expect(throws: HTTPServerError.alreadyStarted) { try await second.start() }
        }
    }

    @Test func `an IPv6 address is written in brackets`() {
        #expect(HTTPServer.address(host: "::1", port: 4318) == "[::1]:4318")
    }

    @Test func `a connection over the limit is closed at accept and counted`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxConnections = 2
        try await ServerFixture.run(configuration: configuration) { fixture in
            let peers = [try await fixture.connect(), try await fixture.connect()]
            let third = try await fixture.connect()
            #expect(try await third.seen { $0.isEnded }.bytes.isEmpty)
            #expect(fixture.server.metrics.refusedConnections == 1)
            for peer in peers {
                try await peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try await peer.seen { $0.text.hasSuffix("GET / 0") }.isEnded == false)
                await peer.close()
            }
        }
    }

    @Test func `a peer over its limit is closed at once and counted`() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxConnectionsPerPeer = 1
        try await ServerFixture.run(configuration: configuration) { fixture in
            let first = try await fixture.connect()
            try await first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await first.seen { $0.text.hasSuffix("GET / 0") }
            let second = try await fixture.connect()
            #expect(try await second.seen { $0.isEnded }.bytes.isEmpty)
            #expect(fixture.server.metrics.refusedPeerConnections == 1)
            await first.close()
        }
    }

    @Test func `a client that closed its sending side gets its answer`() async throws {
        try await ServerFixture.run { fixture in
            let peer = try await fixture.connect()
            try await peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            try await peer.endOutput()
            let seen = try await peer.seen { $0.isEnded }
            #expect(seen.text.hasSuffix("POST / 2") && seen.isEnded && !seen.isReset)
        }
    }

    @Test(arguments: [true, false])
    func `a client that writes its whole body first still sees the 413`(
        _ isChunked: Bool
    ) async throws {
        try await ServerFixture.run(ScriptedResponder(maxBodyBytes: 1_000_000)) { fixture in
            let peer = try await fixture.connect()
            let count = 8_000_000
            let framing =
                isChunked
                ? "Transfer-Encoding: chunked\r\n\r\n\(String(count, radix: 16))\r\n"
                : "Content-Length: \(count)\r\n\r\n"
            try await peer.send("POST / HTTP/1.1\r\nHost: a\r\n" + framing)
            try await peer.send([UInt8](repeating: 97, count: count))
            let seen = try await peer.seen { $0.isEnded }
            #expect(seen.text.hasPrefix("HTTP/1.1 413 "))
            #expect(!seen.isReset)
            #expect(fixture.budget.reserved == 0)
        }
    }

    @Test func `a client that never reads holds up nobody else`() async throws {
        try await ServerFixture.run(ScriptedResponder(padding: 1_000_000)) { fixture in
            let stuck = try await fixture.connect()
            try await stuck.channel.setOption(.autoRead, value: false).get()
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            try await stuck.send(String(repeating: request, count: 1000))
            let other = try await fixture.connect()
            try await other.send(request)
            #expect(try await other.seen { $0.bytes.count > 1_000_000 }.bytes.count > 1_000_000)
            #expect(fixture.responder.requests.count < 100)
            await stuck.close()
        }
    }

    @Test func `replies from other threads find their connection`() async throws {
        try await ServerFixture.run(ScriptedResponder(holdsReplies: true)) { fixture in
            let peers = [try await fixture.connect(), try await fixture.connect()]
            for (index, peer) in peers.enumerated() {
                try await peer.send("GET /\(index) HTTP/1.1\r\nHost: a\r\n\r\n")
                while fixture.responder.requests.count == index { await Task.yield() }
            }
            for index in peers.indices { fixture.responder.reply(to: index) }
            for (index, peer) in peers.enumerated() {
                #expect(
                    try await peer.seen { !$0.bytes.isEmpty }.text.hasSuffix("GET /\(index) 0"))
            }
        }
    }

    @Test func `a client that resets amid a request leaves nothing behind`() async throws {
        try await ServerFixture.run { fixture in
            for end in ["", "abc"] {
                let peer = try await fixture.connect()
                let options = try #require(peer.channel as? any SocketOptionProvider)
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
                try await peer.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + end)
                await peer.close()
            }
            while fixture.server.metrics.openConnections > 0 { await Task.yield() }
            #expect(fixture.budget.reserved == 0)
            #expect(fixture.responder.requests.isEmpty)
        }
    }

    @Test func `a drain closes idle connections, finishes the rest and refuses new ones`()
        async throws
    {
        try await ServerFixture.run(ScriptedResponder(holdsReplies: true)) { fixture in
            let idle = try await fixture.connect()
            let busy = try await fixture.connect()
            try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while fixture.responder.requests.isEmpty { await Task.yield() }
            async let drained: Void = fixture.server.drain(within: .seconds(5))
            #expect(try await idle.seen { $0.isEnded }.isEnded)
            await #expect(throws: (any Error).self) { try await fixture.connect() }
            fixture.responder.reply(to: 0)
            let answer = try await busy.seen { $0.isEnded }
            #expect(answer.text.contains("connection: close\r\n"))
            await busy.close()
            await idle.close()
            await drained
            #expect(fixture.server.metrics.openConnections == 0)
            #expect(fixture.server.boundPort == nil)
        }
    }

    @Test func `what is not done when the drain ends is told so and closed`() async throws {
        try await ServerFixture.run(ScriptedResponder(holdsReplies: true)) { fixture in
            let busy = try await fixture.connect()
            try await busy.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
            while fixture.responder.requests.isEmpty { await Task.yield() }
            await fixture.server.drain(within: .milliseconds(50))
            #expect(try await busy.seen { $0.isEnded }.text.hasPrefix("HTTP/1.1 503 "))
            #expect(fixture.budget.reserved == 0)
        }
    }
}
