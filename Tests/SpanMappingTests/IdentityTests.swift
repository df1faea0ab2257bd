import MastraRecords
import OTLP
import SpanMapping
import Testing

/// Identity, times and the numbers of a span (MAPPING 1, 2 and 9).
struct IdentityTests {
    @Test func `an empty parent makes a root`() throws {
        let record = try map(.span())
        #expect(record["parentSpanId"] == .null)
        #expect(record["isRootSpan"] == true)
        #expect(record["metadata"]?["otel"]?["warnings"] == nil)
    }

    @Test func `an all-zero parent makes a root`() throws {
        let record = try map(.span(parent: Array(repeating: 0, count: 8)))
        #expect(record["parentSpanId"] == .null)
        #expect(record["isRootSpan"] == true)
        #expect(record["metadata"]?["otel"]?["warnings"] == nil)
    }

    @Test func `a parent is kept, whether its span is here or not`() throws {
        let record = try map(.span(parent: [0, 0, 0, 0, 0, 0, 0, 1]))
        #expect(record["parentSpanId"] == "0000000000000001")
        #expect(record["isRootSpan"] == false)
    }

    @Test(arguments: [
        ([0xab], "ab"), (Array(0x01...0x07), "01020304050607"),
        (Array(0x01...0x09), "010203040506070809"),
        (Array(0x10...0x1f), "101112131415161718191a1b1c1d1e1f"),
    ])
    func `a parent of a wrong length makes a root, and is told in hex`(
        _ parent: [UInt8], _ hex: String
    ) throws {
        let record = try map(.span(parent: parent))
        #expect(record["parentSpanId"] == .null)
        #expect(record["isRootSpan"] == true)
        let warnings: JSON = [.string("invalid_parent_span_id:\(hex)")]
        #expect(record["metadata"]?["otel"]?["warnings"] == warnings)
    }

    @Test func `a span that is its own parent is a root`() throws {
        let record = try map(.span(parent: Array(0xb0...0xb7)))
        #expect(record["parentSpanId"] == .null)
        #expect(record["isRootSpan"] == true)
        #expect(record["metadata"]?["otel"]?["warnings"] == ["span_is_its_own_parent"])
    }

    @Test func `rejected spans have no record, and their neighbours have`() throws {
        var noTrace = SpanFixture.span(name: "no trace")
        noTrace.traceID = Array(repeating: 0, count: 16)
        var shortID = SpanFixture.span(name: "short id")
        shortID.spanID = [1, 2, 3]
        let records = try map(
            RequestFixture([.span(name: "first"), noTrace, shortID, .span(name: "last")]))
        #expect(records.map { $0["name"] } == ["first", "last"])
    }

    @Test func `a span that comes again in a request is told, and both have a record`() throws {
        var other = SpanFixture.span(name: "of another trace")
        other.traceID[0] ^= 1
        let spans: [SpanFixture] = [
            .span(name: "first"), .span(name: "second"), .span().numbered(2), other,
        ]
        let records = try map(RequestFixture(spans))
        #expect(
            records.map { $0["metadata"]?["otel"]?["warnings"] } == [
                nil, ["duplicate_span_id"], nil, nil,
            ])
        #expect(records.map { $0["name"] } == ["first", "second", "span", "of another trace"])
    }

    @Test func `a span is told to come again where the request goes on in another batch`() throws {
        let request = RequestFixture([.span(), .span().numbered(2), .span()]).encoded
        var mapper = SpanMapper(dialect: .platform)
        let whole = mapper.records(of: request)
        var cursor = RequestCursor()
        var writer = JSONWriter()
        mapper.beginRequest()
        mapper.skip(2, with: &cursor, in: request.span)
        let third = cursor.next(in: request.span)
        let outcome = mapper.write(
            try #require(third), of: cursor, in: request.span, receivedAt: receivedAt,
            to: &writer)
        #expect(outcome == .record)
        #expect(writer.bytes(from: 0) == whole[2])
    }

    @Test func `spans of two requests are no matter of each other`() throws {
        var mapper = SpanMapper(dialect: .platform)
        let request = RequestFixture((0..<200).map { SpanFixture.span().numbered(UInt8($0)) })
        let records = mapper.records(of: request.encoded)
        #expect(records == mapper.records(of: request.encoded))
        #expect(!records.contains { String(decoding: $0, as: UTF8.self).contains("duplicate") })
    }

    @Test func `a name is kept as it is`() throws {
        #expect(try map(.span(name: " GET  /ü\n"))["name"] == " GET  /ü\n")
        #expect(try map(.span(name: ""))["name"] == "unknown")
        let tool = SpanFixture.span(
            name: "execute_tool x", attributes: ["gen_ai.tool.name": "x"])
        #expect(try map(tool)["name"] == "execute_tool x")
    }

    struct Times: Sendable {
        var start: UInt64
        var end: UInt64
        var status = StatusFixture.unset
        var startedAt: JSON
        var endedAt: JSON
        var warnings: JSON?
    }

    private static let received: JSON = "2023-11-14T22:13:21.750Z"

    @Test(arguments: [
        // Truncated, not rounded.
        Times(
            start: 1_700_000_000_123_999_999, end: 1_700_000_000_123_999_999,
            startedAt: "2023-11-14T22:13:20.123Z", endedAt: "2023-11-14T22:13:20.123Z"),
        Times(
            start: 1, end: 999_999, startedAt: "1970-01-01T00:00:00.000Z",
            endedAt: "1970-01-01T00:00:00.000Z"),
        Times(
            start: .max - 1, end: .max, startedAt: "2554-07-21T23:34:33.709Z",
            endedAt: "2554-07-21T23:34:33.709Z"),
        Times(
            start: 0, end: 0, startedAt: received, endedAt: .null,
            warnings: ["missing_start_time"]),
        Times(
            start: 0, end: 0, status: .ok, startedAt: received, endedAt: received,
            warnings: ["missing_start_time"]),
        Times(
            start: 0, end: 1_700_000_000_000_000_000, startedAt: "2023-11-14T22:13:20.000Z",
            endedAt: "2023-11-14T22:13:20.000Z", warnings: ["missing_start_time"]),
        // Still running.
        Times(
            start: 1_700_000_000_000_000_000, end: 0, startedAt: "2023-11-14T22:13:20.000Z",
            endedAt: .null),
        Times(
            start: 1_700_000_000_000_000_000, end: 0, status: .error("x"),
            startedAt: "2023-11-14T22:13:20.000Z", endedAt: "2023-11-14T22:13:20.000Z"),
        // A status code that does not exist is none.
        Times(
            start: 1_700_000_000_000_000_000, end: 0, status: StatusFixture(code: 9),
            startedAt: "2023-11-14T22:13:20.000Z", endedAt: .null),
        Times(
            start: 1_700_000_000_000_000_001, end: 1_700_000_000_000_000_000,
            startedAt: "2023-11-14T22:13:20.000Z", endedAt: "2023-11-14T22:13:20.000Z",
            warnings: ["end_before_start"]),
        Times(
            start: .max, end: 1, startedAt: "2554-07-21T23:34:33.709Z",
            endedAt: "2554-07-21T23:34:33.709Z", warnings: ["end_before_start"]),
    ])
    func `times are cut to milliseconds and made good where they are not`(
        _ times: Times
    ) throws {
        let record = try map(.span(start: times.start, end: times.end, status: times.status))
        #expect(record["startedAt"] == times.startedAt)
        #expect(record["startTime"] == times.startedAt)
        #expect(record["endedAt"] == times.endedAt)
        #expect(record["endTime"] == (times.endedAt == .null ? nil : times.endedAt))
        let otel = record["metadata"]?["otel"]
        #expect(otel?["startTimeUnixNano"] == .string("\(times.start)"))
        #expect(otel?["endTimeUnixNano"] == .string("\(times.end)"))
        #expect(otel?["warnings"] == times.warnings)
    }

    @Test(
        arguments: [
            (0, nil), (1, "internal"), (2, "server"), (3, "client"), (4, "producer"),
            (5, "consumer"), (6, 6), (-1, -1), (Int64(Int32.max), .int(Int64(Int32.max))),
        ] as [(Int64, JSON?)])
    func `a kind is a word, or the number that has none`(_ kind: Int64, _ word: JSON?) throws {
        #expect(try otel(of: .span(kind: kind))["kind"] == word)
    }

    @Test(
        arguments: [
            (0, nil), (1, "ok"), (2, "error"), (3, 3), (-7, -7),
        ] as [(Int64, JSON?)])
    func `a status code is a word, or the number that has none`(
        _ code: Int64, _ word: JSON?
    ) throws {
        let record = try map(.span(status: StatusFixture(code: code)))
        #expect(record["metadata"]?["otel"]?["statusCode"] == word)
        #expect((record["error"] == .null) == (code != 2))
    }

    @Test func `flags are kept whole`() throws {
        #expect(try otel(of: .span(flags: .max))["flags"] == .int(Int64(UInt32.max)))
        #expect(try otel(of: .span(flags: 0))["flags"] == nil)
    }

    @Test func `the project is in the platform's record alone`() throws {
        let request = RequestFixture([.span()])
        let platform = try map(request, projectID: "p\"1").first
        #expect(platform?["projectId"] == "p\"1")
        let cloud = try map(request, dialect: .cloud, projectID: "p1").first
        #expect(cloud?["projectId"] == nil)
    }
}
