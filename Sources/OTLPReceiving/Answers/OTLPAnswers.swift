import HTTPServing
import OTLP

/// Where answers are made: every status, header and body that leaves the receiver.
///
/// All are of a few kilobytes at most, whatever the request was: texts that came from a client are
/// clipped. That keeps them under the 4 MiB that OTLP allows (H15, G8).
struct OTLPAnswers: Sendable {
    let paths: TracesPaths
    static let methods = "OPTIONS, POST"

    func success(rejected: Int, message: String?, in form: AnswerForm) -> HTTPResponse {
        switch form {
        case .grpc:
            return GRPCAnswers.success(ExportAnswer.success(rejected: rejected, message: message))
        case .http(let encoding):
            let body =
                switch encoding {
                case .protobuf: ExportAnswer.success(rejected: rejected, message: message)
                case .json: ExportAnswer.json(rejected: rejected, message: message)
                }
            return HTTPResponse(status: 200, fields: [encoding.field], body: body)
        }
    }

    /// A `google.rpc.Status` in the form of the request (H7, H25).
    func refusal(_ refusal: Refusal, in form: AnswerForm) -> HTTPResponse {
        let status = refusal.status(tracesAt: paths.names)
        switch form {
        case .grpc: return GRPCAnswers.failure(status)
        case .http(let encoding):
            let body =
                switch encoding {
                case .protobuf: status.protobuf()
                case .json: status.json()
                }
            return HTTPResponse(
                status: refusal.httpStatus, fields: [encoding.field] + refusal.fields, body: body)
        }
    }

    /// The answer to `OPTIONS`.
    func methods() -> HTTPResponse {
        HTTPResponse(status: 204, fields: [HTTPField(name: "allow", value: Self.methods)])
    }
}

extension BodyEncoding {
    fileprivate var field: HTTPField { HTTPField(name: "content-type", value: mediaType) }
}

extension Refusal {
    /// What HTTP has a header for.
    fileprivate var fields: [HTTPField] {
        switch self {
        case .methodNotAllowed: [HTTPField(name: "allow", value: OTLPAnswers.methods)]
        case .unavailable(_, let seconds):
            [HTTPField(name: "retry-after", value: String(seconds))]
        case .tooFast(let excess):
            [HTTPField(name: "retry-after", value: String(excess.retryAfterSeconds))]
        case .unauthorized(let takesPasswords):
            Self.challenges(takesPasswords).map { HTTPField(name: "www-authenticate", value: $0) }
        case .unsupportedCoding: [HTTPField(name: "accept-encoding", value: BodyCoding.accepted)]
        default: []
        }
    }

    /// RFC 9110 11.6.1: a 401 says how to come in. Passwords are read as UTF-8 (RFC 7617 2.1).
    private static func challenges(_ takesPasswords: Bool) -> [String] {
        let bearer = "Bearer realm=\"mastra-gateway\""
        let basic = "Basic realm=\"mastra-gateway\", charset=\"UTF-8\""
        return takesPasswords ? [bearer, basic] : [bearer]
    }
}
