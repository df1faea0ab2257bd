import Foundation
import MastraRecords
import OTLP
import SpanMapping
import Testing

/// Payloads of real instrumentations and the records that they become, kept side by side in
/// Tests/Corpus. `UPDATE_GOLDEN=1` writes the records anew; read them before they are committed.
struct CorpusTests {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Corpus")

    static let names: [String] = {
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (files ?? []).filter { $0.hasSuffix(".pb") }.map { String($0.dropLast(3)) }.sorted()
    }()

    static func payload(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name + ".pb")))
    }

    @Test func `the corpus is there`() {
        #expect(Self.names.count == 47)
    }

    @Test(arguments: names)
    func `a payload becomes the records that were read and found right`(_ name: String) throws {
        let payload = try Self.payload(name)
        var mapper = SpanMapper(dialect: .platform)
        let records = mapper.records(of: payload)
        #expect(!records.contains { $0.contains(UInt8(ascii: "\n")) }, "a record is one line")
        let text = Self.indented(records)
        let golden = Self.folder.appending(path: "records/\(name).json")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text).write(to: golden)
        }
        let expected = [UInt8](try Data(contentsOf: golden))
        if text != expected {
            let pairs = zip(Self.lines(text), Self.lines(expected)).enumerated()
            let first = pairs.first { $1.0 != $1.1 }
            Issue.record(
                """
                \(name), line \((first?.offset ?? 0) + 1): \(first?.element.0 ?? "no more lines")
                expected: \(first?.element.1 ?? "more")
                """)
        }
    }

    private static func lines(_ text: [UInt8]) -> [Substring] {
        String(decoding: text, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
    }

    /// A list of records, each on lines of its own, so that a change is seen where it is.
    private static func indented(_ records: [[UInt8]]) -> [UInt8] {
        var text: [UInt8] = []
        var depth = 0
        var isString = false
        func newline() {
            text.append(UInt8(ascii: "\n"))
            text += [UInt8](repeating: UInt8(ascii: " "), count: depth)
        }
        var json: [UInt8] = [UInt8(ascii: "[")]
        json += records.joined(separator: [UInt8(ascii: ",")])
        json.append(UInt8(ascii: "]"))
        for (index, byte) in json.enumerated() {
            if isString {
                text.append(byte)
                if byte == UInt8(ascii: "\""), !wasEscaped(json, index) { isString = false }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isString = true
                text.append(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                text.append(byte)
                depth += 1
                let next = json[index + 1]
                if next != UInt8(ascii: "}"), next != UInt8(ascii: "]") { newline() }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                let last = json[index - 1]
                if last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { newline() }
                text.append(byte)
            case UInt8(ascii: ","):
                text.append(byte)
                newline()
            case UInt8(ascii: " "), UInt8(ascii: "\n"): break
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\n"))
        return text
    }

    /// Whether the byte at `index` stands behind an odd number of backslashes.
    private static func wasEscaped(_ json: [UInt8], _ index: Int) -> Bool {
        var count = 0
        while json[index - 1 - count] == UInt8(ascii: "\\") { count += 1 }
        return count % 2 == 1
    }
}
