import CloudExport
import CurlUpload
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CancellationTests {
    /// Takes a request and never answers.
    private static func silent(_ peer: Peer) {
        peer.readRequest()
        peer.waitForClose()
    }

    @Test func `cancelling the caller ends its upload alone`() async throws {
        let server = try ScriptedServer { peer in
            while let request = peer.readRequest() {
                if request.body.isEmpty { return peer.waitForClose() }
                peer.answer("200 OK")
            }
        }
        defer { server.stop() }

        try await withTransport { transport in
            let hanging = Task { await transport.upload(.fixture(server.url, body: [])) }
            #expect(await eventually { server.requests.count == 1 })
            hanging.cancel()
            #expect(await hanging.value == .failure(.cancelled))
            #expect(await transport.upload(.fixture(server.url)).status == 200)
        }
    }

    @Test func `an upload that waits in line can be cancelled`() async throws {
        let server = try ScriptedServer(Self.silent)
        defer { server.stop() }

        try await withTransport(CurlConfiguration(maxConnections: 1)) { transport in
            let first = Task { await transport.upload(.fixture(server.url)) }
            #expect(await eventually { server.requests.count == 1 })
            let second = Task { await transport.upload(.fixture(server.url)) }
            second.cancel()
            #expect(await second.value == .failure(.cancelled))
            first.cancel()
            #expect(await first.value == .failure(.cancelled))
        }

        #expect(server.requests.count == 1)
    }

    @Test func `an upload of a cancelled task does not wait in line`() async throws {
        let server = try ScriptedServer(Self.silent)
        defer { server.stop() }

        try await withTransport(CurlConfiguration(maxConnections: 1)) { transport in
            let first = Task { await transport.upload(.fixture(server.url)) }
            #expect(await eventually { server.requests.count == 1 })
            let second = Task {
                // The task itself, during the call.
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return await transport.upload(.fixture(server.url))
            }
            #expect(await second.value == .failure(.cancelled))
            first.cancel()
            #expect(await first.value == .failure(.cancelled))
        }
    }

    @Test func `an upload of a cancelled task is not sent`() async throws {
        let server = try ScriptedServer(Self.silent)
        defer { server.stop() }

        try await withTransport { transport in
            let task = Task {
                // The task itself, during the call.
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return await transport.upload(.fixture(server.url))
            }
            #expect(await task.value == .failure(.cancelled))
        }

        #expect(server.requests.isEmpty)
    }

    @Test func `shutdown ends uploads under way and in line`() async throws {
        let server = try ScriptedServer(Self.silent)
        defer { server.stop() }
        let transport = try CurlTransport(CurlConfiguration(maxConnections: 2))

        let tasks = (0..<5).map { _ in
            Task { await transport.upload(.fixture(server.url)) }
        }
        #expect(await eventually { server.requests.count == 2 })
        await transport.shutdown()

        for task in tasks { #expect(await task.value == .failure(.cancelled)) }
        #expect(server.requests.count == 2)
    }

    @Test func `an upload after shutdown is cancelled`() async throws {
        let transport = try CurlTransport(CurlConfiguration())
        await transport.shutdown()

        let result = await transport.upload(.fixture("http://127.0.0.1:1/"))

        #expect(result == .failure(.cancelled))
    }

    @Test func `shutdown may be repeated, also at the same time`() async throws {
        let transport = try CurlTransport(CurlConfiguration())

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await transport.shutdown() } }
        }

        await transport.shutdown()
    }

    @Test func `a transport that is let go of closes its connections`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("200 OK")
            peer.waitForClose()
            peer.noteClose()
        }
        defer { server.stop() }

        do {
            let transport = try CurlTransport(CurlConfiguration())
            _ = await transport.upload(.fixture(server.url))
        }

        #expect(await eventually { server.closed == 1 })
    }

    @Test func `many uploads, cancelled at any moment, all come to an end`() async throws {
        let server = try ScriptedServer { peer in
            while peer.readRequest() != nil { peer.answer("200 OK") }
        }
        defer { server.stop() }

        try await withTransport { transport in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let task = Task { await transport.upload(.fixture(server.url)) }
                        for _ in 0..<number % 20 { await Task.yield() }
                        if number % 3 != 0 { task.cancel() }
                        let result = await task.value
                        #expect(result.status == 200 || result == .failure(.cancelled))
                        #expect(number % 3 != 0 || result.status == 200)
                    }
                }
            }
        }
    }
}
