import HTTPTestKit
import Testing

@testable import HTTPServing

/// What a responder attaches to an admission comes back with that request.
@Suite struct AdmissionTests {
    @Test func `each request of an HTTP/1 connection brings its own`() throws {
        let connection = try EmbeddedConnection(ScriptedResponder(holdsReplies: true))
        let paths = ["/1", "/2", "/refused", "/3"]
        try connection.send(paths.map { HTTP1ConnectionTests.post($0, "x") }.joined())
        for (index, path) in ["/1", "/2", "/3"].enumerated() {
            #expect(connection.responder.requests.count == index + 1)
            #expect(connection.responder.requests[index].context as? String == path)
            connection.responder.reply(to: index)
            connection.run()
        }
    }

    @Test func `streams of an HTTP/2 connection do not share it`() throws {
        let connection = try EmbeddedConnection.greeted()
        typealias Frame = HTTP2Frame
        for id: UInt32 in [1, 3, 5] {
            try connection.send(Frame.request(id, path: "/\(id)").bytes)
        }
        for id: UInt32 in [5, 1, 3] {
            try connection.send(Frame.data(id, [1], ends: true).bytes)
        }
        try connection.send(Frame.request(7, path: "/7", ends: true).bytes)
        #expect(
            connection.responder.requests.map { $0.context as? String } == ["/5", "/1", "/3", "/7"])
    }
}
