import Foundation
import OTLP
import TestKit

/// The payloads of `Tests/Corpus`, cut into requests of one span each: what a fuzzer begins with
/// should be small.
enum Payloads {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")

    /// A span of every `step`, with its resource and its scope.
    static func singleSpans(every step: Int = 1) throws -> [[UInt8]] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return try names.filter { $0.hasSuffix(".pb") }.sorted().flatMap { name in
            let payload = [UInt8](try Data(contentsOf: folder.appending(path: name)))
            return singleSpans(of: payload).enumerated().filter { $0.offset % step == 0 }
                .map(\.element)
        }
    }

    private static func singleSpans(of payload: [UInt8]) -> [[UInt8]] {
        var requests: [[UInt8]] = []
        var cursor = RequestCursor()
        while let span = cursor.next(in: payload.span) {
            let scopeSpans =
                around(cursor.scopeSpans, in: payload) + .field(2, bytes: Array(payload[span]))
            let resourceSpans =
                around(cursor.resourceSpans, in: payload) + .field(2, bytes: scopeSpans)
            requests.append(.field(1, bytes: resourceSpans))
        }
        return requests
    }

    /// All fields of a group but the repeated one, 2.
    private static func around(_ group: Slice, in payload: [UInt8]) -> [UInt8] {
        var fields: [UInt8] = []
        var position = group.start
        while position < group.end {
            let start = position
            guard let field = payload.span.nextField(at: &position, before: group.end) else {
                break
            }
            if field.tag >> 3 != 2 { fields += payload[start..<position] }
        }
        return fields
    }
}

extension [UInt8] {
    subscript(slice: Slice) -> ArraySlice<UInt8> { self[slice.start..<slice.end] }
}
