import FuzzClaims
import HTTPTestKit
import NIOCore
import NIOEmbedded

@testable import HTTPServing

/// One connection from its first byte to its end, and what holds of it all the time:
///
/// - Bodies take no more than their budget, and nothing of it once the connection is gone.
/// - HTTP/2 has no more streams than the limit.
/// - Nothing is written behind the end of the output.
/// - A responder gets no larger body than it takes.
/// - When the client has ended, or is silent for longer than any limit, the connection ends too,
///   provided that the responder answers.
struct ConnectionRun {
    static let maxBodyBytes = 1000

    private let connection: EmbeddedConnection
    private let socket = SocketModel()
    private var script: ConnectionScript
    private var isWritable = true
    private var replied: Set<Int> = []

    private init(_ script: ConnectionScript, maxHeaderBytes: Int) throws {
        self.script = script
        var configuration = HTTPServerConfiguration()
        configuration.maxConcurrentStreams = 8
        configuration.maxHeaderBytes = maxHeaderBytes
        configuration.maxHeaderCount = 20
        connection = try EmbeddedConnection(
            ScriptedResponder(
                maxBodyBytes: Self.maxBodyBytes, holdsReplies: script.holdsReplies,
                trailers: script.hasTrailers ? [HTTPField(name: "t", value: "1")] : [],
                padding: script.padding),
            budget: script.budget, configuration: configuration, socket: socket)
    }

    /// Sends `bytes` as `script` says; answers the requests that the responder got, and what was
    /// written.
    @discardableResult
    static func run(
        _ bytes: [UInt8], _ script: ConnectionScript, maxHeaderBytes: Int = 2048
    ) throws(BrokenClaim) -> (requests: [HTTPRequest], written: [UInt8]) {
        do {
            var run = try ConnectionRun(script, maxHeaderBytes: maxHeaderBytes)
            // They know each other: the responder the replies, these the connection.
            defer { run.connection.responder.forget() }
            try run.send(bytes)
            try run.end()
            return (run.connection.responder.requests, try run.connection.received())
        } catch let error as BrokenClaim {
            throw error
        } catch {
            throw BrokenClaim("the channel reports \(error)")
        }
    }

    private mutating func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        var waits = 0
        while !rest.isEmpty, connection.isOpen, waits < 64 {
            let (count, event) = script.next()
            if script.waitsForReads, !socket.wantsBytes {
                waits += 1
            } else {
                try connection.send(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            perform(event)
            try check()
        }
    }

    private mutating func perform(_ event: ConnectionScript.Event) {
        switch event {
        case .none: break
        case .advance(let seconds): connection.advance(by: .seconds(seconds))
        case .replyToOldest: reply(to: pending.first)
        case .replyToNewest: reply(to: pending.last)
        case .turnWritable:
            isWritable.toggle()
            connection.set(isWritable: isWritable)
        case .drain: connection.tell(.drain)
        }
    }

    private var pending: [Int] {
        guard script.holdsReplies else { return [] }
        return connection.responder.requests.indices.filter { !replied.contains($0) }
    }

    private mutating func reply(to index: Int?) {
        guard let index else { return }
        replied.insert(index)
        connection.responder.reply(to: index)
        connection.run()
    }

    private func check() throws {
        if let fault = socket.fault { throw BrokenClaim(fault) }
        let reserved = connection.budget.reserved
        try claim(
            (0...script.budget).contains(reserved), "\(reserved) of \(script.budget) bytes taken")
        let handler = try? connection.channel.pipeline.syncOperations.handler(
            type: HTTP2Handler.self)
        let streams = handler?.streams.count ?? 0
        try claim(streams <= 8, "\(streams) streams")
        for request in connection.responder.requests {
            try claim(
                request.body.count <= Self.maxBodyBytes, "a body of \(request.body.count) bytes")
        }
    }

    // MARK: The end

    private mutating func end() throws {
        switch script.end {
        case .inputEnds: connection.endInput()
        case .silence: break
        case .drain: connection.tell(.drain)
        case .stop: connection.tell(.stop)
        case .close: connection.close()
        }
        try check()
        if !script.holdsReplies || script.end != .close { replyToAll() }
        // Longer than all timeouts one after the other; a deadline may bring the next one.
        for _ in 0..<8 where connection.isOpen {
            connection.advance(by: .seconds(80))
            replyToAll()
            try check()
        }
        try claim(!connection.isOpen, "the connection stays open")
        // Those that come too late change nothing.
        replyToAll()
        connection.run()
        try check()
        try claim(connection.budget.reserved == 0, "the budget does not come back")
    }

    private mutating func replyToAll() {
        while let index = pending.first { reply(to: index) }
    }
}
