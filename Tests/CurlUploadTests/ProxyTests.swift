import CloudExport
import CurlUpload
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
    @Test func `the configured proxy gets the request`() async throws {
        let proxy = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("200 OK")
        }
        defer { proxy.stop() }

        let result = try await upload(
            .fixture("http://upstream.invalid/x"),
            CurlConfiguration(proxy: CurlProxy("http://127.0.0.1:\(proxy.port)")))

        #expect(result.status == 200)
        #expect(proxy.requests.first?.line == "POST http://upstream.invalid/x HTTP/1.1")
    }

    @Test(arguments: ["127.0.0.1", "example.com,127.0.0.1", "*", "127.0.0.0/8"])
    func `a host of the list goes past the proxy`(_ noProxy: String) async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("200 OK")
        }
        defer { server.stop() }
        let proxy = CurlProxy("http://127.0.0.1:\(try closedPort())")

        let result = try await upload(
            .fixture(server.url), CurlConfiguration(proxy: proxy, noProxy: noProxy))

        #expect(result.status == 200)
    }

    @Test func `the proxy of an https upload sees neither token nor body`() async throws {
        let proxy = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("407 Who Are You")
        }
        defer { proxy.stop() }

        let result = try await upload(
            .fixture("https://upstream.invalid/x"),
            CurlConfiguration(proxy: CurlProxy("http://one-name:one-word@127.0.0.1:\(proxy.port)")))

        #expect(result.networkText != nil)
        let request = try #require(proxy.requests.first)
        #expect(request.line == "CONNECT upstream.invalid:443 HTTP/1.1")
        #expect(!request.headers.contains { $0.hasPrefix("Authorization") })
        #expect(request.headers.contains { $0.hasPrefix("Proxy-Authorization: Basic") })
        #expect(request.body.isEmpty)
    }

    @Test func `the proxy's answer to CONNECT is not the upstream's`() async throws {
        let proxy = try ScriptedServer { peer in
            peer.readRequest()
            peer.send("HTTP/1.1 200 Connection established\r\n\r\n")
        }
        defer { proxy.stop() }

        let result = try await upload(
            .fixture("https://upstream.invalid/x"),
            CurlConfiguration(proxy: CurlProxy("http://127.0.0.1:\(proxy.port)")))

        #expect(result.networkText != nil)
    }

    @Test func `a proxy's password shows in no description`() {
        let proxy: CurlProxy = "http://name:pa/s@word@proxy.example:8080"
        let texts = [
            "\(proxy)", String(reflecting: proxy), "\(CurlConfiguration(proxy: proxy))",
            String(reflecting: CurlConfiguration(proxy: proxy)),
        ]

        #expect(texts[0] == "http://****@proxy.example:8080")
        for text in texts { #expect(!text.contains("word")) }
        var dumped = ""
        dump(CurlConfiguration(proxy: proxy), to: &dumped)
        #expect(!dumped.contains("word"))
    }
}
