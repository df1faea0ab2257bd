import CloudExport
import MastraRecords
import Testing

@testable import Gateway

@Suite struct ConsoleTargetTests {
    private let written = Recorder<[UInt8]>()

    private func write(_ body: String, isForPeople: Bool) async -> String {
        let target = ConsoleTarget(isForPeople: isForPeople) { [written] bytes in
            written.append(bytes)
            return true
        }
        let outcome = await target.attempt(ByteBlock(copying: Array(body.utf8)), records: 1)
        #expect(outcome == .delivered)
        return String(decoding: written.items.flatMap { $0 }, as: UTF8.self)
    }

    private func person(_ record: String) async -> String {
        await write("{\"spans\":[\(record)]}", isForPeople: true)
    }

    // MARK: For machines

    @Test func `each record is a line of JSON as it is`() async {
        let records = [#"{"a":{"b":[1,{"c":"}]\""}]}}"#, #"{"name":"x\ny"}"#, "{}"]
        #expect(
            await write("{\"spans\":[\(records.joined(separator: ","))]}", isForPeople: false)
                == records.map { $0 + "\n" }.joined())
        #expect(written.items.count == 1)
    }

    @Test func `an empty batch is nothing`() async {
        #expect(await write("{\"spans\":[]}", isForPeople: false) == "")
        #expect(await write("{\"spans\":[]}", isForPeople: true) == "")
    }

    @Test func `where nobody reads, the batch is kept for another attempt`() async {
        let target = ConsoleTarget(isForPeople: false) { _ in false }
        #expect(
            await target.attempt(ByteBlock(copying: Array(#"{"spans":[{}]}"#.utf8)), records: 1)
                == .unavailable("standard output cannot be written to", retryAfter: nil))
    }

    // MARK: For people

    private static let full = #"""
        {"traceId":"abc","name":"chat gpt","spanType":"model_generation",
        "startedAt":"2026-01-02T03:04:05.678Z","error":{"message":"boom"},
        "attributes":{"model":"gpt-4o","usage":{"inputTokens":30,"outputTokens":12}},
        "metadata":{"serviceName":"shop","otel":{"startTimeUnixNano":"1000","endTimeUnixNano":"6000"}}}
        """#

    @Test func `a line says when, who, what, how long, and what it cost`() async {
        #expect(
            await person(Self.full)
                == "03:04:05.678  shop  model_generation  chat gpt  5 us  gpt-4o  "
                + "tokens 30 in 12 out  ERROR boom  trace abc\n")
    }

    @Test func `what a record does not have is left out`() async {
        #expect(
            await person(
                #"{"traceId":"abc","name":"n","spanType":"generic","startedAt":"2026-01-02T03:04:05.678Z","error":null,"attributes":{},"metadata":null}"#
            ) == "03:04:05.678  -  generic  n  -  trace abc\n")
    }

    @Test(arguments: [
        ("1", "2", "0 us"), ("1000", "6000", "5 us"), ("0", "9999999", "9999 us"),
        ("0", "10000000", "10 ms"), ("0", "61000000000", "61000 ms"), ("2", "1", "-"),
        ("", "1", "-"),
        ("x", "1", "-"), ("18446744073709551616", "1", "-"),
    ])
    func `durations have a fitting unit`(_ start: String, _ end: String, _ expected: String) async {
        let record = #"""
            {"traceId":"t","name":"n","spanType":"s","startedAt":"2026-01-02T03:04:05.678Z",
            "metadata":{"otel":{"startTimeUnixNano":"\#(start)","endTimeUnixNano":"\#(end)"}}}
            """#
        #expect(await person(record) == "03:04:05.678  -  s  n  \(expected)  trace t\n")
    }

    @Test func `usage may be half known`() async {
        let record = #"""
            {"traceId":"t","name":"n","spanType":"s","startedAt":"2026-01-02T03:04:05.678Z",
            "attributes":{"usage":{"outputTokens":0}}}
            """#
        #expect(await person(record) == "03:04:05.678  -  s  n  -  tokens - in 0 out  trace t\n")
    }

    /// Escape sequences, returns, deletes, and the one-byte forms of ISO 6429.
    private static let controls =
        (Array(0..<0x20) + Array(0x7f..<0xa0)).map { String(UnicodeScalar(UInt32($0))!) }.joined()

    @Test(arguments: ["name", "spanType", "traceId", "startedAt", "model", "service", "error"])
    func `no control character of a span gets through`(_ place: String) async {
        let text = JSONText.quoted("A" + Self.controls + "B\u{1b}[2J|")
        func value(_ name: String) -> String { name == place ? text : "\"2026-01-02T03:04:05Z\"" }
        let line = await person(
            """
            {"traceId":\(value("traceId")),"name":\(value("name")),"spanType":\(value("spanType")),
            "startedAt":\(value("startedAt")),"error":{"message":\(value("error"))},
            "attributes":{"model":\(value("model"))},"metadata":{"serviceName":\(value("service"))}}
            """)
        #expect(line.hasSuffix("\n"))
        #expect(
            line.dropLast().unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control
            })
        #expect(line.contains("[2J"))
    }

    @Test func `no control character gets through in values that are no texts`() async {
        let line = await person(
            "{\"traceId\":\"t\",\"name\":{\"a\":\"\u{9b}31m\u{7f}\"},\"spanType\":[\"\u{9b}\"]}")
        #expect(
            line.dropLast().unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control
            })
    }

    @Test func `a record that cannot be read is shown without control characters`() async {
        let line = await person("{\"name\":\u{9b}31m\u{1b}}")
        #expect(
            line.dropLast().unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control
            })
        #expect(line.contains("name"))
    }
}
