import MastraRecords
import OTLP
import SpanMapping
import TestKit
import Testing

/// A record that Mastra's own exporter has made a span of comes back as it was, save for the rows of
/// `Loss.all` (MASTRA-CONTRACT 4).
struct RoundTripTests {
    @Test(arguments: MastraGeneration.allCases)
    func `a record comes back from each exporter`(_ generation: MastraGeneration) throws {
        let exporter = MastraExporter(generation: generation)
        for record in generation == .a ? Samples.first : Samples.all {
            expectEqual(
                try roundTrip([record], exporter).first, exporter.expected(of: record),
                "\(generation) \(record.type): \(record.name)")
        }
    }

    @Test func `every type of span is among the samples but the one that is left`() {
        let types = Set(Samples.all.map(\.type))
        #expect(types.union(["model_chunk"]) == Set(SpanType.allCases.map { "\($0.name)" }))
    }

    @Test func `every loss is one of a sample`() {
        for loss in Loss.all {
            let isSeen = loss.generations.allSatisfy { generation in
                let exporter = MastraExporter(generation: generation)
                let samples = generation == .a ? Samples.first : Samples.all
                return samples.contains { record in
                    var json = record.json
                    guard loss.applies(to: record, generation) else { return false }
                    loss.apply(to: &json, of: record, exporter)
                    return json != record.json
                }
            }
            #expect(isSeen, "\(loss.clause)")
        }
    }

    @Test func `random records come back as well`() throws {
        for seed in Seeds(count: 400, first: 700_000) {
            var generator = RecordGenerator(seed: seed)
            let exporter = MastraExporter(
                generation: generator.random.pick(MastraGeneration.allCases))
            let records = (0...generator.random.below(3)).map { _ in
                generator.record(exporter.generation)
            }
            let mapped = try roundTrip(records, exporter)
            #expect(mapped.count == records.count, "seed \(seed)")
            for (value, record) in zip(mapped, records) {
                expectEqual(
                    value, exporter.expected(of: record),
                    "seed \(seed), \(exporter.generation) \(record.type)")
            }
        }
    }

    // MARK: What is left

    @Test(arguments: [(MastraGeneration.a, "llm_chunk"), (.a, "model_chunk"), (.b, "model_chunk")])
    func `chunks of a stream are left, as Mastra's own exporter leaves them`(
        _ generation: MastraGeneration, _ type: String
    ) {
        let chunk = MastraRecord.record(type, name: "chunk: 'tool-result'") {
            $0.attributes = ["chunkType": "tool-result", "sequenceNumber": 1]
            $0.metadata = ["toolCallId": "c1", "toolName": "calculator"]
            $0.isEvent = true
            $0.end = nil
        }
        let request = MastraExporter(generation: generation).request([chunk]).encoded
        var mapper = SpanMapper(dialect: .platform)
        var writer = JSONWriter(capacity: 64)
        var cursor = RequestCursor()
        mapper.beginRequest()
        while let range = cursor.next(in: request.span) {
            let outcome = mapper.write(
                range, of: cursor, in: request.span, receivedAt: receivedAt, to: &writer)
            #expect(outcome == .left(.modelChunk))
        }
        #expect(writer.count == 0)
    }
}

/// What the mapping makes of the spans of some records: the fields of `MastraRecord.json`.
func roundTrip(_ records: [MastraRecord], _ exporter: MastraExporter) throws -> [JSON] {
    try map(exporter.request(records)).map { record in
        let names = [
            "id", "traceId", "parentSpanId", "name", "spanType", "entityType", "entityId",
            "entityName", "attributes", "input", "output", "error", "metadata", "tags", "isEvent",
            "startedAt", "endedAt",
        ]
        var fields: [String: JSON] = [:]
        for name in names { fields[name] = record[name] }
        var json = JSON.object(fields)
        // What the gateway itself tells of the span (MAPPING 5.7).
        for name in ["otel", "scope", "resource"] { json[["metadata", name]] = nil }
        #expect(json["metadata"]?["serviceName"] == "api")
        json[["metadata", "serviceName"]] = nil
        return json
    }
}
