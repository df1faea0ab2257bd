import MastraRecords

/// A row of Mastra's table as Mastra's server answers it: names of columns, JSON columns as what they hold.
enum RecordJSON {
    /// For a statement that begins with them.
    static let columns = MastraColumn.allCases.map { "s.\"\($0.name)\"" }.joined(separator: ", ")

    static func write(_ row: Statement, to writer: inout JSONWriter) {
        writer.byte(UInt8(ascii: "{"))
        for (index, column) in MastraColumn.allCases.enumerated() {
            if index > 0 { writer.byte(UInt8(ascii: ",")) }
            writer.string(column.name)
            writer.byte(UInt8(ascii: ":"))
            // JSON in Mastra's binary form, which other programs may have written, cannot be read here.
            if row.isNull(index) || row.isBlob(index) {
                writer.literal("null")
            } else if column == .isEvent {
                writer.literal(row.integer(index) == 0 ? "false" : "true")
            } else if column.isJSON {
                writer.raw(row.bytes(index))
            } else {
                writer.string(row.text(index))
            }
        }
        writer.byte(UInt8(ascii: "}"))
    }
}
