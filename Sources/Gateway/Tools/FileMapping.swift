import MastraRecords
import OTLP
import SpanMapping

/// `map`: requests in files to records, with the very code that the gateway runs.
package struct FileMapping {
    private let dialect: RecordDialect

    package init(dialect: String) throws {
        guard let dialect = RecordDialect(rawValue: dialect) else {
            throw FileError(
                description: "dialect is \"\(dialect)\"; expected one of "
                    + RecordDialect.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.dialect = dialect
    }

    /// Records, each with a line feed behind it.
    package func map(_ path: String) throws -> [UInt8] {
        let body = try BinaryFile.read(path)
        do throws(WireError) {
            let summary = try walkRequest(body.span)
            if let message = summary.rejectionMessage {
                StandardError.write("\(path): \(message)\n")
            }
        } catch {
            throw FileError(
                description: "\(path) is no ExportTraceServiceRequest: \(error.description)")
        }
        var mapper = SpanMapper(dialect: dialect)
        var writer = JSONWriter()
        var cursor = RequestCursor()
        let now = WallClock.milliseconds()
        mapper.beginRequest()
        while let span = cursor.next(in: body.span) {
            if mapper.write(span, of: cursor, in: body.span, receivedAt: now, to: &writer) {
                writer.byte(UInt8(ascii: "\n"))
            }
        }
        return writer.bytes(from: 0)
    }
}
