import Foundation
import Testing

@testable import Gateway

@Suite struct MetricNamesTests {
    /// From the calls in the source: to make `GatewayState` itself needs sockets.
    private static func names() throws -> [(kind: String, name: String)] {
        let source = try source()
        let regex = try NSRegularExpression(
            pattern: #"text\.(counters?|gauges?|seconds|info|histogram)\(\s*"([a-z0-9_]+)""#)
        return regex.matches(in: source, range: NSRange(source.startIndex..., in: source)).map {
            (
                kind: String(source[Range($0.range(at: 1), in: source)!]),
                name: String(source[Range($0.range(at: 2), in: source)!])
            )
        }
    }

    private static func source() throws -> String {
        try ["GatewayMetrics", "GatewayMetrics+Routes"].map {
            try ProjectFile.text("Sources/Gateway/Admin/\($0).swift")
        }.joined()
    }

    @Test func `every call is found`() throws {
        let source = try Self.source()
        // One more is `text.text`, which is what comes of them.
        #expect(try Self.names().count == source.components(separatedBy: "text.").count - 2)
        #expect(try Self.names().count > 25)
    }

    @Test func `names are unique, and say their unit and kind`() throws {
        let names = try Self.names()
        #expect(Set(names.map(\.name)).count == names.count)
        for (kind, name) in names {
            #expect(name.hasSuffix("_total") == kind.hasPrefix("counter"), "\(name)")
            if kind == "histogram" { #expect(name.hasSuffix("_seconds"), "\(name)") }
        }
    }

    @Test func `the manual names every metric`() throws {
        let manual = try ProjectFile.text("docs/operations.md")
        for (_, name) in try Self.names() {
            let whole = try NSRegularExpression(pattern: "\\b(mastra_gateway_)?\(name)\\b")
            let found = whole.firstMatch(
                in: manual, range: NSRange(manual.startIndex..., in: manual))
            #expect(found != nil, "\(name)")
        }
    }
}
