import CloudExport
import CurlUpload
import Glibc
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    /// Answers each request of each connection.
    private static func friendly(_ peer: Peer) {
        while peer.readRequest() != nil { peer.answer("200 OK", body: "ok") }
    }

    @Test func `one connection carries several uploads`() async throws {
        let server = try ScriptedServer(Self.friendly)
        defer { server.stop() }

        try await withTransport { transport in
            for number in 0..<20 {
                let result = await transport.upload(
                    .fixture(server.url, body: Array("\(number)".utf8)))
                #expect(result.status == 200)
            }
        }

        #expect(server.accepted == 1)
        #expect(server.requests.map { $0.body } == (0..<20).map { Array("\($0)".utf8) })
    }

    @Test func `headers and body of one upload do not show in the next`() async throws {
        let server = try ScriptedServer(Self.friendly)
        defer { server.stop() }

        try await withTransport { transport in
            _ = await transport.upload(
                .fixture(server.url, headers: [("X-First", "1")], body: patternBody(100_000)))
            _ = await transport.upload(
                .fixture(server.url, headers: [("X-Second", "2")], body: []))
        }

        let second = try #require(server.requests.last)
        #expect(second.body == [])
        #expect(second.headers.contains("X-Second: 2"))
        #expect(!second.headers.contains("X-First: 1"))
    }

    @Test func `a kept connection that the peer has closed costs no upload`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("200 OK")
        }
        defer { server.stop() }

        try await withTransport { transport in
            for _ in 0..<5 {
                #expect(await transport.upload(.fixture(server.url)).status == 200)
            }
        }

        #expect(server.accepted == 5)
    }

    @Test func `eight parallel uploads share the bounded connections`() async throws {
        let server = try ScriptedServer(Self.friendly)
        defer { server.stop() }

        try await withTransport(CurlConfiguration(maxConnections: 3)) { transport in
            await withTaskGroup(of: Int?.self) { group in
                for number in 0..<8 {
                    let body = patternBody(300_000 + number)
                    group.addTask {
                        await transport.upload(.fixture(server.url, body: body)).status
                    }
                }
                for await status in group { #expect(status == 200) }
            }
        }

        #expect(server.accepted <= 3)
        #expect(server.mostBusy <= 3)
        #expect(
            server.requests.map { $0.body.count }.sorted() == (0..<8).map { 300_000 + $0 })
    }

    @Test func `parallel uploads are under way at the same time`() async throws {
        let arrived = Atomic(0)
        let server = try ScriptedServer { peer in
            peer.readRequest()
            arrived.add(1, ordering: .relaxed)
            // Each is answered only when all have come.
            let deadline = ContinuousClock.now + .seconds(10)
            while arrived.load(ordering: .relaxed) < 4 && ContinuousClock.now < deadline {
                sched_yield()
            }
            peer.answer("200 OK")
        }
        defer { server.stop() }

        try await withTransport(CurlConfiguration(maxConnections: 4)) { transport in
            await withTaskGroup(of: Int?.self) { group in
                for _ in 0..<4 {
                    group.addTask { await transport.upload(.fixture(server.url)).status }
                }
                for await status in group { #expect(status == 200) }
            }
        }

        #expect(server.mostBusy == 4)
    }

    @Test func `a bounded pool serves more peers than it has connections`() async throws {
        let servers = try (0..<4).map { _ in try ScriptedServer(Self.friendly) }
        defer { for server in servers { server.stop() } }

        try await withTransport(CurlConfiguration(maxConnections: 1)) { transport in
            for _ in 0..<2 {
                for server in servers {
                    #expect(await transport.upload(.fixture(server.url)).status == 200)
                }
            }
        }
    }
}
