import HTTPTestKit
import Testing

@testable import HTTPServing

extension EmbeddedConnection {
    /// A connection that has greeted, the server's greeting read.
    static func greeted(
        _ responder: ScriptedResponder = ScriptedResponder(), budget: Int = 16 * 1024 * 1024,
        configuration: HTTPServerConfiguration = HTTPServerConfiguration()
    ) throws -> EmbeddedConnection {
        let connection = try EmbeddedConnection(
            responder, budget: budget, configuration: configuration)
        try connection.send(HTTP2Frame.greeting)
        let frames = HTTP2Frame.parse(try connection.received())
        #expect(frames.has(HTTP2Frame.Kind.settings))
        #expect(frames.has(HTTP2Frame.Kind.windowUpdate))
        return connection
    }
}
