import CDeflate
import CZstd
import FuzzClaims
import HTTPServing

/// How a request is sent: as which kind, in which coding.
struct RequestForm: Hashable {
    enum Kind: CaseIterable {
        case protobuf, json, call
    }

    enum Coding: String, CaseIterable {
        case none = ""
        case gzip, deflate, zstd, identity
        /// No coding that there is.
        case br
    }

    /// Before a message of a call.
    static let prefixBytes = 5

    let kind: Kind
    let coding: Coding

    var isCall: Bool { kind == .call }
    var isKnown: Bool { coding != .br }

    private init(_ kind: Kind, _ coding: Coding) {
        self.kind = kind
        self.coding = coding
    }

    init(_ choices: inout Choices) {
        self.init(choices.pick(Kind.allCases), choices.pick(Coding.allCases))
    }

    /// The export over HTTP of the same, not compressed.
    var plain: RequestForm { RequestForm(isCall ? .protobuf : kind, .none) }

    /// The export over HTTP in the coding of a call, where it has one.
    var codedExport: RequestForm? {
        coding == .none || coding == .identity ? nil : RequestForm(.protobuf, coding)
    }

    /// The body of such a request with this content.
    func wrap(_ content: [UInt8]) -> [UInt8] {
        let isCoded = coding != .none && coding != .identity
        let body = compressed(content)
        guard isCall else { return body }
        let length = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (24 - 8 * $0)) }
        return [isCoded ? 1 : 0] + length + body
    }

    private func compressed(_ content: [UInt8]) -> [UInt8] {
        switch coding {
        case .none, .identity, .br: return content
        case .zstd:
            return [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) {
                buffer, count in
                count = ZSTD_compress(
                    buffer.baseAddress, buffer.count, content, content.count, 3)
            }
        case .gzip, .deflate:
            let compressor = libdeflate_alloc_compressor(6)
            defer { libdeflate_free_compressor(compressor) }
            let compress =
                coding == .gzip ? libdeflate_gzip_compress : libdeflate_zlib_compress
            return [UInt8](unsafeUninitializedCapacity: content.count + 100) { buffer, count in
                count = compress(
                    compressor, content, content.count, buffer.baseAddress, buffer.count)
            }
        }
    }

    func head(length: Int) -> HTTPRequestHead {
        let type =
            switch kind {
            case .protobuf: "application/x-protobuf"
            case .json: "application/json"
            case .call: "application/grpc"
            }
        var fields = [("content-type", type)]
        if coding != .none {
            fields.append((isCall ? "grpc-encoding" : "content-encoding", coding.rawValue))
        }
        if isCall { fields.append(("te", "trailers")) }
        let path =
            isCall ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export" : "/v1/traces"
        return HTTPRequestHead(
            version: .http2, method: "POST", path: path, fields: HTTPFields(fields),
            declaredLength: isCall ? nil : length)
    }
}
