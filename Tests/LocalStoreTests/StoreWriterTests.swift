import MastraRecords
import Synchronization
import TestKit
import Testing

@testable import LocalStore

struct StoreWriterTests {
    @Test func `a trace is a row of lists, with what its spans add up to`() async throws {
        let store = try await LocalStore.inMemory()
        let agent = TestRecord(
            span: 1, name: "invoke_agent weather", type: "agent_run", milliseconds: 1900,
            thread: "t-1", model: nil, tokens: nil, input: nil, output: nil, entity: "weather")
        let model = TestRecord(span: 2, parent: 1, start: 1_780_000_000_050, cost: "0.0025")
        let tool = TestRecord(
            span: 3, parent: 1, name: "get_weather", type: "tool_call", start: 1_780_000_001_000,
            model: nil, tokens: nil, input: #"{"city":"Paris"}"#, error: "no such city")
        try await store.writer.write([tool, model], as: .local)
        try await store.writer.write([agent], as: .local)

        let list = try await store.reader.traces(TraceFilter(), limit: 10)
        let trace = try #require(list.traces.first)
        #expect(list.traces.count == 1 && list.next == nil)
        #expect(trace.traceID == TestRecord.traceID(1))
        #expect((trace.name, trace.type) == ("invoke_agent weather", "agent_run"))
        #expect(
            (trace.service, trace.entity, trace.thread, trace.model)
                == ("weather", "weather", "t-1", "gpt-4o-mini"))
        #expect((trace.spans, trace.errors, trace.roots) == (3, 1, 1))
        #expect((trace.inputTokens, trace.outputTokens, trace.cost) == (30, 12, 0.0025))
        #expect(trace.start == 1_780_000_000_000_000_123)
        #expect(trace.end - trace.start == 1_900_000_000)
        #expect(trace.preview == "Weather in Paris?")
        #expect(trace.deliveries == [3, 0, 0, 0])
        #expect(store.figures.spans == 3 && store.figures.traces == 1)
    }

    @Test func `a span that comes again replaces itself, in sums and in search`() async throws {
        let store = try await LocalStore.inMemory()
        try await store.writer.write([TestRecord()], as: .local)
        let again = TestRecord(
            tokens: (5, 6), input: #""something else""#, output: nil, error: "failed")
        try await store.writer.write([again], as: .local)

        let trace = try #require(
            try await store.reader.traces(TraceFilter(), limit: 10).traces.first)
        #expect((trace.spans, trace.errors, trace.inputTokens) == (1, 1, 5))
        #expect(store.figures.spans == 1)
        #expect(try await store.reader.traceIDs { $0.text = "paris" } == [])
        #expect(try await store.reader.traceIDs { $0.text = "ELSE some" } == [1])
    }

    @Test func `what has become of a span is noted, and one that is not there is written`()
        async throws
    {
        let store = try await LocalStore.inMemory()
        let first = TestRecord(span: 1)
        let second = TestRecord(span: 2, parent: 1)
        try await store.writer.write([first], as: .queued)
        try await store.writer.note(.body([first, second]), as: .sent)
        // The copy comes behind the note.
        try await store.writer.write([second], as: .queued)
        var trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect(trace.deliveries == [0, 0, 2, 0])

        try await store.writer.note(.body([second]), as: .refused, reason: "HTTP 400: no")
        trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect(trace.deliveries == [0, 0, 1, 1])
        let look = try #require(
            try await store.reader.span(TestRecord.spanID(2), of: trace))
        #expect(look.delivery == .refused && look.reason == "HTTP 400: no")
    }

    @Test func `what waited in a memory that is gone will not be sent`() async throws {
        let store = try await LocalStore.inMemory()
        try await store.writer.write([TestRecord(span: 1)], as: .queued)
        try await store.writer.write([TestRecord(span: 2)], as: .local)
        try await store.writer.forgetQueued()
        let trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect(trace.deliveries == [1, 0, 0, 1])
    }

    @Test func `the oldest traces go when there is more than is kept`() async throws {
        let store = try await LocalStore.inMemory(maxBytes: 4 << 20)
        let text = "\"" + String(repeating: "lorem ipsum dolor sit amet ", count: 40) + "\""
        for batch in 0..<60 {
            let records = (0..<100).map { index in
                TestRecord(
                    trace: batch * 100 + index + 1, start: 1_780_000_000_000 + batch * 1000,
                    input: text)
            }
            try await store.writer.write(records, as: .local)
        }
        let figures = store.figures
        #expect(figures.bytes <= 4 << 20)
        #expect(figures.pruned > 0 && figures.spans + Int(figures.pruned) == 6000)
        #expect(figures.spans == figures.traces)
        // The newest are there, the oldest are not, and search knows none of those that are gone.
        let list = try await store.reader.traces(TraceFilter(), limit: 100)
        #expect(list.traces.first?.traceID.hasSuffix(String(6000, radix: 16)) == true)
        #expect(try await store.reader.trace(TestRecord.traceID(1)) == nil)
        #expect(try await store.reader.count("gateway_spans") == figures.spans)
        #expect(try await store.reader.count("mastra_ai_spans") == figures.spans)
        #expect(
            try await store.reader.count("gateway_text WHERE gateway_text MATCH 'lorem'")
                == figures.spans)
    }

    @Test func `traces that are too old go by themselves`() async throws {
        let time = Mutex(1_780_000_000_000)
        let store = try await LocalStore(
            .memory, limits: StoreLimits(maxBytes: 1 << 30, maxAge: .seconds(3600)),
            clock: { time.withLock { $0 } })
        try await store.writer.write([TestRecord(trace: 1)], as: .local)
        time.withLock { $0 += 3_000_000 }
        try await store.writer.write([TestRecord(trace: 2)], as: .local)
        time.withLock { $0 += 1_000_000 }
        await store.writer.everyMinute()
        #expect(try await store.reader.traceIDs { _ in } == [2])
    }

    @Test func `a record without ids costs itself alone`() async throws {
        let store = try await LocalStore.inMemory()
        let body = ByteBlock(
            copying: Array(("{\"spans\":[{\"name\":\"x\"},\(TestRecord().json)]}").utf8))
        try await store.writer.write(body, records: 2, as: .local)
        #expect(store.figures.spans == 1 && store.figures.unusable == 1)
    }

    @Test func `clocks that are wrong by centuries cost nothing but their spans' order`()
        async throws
    {
        let store = try await LocalStore.inMemory()
        for (start, end) in [
            ("18446744073709551615", "18446744073709551615"), ("0", "18446744073709551615"),
            ("1", "9223372036854775807"), ("99999999999999999999", "x"),
        ] {
            let json = TestRecord(trace: 9).json
                .replacing("1780000000000000123", with: start)
                .replacing("1780000000500000123", with: end)
                .replacing("2026-05-28T20:26:40.500Z", with: "2554-07-21T23:34:33.709Z")
            let body = ByteBlock(copying: Array("{\"spans\":[\(json)]}".utf8))
            try await store.writer.write(body, records: 1, as: .local)
            let list = try await store.reader.traces(TraceFilter(), limit: 10)
            #expect(list.traces.count == 1)
        }
    }

    @Test func `a large trace that has to go goes as a whole`() async throws {
        let store = try await LocalStore.inMemory(maxBytes: 4 << 20)
        let text = "\"" + String(repeating: "lorem ipsum dolor sit amet ", count: 30) + "\""
        func write(_ trace: Int, _ spans: Range<Int>) async throws {
            try await store.writer.write(
                spans.map {
                    TestRecord(
                        trace: trace, span: $0, parent: $0 == 1 ? nil : 1, input: text,
                        error: $0 == 1 ? "failed" : nil)
                }, as: .local)
        }
        try await write(1, 1..<1300)
        // More than there is room for, so that the first trace is begun to be removed.
        try await write(2, 1..<1300)
        await store.writer.prune()
        #expect(try await store.reader.trace(TestRecord.traceID(1)) == nil)
        #expect(store.figures.failedPrunes == 0)
        // One that comes back counts what it has.
        try await write(1, 5..<10)
        let trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect((trace.spans, trace.errors, trace.roots) == (5, 0, 0))
        #expect(try await store.reader.count("gateway_spans") == store.figures.spans)
    }

    @Test func `a note does not bring back what was pruned, and makes nothing younger`()
        async throws
    {
        let time = Mutex(1_780_000_000_000)
        let store = try await LocalStore(
            .memory, limits: StoreLimits(maxBytes: 1 << 30, maxAge: .seconds(3600)),
            clock: { time.withLock { $0 } })
        let old = TestRecord(trace: 1)
        let kept = TestRecord(trace: 2, start: 1_780_003_000_000)
        try await store.writer.write([old], as: .queued)
        time.withLock { $0 += 3_000_000 }
        try await store.writer.write([kept], as: .queued)
        time.withLock { $0 += 1_000_000 }
        await store.writer.everyMinute()
        try await store.writer.note(.body([old, kept]), as: .sent)
        #expect(try await store.reader.traceIDs { _ in } == [2])
        #expect(store.figures.traces == 1 && store.figures.spans == 1)
        time.withLock { $0 += 3_000_000 }
        await store.writer.everyMinute()
        #expect(try await store.reader.traceIDs { _ in } == [])
        #expect(store.figures.written == 2)
    }

    @Test func `a route that has lost its token keeps nothing waiting`() async throws {
        let store = try await LocalStore.inMemory()
        try await store.writer.write([TestRecord()], as: .queued)
        try await store.writer.write([TestRecord()], as: .local)
        let trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect(trace.deliveries == [1, 0, 0, 0])
    }

    @Test(arguments: [
        "\"a trip to\\nParis\"", "\"हिन्दी தமிழ் สวัสดี می‌خواهم Paris\"", "[1, {\"a\": \"x\\u0020paris\"}]",
        "\"" + String(repeating: "é", count: 8200) + " Paris\"",
    ])
    func `words are found wherever they stand and whatever they are written in`(_ input: String)
        async throws
    {
        let store = try await LocalStore.inMemory()
        try await store.writer.write([TestRecord(input: input, output: nil)], as: .local)
        // Of the last one the word stands behind the limit.
        let isBehind = input.utf8.count > SearchText.maxBytes
        #expect(try await store.reader.traceIDs { $0.text = "PARIS" } == (isBehind ? [] : [1]))
        for word in ["हिन्दी", "தமிழ்", "สวัสดี", "می‌خواهم", "क्‍ष"] {
            let found = try await store.reader.traceIDs { $0.text = word }
            #expect(found == (input.contains(word) ? [1] : []), "\(word)")
        }
    }

    @Test func `what comes when the gateway stops is refused`() async throws {
        let store = try await LocalStore.inMemory()
        await store.close()
        await #expect(throws: StoreWriteError.self) {
            try await store.writer.write([TestRecord()], as: .local)
        }
    }

    @Test func `a long input has a line by which it is known`() async throws {
        let store = try await LocalStore.inMemory()
        let text = "\"What of this? " + String(repeating: "x", count: 100_000) + "\""
        try await store.writer.write([TestRecord(input: text)], as: .local)
        let trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect(trace.preview?.hasPrefix("What of this? xxx") == true)
        #expect(trace.preview?.count == Preview.maxCharacters)
    }

    @Test func `hostile texts are texts`() async throws {
        let store = try await LocalStore.inMemory()
        let name = #"'); DROP TABLE mastra_ai_spans; --\u0000\ud83d\ude00\n<script>"#
        try await store.writer.write(
            [TestRecord(name: name, input: #""\"*' OR NEAR(a b) \\""#)], as: .local)
        let trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect(trace.name == "'); DROP TABLE mastra_ai_spans; --\0😀\n<script>")
        for text in ["\"*' OR NEAR(a b) \\", "near\" a", "a\0b", "-", "*", ""] {
            _ = try await store.reader.traceIDs { $0.text = text }
        }
        #expect(try await store.reader.traceIDs { $0.text = "NEAR(a" } == [1])
    }
}

extension StoreWriter {
    func write(_ records: [TestRecord], as delivery: Delivery) async throws {
        try await write(.body(records), records: records.count, as: delivery)
    }
}

extension LocalStore {
    static func inMemory(maxBytes: Int = 1 << 30) async throws -> LocalStore {
        try await LocalStore(
            .memory, limits: StoreLimits(maxBytes: maxBytes, maxAge: nil),
            clock: { 1_780_000_000_000 })
    }
}

extension StoreReader {
    /// Of test records, newest first.
    func traceIDs(_ change: (inout TraceFilter) -> Void) throws -> [Int] {
        var filter = TraceFilter()
        change(&filter)
        return try traces(filter, limit: 100).traces.compactMap { Int($0.traceID, radix: 16) }
    }

    func count(_ table: String) throws -> Int {
        try ask { database throws(SQLiteError) in
            try database.integer("SELECT count(*) FROM \(table)")
        }
    }
}
