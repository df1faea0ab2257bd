import HTTPServing

/// In which form a client reads its answer: that of its request (OTLP H7, J17).
enum AnswerForm: Hashable, Sendable {
    case http(BodyEncoding)
    case grpc

    /// Protobuf, labelled as such, where the request named no form that we know (H26) or nothing of
    /// it was read.
    init(_ head: HTTPRequestHead?) {
        let type = head?.fields.single("content-type") ?? ""
        if head?.version == .http2, GRPC.isContentType(type) {
            self = .grpc
        } else {
            self = .http(BodyEncoding(contentType: type) ?? .protobuf)
        }
    }
}
