import HTTPServing
import OTLP

/// Answers to gRPC calls. The HTTP status is 200 whatever came of the call; `grpc-status` says it,
/// in the trailers behind a message, or in the only header block of a failure.
enum GRPCAnswers {
    /// - Parameter message: without its prefix.
    static func success(_ message: [UInt8]) -> HTTPResponse {
        let length = UInt32(truncatingIfNeeded: message.count)
        let prefix = [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        return HTTPResponse(
            status: 200, fields: fields, body: prefix + message,
            trailers: [HTTPField(name: "grpc-status", value: "0")], hasLength: false)
    }

    static func failure(_ status: StatusAnswer) -> HTTPResponse {
        var fields = fields
        fields.append(HTTPField(name: "grpc-status", value: String(status.code.rawValue)))
        fields.append(
            HTTPField(name: "grpc-message", value: GRPC.percentEncoded(status.message)))
        // The code in the details is the same (G12).
        if status.detail != nil {
            fields.append(
                HTTPField(
                    name: "grpc-status-details-bin",
                    value: Base64.encoded(status.protobuf(), as: .standard)))
        }
        return HTTPResponse(status: 200, fields: fields, hasLength: false)
    }

    private static let fields = [
        HTTPField(name: "content-type", value: GRPC.contentType),
        // What calls may come in (gRPC's compression.md).
        HTTPField(name: "grpc-accept-encoding", value: acceptedEncodings),
    ]

    private static let acceptedEncodings = BodyCoding.allCases.map(\.rawValue).joined(
        separator: ",")
}
