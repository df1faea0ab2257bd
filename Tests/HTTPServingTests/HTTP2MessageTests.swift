import HTTPTestKit
import NIOCore
import Testing

@testable import HTTPServing

/// Requests and responses of HTTP/2, and the limits on both.
@Suite struct HTTP2MessageTests {
    typealias Frame = HTTP2Frame
    typealias Kind = HTTP2Frame.Kind

    // MARK: Requests and responses

    @Test func `a request is answered, whole or byte by byte`() throws {
        let bytes =
            Frame.greeting + Frame.request(1, fields: [("content-length", "6")]).bytes
            + Frame.data(1, Array("abc".utf8)).bytes
            + Frame.data(1, Array("def".utf8), ends: true).bytes
        let whole = try EmbeddedConnection()
        try whole.send(bytes)
        let cut = try EmbeddedConnection()
        try cut.sendByteByByte(bytes)
        for connection in [whole, cut] {
            let frames = Frame.parse(try connection.received())
            #expect(frames.status(of: 1) == 200)
            #expect(frames.body(of: 1) == "POST /v1/traces 6")
            #expect(connection.responder.requests.map(\.body) == [Array("abcdef".utf8)])
            #expect(connection.responder.requests.first?.head.declaredLength == 6)
            #expect(connection.budget.reserved == 0)
        }
    }

    @Test func `header fields arrive with the authority as host`() throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(
            Frame.request(1, path: "/a?b", fields: [("x", "1"), ("x", "2")], ends: true).bytes)
        let head = try #require(connection.responder.requests.first).head
        #expect(head.path == "/a" && head.version == .http2 && head.method == "POST")
        #expect(head.fields == HTTPFields([("host", "test"), ("x", "1"), ("x", "2")]))
    }

    @Test func `HEAD gets no body`() throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(Frame.request(1, method: "HEAD", ends: true).bytes)
        let frames = Frame.parse(try connection.received())
        #expect(frames.contains { $0.kind == Kind.headers && $0.stream == 1 && $0.endsStream })
        #expect(!frames.has(Kind.data, stream: 1))
    }

    @Test func `trailers follow the body`() throws {
        let trailers = [HTTPField(name: "grpc-status", value: "0")]
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(trailers: trailers))
        try connection.send(Frame.request(1, ends: true).bytes)
        let ours = Frame.parse(try connection.received()).filter { $0.stream == 1 }
        #expect(ours.map(\.kind) == [Kind.headers, Kind.data, Kind.headers])
        #expect(ours.map(\.endsStream) == [false, false, true])
    }

    @Test func `a response may do without its length`() throws {
        for hasLength in [true, false] {
            let connection = try EmbeddedConnection.greeted(ScriptedResponder(hasLength: hasLength))
            try connection.send(Frame.request(1, ends: true).bytes)
            let head = try #require(
                Frame.parse(try connection.received()).first { $0.kind == Kind.headers })
            // `content-length`, entry 28 of HPACK's static table, as a literal without indexing.
            let isThere = zip(head.payload, head.payload.dropFirst()).contains {
                $0 == (0x0f, 0x0d)
            }
            #expect(isThere == hasLength)
        }
    }

    @Test func `streams are answered in the order of their replies`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(holdsReplies: true))
        for id: UInt32 in [1, 3, 5] {
            try connection.send(Frame.request(id).bytes + Frame.data(id, [1], ends: true).bytes)
        }
        #expect(connection.budget.reserved == 3 * 64 * 1024)
        for index in [2, 0, 1] {
            connection.responder.reply(to: index)
            connection.responder.reply(to: index)
            connection.run()
            let frames = Frame.parse(try connection.received())
            #expect(frames.filter { $0.kind == Kind.headers }.count == 1)
            #expect(frames.status(of: UInt32(index * 2 + 1)) == 200)
        }
        #expect(connection.budget.reserved == 0)
    }

    @Test func `a large response waits for the client's window`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(padding: 100_000))
        try connection.send(Frame.request(1, ends: true).bytes)
        let first = Frame.parse(try connection.received()).body(of: 1)
        #expect(first.utf8.count == 65535)
        for stream: UInt32 in [0, 1] {
            try connection.send(
                Frame(
                    kind: Kind.windowUpdate, stream: stream, payload: Frame.bigEndian(100_000)
                ).bytes)
        }
        let rest = Frame.parse(try connection.received())
        #expect(first.utf8.count + rest.body(of: 1).utf8.count == 100_017)
        #expect(rest.contains { $0.stream == 1 && $0.endsStream })
    }

    // MARK: Windows

    @Test func `stored bytes give their windows back`() throws {
        let connection = try EmbeddedConnection.greeted(
            ScriptedResponder(maxBodyBytes: 8 * 1024 * 1024))
        let chunk = Frame.data(1, [UInt8](repeating: 1, count: 16384)).bytes
        try connection.send(Frame.request(1).bytes)
        for _ in 0..<256 { try connection.send(chunk) }
        let updates = Frame.parse(try connection.received()).filter {
            $0.kind == Kind.windowUpdate
        }
        #expect(updates.contains { $0.stream == 1 } && updates.contains { $0.stream == 0 })
    }

    @Test func `dropped bytes give back only the window of the connection`() throws {
        let connection = try EmbeddedConnection.greeted()
        let chunk = Frame.data(1, [UInt8](repeating: 1, count: 16384)).bytes
        try connection.send(Frame.request(1, path: "/refused").bytes)
        for _ in 0..<64 { try connection.send(chunk) }
        for id in stride(from: UInt32(3), to: 9, by: 2) {
            try connection.send(Frame.request(id, path: "/refused").bytes)
            for _ in 0..<64 { try connection.send(Frame.data(id, chunk.suffix(16384)).bytes) }
        }
        let updates = Frame.parse(try connection.received()).filter {
            $0.kind == Kind.windowUpdate
        }
        #expect(!updates.isEmpty && updates.allSatisfy { $0.stream == 0 })
        #expect(connection.isOpen)
    }

    // MARK: Limits

    @Test func `a refusal before the body is answered, the stream reset a second later`() throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(Frame.request(1, path: "/refused").bytes)
        let frames = Frame.parse(try connection.received())
        #expect(frames.status(of: 1) == 404)
        #expect(frames.body(of: 1) == "refused")
        #expect(!frames.has(Kind.reset, stream: 1))
        connection.advance(by: .seconds(1))
        let later = Frame.parse(try connection.received())
        #expect(later == [Frame(kind: Kind.reset, stream: 1, payload: Frame.bigEndian(0))])
        try connection.send(Frame.request(3, ends: true).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 3) == 200)
    }

    @Test func `a refused request that ends by itself is not reset`() throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(
            Frame.request(1, path: "/refused").bytes + Frame.data(1, [1, 2], ends: true).bytes)
        connection.advance(by: .seconds(2))
        let frames = Frame.parse(try connection.received())
        #expect(frames.status(of: 1) == 404)
        #expect(!frames.has(Kind.reset, stream: 1))
    }

    @Test func `a declared length over the limit is answered 413 before the body`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(maxBodyBytes: 1000))
        try connection.send(Frame.request(1, fields: [("content-length", "1001")]).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 1) == 413)
        #expect(connection.isOpen)
    }

    @Test func `a body is answered 413 when it passes the limit`() throws {
        let connection = try EmbeddedConnection.greeted(ScriptedResponder(maxBodyBytes: 1000))
        try connection.send(
            Frame.request(1).bytes + Frame.data(1, [UInt8](repeating: 1, count: 1001)).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 1) == 413)
        #expect(connection.budget.reserved == 0)
        #expect(connection.responder.requests.isEmpty)
    }

    @Test(arguments: [true, false])
    func `a spent budget is answered 503`(_ isDeclared: Bool) throws {
        let connection = try EmbeddedConnection.greeted(budget: 1000)
        let fields = isDeclared ? [("content-length", "1001")] : []
        try connection.send(Frame.request(1, fields: fields).bytes)
        if !isDeclared {
            try connection.send(Frame.data(1, [UInt8](repeating: 1, count: 1001)).bytes)
        }
        #expect(Frame.parse(try connection.received()).status(of: 1) == 503)
        #expect(connection.budget.reserved == 0)
        #expect(connection.responder.problems == [.outOfMemory(limit: 1000)])
    }

    @Test(arguments: [(2, 8_300), (101, 0)])
    func `header fields over their limits are answered 431`(_ count: Int, _ size: Int) throws {
        let fields = (0..<count).map { ("x\($0)", String(repeating: "a", count: size)) }
        let connection = try EmbeddedConnection.greeted()
        var head = Frame.request(1, fields: fields, ends: true)
        let rest = Array(head.payload.dropFirst(16_000))
        head.payload = Array(head.payload.prefix(16_000))
        if !rest.isEmpty { head.flags &= ~Frame.endHeaders }
        var bytes = head.bytes
        if !rest.isEmpty {
            bytes +=
                Frame(
                    kind: Kind.continuation, flags: Frame.endHeaders, stream: 1, payload: rest
                ).bytes
        }
        try connection.send(bytes)
        #expect(Frame.parse(try connection.received()).status(of: 1) == 431)
        try connection.send(Frame.request(3, ends: true).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 3) == 200)
    }

    @Test func `100 is sent once the request is admitted, other expectations get 417`() throws {
        let connection = try EmbeddedConnection.greeted()
        try connection.send(Frame.request(1, fields: [("expect", "100-continue")]).bytes)
        #expect(
            Frame.parse(try connection.received()).contains {
                $0.kind == Kind.headers && $0.status == 100
            })
        try connection.send(Frame.data(1, [1], ends: true).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 1) == 200)
        try connection.send(Frame.request(3, fields: [("expect", "magic")], ends: true).bytes)
        #expect(Frame.parse(try connection.received()).status(of: 3) == 417)
    }
}
