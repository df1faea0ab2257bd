import MastraRecords
import OTLP
import OTLPJSON
package import SpanMapping

/// `map`: requests in files to records, with the very code and settings that the gateway runs.
package struct FileMapping {
    /// What a file holds.
    package enum Format: String, CaseIterable, Sendable {
        /// JSON where the first character opens an object, else protobuf.
        case auto
        case protobuf
        case json
    }

    private let format: Format
    private let explains: Bool
    private var mapper: SpanMapper

    package init(options: MappingOptions, format: Format = .auto, explains: Bool = false) {
        self.format = format
        self.explains = explains
        mapper = SpanMapper(options: options)
        mapper.explains = explains
    }

    /// Records, each with a line feed behind it, and with `explains` what filled them below each. Spans
    /// that make none are named on standard error, with their number by reason behind the last.
    package mutating func map(_ path: String) throws -> [UInt8] {
        try records(of: request(path), named: path)
    }

    /// The same of a request in protobuf.
    mutating func records(of body: [UInt8], named path: String) throws -> [UInt8] {
        do throws(WireError) {
            let summary = try walkRequest(body.span)
            if let message = summary.rejectionMessage {
                StandardError.write("\(path): \(message)\n")
            }
        } catch {
            throw FileError(
                description: "\(path) is no ExportTraceServiceRequest: \(error.description)")
        }
        var writer = JSONWriter()
        var cursor = RequestCursor()
        let now = WallClock.milliseconds()
        var left: [SpanMapper.Reason: Int] = [:]
        mapper.beginRequest()
        while let span = cursor.next(in: body.span) {
            let outcome = mapper.write(
                span, of: cursor, in: body.span, receivedAt: now, to: &writer)
            switch outcome {
            case .record:
                writer.byte(UInt8(ascii: "\n"))
                if let explanation = mapper.lastExplanation {
                    writer.raw(Array(explanation.text.utf8))
                }
            case .left(let reason):
                left[reason, default: 0] += 1
                StandardError.write(
                    "\(path): \(Self.name(of: span, in: body)) makes no record (\(reason.rawValue))"
                        + (mapper.lastExplanation?.omission.map { ": \($0)" } ?? "") + "\n")
            case .rejected: break
            }
        }
        if !left.isEmpty { StandardError.write("\(path): \(Self.summary(of: left))\n") }
        return writer.bytes(from: 0)
    }

    /// `span b0b1b2b3b4b5b6b7 "GET /health"`.
    private static func name(of span: Slice, in body: [UInt8]) -> String {
        var view = SpanView()
        view.read(span, in: body.span)
        var id = JSONWriter(capacity: 64)
        id.hexContent(body.span, view.spanID.start, view.spanID.end)
        let name = String(decoding: body[view.name.start..<view.name.end], as: UTF8.self)
        // What a sender calls a span must not move the cursor of a terminal.
        return "span \(String(decoding: id.bytes(from: 0), as: UTF8.self)) \(name.debugDescription)"
    }

    /// `3 spans make no record: 2 filtered, 1 sampled`.
    private static func summary(of left: [SpanMapper.Reason: Int]) -> String {
        let count = left.values.reduce(0, +)
        let reasons = SpanMapper.Reason.allCases.compactMap { reason in
            left[reason].map { "\($0) \(reason.rawValue)" }
        }
        return (count == 1 ? "1 span makes" : "\(count) spans make")
            + " no record: " + reasons.joined(separator: ", ")
    }

    /// A request as protobuf, whatever it was written as.
    private func request(_ path: String) throws -> [UInt8] {
        let bytes = try BinaryFile.read(path)
        guard isJSON(bytes) else { return bytes }
        do throws(OTLPJSONError) {
            return try OTLPJSON.transcode(bytes.span, options: OTLPJSON.Options())
        } catch {
            throw FileError(
                description: "\(path) is no ExportTraceServiceRequest in JSON: \(error.description)"
            )
        }
    }

    private func isJSON(_ bytes: [UInt8]) -> Bool {
        switch format {
        case .json: true
        case .protobuf: false
        // A request in protobuf begins with its first field, 0x0a, and then a length; that of JSON
        // with a brace, perhaps behind white space or the mark of its encoding.
        case .auto: bytes.first { $0 > 0x20 && $0 < 0x80 } == UInt8(ascii: "{") && isText(bytes)
        }
    }

    private func isText(_ bytes: [UInt8]) -> Bool {
        let start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        let first = bytes[start...].first { ![0x20, 0x0a, 0x0d, 0x09].contains($0) }
        return first == UInt8(ascii: "{")
    }
}

extension Explanation {
    /// Lines of two columns, below the record that they tell of.
    var text: String {
        var rows = entries.map { ($0.field, $0.source) }
        rows.append(
            ("conventions", conventions.isEmpty ? "none" : conventions.joined(separator: ", ")))
        rows.append(
            ("left over", leftOvers.isEmpty ? "nothing" : leftOvers.joined(separator: ", ")))
        if !warnings.isEmpty { rows.append(("warnings", warnings.joined(separator: ", "))) }
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { row in
            "  " + row.0 + String(repeating: " ", count: width - row.0.count) + "  " + row.1 + "\n"
        }.joined()
    }
}
