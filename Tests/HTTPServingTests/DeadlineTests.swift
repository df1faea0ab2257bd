import HTTPTestKit
import NIOCore
import Testing

@testable import HTTPServing

/// Defaults: head 10 s, body 10 s for each 1024 bytes, idle 75 s.
@Suite struct DeadlineTests {
    @Test func `a connection without a byte is closed without a word`() throws {
        let connection = try EmbeddedConnection()
        connection.advance(by: .seconds(74))
        #expect(connection.isOpen)
        connection.advance(by: .seconds(1))
        #expect(!connection.isOpen)
        #expect(try connection.received().isEmpty)
    }

    @Test(arguments: ["P", "PRI * HTTP", "POST / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\n"])
    func `a head that does not end is answered 408`(_ start: String) throws {
        let connection = try EmbeddedConnection()
        connection.advance(by: .seconds(20))
        try connection.send(start)
        connection.advance(by: .seconds(9))
        #expect(connection.isOpen)
        connection.advance(by: .seconds(1))
        #expect(try connection.receivedStatuses() == [408])
        connection.run()
        #expect(!connection.isOpen)
        #expect(connection.responder.problems == [.headTimeout(.seconds(10))])
    }

    @Test func `a byte now and then does not stretch the time of a head`() throws {
        let connection = try EmbeddedConnection()
        for byte in "POST / HTT".utf8 {
            try connection.send([byte])
            connection.advance(by: .seconds(1))
        }
        #expect(try connection.receivedStatuses() == [408])
    }

    @Test func `the time of a second head begins at its first byte`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.advance(by: .seconds(60))
        try connection.send("GET")
        connection.advance(by: .seconds(9))
        try connection.send(" / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.receivedStatuses() == [200, 200])
        connection.advance(by: .seconds(74))
        #expect(connection.isOpen)
        connection.advance(by: .seconds(1))
        #expect(!connection.isOpen)
        #expect(connection.metrics.problems == HTTPProblemCounts())
    }

    @Test func `a head that begins in the same read as a whole request has its own time`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT")
        #expect(try connection.receivedStatuses() == [200])
        connection.advance(by: .seconds(10))
        #expect(try connection.receivedStatuses() == [408])
    }

    @Test func `a body that stops is answered 408`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n")
        try connection.send(String(repeating: "a", count: 1023))
        connection.advance(by: .seconds(10))
        #expect(try connection.receivedStatuses() == [408])
        connection.run()
        #expect(!connection.isOpen)
        #expect(connection.budget.reserved == 0)
        #expect(connection.responder.problems == [.bodyTimeout(.seconds(10))])
    }

    @Test func `a slow but honest body is read to its end`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20480\r\n\r\n")
        for _ in 0..<20 {
            connection.advance(by: .seconds(9))
            try connection.send(String(repeating: "a", count: 1024))
        }
        #expect(try connection.receivedText().hasSuffix("POST / 20480"))
        #expect(connection.budget.reserved == 0)
    }

    @Test func `a request that waits for its reply has no deadline`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.advance(by: .hours(1))
        connection.responder.reply(to: 0)
        #expect(try connection.receivedStatuses() == [200])
        connection.advance(by: .seconds(75))
        #expect(!connection.isOpen)
    }

    @Test func `the small body of a refused request has a deadline too`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        connection.advance(by: .seconds(10))
        #expect(try connection.receivedStatuses() == [404])
        #expect(!connection.isOpen)
    }

    @Test func `a client that never reads is closed when idle`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.set(isWritable: false)
        try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.advance(by: .seconds(75))
        #expect(!connection.isOpen)
        #expect(try connection.receivedStatuses() == [200])
    }

    // MARK: The client's own deadline

    private typealias Frame = HTTP2Frame

    @Test func `a request that is not complete in its time is told so, and not taken`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(time: .seconds(2)))
        try connection.send(Frame.request(1).bytes + Frame.data(1, [1, 2, 3]).bytes)
        connection.advance(by: .milliseconds(1999))
        #expect(connection.responder.problems.isEmpty)
        connection.advance(by: .milliseconds(1))
        #expect(Frame.parse(try connection.received()).status(of: 1) == 408)
        try connection.send(Frame.data(1, [4], ends: true).bytes)
        connection.run()
        #expect(connection.responder.problems == [.deadlinePassed(.seconds(2))])
        #expect(connection.responder.requests.isEmpty)
        #expect(connection.budget.reserved == 0)
    }

    @Test func `a request without any time left is not taken, complete or not`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(time: .zero))
        try connection.send(Frame.request(1, ends: true).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 1) == 408)
        #expect(connection.responder.requests.isEmpty)
    }

    @Test func `a client may wait for ever`() throws {
        let connection = try EmbeddedConnection.greeted(
            ScriptedResponder(time: .seconds(359_999_996_400)))
        try connection.send(Frame.request(1).bytes + Frame.data(1, [1], ends: true).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 1) == 200)
    }
}
