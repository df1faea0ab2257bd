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
