import CloudExport
import CurlUpload
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AnswerTests {
    @Test func `an answer arrives with status, headers and body`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("200 OK", headers: ["X-Trace: one", "X-TRACE: two"], body: "fine")
        }
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        let headers = ["content-length": "4", "x-trace": "one"]
        #expect(
            result
                == .success(UploadResponse(status: 200, headers: headers, body: Array("fine".utf8)))
        )
    }

    @Test
    func `the peer sees the request's headers and body, and nothing that curl adds by itself`()
        async throws
    {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("200 OK")
        }
        defer { server.stop() }
        let headers = [
            (name: "Authorization", value: "Bearer a b"), ("X-Empty", ""), ("X-Blank", "  "),
            ("x-utf8", "größe"), ("Content-Type", "application/json"),
        ]

        _ = try await upload(.fixture(server.url, headers: headers, body: Array("{}".utf8)))

        let expected = ReceivedRequest(
            line: "POST /ai/spans/publish HTTP/1.1",
            headers: [
                "Host: 127.0.0.1:\(server.port)", "Authorization: Bearer a b", "X-Empty:",
                "X-Blank:", "x-utf8: größe", "Content-Type: application/json", "Content-Length: 2",
            ],
            body: Array("{}".utf8))
        #expect(server.requests.map { $0.sorted } == [expected.sorted])
    }

    @Test(arguments: [0, 1, 2_000_000, 3 * 1024 * 1024])
    func `a body arrives whole, without the peer being asked to expect it`(_ count: Int)
        async throws
    {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("200 OK")
        }
        defer { server.stop() }
        let body = patternBody(count)

        let result = try await upload(.fixture(server.url, body: body))

        #expect(result.status == 200)
        let request = try #require(server.requests.first)
        #expect(request.body == body)
        #expect(request.headers.contains("Content-Length: \(count)"))
        #expect(!request.headers.contains { $0.lowercased().hasPrefix("expect") })
        #expect(!request.headers.contains { $0.lowercased().hasPrefix("transfer-encoding") })
    }

    @Test func `interim answers are passed over`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.send("HTTP/1.1 100 Continue\r\nX-Interim: yes\r\n\r\n")
            peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            peer.answer("200 OK", headers: ["Retry-After: 3"])
        }
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        let headers = ["content-length": "0", "retry-after": "3"]
        #expect(result == .success(UploadResponse(status: 200, headers: headers)))
    }

    @Test(arguments: [204, 400, 401, 413, 429, 500, 503])
    func `each status is an answer`(_ status: Int) async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.answer("\(status) Whatever", headers: ["Retry-After: 7"])
        }
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        #expect(try result.get().status == status)
        #expect(try result.get().headers["retry-after"] == "7")
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is an answer and not followed`(_ status: Int) async throws {
        let server = try ScriptedServer { peer in
            while peer.readRequest() != nil {
                peer.answer("\(status) Elsewhere", headers: ["Location: /other"])
            }
        }
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        #expect(try result.get().headers["location"] == "/other")
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [100_000, 5_000_000])
    func `of a large body the first part is kept`(_ count: Int) async throws {
        let body = patternBody(count)
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: \(count)\r\n\r\n")
            peer.send(body)
        }
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        #expect(result.status == 400)
        #expect(try result.get().body == Array(body.prefix(UploadLimits.maxAnswerBytes)))
    }

    @Test func `an answer whose body breaks off counts with what was read`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
        }
        defer { server.stop() }

        let result = try await upload(.fixture(server.url))

        #expect(result.status == 200)
        #expect(try result.get().body == Array("part".utf8))
    }

    @Test func `an answer whose body is late counts with what was read`() async throws {
        let server = try ScriptedServer { peer in
            peer.readRequest()
            peer.send("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\nRetry-After: 9\r\n\r\npart")
            peer.waitForClose()
        }
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url), CurlConfiguration(timeout: .milliseconds(300)))

        #expect(result.status == 503)
        #expect(try result.get().headers["retry-after"] == "9")
    }

    @Test func `a refusal before the body was read is an answer`() async throws {
        let server = try ScriptedServer { peer in
            _ = peer.readHead()
            peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            peer.waitForClose()
        }
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url, body: [UInt8](repeating: 0x20, count: 8_000_000)))

        #expect(result.status == 413)
    }

    @Test func `success before the body was read is no success when the connection breaks`()
        async throws
    {
        let server = try ScriptedServer { peer in
            _ = peer.readHead()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            peer.reset()
        }
        defer { server.stop() }

        let result = try await upload(
            .fixture(server.url, body: [UInt8](repeating: 0x20, count: 30_000_000)))

        #expect(result.networkText != nil)
    }
}

extension ReceivedRequest {
    /// With the headers in alphabetical order: curl decides on the place of its own ones.
    fileprivate var sorted: ReceivedRequest {
        ReceivedRequest(line: line, headers: headers.sorted(), body: body)
    }
}
