import Foundation
import MastraRecords
import OTLP
import SpanMapping
import Testing

@testable import Gateway

@Suite struct SampleTraceTests {
    @Test func `the sample is a request of three good spans`() throws {
        let summary = try walkRequest(SampleTrace.request().span)
        #expect(summary.spans == 3)
        #expect(summary.rejected == 0)
        #expect(SampleTrace.request() != SampleTrace.request())
    }

    @Test(arguments: RecordDialect.allCases)
    func `the sample becomes an agent run with a model call and a tool call`(
        _ dialect: RecordDialect
    )
        throws
    {
        let records = try map(SampleTrace.request(), dialect: dialect)
        #expect(
            records.map { $0["spanType"] as? String }
                == ["agent_run", "model_generation", "tool_call"])
        #expect(Set(records.map { $0["traceId"] as? String }).count == 1)
        #expect(records[0]["parentSpanId"] is NSNull)
        #expect(records[1]["parentSpanId"] as? String == records[0]["spanId"] as? String)
        #expect(records[2]["parentSpanId"] as? String == records[0]["spanId"] as? String)
        #expect(records[0]["spanId"] as? String != nil)
    }

    @Test func `a file that is no request is named with the place`() {
        let error = #expect(throws: FileError.self) { try map([0x0a, 5, 1], dialect: .cloud) }
        #expect(error?.description.contains("is no ExportTraceServiceRequest: ") == true)
    }

    @Test func `a file that is not there is named`() throws {
        var mapping = FileMapping(options: MappingOptions(dialect: .cloud))
        let error = #expect(throws: FileError.self) { _ = try mapping.map("/no/such/file") }
        #expect(error?.description == "/no/such/file cannot be read: No such file or directory")
    }

    /// What the `map` command prints of a file with `request`.
    private func map(_ request: [UInt8], dialect: RecordDialect) throws -> [[String: Any]] {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("sample-\(UUID().uuidString).binpb")
        try Data(request).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var mapping = FileMapping(options: MappingOptions(dialect: dialect))
        let lines = try mapping.map(file.path)
        return try lines.split(separator: 10).map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        }
    }
}

@Suite struct SenderHeadersTests {
    @Test func `a refusal is told by its message alone`() {
        let status: [UInt8] = [0x08, 16, 0x12, 3] + Array("who".utf8) + [0x1a, 1, 65]
        #expect(TraceSender.message(of: status) == "who")
        let long = String(repeating: "x", count: 300)
        #expect(TraceSender.message(of: [0x12, 0xac, 0x02] + Array(long.utf8)) == long)
        #expect(TraceSender.message(of: Array("<html>\n".utf8)) == "<html>")
        for broken: [UInt8] in [[], [0x08], [0x12], [0x12, 0xff], [0x08, 1, 0x12, 9, 65]] {
            _ = TraceSender.message(of: broken)
        }
    }

    @Test func `headers are read as an SDK reads them`() throws {
        let headers = try TraceSender.headers(
            "authorization=Bearer%20mgw_a-b, x-team = a%3Db ,c=d=e")
        #expect(headers.map(\.name) == ["authorization", "x-team", "c"])
        #expect(headers.map(\.value) == ["Bearer mgw_a-b", "a=b", "d=e"])
        #expect(try TraceSender.headers("").isEmpty)
    }

    @Test(arguments: ["secret", "a=%2", "a=%zz", "=secret", "a="])
    func `what is no pair is told without its value`(_ text: String) {
        let error = #expect(throws: FileError.self) { try TraceSender.headers(text) }
        #expect(error?.description.contains("=secret") == false)
    }
}
