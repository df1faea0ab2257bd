import HTTPServing
import Instruments
import SendingQueue
import Synchronization
import Testing

@testable import OTLPReceiving

@Suite struct OTLPReceiverTests {
    /// A receiver with 1 MiB for bodies, its queue, and what it has answered.
    private final class Bench: Sendable {
        let queue: ScriptedQueue
        let budget: MemoryBudget
        let receiver: OTLPReceiver
        private let replies = Mutex<[HTTPResponse]>([])

        init(
            _ outcome: OfferOutcome? = .accepted, delay: Int? = nil, maxBodyBytes: Int = 1 << 20,
            budget: Int = 1 << 22,
            offload: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { $0() }
        ) {
            queue = ScriptedQueue(outcome, delay: delay)
            self.budget = MemoryBudget(limit: budget)
            var configuration = OTLPReceiverConfiguration()
            configuration.maxBodyBytes = maxBodyBytes
            receiver = OTLPReceiver(
                configuration: configuration,
                routing: Routing(open: RouteIntake(name: "default", queue: queue)),
                budget: self.budget, wallClock: { 42 }, offload: offload)
        }

        var answered: [HTTPResponse] { replies.withLock { $0 } }

        func send(_ body: [UInt8], _ head: HTTPRequestHead = .export()) {
            receiver.exchange(body, head) { [self] response in
                replies.withLock { $0.append(response) }
            }
        }

        /// The one answer there is; nothing may be reserved any more.
        func answer(_ body: [UInt8], _ head: HTTPRequestHead = .export()) throws -> HTTPResponse {
            let before = answered.count
            send(body, head)
            #expect(budget.reserved == 0)
            #expect(answered.count == before + 1)
            return try #require(answered.last)
        }

        /// Counters that are not 0.
        var counted: [Int: UInt64] {
            receiver.instruments.answers.reduce(into: [:]) {
                if $1.counter.value > 0 { $0[$1.status] = $1.counter.value }
            }
        }
    }

    private static let success = HTTPResponse(
        status: 200, fields: [HTTPField(name: "content-type", value: "application/x-protobuf")])

    // MARK: Success

    @Test(arguments: [
        (1024 * 1024, HTTPRequestHead.export(), false), (1024 * 1024 + 1, .export(), true),
        (64 * 1024, .gzip, false), (64 * 1024 + 1, .gzip, true),
        (64 * 1024 + 1, .export([("content-encoding", "identity")]), true),
    ])
    func `what may take long is read elsewhere (X12)`(
        _ count: Int, _ head: HTTPRequestHead, _ isElsewhere: Bool
    ) {
        let work = Mutex<[@Sendable () -> Void]>([])
        let bench = Bench(maxBodyBytes: 1 << 21) { item in work.withLock { $0.append(item) } }
        bench.send([UInt8](repeating: 0, count: count), head)
        #expect(bench.answered.isEmpty == isElsewhere)
        for item in work.withLock({ $0 }) { item() }
        #expect(bench.answered.map(\.status) == [400])
        #expect(bench.budget.reserved == 0)
    }

    @Test func `a good request is handed on as it came (H5, H18)`() throws {
        let bench = Bench()
        let body = [UInt8].request(.span(), .span())
        #expect(try bench.answer(body) == Self.success)
        #expect(
            bench.queue.offers == [.init(body: body, spanCount: 2, receivedAt: 42, rejected: 0)])
        #expect(bench.counted == [200: 1])
    }

    @Test(arguments: ["gzip", "X-GZIP"])
    func `a compressed request is handed on inflated (P2)`(_ coding: String) throws {
        let bench = Bench()
        let body = [UInt8].request(.span())
        let head = HTTPRequestHead.export([("content-encoding", coding)])
        #expect(try bench.answer(Gzip.stored(body), head) == Self.success)
        #expect(bench.queue.offers.map(\.body) == [body])
    }

    @Test(
        arguments: [
            ([], .export()), ([], .gzip), (Gzip.stored([]), .gzip), (.request(), .export()),
        ] as [([UInt8], HTTPRequestHead)])
    func `an empty request succeeds (H21, H39)`(_ body: [UInt8], _ head: HTTPRequestHead) throws {
        let bench = Bench()
        #expect(try bench.answer(body, head) == Self.success)
        #expect(bench.queue.offers.map(\.spanCount) == [0])
    }

    @Test func `rejected spans are counted in the queue and named in the answer (H22, H23)`() throws
    {
        let bench = Bench()
        let body = [UInt8].request(.span(), .span(isRejected: true), .span(isRejected: true))
        let answer = try bench.answer(body)
        #expect(answer.status == 200)
        #expect(
            bench.queue.offers == [.init(body: body, spanCount: 1, receivedAt: 42, rejected: 2)])
        let partial = try #require(DecodedResponse(protobuf: answer.body)?.partialSuccess)
        #expect(partial.rejectedSpans == 2)
        #expect(partial.errorMessage.hasPrefix("2 rejected: "))
        #expect(partial.errorMessage.contains("trace"))
    }

    @Test func `a request of rejected spans alone is offered, so that they are counted`() throws {
        let bench = Bench()
        let answer = try bench.answer(.request(.span(isRejected: true)))
        #expect(bench.queue.offers.map(\.spanCount) == [0])
        #expect(bench.queue.offers.map(\.rejected) == [1])
        #expect(DecodedResponse(protobuf: answer.body)?.partialSuccess?.rejectedSpans == 1)
    }

    // MARK: What the queue says

    @Test func `a full queue answers 503 with its delay (H32)`() throws {
        let bench = Bench(.full(retryAfterSeconds: 7))
        let answer = try bench.answer(.request(.span(), .span(isRejected: true)))
        #expect(answer.status == 503)
        #expect(answer.fields.contains(HTTPField(name: "retry-after", value: "7")))
        #expect(
            DecodedStatus(protobuf: answer.body)
                == DecodedStatus(
                    code: 14, message: "the sending queue is full; retry after 7 s",
                    details: [.retryInfo(seconds: 7, nanos: 0)]))
        #expect(bench.queue.offers.map(\.rejected) == [1])
        #expect(bench.counted == [503: 1])
    }

    @Test(
        arguments: [
            (.room, "the sending queue is full"), (.pace, "the sending queue's disk is behind"),
            (.reserve, "the sending queue's disk has no room beside what is left to others"),
            (.space, "the sending queue's disk is full"),
            (.resources, "the gateway is out of descriptors or memory"),
            (.soundness, "the sending queue's disk fails"),
            (.answer, "the sending queue's disk does not answer"),
        ] as [(Shortage, String)])
    func `a sender is told what the queue lacks`(_ shortage: Shortage, _ words: String) throws {
        let bench = Bench(.full(retryAfterSeconds: 7, for: shortage))
        let answer = try bench.answer(.request(.span()))
        #expect(answer.status == 503)
        #expect(
            DecodedStatus(protobuf: answer.body)?.message == "\(words); retry after 7 s")
    }

    @Test func `a stopping queue answers 503 (H32)`() throws {
        let bench = Bench(.stopping)
        let answer = try bench.answer(.request(.span()))
        #expect(answer.status == 503)
        #expect(answer.fields.contains(HTTPField(name: "retry-after", value: "5")))
        #expect(
            DecodedStatus(protobuf: answer.body)?.message
                == "the gateway is stopping; retry after 5 s")
        #expect(bench.counted == [503: 1])
    }

    @Test func `the answer leaves when the queue has the request, from whatever thread`() async {
        let bench = Bench(nil)
        bench.send(.request(.span()))
        bench.send(Gzip.stored(.request(.span())), .gzip)
        #expect(bench.answered.isEmpty)
        #expect(bench.counted.isEmpty)
        #expect(bench.receiver.instruments.duration.snapshot.counts.reduce(0, +) == 0)
        #expect(bench.budget.reserved == 0)
        await Task.detached { bench.queue.end(.accepted) }.value
        #expect(bench.answered == [Self.success, Self.success])
        #expect(bench.counted == [200: 2])
        #expect(bench.receiver.instruments.duration.snapshot.counts.reduce(0, +) == 2)
    }

    // MARK: Bad bodies

    @Test(
        arguments: [
            ([0x0a, 5, 1], "body", "byte 1 is"),
            (.request(.span()) + [0x07], "body", "byte 34"),
            ([0x08, 1], "ExportTraceServiceRequest field 1", "byte 0"),
            (.request(.span()) + [0xff], "body", "byte 34"),
            (Array("{\"resourceSpans\":[]}".utf8), "body", "byte"),
        ] as [([UInt8], String, String)])
    func `a body that is no request is refused whole, with its place (H30, H31)`(
        _ body: [UInt8], _ field: String, _ place: String
    ) throws {
        let bench = Bench()
        let answer = try bench.answer(body)
        #expect(answer.status == 400)
        let status = try #require(DecodedStatus(protobuf: answer.body))
        #expect(status.message.hasPrefix("the body is no ExportTraceServiceRequest: "))
        #expect(status.message.contains(place))
        #expect(status.details == [.badRequest(field: field, description: status.message)])
        #expect(bench.queue.offers.isEmpty)
        #expect(bench.counted == [400: 1])
    }

    @Test func `offsets count in the inflated body`() throws {
        let bench = Bench()
        let body = [UInt8].request(.span()) + [0x07]
        let plain = try bench.answer(body)
        #expect(try bench.answer(Gzip.stored(body), .gzip) == plain)
    }

    @Test func `a prefix of a request is never half taken (X21)`() throws {
        let body = [UInt8].request(.span(), .span())
        for cut in 1..<body.count {
            let bench = Bench()
            #expect(try bench.answer(Array(body[..<cut])).status == 400, "cut at \(cut)")
            #expect(bench.queue.offers.isEmpty)
        }
    }

    @Test func `the header decides on compression, not the bytes (H8)`() throws {
        let bench = Bench()
        #expect(try bench.answer(.request(.span()), .gzip).status == 400)
        #expect(try bench.answer(Gzip.stored(.request(.span()))).status == 400)
        #expect(bench.queue.offers.isEmpty)
        #expect(bench.counted == [400: 2])
    }

    @Test func `damaged gzip is refused with the member (X10)`() throws {
        let bench = Bench()
        let answer = try bench.answer(Gzip.stored(.request(.span())).dropLast(), .gzip)
        #expect(answer.status == 400)
        let message = "the body cannot be inflated: gzip member 1 at byte 0 is damaged or cut off"
        #expect(
            DecodedStatus(protobuf: answer.body)
                == DecodedStatus(
                    code: 3, message: message,
                    details: [.badRequest(field: "content-encoding", description: message)]))
        #expect(bench.queue.offers.isEmpty)
    }

    @Test func `a bomb is stopped with 413 (H14, X12)`() throws {
        let bench = Bench()
        let answer = try bench.answer(Gzip.zeros(4096 * 2064 + 1, isChecked: false), .gzip)
        #expect(answer.status == 413)
        #expect(
            DecodedStatus(protobuf: answer.body)
                == DecodedStatus(
                    code: 8,
                    message:
                        "the inflated body has more than max_body_bytes, which is 1048576 bytes"
                ))
        #expect(bench.queue.offers.isEmpty)
        #expect(bench.counted == [413: 1])
    }

    @Test func `the limit holds for the inflated body to the byte (H11)`() throws {
        let body = [UInt8].request(.span())
        let head = HTTPRequestHead.gzip
        let fits = Bench(maxBodyBytes: body.count)
        #expect(try fits.answer(Gzip.stored(body), head).status == 200)
        let isOver = Bench(maxBodyBytes: body.count - 1)
        #expect(try isOver.answer(Gzip.stored(body), head).status == 413)
    }

    // MARK: Memory

    @Test func `without memory to inflate it is a later attempt's turn`() throws {
        let bench = Bench(budget: 300_000)
        #expect(bench.budget.reserve(200_000))
        bench.send(Gzip.zeros(206_401), .gzip)
        let answer = try #require(bench.answered.last)
        #expect(answer.status == 503)
        #expect(answer.fields.contains(HTTPField(name: "retry-after", value: "1")))
        #expect(
            DecodedStatus(protobuf: answer.body)?.message
                == "requests in flight take all of memory_limit, which is 300000 bytes; retry after 1 s"
        )
        #expect(bench.queue.offers.isEmpty)
        #expect(bench.counted == [503: 1])
        #expect(bench.budget.reserved == 200_000)
    }

    @Test func `what could never be inflated or transcoded is refused for good`() throws {
        let bench = Bench(budget: 100_000)
        let answer = try bench.answer(Gzip.zeros(206_401), .gzip)
        #expect(answer.status == 413)
        #expect(
            DecodedStatus(protobuf: answer.body)?.message.hasSuffix("memory_limit is 100000")
                == true)
        let json = Array("{\"x\":\"\(String(repeating: "x", count: 90_000))\"}".utf8)
        #expect(try bench.answer(json, .json).status == 413)
        #expect(bench.counted == [413: 2])
    }

    @Test func `memory that is refused half way is given back`() throws {
        // The second reservation of this body does not fit.
        let bench = Bench(budget: 70_000)
        #expect(
            try bench.answer(Gzip.zeros(206_401) + Gzip.stored([1]), .gzip).status == 413)
    }

    @Test func `what others have reserved stays reserved`() {
        let bench = Bench()
        #expect(bench.budget.reserve(100))
        bench.send(Gzip.stored(.request(.span())), .gzip)
        bench.send([1, 2, 3], .gzip)
        bench.send(.request(.span()))
        #expect(bench.answered.map(\.status) == [200, 400, 200])
        #expect(bench.budget.reserved == 100)
    }

    // MARK: Before the body

    @Test func `a request that may come is read up to the limit (H10)`() {
        let bench = Bench(maxBodyBytes: 1234)
        guard case .accept(let maxBodyBytes, nil, _) = bench.receiver.admit(.gzip) else {
            Issue.record("not accepted")
            return
        }
        #expect(maxBodyBytes == 1234)
        #expect(bench.counted.isEmpty)
    }

    @Test func `a full queue refuses before the body, with its delay (H32)`() {
        let bench = Bench(delay: 9)
        var head = HTTPRequestHead.export()
        head.declaredLength = 1234
        guard case .refuse(let response) = bench.receiver.admit(head) else {
            Issue.record("not refused")
            return
        }
        #expect(response.status == 503)
        #expect(response.fields.contains(HTTPField(name: "retry-after", value: "9")))
        #expect(
            DecodedStatus(protobuf: response.body)?.message
                == "the sending queue is full; retry after 9 s")
        #expect(bench.queue.asked == [1234])
        #expect(bench.counted == [503: 1])
    }

    @Test func `a full queue is not asked for what is refused anyway, for good`() {
        let bench = Bench(delay: 9)
        _ = bench.receiver.admit(.export(path: "/v1/metrics"))
        _ = bench.receiver.admit(.export(contentType: "text/plain"))
        #expect(bench.queue.asked.isEmpty)
        #expect(bench.counted == [404: 1, 415: 1])
    }

    @Test(
        arguments: [
            (.export(path: "/v1/metrics"), 404), (.export(path: "/"), 404),
            (.export(method: "GET"), 405), (.export(contentType: "text/plain"), 415),
            (.export([("content-encoding", "br")]), 415),
        ] as [(HTTPRequestHead, Int)])
    func `a request that may not come is answered at once and counted`(
        _ head: HTTPRequestHead, _ status: Int
    ) {
        let bench = Bench()
        guard case .refuse(let response) = bench.receiver.admit(head) else {
            Issue.record("not refused")
            return
        }
        #expect(response.status == status)
        #expect(bench.counted == [status: 1])
    }

    @Test(
        arguments: [
            (.malformed("bare CR at byte 3"), 400, "bare CR at byte 3"),
            (
                .headersTooLarge(limit: 9), 431,
                "request line and headers have more than 9 bytes or 100 fields"
            ),
            (
                .bodyTooLarge(limit: 9, seen: 10), 413,
                "the body has 10 bytes or more; max_body_bytes is 9"
            ),
            (.headTimeout(.seconds(9)), 408, "the request head did not come within 9 s"),
            (.bodyTimeout(.seconds(9)), 408, "the request body made no progress within 9 s"),
            (
                .outOfMemory(limit: 9), 503,
                "requests in flight take all of memory_limit, which is 9 bytes; retry after 1 s"
            ),
            (
                .deadlinePassed(.milliseconds(250)), 408,
                "the request was not complete within its grpc-timeout, 250 ms"
            ),
            (.expectationFailed("x"), 417, "expect: x cannot be met; only 100-continue can"),
            (.stopping, 503, "the gateway is stopping; retry after 5 s"),
        ] as [(HTTPProblem, Int, String)])
    func `trouble of the server is told as a Status (H14, H25)`(
        _ problem: HTTPProblem, _ status: Int, _ message: String
    ) {
        let bench = Bench()
        for head in [nil, HTTPRequestHead.export()] {
            let response = bench.receiver.response(to: problem, head: head)
            #expect(response.status == status)
            #expect(DecodedStatus(protobuf: response.body)?.message == message)
        }
        #expect(bench.receiver.response(to: problem, head: .json).body.first == UInt8(ascii: "{"))
        #expect(bench.counted == [status: 3])
    }

    // MARK: Instruments

    @Test func `bytes are counted as they came`() throws {
        let bench = Bench()
        let body = Gzip.stored(.request(.span()))
        _ = try bench.answer(body, .gzip)
        _ = try bench.answer([1, 2, 3])
        #expect(bench.receiver.instruments.bodyBytes.value == UInt64(body.count + 3))
    }

    @Test func `each answer to a body is timed once, good or bad`() throws {
        let bench = Bench()
        _ = try bench.answer(.request(.span()))
        _ = try bench.answer([0xff])
        #expect(bench.receiver.instruments.duration.snapshot.counts.reduce(0, +) == 2)
    }
}
