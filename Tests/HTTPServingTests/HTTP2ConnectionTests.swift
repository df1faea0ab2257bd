import HTTPTestKit
import NIOCore
import Testing

@testable import HTTPServing

/// What ends HTTP/2 streams and connections: bad frames, clients that go, deadlines, the drain.
@Suite struct HTTP2ConnectionTests {
    typealias Frame = HTTP2Frame
    typealias Kind = HTTP2Frame.Kind

    // MARK: Malformed

    @Test(arguments: [
        [(":method", "POST"), (":scheme", "http"), (":authority", "a")],
        [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("connection", "close")],
        [(":method", "POST"), (":scheme", "http"), (":path", "/"), ("X-Upper", "1")],
        [(":method", "POST"), (":path", "/"), (":path", "/"), (":scheme", "http")],
    ])
    func `a request that breaks HTTP's rules is reset`(_ fields: [(String, String)]) throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(
            Frame(
                kind: Kind.headers, flags: Frame.endHeaders | Frame.endStream, stream: 1,
                payload: Frame.block(fields)
            ).bytes)
        #expect(Frame.parse(try connection.received()).has(Kind.reset, stream: 1))
        #expect(connection.responder.requests.isEmpty)
        #expect(connection.isOpen)
    }

    @Test func `a body shorter than its declared length never reaches the responder`() throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(
            Frame.request(1, fields: [("content-length", "3")]).bytes
                + Frame.data(1, [1, 2], ends: true).bytes)
        #expect(Frame.parse(try connection.received()).has(Kind.reset, stream: 1))
        #expect(connection.responder.requests.isEmpty)
        #expect(connection.budget.reserved == 0)
    }

    @Test(arguments: [
        HTTP2Frame(kind: HTTP2Frame.Kind.data, stream: 1, payload: [1]).bytes,
        HTTP2Frame(kind: HTTP2Frame.Kind.settings, payload: [1]).bytes,
        HTTP2Frame(kind: HTTP2Frame.Kind.headers, flags: 4, stream: 1, payload: [0xFF, 0xFF]).bytes,
        [UInt8](repeating: 0xFF, count: 64),
    ])
    func `a broken connection ends with GOAWAY`(_ bytes: [UInt8]) throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(bytes)
        #expect(Frame.parse(try connection.received()).has(Kind.goaway))
        #expect(!connection.isOpen)
    }

    @Test func `a flood of resets ends the connection`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        var sent = 0
        while connection.isOpen, sent < 1000 {
            let id = UInt32(sent * 2 + 1)
            try connection.send(Frame.request(id, ends: true).bytes + Frame.reset(id).bytes)
            sent += 1
        }
        #expect((200..<300).contains(sent))
        #expect(Frame.parse(try connection.received()).has(Kind.goaway))
    }

    @Test func `streams above the limit are refused`() throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxConcurrentStreams = 2
        let connection = try EmbeddedConnection.greeted(
            ScriptedResponder(holdsReplies: true), configuration: configuration)
        for id: UInt32 in [1, 3, 5] { try connection.send(Frame.request(id, ends: true).bytes) }
        #expect(connection.responder.requests.count == 2)
        #expect(Frame.parse(try connection.received()).has(Kind.reset, stream: 5))
    }

    // MARK: Clients that go

    @Test func `a stream that the client resets gives its reservation back`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        try connection.send(Frame.request(1, fields: [("content-length", "9000")]).bytes)
        try connection.send(Frame.request(3).bytes + Frame.data(3, [1], ends: true).bytes)
        #expect(connection.budget.reserved == 9000 + 64 * 1024)
        try connection.send(Frame.reset(1).bytes + Frame.reset(3).bytes)
        #expect(connection.budget.reserved == 0)
        connection.responder.reply(to: 0)
        connection.run()
        #expect(!Frame.parse(try connection.received()).has(Kind.headers, stream: 3))
    }

    @Test func `a connection that vanishes gives all reservations back`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        try connection.send(Frame.request(1).bytes + Frame.data(1, [1], ends: true).bytes)
        try connection.send(Frame.request(3).bytes + Frame.data(3, [1]).bytes)
        connection.close()
        #expect(connection.budget.reserved == 0)
        connection.responder.reply(to: 0)
        connection.run()
    }

    @Test func `a client that closed its sending side gets its answers`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        try connection.send(Frame.request(1, ends: true).bytes)
        try connection.send(Frame.request(3).bytes + Frame.data(3, [1]).bytes)
        connection.endInput()
        #expect(connection.isOpen)
        #expect(connection.budget.reserved == 0)
        connection.responder.reply(to: 0)
        connection.run()
        #expect(Frame.parse(try connection.received()).status(of: 1) == 200)
        #expect(!connection.isOpen)
    }

    // MARK: Deadlines and drain

    @Test func `an idle connection ends with GOAWAY, PING or not`() throws {
        let connection = try EmbeddedConnection.greeted()
        connection.advance(by: .seconds(70))
        try connection.send(Frame(kind: Kind.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]).bytes)
        #expect(Frame.parse(try connection.received()).first?.flags == Frame.ack)
        connection.advance(by: .seconds(5))
        #expect(Frame.parse(try connection.received()).has(Kind.goaway))
        #expect(!connection.isOpen)
    }

    @Test func `a body that stops is answered 408, other streams go on`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        try connection.send(Frame.request(1).bytes + Frame.request(3).bytes)
        for _ in 0..<10 {
            connection.advance(by: .seconds(1))
            try connection.send(Frame.data(3, [UInt8](repeating: 1, count: 200)).bytes)
        }
        #expect(Frame.parse(try connection.received()).status(of: 1) == 408)
        try connection.send(Frame.data(3, [1], ends: true).bytes)
        connection.responder.reply(to: 0)
        connection.run()
        #expect(Frame.parse(try connection.received()).body(of: 3) == "POST /v1/traces 2001")
        #expect(connection.budget.reserved == 0)
    }

    @Test func `a header block that does not end ends the connection`() throws {
        let connection = try EmbeddedConnection.greeted()
        var head = Frame.request(1)
        head.flags = 0
        try connection.send(head.bytes)
        connection.advance(by: .seconds(10))
        #expect(!connection.isOpen)
        #expect(connection.metrics.problems.headTimeout == 1)
    }

    @Test func `a request that waits for its reply keeps the connection open`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        try connection.send(Frame.request(1, ends: true).bytes)
        connection.advance(by: .hours(1))
        connection.responder.reply(to: 0)
        connection.run()
        #expect(Frame.parse(try connection.received()).status(of: 1) == 200)
    }

    @Test(arguments: [true, false])
    func `a drain says GOAWAY twice and finishes what is under way`(_ pings: Bool) throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        try connection.send(Frame.request(1, ends: true).bytes)
        connection.tell(.drain)
        let first = Frame.parse(try connection.received())
        let goaway = try #require(first.first { $0.kind == Kind.goaway })
        #expect(Frame.number(goaway.payload.prefix(4)) == 0x7FFF_FFFF)
        try connection.send(Frame.request(3, ends: true).bytes)
        if pings {
            let ping = try #require(first.first { $0.kind == Kind.ping })
            try connection.send(
                Frame(kind: Kind.ping, flags: Frame.ack, payload: ping.payload).bytes)
        } else {
            connection.advance(by: .seconds(1))
        }
        let second = Frame.parse(try connection.received()).first { $0.kind == Kind.goaway }
        #expect(Frame.number(try #require(second).payload.prefix(4)) == 3)
        try connection.send(Frame.request(5, ends: true).bytes)
        #expect(connection.isOpen)
        for index in [0, 1] { connection.responder.reply(to: index) }
        connection.run()
        let answers = Frame.parse(try connection.received())
        #expect(answers.status(of: 1) == 200 && answers.status(of: 3) == 200)
        #expect(answers.status(of: 5) == nil)
        #expect(!connection.isOpen)
    }

    @Test func `the end of the drain tells waiting requests so`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        try connection.send(Frame.request(1).bytes + Frame.data(1, [1], ends: true).bytes)
        connection.tell(.stop)
        #expect(Frame.parse(try connection.received()).status(of: 1) == 503)
        #expect(!connection.isOpen)
        #expect(connection.budget.reserved == 0)
    }
}
