import HTTPTestKit
import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPServing

@Suite struct HTTP1ConnectionTests {
    static func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    // MARK: Order and keep-alive

    @Test func `pipelined requests are answered in order, one at a time`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        let paths = (0..<50).map { "/\($0)" }
        try connection.send(paths.map { Self.post($0, "x") }.joined())
        for index in paths.indices {
            #expect(connection.responder.requests.count == index + 1)
            #expect(connection.budget.reserved == 1)
            connection.responder.reply(to: index)
            connection.responder.reply(to: index)
            #expect(try connection.receivedText().hasSuffix("POST /\(index) 1"))
        }
        #expect(connection.isOpen)
        #expect(connection.budget.reserved == 0)
    }

    @Test func `a malformed request behind a good one is answered after it`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        try connection.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        try connection.send("garbage\r\n")
        #expect(try connection.received().isEmpty)
        connection.responder.reply(to: 0)
        #expect(try connection.receivedStatuses() == [200, 400])
        connection.run()
        #expect(!connection.isOpen)
    }

    @Test func `few requests are parsed ahead of the one that waits`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        try connection.send(String(repeating: request, count: 2000))
        #expect(connection.metrics.requestsHTTP1 == 1)
        for index in 0..<2000 { connection.responder.reply(to: index) }
        #expect(try connection.receivedStatuses().count == 2000)
        #expect(connection.isOpen)
    }

    @Test func `a client that does not read gets no further answers`() throws {
        let connection = try EmbeddedConnection()
        connection.set(isWritable: false)
        try connection.send(Self.post("/1", "x"))
        #expect(connection.responder.requests.isEmpty)
        connection.set(isWritable: true)
        #expect(try connection.receivedStatuses() == [200])
    }

    // MARK: Half-closed and vanished clients

    @Test func `a client that closed its sending side gets its answer`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        try connection.send(Self.post("/1", "x") + Self.post("/2", "y"))
        connection.endInput()
        connection.responder.reply(to: 0)
        #expect(try connection.receivedText().hasSuffix("POST /1 1"))
        connection.responder.reply(to: 1)
        #expect(try connection.receivedText().hasSuffix("POST /2 1"))
        connection.run()
        #expect(!connection.isOpen)
        #expect(connection.budget.reserved == 0)
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
    ])
    func `a body that ends early is never given to the responder`(_ request: String) throws {
        let connection = try EmbeddedConnection()
        try connection.send(request)
        #expect(connection.budget.reserved > 0)
        connection.endInput()
        #expect(connection.responder.requests.isEmpty)
        #expect(try connection.receivedStatuses() == [400])
        #expect(!connection.isOpen)
        #expect(connection.budget.reserved == 0)
    }

    @Test(arguments: 1..<SnifferTests.request.count)
    func `a client that vanishes anywhere leaves nothing behind`(_ cut: Int) throws {
        let connection = try EmbeddedConnection()
        try connection.send(Array(SnifferTests.request[..<cut]))
        connection.close()
        #expect(connection.responder.requests.isEmpty)
        #expect(connection.budget.reserved == 0)
        #expect(connection.metrics.problems.malformed == 0)
    }

    @Test func `a reply to a vanished client is ignored`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        try connection.send(Self.post("/1", "abc"))
        #expect(connection.budget.reserved == 3)
        connection.close()
        #expect(connection.budget.reserved == 0)
        connection.responder.reply(to: 0)
        #expect(try connection.received().isEmpty)
    }

    // MARK: Limits of bodies

    @Test func `a declared length over the limit answers 413 before the body`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(maxBodyBytes: 1000))
        try connection.send(
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
        #expect(try connection.receivedStatuses() == [413])
        #expect(!connection.isOpen)
        #expect(connection.responder.problems == [.bodyTooLarge(limit: 1000, seen: 1001)])
    }

    @Test func `a chunked body is answered 413 when it passes the limit`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(maxBodyBytes: 1000))
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        try connection.send("3e8\r\n\(String(repeating: "a", count: 1000))\r\n")
        #expect(try connection.received().isEmpty)
        try connection.send("1\r\na\r\n")
        #expect(try connection.receivedStatuses() == [413])
        #expect(!connection.isOpen)
        #expect(connection.budget.reserved == 0)
    }

    @Test func `a spent budget answers 503, and the connection goes on behind the body`() throws {
        let connection = try EmbeddedConnection(budget: 1000)
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
        #expect(!(try connection.receivedText()).contains("connection: close"))
        #expect(connection.budget.reserved == 0)
        #expect(connection.responder.problems == [.outOfMemory(limit: 1000)])
        try connection.send(String(repeating: "a", count: 1001))
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.receivedStatuses() == [200])
        #expect(connection.isOpen)
    }

    @Test func `a spent budget ends a chunked body where it stands`() throws {
        let connection = try EmbeddedConnection(budget: 100_000)
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        try connection.send("ffff\r\n" + String(repeating: "a", count: 65535) + "\r\n")
        #expect(connection.budget.reserved == 65536)
        try connection.send("ffff\r\n" + String(repeating: "a", count: 65535) + "\r\n")
        #expect(try connection.receivedStatuses() == [503])
        #expect(connection.budget.reserved == 0)
    }

    // MARK: Refusals

    @Test func `a refused request with a small body leaves the connection in step`() throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.post("/refused", "abc") + Self.post("/next", "de"))
        let text = try connection.receivedText()
        #expect(text.hasPrefix("HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\nrefused"))
        #expect(text.hasSuffix("POST /next 2"))
        #expect(connection.isOpen)
    }

    @Test func `a refused request is answered before its small body comes`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        #expect(try connection.receivedStatuses() == [404])
        try connection.send("abcGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.receivedStatuses() == [200])
    }

    @Test(arguments: [
        "Content-Length: 65537\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n",
        "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        "Content-Length: 3\r\nConnection: close\r\n\r\n",
    ])
    func `a refused request whose body cannot be read away ends the connection`(
        _ fields: String
    ) throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST /refused HTTP/1.1\r\nHost: a\r\n" + fields)
        let text = try connection.receivedText()
        #expect(text.hasPrefix("HTTP/1.1 404 Not Found\r\nconnection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `100 Continue is sent once the request is admitted`() throws {
        let connection = try EmbeddedConnection()
        try connection.send(
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try connection.receivedText() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("ab")
        #expect(try connection.receivedText().hasSuffix("POST / 2"))
    }

    @Test func `any other expectation is answered 417`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n")
        #expect(try connection.receivedStatuses() == [417])
        #expect(connection.responder.problems == [.expectationFailed("magic")])
        #expect(connection.isOpen)
    }

    // MARK: Drain

    @Test func `an idle connection closes when the server drains`() throws {
        let connection = try EmbeddedConnection()
        try connection.send(Self.post("/1", "x"))
        connection.tell(.drain)
        #expect(!connection.isOpen)
    }

    @Test func `a request under way is finished, with close, when the server drains`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        try connection.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")
        connection.tell(.drain)
        #expect(connection.isOpen)
        try connection.send("x")
        connection.responder.reply(to: 0)
        #expect(try connection.receivedText().contains("connection: close\r\n"))
        connection.run()
        #expect(!connection.isOpen)
    }

    @Test func `the end of the drain tells waiting requests so`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        try connection.send(Self.post("/1", "abc"))
        connection.tell(.stop)
        #expect(try connection.receivedStatuses() == [503])
        #expect(!connection.isOpen)
        #expect(connection.budget.reserved == 0)
        connection.responder.reply(to: 0)
        #expect(try connection.received().isEmpty)
    }
}
