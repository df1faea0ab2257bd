import MastraRecords

@testable import SpanMapping

/// docs/mapping.md: the tables of the mapping in Markdown, with the words between them.
struct MappingDocument {
    var text: String {
        Self.sections.map(Self.wrapped).joined(separator: "\n\n") + "\n"
    }

    private static var sections: [String] {
        [introduction, conventions] + typeSections + fieldSections + contentSections
            + restSections + [keyIndex]
    }

    private static let introduction = """
        # Mapping rules

        Which attribute becomes which field. `MappingDocumentTests` writes this page from the
        tables in `Sources/SpanMapping`, and fails where they differ: change a table, and not this
        page. [Records](records.md) tells what a record is made of and what happens to all values
        alike.

        | you want to know | look at |
        |---|---|
        | what makes a span a `model_generation` | [Span type](#span-type) |
        | where an attribute is gone | [Every key](#every-key); for a span of \
        yours `mastra-gateway map --explain FILE` |
        | which of two attributes wins | the order of sources in each table, and \
        [How to read the tables](#how-to-read-the-tables) |
        | what is left over, and under which name | [Left-overs](#left-overs) |
        | units, and what a value has to be like | [Decoders](#decoders), [Usage](#usage) |
        | how much of a value is read and kept | [Bounds](#bounds) |

        ## How to read the tables

        - Sources stand best first. The first one that is there and can be decoded fills the
          field; the others stay in `attributes` under their own keys. [Usage](#usage) and [Input
          and output](#input-and-output) use up sources that only say the same once more.
        - A value that is empty is not there: null, an empty string, list or map, and the strings
          `[]` and `{}`.
        - A source is used up where the field holds all of it. Where a value was cleaned,
          shortened or recoded it stays a left-over beside the field.
        - `key` → `member` is a member of the JSON in the key. The key itself stays a left-over.
          Of several keys and members all members of the first key are tried first.
        - `prefix.N.…` are [indexed keys](#families-of-keys), which are made one list again.
        - *Only on* names conventions that have to be seen on the span: plain names are read only
          where somebody is known to write them.
        - *Model calls* are \(types(FieldRule.calls, grouped: false)); *tool calls* are
          \(types(FieldRule.tools, grouped: false)).
        """

    // MARK: Markdown

    static func table(_ head: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let rule = "|" + head.map { _ in "---|" }.joined()
        return ([line(head), rule] + rows.map(line)).joined(separator: "\n")
            .replacing("|  |", with: "| |")
    }

    static func code(_ text: some CustomStringConvertible) -> String { "`\(text)`" }

    static func codes(_ texts: some Sequence<StaticString>) -> String {
        texts.map { code($0) }.joined(separator: ", ")
    }

    /// Types in the order of the enum, those that always come together by one name.
    static func types(_ types: Set<SpanType>, grouped: Bool = true) -> String {
        var left = types
        var names: [String] = []
        if grouped {
            for (name, group) in [
                ("model calls", FieldRule.calls), ("tool calls", FieldRule.tools),
            ] where left.isSuperset(of: group) {
                names.append(name)
                left.subtract(group)
            }
        }
        return (names + SpanType.allCases.filter(left.contains).map { code($0.name) })
            .joined(separator: ", ")
    }

    static func only(_ conventions: Convention) -> String {
        conventions.isEmpty ? "" : " (only on \(conventions.names.joined(separator: "; ")))"
    }

    /// Types that have the same rows, in the order of the enum; the group of `generic` last.
    static func groups(
        _ rows: (SpanType) -> [[String]]
    ) -> [(types: Set<SpanType>, rows: [[String]])] {
        var groups: [(types: Set<SpanType>, rows: [[String]])] = []
        for type in SpanType.allCases {
            let own = rows(type)
            if let index = groups.firstIndex(where: { $0.rows == own }) {
                groups[index].types.insert(type)
            } else {
                groups.append((types: [type], rows: own))
            }
        }
        return groups.filter { !$0.types.contains(.generic) }
            + groups.filter { $0.types.contains(.generic) }
    }
}

// MARK: - Lines

extension MappingDocument {
    private static let width = 130

    /// Paragraphs and items of lists in lines of about one width; tables and headings as they are.
    static func wrapped(_ text: String) -> String {
        var lines: [String] = []
        var paragraph: [Substring] = []
        func flush() {
            if !paragraph.isEmpty { lines += wrapped(paragraph) }
            paragraph = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isProse = !line.isEmpty && !line.hasPrefix("|") && !line.hasPrefix("#")
            if !isProse || line.hasPrefix("- ") { flush() }
            if isProse { paragraph.append(line) } else { lines.append(String(line)) }
        }
        flush()
        return lines.joined(separator: "\n")
    }

    private static func wrapped(_ paragraph: [Substring]) -> [String] {
        let indent = paragraph[0].hasPrefix("- ") ? "  " : ""
        var lines = [""]
        for word in words(of: paragraph.joined(separator: " ")) {
            if lines[lines.count - 1].isEmpty {
                lines[lines.count - 1] = word
            } else if lines[lines.count - 1].count + 1 + word.count > width {
                lines.append(indent + word)
            } else {
                lines[lines.count - 1] += " " + word
            }
        }
        return lines
    }

    /// What spaces part, but not those in code.
    private static func words(of text: String) -> [String] {
        var words: [String] = []
        var isCode = false
        for piece in text.split(separator: " ") {
            if isCode { words[words.count - 1] += " " + piece } else { words.append(String(piece)) }
            if piece.count(where: { $0 == "`" }) % 2 == 1 { isCode.toggle() }
        }
        return words
    }
}

// MARK: - Members of JSON

extension MappingDocument {
    /// One source: a key, and the member of its JSON that is meant.
    struct Source {
        var keys: [String]
        var members: [String]
        var rest = ""
    }

    /// Members of one key together, and keys with the same members.
    static func list(_ sources: [Source]) -> String {
        var groups: [Source] = []
        for source in sources {
            if let last = groups.last, !source.members.isEmpty, last.keys == source.keys,
                last.rest == source.rest, !last.members.isEmpty
            {
                groups[groups.count - 1].members += source.members
            } else {
                groups.append(source)
            }
        }
        var merged: [Source] = []
        for group in groups {
            if let last = merged.last, !group.members.isEmpty, last.members == group.members,
                last.rest == group.rest
            {
                merged[merged.count - 1].keys += group.keys
            } else {
                merged.append(group)
            }
        }
        return merged.map { group in
            group.keys.joined(separator: ", ")
                + (group.members.isEmpty ? "" : " → " + group.members.joined(separator: " or "))
                + group.rest
        }.joined(separator: ", ")
    }
}
