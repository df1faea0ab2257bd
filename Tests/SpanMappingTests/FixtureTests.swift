import Foundation
import SpanMapping
import Testing

/// Requests as an OpenTelemetry library encodes them (`Fixtures/make.py`), and their records as the
/// documents have them.
struct FixtureTests {
    private static func bytes(_ name: String) throws -> [UInt8] {
        let url = try #require(
            Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil))
        return Array(try Data(contentsOf: url))
    }

    @Test(arguments: ["agent-turn", "every-value"])
    func `a request has the records beside it`(_ name: String) throws {
        var mapper = SpanMapper(dialect: .platform)
        let records = try mapper.records(of: Self.bytes("\(name).pb")).map { bytes in
            var parser = JSONParser(bytes)
            return try parser.parse()
        }
        var parser = JSONParser(try Self.bytes("\(name).json"))
        expectEqual(.array(records), try parser.parse(), "\(name)")
    }
}
