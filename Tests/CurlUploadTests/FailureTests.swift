import CloudExport
import CurlUpload
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FailureTests {
    @Test func `a refused connection is told at once`() async throws {
        let port = try closedPort()

        let result = try await upload(.fixture("http://127.0.0.1:\(port)/"))

        #expect(try #require(result.networkText).contains("127.0.0.1 port \(port)"))
    }

    @Test func `an unknown host is told by name`() async throws {
        let result = try await upload(.fixture("http://nonexistent.invalid/"))

        #expect(try #require(result.networkText).contains("nonexistent.invalid"))
    }

    @Test func `a connection without an answer is a network failure`() async throws {
        let server = try ScriptedServer { $0.readRequest() }
        defer { server.stop() }

        #expect(try await upload(.fixture(server.url)).networkText != nil)
    }

    @Test func `a reset is a network failure`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.reset()
        }
        defer { server.stop() }

        #expect(try await upload(.fixture(server.url)).networkText != nil)
    }

    @Test func `a reset in the midst of the request does not end the process`() async throws {
        let server = try ScriptedServer { peer in
            _ = peer.readHead()
            peer.reset()
        }
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url, body: [UInt8](repeating: 0x20, count: 30_000_000)))

        #expect(result.networkText != nil)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 20", "HTTP/1.1 100 Continue\r\n\r\n",
    ])
    func `half a head is a network failure`(_ head: String) async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.send(head)
        }
        defer { server.stop() }

        #expect(try await upload(.fixture(server.url)).networkText != nil)
    }

    @Test(arguments: ["220 mail.example ESMTP\r\n", "{\"ok\":true}\n", "HTTP/9.9 200 OK\r\n\r\n"])
    func `what is not HTTP is a network failure`(_ answer: String) async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.send(answer)
        }
        defer { server.stop() }

        #expect(try await upload(.fixture(server.url)).networkText != nil)
    }

    @Test func `a head without end is a network failure`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.send("HTTP/1.1 200 OK\r\n")
            for number in 0..<5_000 {
                peer.send("X-\(number): " + String(repeating: "x", count: 1_000) + "\r\n")
            }
            peer.waitForClose()
        }
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        #expect(result.networkText == "The answer's head is larger than 262144 bytes.")
    }

    @Test func `an answer that does not come ends with the deadline`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.waitForClose()
        }
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url), CurlConfiguration(timeout: .milliseconds(200)))

        #expect(try #require(result.timedOutText).contains("timed out"))
    }

    @Test func `a peer that does not read ends with the deadline`() async throws {
        let server = try ScriptedServer { peer in
            _ = peer.readHead()
            peer.waitWithoutReading()
        }
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url, body: [UInt8](repeating: 0x20, count: 30_000_000)),
            CurlConfiguration(timeout: .milliseconds(300)))

        #expect(result.timedOutText != nil)
    }

    @Test func `a TLS handshake that hangs ends with the connect timeout`() async throws {
        let server = try ScriptedServer { $0.waitForClose() }
        defer { server.stop() }

        let result = try await upload(
            .fixture("https://127.0.0.1:\(server.port)/"),
            CurlConfiguration(connectTimeout: .milliseconds(200), timeout: .seconds(50)))

        #expect(result.timedOutText != nil)
    }

    @Test(arguments: [
        "", "upstream", "ftp://127.0.0.1/", "file:///etc/passwd", "http:/x", "http://a b/",
        "http://a/\r\nX: y", "http://a/\0", "http://:99999999/", "https://[::1",
    ])
    func `a URL that cannot be used asks for a change`(_ url: String) async throws {
        #expect(try await upload(.fixture(url)).untrustedText != nil)
    }

    @Test(arguments: [
        ("X", "a\r\nInjected: yes"), ("X", "a\nb"), ("X", "\0"), ("X: y", "z"), ("", "z"),
        ("Grösse", "z"), ("X Y", "z"),
    ])
    func `a header that would change the request asks for a change`(_ name: String, _ value: String)
        async throws
    {
        let request = UploadRequest.fixture("http://127.0.0.1:1/", headers: [(name, value)])

        #expect(try await upload(request).untrustedText != nil)
    }

    @Test func `texts hold neither userinfo nor header values`() async throws {
        let port = try closedPort()
        let urls = [
            "http://user-name-1:pass-word-1@127.0.0.1:\(port)/",
            "http://user-name-1:pass-word-1@nonexistent.invalid/",
            "http://user-name-1:pass/word-1@127.0.0.1:\(port)/",
        ]
        for url in urls {
            guard case .failure(let failure) = try await upload(.fixture(url)) else {
                Issue.record("an upload to nowhere succeeded")
                return
            }
            for secret in ["user-name-1", "pass", "word-1", "fixture-token"] {
                #expect(!"\(failure)".contains(secret), "\(failure)")
            }
        }
    }
}
