import Foundation
import Testing

@testable import SpanMapping

/// docs/mapping.md is written from the tables that decide. `UPDATE_GOLDEN=1` writes it anew.
struct MappingDocumentTests {
    private static let documents = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs")

    private static func text(of name: String) throws -> String {
        String(decoding: try Data(contentsOf: documents.appending(path: name)), as: UTF8.self)
    }

    @Test func `the page of rules says what the tables say`() throws {
        let page = MappingDocument().text
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(page.utf8).write(to: Self.documents.appending(path: "mapping.md"))
        }
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        let known = try Self.text(of: "mapping.md").split(
            separator: "\n", omittingEmptySubsequences: false)
        let changed = zip(lines, known).enumerated().first { $1.0 != $1.1 }
        #expect(
            lines == known,
            """
            docs/mapping.md, line \((changed?.offset ?? min(lines.count, known.count)) + 1): \
            the tables say “\(changed?.element.0 ?? "")”
            """)
    }

    @Test func `each key of the table is read by a rule or marks a convention`() {
        let idle = MappingDocument.keyRows.filter(\.uses.isEmpty).map(\.key.rawValue)
        #expect(idle == [])
    }

    /// A link to a heading that was renamed leads nowhere.
    @Test func `links within the page lead to its headings`() {
        let page = MappingDocument().text
        let headings = page.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
            line.drop { $0 == "#" || $0 == " " }.lowercased()
                .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                .replacing(" ", with: "-")
        }
        for link in page.matches(of: /\]\(#([a-z0-9_-]+)\)/) {
            #expect(headings.contains(String(link.1)), "#\(link.1)")
        }
    }
}
