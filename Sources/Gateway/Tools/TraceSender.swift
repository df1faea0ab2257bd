import CloudExport
import CurlUpload
import MastraRecords
import OTLP

/// `send`: posts requests to a gateway, as an SDK would.
package struct TraceSender {
    private let url: String
    private let headers: [(name: String, value: String)]
    private let transport: CurlTransport

    /// - Parameter headers: as `OTEL_EXPORTER_OTLP_HEADERS` has them, such as a credential: pairs of
    ///   `name=value` with commas between them, values percent-encoded.
    package init(baseURL: String, headers: String = "") throws {
        self.headers = try Self.headers(headers)
        var base = baseURL
        while base.hasSuffix("/") { base.removeLast() }
        url = base.hasSuffix("/v1/traces") ? base : base + "/v1/traces"
        transport = try CurlTransport(CurlConfiguration(timeout: .seconds(10)))
    }

    /// What was sent and what came back, in a sentence; throws where it was not taken.
    package func send(_ request: [UInt8]) async throws -> String {
        let spans = try walkRequest(request.span).spans
        let upload = UploadRequest(
            url: url, headers: [("Content-Type", "application/x-protobuf")] + headers,
            body: ByteBlock(copying: request))
        switch await transport.upload(upload) {
        case .success(let response) where response.status == 200:
            let trace = Self.firstTraceID(request)
            return "\(url) took \(spans) spans of trace \(trace)"
        case .success(let response):
            throw FileError(
                description:
                    "\(url) answered \(response.status): \(Self.message(of: response.body))")
        case .failure(.network(let text)), .failure(.timedOut(let text)),
            .failure(.untrusted(let text)):
            throw FileError(description: "\(url) cannot be reached: \(text)")
        case .failure(.cancelled): throw CancellationError()
        }
    }

    /// The message of a `google.rpc.Status`, which is its field 2; of anything else what can be printed.
    static func message(of body: [UInt8]) -> String {
        var rest = body[...]
        // Field 1, the code, is one byte.
        if rest.first == 0x08 { rest = rest.dropFirst(2) }
        if rest.first == 0x12 {
            rest = rest.dropFirst()
            var length = 0
            var shift = 0
            while let byte = rest.popFirst(), shift < 28 {
                length |= Int(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            if length <= rest.count { rest = rest.prefix(length) }
        }
        return String(decoding: rest.filter { $0 >= 0x20 && $0 < 0x7f }, as: UTF8.self)
    }

    /// Values are not repeated in what is thrown: they are mostly secrets.
    static func headers(_ text: String) throws -> [(name: String, value: String)] {
        try text.split(separator: ",").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0].filter { $0 != " " })
            guard parts.count == 2, !name.isEmpty, let value = decoded(parts[1]) else {
                throw FileError(
                    description:
                        "OTEL_EXPORTER_OTLP_HEADERS has pairs of name=value, values percent-encoded; the one of \"\(name)\" is none"
                )
            }
            return (name, value)
        }
    }

    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        let value = String(decoding: bytes, as: UTF8.self)
        return value.trimmed.isEmpty ? nil : value.trimmed
    }

    static func firstTraceID(_ request: [UInt8]) -> String {
        var cursor = RequestCursor()
        var view = SpanView()
        guard let span = cursor.next(in: request.span) else { return "-" }
        view.read(span, in: request.span)
        var writer = JSONWriter(capacity: 64)
        writer.hexContent(request.span, view.traceID.start, view.traceID.end)
        return String(decoding: writer.bytes(from: 0), as: UTF8.self)
    }
}
