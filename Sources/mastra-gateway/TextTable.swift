import Gateway

/// Columns with two spaces between them; numbers stand to the right.
struct TextTable {
    private let rows: [[String]]

    init(_ header: [String], _ rows: [[String]]) {
        self.rows = [header] + rows
    }

    var text: String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column -> String in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return isNumeric(column) ? padding + row[column] : row[column] + padding
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    private func isNumeric(_ column: Int) -> Bool {
        rows.count > 1 && rows.dropFirst().allSatisfy { $0[column].first?.isNumber ?? false }
    }
}

/// One line on a terminal that is written again and again, at most ten times a second; nothing where
/// nobody looks.
struct ProgressLine {
    private var shownAt: ContinuousClock.Instant?

    mutating func show(_ text: String) {
        guard StandardError.isTerminal else { return }
        let now = ContinuousClock.now
        if let shownAt, now - shownAt < .milliseconds(100) { return }
        shownAt = now
        StandardError.write("\r\u{1b}[K" + text)
    }

    mutating func end() {
        if shownAt != nil { StandardError.write("\r\u{1b}[K") }
    }
}
