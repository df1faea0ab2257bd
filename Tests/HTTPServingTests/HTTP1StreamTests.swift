import HTTPTestKit
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import HTTPServing

/// Responses whose end is not known when they begin.
struct HTTP1StreamTests {
    /// What a stream has told its owner.
    private final class Owner: Sendable {
        private let events = NIOLockedValueBox<[String]>([])
        var told: [String] { events.withLockedValue { $0 } }

        func stream() -> HTTPStream {
            HTTPStream(
                whenTaken: { _ in self.events.withLockedValue { $0.append("taken") } },
                whenGone: { _ in self.events.withLockedValue { $0.append("gone") } })
        }
    }

    private static let request = "GET /events?after=1 HTTP/1.1\r\nHost: a\r\n\r\n"

    private func connection(
        _ stream: HTTPStream, body: String = "hello"
    ) throws -> EmbeddedConnection {
        let responder = ScriptedResponder()
        responder.answers {
            $0.head.path == "/events"
                ? HTTPResponse(status: 200, body: Array(body.utf8), stream: stream) : nil
        }
        return try EmbeddedConnection(responder)
    }

    @Test func `the body is the first chunk, and what is sent follows in others`() throws {
        let owner = Owner()
        let stream = owner.stream()
        let connection = try connection(stream)
        try connection.send(Self.request)
        #expect(
            try connection.receivedText()
                == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        #expect(owner.told == ["taken"])
        stream.send(Array("0123456789abcdef!".utf8))
        stream.send([])
        connection.run()
        #expect(try connection.receivedText() == "11\r\n0123456789abcdef!\r\n")
        stream.end()
        connection.run()
        #expect(try connection.receivedText() == "0\r\n\r\n")
        #expect(owner.told == ["taken", "gone"])
    }

    @Test func `the connection goes on behind the last chunk`() throws {
        let stream = Owner().stream()
        let connection = try connection(stream)
        try connection.send(Self.request + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
        stream.end()
        connection.run()
        let output = try connection.receivedText()
        #expect(output.contains("0\r\n\r\nHTTP/1.1 200 OK"))
        #expect(output.hasSuffix("GET /next 0"))
        // What comes late belongs to no answer.
        stream.send([1])
        connection.run()
        #expect(try connection.receivedText() == "")
    }

    @Test func `a stream that was ended before it was taken ends at once`() throws {
        let owner = Owner()
        let stream = owner.stream()
        stream.end()
        let connection = try connection(stream)
        try connection.send(Self.request)
        #expect(try connection.receivedText().hasSuffix("5\r\nhello\r\n0\r\n\r\n"))
        #expect(owner.told == ["taken", "gone"])
    }

    @Test func `HTTP 1.0 and HEAD get the body alone, with its length`() throws {
        for request in [
            "GET /events HTTP/1.0\r\nHost: a\r\n\r\n", "HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            let owner = Owner()
            let connection = try connection(owner.stream())
            try connection.send(request)
            #expect(try connection.receivedText().contains("content-length: 5\r\n"))
            #expect(owner.told == [])
        }
    }

    @Test func `a reader that does not keep up loses its connection`() throws {
        let owner = Owner()
        let stream = owner.stream()
        let connection = try connection(stream)
        try connection.send(Self.request)
        _ = try connection.receivedText()
        connection.set(isWritable: false)
        stream.send([1])
        connection.run()
        #expect(!connection.isOpen)
        #expect(owner.told == ["taken", "gone"])
    }

    @Test(arguments: [ConnectionEvent.drain, .stop])
    func `a server that ends its work ends the stream first`(_ event: ConnectionEvent) throws {
        let owner = Owner()
        let connection = try connection(owner.stream())
        try connection.send(Self.request)
        _ = try connection.receivedText()
        connection.tell(event)
        #expect(try connection.receivedText() == "0\r\n\r\n")
        #expect(owner.told == ["taken", "gone"])
        connection.advance(by: .seconds(60))
        #expect(!connection.isOpen)
    }

    @Test func `a stream has no deadline`() throws {
        let owner = Owner()
        let connection = try connection(owner.stream())
        try connection.send(Self.request)
        connection.advance(by: .hours(1))
        #expect(connection.isOpen && owner.told == ["taken"])
    }

    @Test func `path and query are told apart`() throws {
        let connection = try EmbeddedConnection()
        for target in ["/a/b?x=1&y=%20?z#f", "/a", "/?", "http://h/p?q", "http://h?q"] {
            try connection.send("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
        }
        #expect(connection.responder.requests.map(\.head.path) == ["/a/b", "/a", "/", "/p", "/"])
        #expect(
            connection.responder.requests.map(\.head.query) == ["x=1&y=%20?z", "", "", "q", "q"])
    }
}
