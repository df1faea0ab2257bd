import HTTPServing
import SendingQueue
import Testing

@testable import OTLPReceiving

/// A route that is sent more than it may take, as its senders see it.
@Suite struct PaceTests {
    private let clock = MovedClock()
    private static let a = [("x-api-key", "a")]
    private static let b = [("x-api-key", "b")]

    private func bench(
        spans: Double? = nil, bytes: Double? = nil, outcome: OfferOutcome? = .accepted,
        full: Set<String> = []
    ) throws -> RoutedBench {
        let bench = try RoutedBench(
            [
                ("alpha", [.key(SHA256Digest(of: "a"))]), ("beta", [.key(SHA256Digest(of: "b"))]),
            ], outcome: outcome, full: full, clock: clock.now)
        bench.routes[0].limiter.set(spansPerSecond: spans, bytesPerSecond: bytes)
        return bench
    }

    @Test(arguments: SentForm.allCases)
    func `a route that took its share refuses by the head, with the limit and a delay`(
        _ form: SentForm
    ) throws {
        let bench = try bench(spans: 0.25)
        #expect(bench.answer(form.body, form.head(Self.a))?.isAccepted == true)
        guard case .refuse(let response) = bench.receiver.admit(form.head(Self.a)) else {
            Issue.record("admitted")
            return
        }
        #expect(response.status == (form == .call ? 200 : 429))
        #expect(response.code == 8)
        #expect(response.field("retry-after") == (form == .call ? nil : "4"))
        let status = try #require(response.told)
        #expect(
            status.message
                == "the route takes 0.25 spans a second (spans_per_second); retry after 4 s")
        if form != .json { #expect(status.details == [.retryInfo(seconds: 4, nanos: 0)]) }
        #expect(bench.refused("alpha") == [.spans: 1])
        #expect(bench.queues["alpha"]?.asked.count == 1)
        // What was not read has no spans that anybody knows of.
        #expect(bench.queues["alpha"]?.refused == 0)
        let counts = bench.receiver.instruments
        #expect(
            form == .call
                ? counts.calls.first { $0.code == "RESOURCE_EXHAUSTED" }?.counter.value == 1
                : counts.answers.first { $0.status == 429 }?.counter.value == 1)
        clock.advance(by: .seconds(4))
        #expect(bench.answer(form.body, form.head(Self.a))?.isAccepted == true)
    }

    @Test func `other routes go on`() throws {
        let bench = try bench(spans: 1)
        let form = SentForm.protobuf
        for _ in 0..<3 {
            _ = bench.answer(form.body, form.head(Self.a))
            #expect(bench.answer(form.body, form.head(Self.b))?.status == 200)
        }
        #expect(bench.taken == ["alpha", "beta", "beta", "beta"])
        #expect(bench.refused("alpha") == [.spans: 2] && bench.refused("beta") == [:])
    }

    @Test func `bytes are those of the request as it is held`() throws {
        let body = [UInt8].request(.span())
        let bench = try bench(bytes: Double(body.count * 2))
        let head = HTTPRequestHead.export(Self.a + [("content-encoding", "gzip")])
        for status in [200, 200, 429] {
            #expect(bench.answer(Gzip.stored(body), head)?.status == status)
        }
        #expect(bench.refused("alpha") == [.bytes: 1])
    }

    @Test func `of requests that were admitted together one takes the last token`() throws {
        let bench = try bench(spans: 1)
        let form = SentForm.protobuf
        let contexts = (0..<3).map { _ in bench.receiver.context(for: form.head(Self.a)) }
        for (context, status) in zip(contexts, [200, 429, 429]) {
            let request = HTTPRequest(head: form.head(Self.a), body: form.body, context: context)
            bench.receiver.respond(to: request) { #expect($0.status == status) }
        }
        #expect(bench.taken == ["alpha"])
        #expect(bench.refused("alpha") == [.spans: 2])
    }

    /// Another has taken the last token while this one was decoded.
    @Test func `what is refused once its spans are known is in the books`() throws {
        let bench = try bench(spans: 1)
        let body = [UInt8].request(.span(), .span(isRejected: true))
        let summary = try bench.receiver.walk(body)
        try #require(summary.spans == 1 && summary.rejected == 1)
        try bench.receiver.charge(summary, body.count, to: bench.routes[0])
        #expect(bench.queues["alpha"]?.refused == 0)
        do throws(Refusal) {
            try bench.receiver.charge(summary, body.count, to: bench.routes[0])
            Issue.record("charged")
        } catch {
            #expect(error == .tooFast(.init(limit: .spans, rate: 1, retryAfterSeconds: 1)))
        }
        #expect(bench.queues["alpha"]?.refused == 2)
        #expect(bench.refused("alpha") == [.spans: 1])
    }

    @Test(arguments: [OfferOutcome.full(retryAfterSeconds: 1), .stopping])
    func `what the queue does not take costs nothing`(_ outcome: OfferOutcome) throws {
        let bench = try bench(spans: 1, bytes: 1, outcome: outcome)
        let form = SentForm.protobuf
        for _ in 0..<3 {
            #expect(bench.answer(form.body, form.head(Self.a))?.status == 503)
        }
        #expect(bench.refused("alpha") == [:])
    }

    @Test func `what is no request costs nothing`() throws {
        let bench = try bench(spans: 1, bytes: 1)
        for _ in 0..<3 { #expect(bench.answer([7], .export(Self.a))?.status == 400) }
        #expect(bench.answer(SentForm.protobuf.body, .export(Self.a))?.status == 200)
    }

    @Test func `while it waits for the queue it is charged`() throws {
        let bench = try bench(spans: 1, outcome: nil)
        let form = SentForm.protobuf
        #expect(bench.answer(form.body, form.head(Self.a)) == nil)
        #expect(bench.answer(form.body, form.head(Self.a))?.status == 429)
        bench.queues["alpha"]?.end(.full(retryAfterSeconds: 1))
        #expect(bench.answer(form.body, form.head(Self.a)) == nil)
        #expect(bench.taken == ["alpha", "alpha"])
    }

    @Test func `an empty request is taken at any time (H21)`() throws {
        let bench = try bench(spans: 1)
        #expect(bench.answer(SentForm.protobuf.body, .export(Self.a))?.status == 200)
        var head = HTTPRequestHead.export(Self.a)
        head.declaredLength = 0
        #expect(bench.answer([], head)?.status == 200)
        #expect(bench.refused("alpha") == [:])
    }

    @Test func `a limit is told before a full queue`() throws {
        let bench = try bench(spans: 1, full: ["alpha"])
        try bench.routes[0].limiter.charge(spans: 1, bytes: 1)
        #expect(bench.answer([1], .export(Self.a))?.status == 429)
        #expect(bench.queues["alpha"]?.asked == [])
    }

    @Test func `a credential is asked for before a limit is told`() throws {
        let bench = try bench(spans: 1)
        try bench.routes[0].limiter.charge(spans: 1, bytes: 1)
        #expect(bench.answer([1], .export([("x-api-key", "c")]))?.status == 401)
        #expect(bench.refused("alpha") == [:])
    }
}
