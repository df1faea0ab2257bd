import Dispatch
import Synchronization
import Testing

@testable import OTLPReceiving

@Suite struct RateLimiterTests {
    private let clock = MovedClock()

    private func limiter(spans: Double? = nil, bytes: Double? = nil) -> RateLimiter {
        let limiter = RateLimiter(clock: clock.now)
        limiter.set(spansPerSecond: spans, bytesPerSecond: bytes)
        return limiter
    }

    private func takes(_ limiter: RateLimiter, spans: Int = 0, bytes: Int = 0) -> Bool {
        (try? limiter.charge(spans: spans, bytes: bytes)) != nil
    }

    struct Minute: Sendable, CustomTestStringConvertible {
        var rate: Double
        /// Of each request.
        var tokens: Int
        /// Between attempts.
        var milliseconds: Int
        /// Counted with fractions by another program.
        var requests: Int

        var testDescription: String { "\(tokens) each \(milliseconds) ms at \(rate)" }
    }

    static let minutes = [
        Minute(rate: 10, tokens: 1, milliseconds: 1, requests: 610),
        Minute(rate: 10, tokens: 1, milliseconds: 100, requests: 609),
        Minute(rate: 1000, tokens: 1, milliseconds: 1, requests: 60_999),
        Minute(rate: 1000, tokens: 7, milliseconds: 10, requests: 8713),
        Minute(rate: 0.5, tokens: 1, milliseconds: 500, requests: 31),
        Minute(rate: 0.333, tokens: 1, milliseconds: 1, requests: 21),
        Minute(rate: 1, tokens: 1, milliseconds: 1000, requests: 60),
        Minute(rate: 3, tokens: 2, milliseconds: 7, requests: 92),
        Minute(rate: 100, tokens: 5000, milliseconds: 1, requests: 2),
        Minute(rate: 1_048_576, tokens: 65_536, milliseconds: 1, requests: 976),
    ]

    @Test(arguments: minutes, RateLimit.allCases)
    func `what a sender gets through in a minute is exact`(_ minute: Minute, _ limit: RateLimit) {
        let limiter =
            limit == .spans
            ? limiter(spans: minute.rate) : limiter(bytes: minute.rate)
        var requests = 0
        for _ in 0..<60_000 / minute.milliseconds {
            while takes(limiter, spans: minute.tokens, bytes: minute.tokens) { requests += 1 }
            clock.advance(by: .milliseconds(minute.milliseconds))
        }
        #expect(requests == minute.requests)
        let bound = minute.rate * 60 + max(1, minute.rate) + Double(minute.tokens)
        #expect(Double(requests * minute.tokens) <= bound)
    }

    @Test func `without limits everything is let in`() {
        let limiter = limiter()
        for _ in 0..<100 { #expect(takes(limiter, spans: .max / 2, bytes: .max / 2)) }
        #expect(limiter.excess() == nil)
    }

    @Test func `a request of any size comes through, and the next waits for it`() {
        let limiter = limiter(spans: 100)
        #expect(takes(limiter, spans: 5000))
        // 4900 in debt, and a token to come.
        #expect(limiter.excess() == .init(limit: .spans, rate: 100, retryAfterSeconds: 50))
        clock.advance(by: .seconds(49))
        #expect(limiter.excess() == .init(limit: .spans, rate: 100, retryAfterSeconds: 1))
        #expect(!takes(limiter, spans: 1))
        clock.advance(by: .milliseconds(10))
        #expect(limiter.excess() == nil)
        #expect(takes(limiter, spans: 1))
        #expect(!takes(limiter, spans: 1))
    }

    @Test func `who keeps to the delay is let in`() {
        for rate in [0.001, 0.3, 7, 1000, 1e9] {
            for spans in [1, 1000, 1_000_000] {
                let limiter = limiter(spans: rate)
                #expect(takes(limiter, spans: spans))
                #expect(takes(limiter, spans: spans) || limiter.excess() != nil)
                for _ in 0..<2_000_000 {
                    guard let excess = limiter.excess() else { break }
                    #expect((1...3600).contains(excess.retryAfterSeconds))
                    clock.advance(by: .seconds(excess.retryAfterSeconds))
                    // Told anew where it is more than an hour.
                    if excess.retryAfterSeconds < 3600 { #expect(limiter.excess() == nil) }
                    if rate < 1, spans > 1 { break }
                }
            }
        }
    }

    @Test func `what waits a year is told an hour`() {
        let limiter = limiter(bytes: 1)
        #expect(takes(limiter, bytes: 256 << 20))
        #expect(limiter.excess() == .init(limit: .bytes, rate: 1, retryAfterSeconds: 3600))
    }

    @Test func `the limit that takes longer is told`() {
        let limiter = limiter(spans: 10, bytes: 100)
        #expect(takes(limiter, spans: 15, bytes: 1000))
        #expect(limiter.excess()?.limit == .bytes)
        clock.advance(by: .seconds(10))
        #expect(takes(limiter, spans: 1000, bytes: 1))
        #expect(limiter.excess()?.limit == .spans)
    }

    @Test func `time fills no more than a second's worth`() {
        let limiter = limiter(spans: 10)
        clock.advance(by: .seconds(3600))
        #expect((0..<100).filter { _ in takes(limiter, spans: 1) }.count == 10)
        let slow = self.limiter(spans: 0.01)
        clock.advance(by: .seconds(3600))
        #expect((0..<100).filter { _ in takes(slow, spans: 1) }.count == 1)
    }

    @Test func `what the queue has not taken is given back, and no more`() {
        let limiter = limiter(spans: 10, bytes: 10)
        #expect(takes(limiter, spans: 5000, bytes: 5000))
        limiter.refund(spans: 5000, bytes: 5000)
        #expect((0..<100).filter { _ in takes(limiter, spans: 1, bytes: 1) }.count == 10)
        limiter.refund(spans: 5000, bytes: 5000)
        #expect((0..<100).filter { _ in takes(limiter, spans: 1, bytes: 1) }.count == 10)
    }

    @Test func `a reload that leaves a limit as it was is no way around it`() {
        let limiter = limiter(spans: 10, bytes: 10)
        #expect(takes(limiter, spans: 50, bytes: 50))
        limiter.set(spansPerSecond: 10, bytesPerSecond: 10)
        #expect(limiter.excess()?.retryAfterSeconds == 5)
        limiter.set(spansPerSecond: 10, bytesPerSecond: nil)
        #expect(limiter.excess()?.limit == .spans)
        limiter.set(spansPerSecond: 20, bytesPerSecond: nil)
        #expect(takes(limiter, spans: 50))
        limiter.set(spansPerSecond: nil, bytesPerSecond: nil)
        #expect(takes(limiter, spans: 50, bytes: 50))
    }

    @Test func `a clock that stands or goes back lets in nothing`() {
        let limiter = limiter(spans: 1)
        #expect(takes(limiter, spans: 1))
        clock.advance(by: .seconds(-100))
        #expect(!takes(limiter, spans: 1))
        clock.advance(by: .seconds(100))
        #expect(!takes(limiter, spans: 1))
        clock.advance(by: .milliseconds(1000))
        #expect(takes(limiter, spans: 1))
    }

    @Test func `requests that come together share what there is`() {
        let limiter = limiter(spans: 1000)
        let taken = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<500 where (try? limiter.charge(spans: 1, bytes: 1)) != nil {
                taken.add(1, ordering: .relaxed)
            }
        }
        #expect(taken.load(ordering: .relaxed) == 1000)
    }

    @Test(arguments: [1e-9, 1e300, .infinity])
    func `no rate traps`(_ rate: Double) {
        let limiter = limiter(spans: rate, bytes: rate)
        for _ in 0..<3 {
            _ = takes(limiter, spans: .max / 2, bytes: .max / 2)
            clock.advance(by: .seconds(1 << 32))
        }
        _ = limiter.excess()
    }
}
