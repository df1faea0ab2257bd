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
        try await store.writer.write(.body([tool, model]), as: .local)
        try await store.writer.write(.body([agent]), as: .local)

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
        try await store.writer.write(.body([TestRecord()]), as: .local)
        let again = TestRecord(
            tokens: (5, 6), input: #""something else""#, output: nil, error: "failed")
        try await store.writer.write(.body([again]), as: .local)

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
        try await store.writer.write(.body([first]), as: .queued)
        try await store.writer.note(.body([first, second]), as: .sent)
        // The copy comes behind the note.
        try await store.writer.write(.body([second]), as: .queued)
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
        try await store.writer.write(.body([TestRecord(span: 1)]), as: .queued)
        try await store.writer.write(.body([TestRecord(span: 2)]), as: .local)
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
            try await store.writer.write(.body(records), as: .local)
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
        try await store.writer.write(.body([TestRecord(trace: 1)]), as: .local)
        time.withLock { $0 += 3_000_000 }
        try await store.writer.write(.body([TestRecord(trace: 2)]), as: .local)
        time.withLock { $0 += 1_000_000 }
        await store.writer.everyMinute()
        #expect(try await store.reader.traceIDs { _ in } == [2])
    }

    @Test func `a record without ids costs itself alone`() async throws {
        let store = try await LocalStore.inMemory()
        let body = ByteBlock(
            copying: Array(("{\"spans\":[{\"name\":\"x\"},\(TestRecord().json)]}").utf8))
        try await store.writer.write(body, as: .local)
        #expect(store.figures.spans == 1 && store.figures.unusable == 1)
    }

    @Test func `hostile texts are texts`() async throws {
        let store = try await LocalStore.inMemory()
        let name = #"'); DROP TABLE mastra_ai_spans; --\u0000\ud83d\ude00\n<script>"#
        try await store.writer.write(
            .body([TestRecord(name: name, input: #""\"*' OR NEAR(a b) \\""#)]), as: .local)
        let trace = try #require(try await store.reader.trace(TestRecord.traceID(1)))
        #expect(trace.name == "'); DROP TABLE mastra_ai_spans; --\0😀\n<script>")
        for text in ["\"*' OR NEAR(a b) \\", "near\" a", "a\0b", "-", "*", ""] {
            _ = try await store.reader.traceIDs { $0.text = text }
        }
        #expect(try await store.reader.traceIDs { $0.text = "NEAR(a" } == [1])
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
