package import CloudExport
package import MastraRecords

/// The embedded default: records on standard output, one a line. On a terminal a line for people,
/// else JSON Lines.
package struct ConsoleTarget: BatchTarget {
    package var isUpstream: Bool { false }
    private let isForPeople: Bool
    private let write: @Sendable ([UInt8]) async -> Bool

    package init(
        isForPeople: Bool,
        write: @escaping @Sendable ([UInt8]) async -> Bool = StandardOutput.writeWhenReady
    ) {
        self.isForPeople = isForPeople
        self.write = write
    }

    package func attempt(_ body: ByteBlock, records: Int) async -> AttemptOutcome {
        let bytes = unsafe body.withUnsafeBytes { unsafe [UInt8]($0) }
        var lines: [UInt8] = []
        var tree = JSONTree()
        for record in RecordSplitter.records(in: bytes) {
            if isForPeople {
                lines += Array(ConsoleLine(bytes, record, &tree).text.utf8)
            } else {
                lines += bytes[record]
            }
            lines.append(UInt8(ascii: "\n"))
        }
        return await write(lines)
            ? .delivered : .unavailable("standard output cannot be written to", retryAfter: nil)
    }
}

/// Finds the records in `{"spans":[…]}` of our own making.
enum RecordSplitter {
    static func records(in bytes: [UInt8]) -> [Range<Int>] {
        var records: [Range<Int>] = []
        var depth = 0
        var start = 0
        var isInString = false
        var isEscaped = false
        for (offset, byte) in bytes.enumerated() {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                // The object around the list is 1 deep, the list 2, a record 3.
                if depth == 3 { start = offset }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 3 { records.append(start..<offset + 1) }
                depth -= 1
            default: break
            }
        }
        return records
    }
}

/// A record in one line: when, who, what, how long, and what a model call cost.
struct ConsoleLine {
    let text: String

    init(_ bytes: [UInt8], _ record: Range<Int>, _ tree: inout JSONTree) {
        guard tree.parse(bytes.span, record.lowerBound, record.upperBound) else {
            text = Self.printable(String(decoding: bytes[record], as: UTF8.self))
            return
        }
        let reader = Reader(bytes: bytes, tree: tree)
        var parts = [
            String(reader.text("startedAt").dropFirst(11).dropLast()),
            reader.text("metadata", "serviceName", or: "-"),
            reader.text("spanType"),
            reader.text("name"),
            reader.duration(),
        ]
        let model = reader.text("attributes", "model")
        if !model.isEmpty { parts.append(model) }
        let usage = reader.usage()
        if !usage.isEmpty { parts.append(usage) }
        if reader.node(["error"]).map({ tree.nodes[$0].kind == .object }) ?? false {
            parts.append("ERROR " + reader.text("error", "message"))
        }
        parts.append("trace " + reader.text("traceId"))
        text = Self.printable(parts.joined(separator: "  "))
    }

    /// What a span says must not move the cursor.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isControl ? " " : $0 }))
    }

    private struct Reader {
        let bytes: [UInt8]
        let tree: JSONTree

        func node(_ path: [StaticString]) -> Int? {
            var current = 0
            for name in path {
                guard let next = tree.member(name, of: current, in: bytes.span) else { return nil }
                current = next
            }
            return current
        }

        func text(_ path: StaticString..., or fallback: String = "") -> String {
            guard let index = node(path) else { return fallback }
            let node = tree.nodes[index]
            guard node.kind == .string else {
                return String(decoding: bytes[Int(node.start)..<Int(node.end)], as: UTF8.self)
            }
            var content: [UInt8] = []
            JSONUnescape.append(bytes.span, Int(node.start) + 1, Int(node.end) - 1, to: &content)
            return String(decoding: content, as: UTF8.self)
        }

        func duration() -> String {
            guard let start = UInt64(text("metadata", "otel", "startTimeUnixNano")),
                let end = UInt64(text("metadata", "otel", "endTimeUnixNano")), end >= start
            else { return "-" }
            let microseconds = (end - start) / 1000
            return microseconds < 10_000 ? "\(microseconds) us" : "\(microseconds / 1000) ms"
        }

        func usage() -> String {
            let input = text("attributes", "usage", "inputTokens")
            let output = text("attributes", "usage", "outputTokens")
            guard !input.isEmpty || !output.isEmpty else { return "" }
            return "tokens \(input.isEmpty ? "-" : input) in \(output.isEmpty ? "-" : output) out"
        }
    }
}
