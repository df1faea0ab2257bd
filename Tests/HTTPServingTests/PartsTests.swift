import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPServing

@Suite struct PartsTests {
    // MARK: Bodies

    /// A collector that the budget holds; `#require` cannot pass on what is not copyable.
    private func collector(
        declared: Int?, limit: Int, budget: MemoryBudget
    ) throws -> BodyCollector {
        guard let body = BodyCollector(declared: declared, limit: limit, budget: budget) else {
            throw HTTPProblem.outOfMemory(limit: budget.limit)
        }
        return body
    }

    private func append(_ count: Int, to body: inout BodyCollector) -> BodyCollector.Outcome {
        // The pointer is used within the closure only.
        unsafe [UInt8](repeating: 7, count: count).withUnsafeBytes { unsafe body.append($0) }
    }

    @Test func `a declared body is reserved as it comes, not as it is announced`() throws {
        let budget = MemoryBudget(limit: 1_000_000)
        do {
            var body = try collector(declared: 900_000, limit: 1_000_000, budget: budget)
            #expect(budget.reserved == 65536)
            _ = append(65536, to: &body)
            #expect(budget.reserved == 65536)
            _ = append(1, to: &body)
            #expect(budget.reserved == 131_072)
            _ = append(834_463, to: &body)
            #expect(budget.reserved == 900_000)
        }
        #expect(budget.reserved == 0)
    }

    /// Each step copies what there is, so that there must be few of them.
    @Test(arguments: [nil, 15_000_000])
    func `a budget that is nearly spent is taken in few steps, and nearly whole`(
        _ declared: Int?
    ) throws {
        let budget = MemoryBudget(limit: 16_000_000)
        try #require(budget.reserve(3_000_000))
        var body = try collector(declared: declared, limit: 16_000_000, budget: budget)
        var steps = 0
        while true {
            let before = budget.reserved
            let outcome = append(16_384, to: &body)
            if budget.reserved > before { steps += 1 }
            if case .outOfMemory = outcome { break }
        }
        #expect(body.count > 12_000_000)
        #expect(steps < 20)
    }

    @Test func `a small declared body is reserved at once and released with its collector`() throws
    {
        let budget = MemoryBudget(limit: 100)
        do {
            var body = try collector(declared: 60, limit: 100, budget: budget)
            #expect(budget.reserved == 60)
            #expect(throws: HTTPProblem.outOfMemory(limit: 100)) {
                _ = try collector(declared: 60, limit: 100, budget: budget)
            }
            guard case .taken = append(60, to: &body) else {
                Issue.record("60 declared bytes fit")
                return
            }
            let bytes = body.takeBytes()
            #expect(bytes.count == 60)
            #expect(budget.reserved == 60)
        }
        #expect(budget.reserved == 0)
    }

    @Test func `a body of unknown length is reserved in steps, never above its limit`() throws {
        let budget = MemoryBudget(limit: 1_000_000)
        do {
            var body = try collector(declared: nil, limit: 150_000, budget: budget)
            #expect(budget.reserved == 0)
            var seen: [Int] = []
            for _ in 0..<15 {
                _ = append(10_000, to: &body)
                seen.append(budget.reserved)
            }
            #expect(Set(seen) == [65536, 131_072, 150_000])
            guard case .overLimit(150_000, 150_001) = append(1, to: &body) else {
                Issue.record("one byte more is over the limit")
                return
            }
        }
        #expect(budget.reserved == 0)
    }

    @Test func `progress asks for so many bytes in each interval`() {
        let start = NIODeadline.uptimeNanoseconds(0)
        var progress = BodyProgress(
            interval: .seconds(10), minBytes: 100, declared: nil, now: start)
        var stalled = [progress.hasStalled(count: 0, now: start + .seconds(9))]
        stalled.append(progress.hasStalled(count: 100, now: start + .seconds(10)))
        #expect(progress.deadline == start + .seconds(20))
        stalled.append(progress.hasStalled(count: 199, now: start + .seconds(20)))
        #expect(stalled == [false, false, true])
    }

    @Test func `a body that was declared large has to be there in thirty intervals`() {
        let start = NIODeadline.uptimeNanoseconds(0)
        var progress = BodyProgress(
            interval: .seconds(10), minBytes: 100, declared: 60_000, now: start)
        var stalled = [progress.hasStalled(count: 2000, now: start + .seconds(10))]
        stalled.append(progress.hasStalled(count: 3999, now: start + .seconds(20)))
        #expect(stalled == [false, true])
    }

    // MARK: Timer

    @Test func `the timer wakes early where asked, and again for what is left`() {
        let loop = EmbeddedEventLoop()
        let start = loop.now
        var woken: [NIODeadline] = []
        let timer = ConnectionTimer(loop: loop) { now in
            woken.append(now)
            return now < start + .seconds(75) ? start + .seconds(75) : nil
        }
        timer.wake(by: start + .seconds(75))
        timer.wake(by: start + .seconds(10))
        timer.wake(by: start + .seconds(20))
        loop.advanceTime(by: .seconds(100))
        #expect(woken == [start + .seconds(10), start + .seconds(75)])
        timer.wake(by: loop.now + .seconds(1))
        timer.stop()
        timer.wake(by: loop.now + .seconds(1))
        loop.advanceTime(by: .seconds(2))
        #expect(woken.count == 2)
    }

    // MARK: Text

    @Test(
        arguments: [
            ("0", 0), ("007", 7), ("9223372036854775807", Int.max), ("9223372036854775808", nil),
            ("", nil), ("+1", nil), ("-1", nil), (" 1", nil), ("1 ", nil), ("0x1", nil),
            ("1e3", nil),
            ("\u{661}", nil),
        ] as [(String, Int?)])
    func `a length is digits that fit`(_ text: String, _ value: Int?) {
        #expect(Int(decimalDigits: text) == value)
    }

    @Test func `only ASCII letters are lowered, only blanks are trimmed`() {
        #expect("Content-TYPE \u{C4}[".loweredASCII == "content-type \u{C4}[")
        #expect(" \ta b\t ".trimmedASCII == "a b")
        #expect(" \t ".trimmedASCII == "")
        #expect("".trimmedASCII == "")
    }

    @Test func `no value of a response can begin another header`() {
        let writer = HTTP1ResponseWriter(version: .http1_1, isHead: false, closes: false)
        var buffer = ByteBuffer()
        let field = HTTPField(name: "x", value: "a\r\nset-cookie: b\u{0}")
        writer.write(HTTPResponse(status: 299, fields: [field]), into: &buffer)
        let text = String(buffer: buffer)
        #expect(text == "HTTP/1.1 299 \r\nx: a  set-cookie: b \r\ncontent-length: 0\r\n\r\n")
    }

    @Test func `204 carries no length`() {
        let writer = HTTP1ResponseWriter(version: .http1_1, isHead: false, closes: true)
        var buffer = ByteBuffer()
        writer.write(HTTPResponse(status: 204), into: &buffer)
        #expect(String(buffer: buffer) == "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
    }
}
