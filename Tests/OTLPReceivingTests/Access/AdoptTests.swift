import HTTPServing
import SendingQueue
import Synchronization
import Testing

@testable import OTLPReceiving

/// A configuration that takes the place of another while requests are under way.
@Suite struct AdoptTests {
    private static let old = HTTPRequestHead.export([
        ("x-api-key", "old"), ("content-encoding", "gzip"), ("origin", "https://a.example"),
    ])
    private static let body = [UInt8].request(.span())

    private static func bench(_ outcome: OfferOutcome? = .accepted) throws -> RoutedBench {
        var configuration = OTLPReceiverConfiguration()
        configuration.cors.allowedOrigins = ["https://a.example"]
        return try RoutedBench(
            [("old", [.key(SHA256Digest(of: "old"))])], outcome: outcome,
            configuration: configuration)
    }

    /// Another route, less room for bodies, and no pages of browsers.
    private static func adopt(_ receiver: OTLPReceiver, _ queue: ScriptedQueue) throws {
        var configuration = OTLPReceiverConfiguration()
        configuration.maxBodyBytes = body.count - 1
        receiver.adopt(
            configuration: configuration,
            routing: try Routing(
                routes: [
                    (RouteIntake(name: "new", queue: queue), [.key(SHA256Digest(of: "new"))])
                ], open: nil))
    }

    @Test func `a request that was admitted before ends on what there was then`() throws {
        let bench = try Self.bench()
        let context = bench.receiver.context(for: Self.old)
        let queue = ScriptedQueue()
        try Self.adopt(bench.receiver, queue)
        let answer = Mutex<HTTPResponse?>(nil)
        let request = HTTPRequest(
            head: Self.old, body: Gzip.stored(Self.body), context: context)
        bench.receiver.respond(to: request) { response in answer.withLock { $0 = response } }
        let response = try #require(answer.withLock { $0 })
        #expect(response.status == 200)
        #expect(response.field("access-control-allow-origin") == "https://a.example")
        #expect(bench.taken == ["old"])
        #expect(queue.offers.isEmpty)
    }

    @Test func `so does one that the queue has already`() throws {
        let bench = try Self.bench(nil)
        let answer = Mutex<HTTPResponse?>(nil)
        bench.receiver.exchange(Gzip.stored(Self.body), Self.old) { response in
            answer.withLock { $0 = response }
        }
        try Self.adopt(bench.receiver, ScriptedQueue())
        #expect(answer.withLock { $0 } == nil)
        bench.queues["old"]?.end(.accepted)
        let response = try #require(answer.withLock { $0 })
        #expect(response.field("access-control-allow-origin") == "https://a.example")
    }

    @Test func `the next request meets what there is now`() throws {
        let bench = try Self.bench()
        let queue = ScriptedQueue()
        try Self.adopt(bench.receiver, queue)
        #expect(bench.answer(Gzip.stored(Self.body), Self.old)?.status == 401)
        let large = HTTPRequestHead.export([("x-api-key", "new"), ("content-encoding", "gzip")])
        #expect(bench.answer(Gzip.stored(Self.body), large)?.status == 413)
        #expect(bench.answer([], .export([("x-api-key", "new")]))?.status == 200)
        #expect(queue.offers.count == 1)
        #expect(bench.taken == [])
    }

    @Test func `counters go on`() throws {
        let bench = try Self.bench()
        _ = bench.answer([], .export())
        try Self.adopt(bench.receiver, ScriptedQueue())
        _ = bench.answer([], .export())
        #expect(bench.denied == [.missing: 2])
    }
}
