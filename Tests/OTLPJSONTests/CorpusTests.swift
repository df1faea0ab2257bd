import Foundation
import OTLP
import OracleKit
import Testing

@testable import OTLPJSON

/// `Tests/Corpus`: requests of real senders as `NAME.pb`, and the same as OTLP/JSON, `NAME.json`.
struct CorpusTests {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// Pairs whose recorded protobuf is not what protobuf's own encoders would have written. Two
    /// reasons: OpenTelemetry JS writes fields that are 0 (dropped counts, `kind`, the code of
    /// `status`), and one request holds fields that no schema has.
    static let notCanonical: Set = [
        "vercel-ai-v6-tools", "vercel-ai-v7-error", "vercel-ai-v7-mixed", "edge-unknown-fields",
    ]

    static func bytes(_ name: String, _ suffix: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).\(suffix)")))
    }

    @Test func `there are pairs to compare`() {
        #expect(Self.names.count >= 47)
    }

    @Test(arguments: names)
    func `the JSON of a request becomes its protobuf`(name: String) throws {
        let transcoded = try transcode(try Self.bytes(name, "json"))
        let recorded = try Self.bytes(name, "pb")
        #expect(transcoded == CanonicalForm.of(recorded))
        #expect((transcoded != recorded) == Self.notCanonical.contains(name))
    }

    @Test(arguments: names)
    func `the walk comes to the same count`(name: String) throws {
        let transcoded = try transcode(try Self.bytes(name, "json"))
        let recorded = try Self.bytes(name, "pb")
        #expect(try walkRequest(transcoded.span) == walkRequest(recorded.span))
    }
}
