import CloudExport
import CurlUpload
import MastraRecords
import OTLP

/// `send`: posts requests to a gateway, as an SDK would.
package struct TraceSender {
    private let url: String
    private let transport: CurlTransport

    package init(baseURL: String) throws {
        var base = baseURL
        while base.hasSuffix("/") { base.removeLast() }
        url = base.hasSuffix("/v1/traces") ? base : base + "/v1/traces"
        transport = try CurlTransport(CurlConfiguration(timeout: .seconds(10)))
    }

    /// What was sent and what came back, in a sentence; throws where it was not taken.
    package func send(_ request: [UInt8]) async throws -> String {
        let spans = try walkRequest(request.span).spans
        let upload = UploadRequest(
            url: url, headers: [("Content-Type", "application/x-protobuf")],
            body: ByteBlock(copying: request))
        switch await transport.upload(upload) {
        case .success(let response) where response.status == 200:
            let trace = Self.firstTraceID(request)
            return "\(url) took \(spans) spans of trace \(trace)"
        case .success(let response):
            throw FileError(
                description: "\(url) answered \(response.status): "
                    + String(
                        decoding: response.body.filter { $0 >= 0x20 && $0 < 0x7f }, as: UTF8.self))
        case .failure(.network(let text)), .failure(.timedOut(let text)),
            .failure(.untrusted(let text)):
            throw FileError(description: "\(url) cannot be reached: \(text)")
        case .failure(.cancelled): throw CancellationError()
        }
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
