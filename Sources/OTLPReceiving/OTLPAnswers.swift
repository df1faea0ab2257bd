import HTTPServing
import OTLP

/// Where HTTP answers are made: every status, header and body that leaves the receiver.
struct OTLPAnswers: Sendable {
    let tracesPath: String

    func success(rejected: Int, message: String?) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            fields: [HTTPField(name: "content-type", value: BodyEncoding.protobuf.mediaType)],
            body: ExportAnswer.success(rejected: rejected, message: message))
    }

    /// A `google.rpc.Status` in the encoding of the request (H7, H25); where the request named none
    /// that we know, protobuf, labelled as such (H26).
    func refusal(_ refusal: Refusal, to head: HTTPRequestHead?) -> HTTPResponse {
        let encoding =
            (head?.fields["content-type"]).flatMap(BodyEncoding.init(contentType:)) ?? .protobuf
        let (status, answer) = self.answer(to: refusal)
        var fields = [HTTPField(name: "content-type", value: encoding.mediaType)]
        switch refusal {
        case .methodNotAllowed: fields.append(HTTPField(name: "allow", value: "POST"))
        case .unavailable(_, let seconds):
            fields.append(HTTPField(name: "retry-after", value: String(seconds)))
        case .unsupportedCoding:
            fields.append(HTTPField(name: "accept-encoding", value: "gzip, identity"))
        default: break
        }
        let body =
            switch encoding {
            case .protobuf: answer.protobuf()
            case .json: answer.json()
            }
        return HTTPResponse(status: status, fields: fields, body: body)
    }

    private func answer(to refusal: Refusal) -> (Int, StatusAnswer) {
        switch refusal {
        case .unknownPath(let path):
            (
                404,
                StatusAnswer(
                    code: .notFound,
                    message: "no resource at \(path.clipped); traces are taken at \(tracesPath)")
            )
        case .otherSignal(let path, let setting):
            (
                404,
                StatusAnswer(
                    code: .unimplemented,
                    message:
                        "mastra-gateway takes traces only, nothing at \(path); set \(setting)=none in the sending service"
                )
            )
        case .methodNotAllowed(let method, let path):
            (
                405,
                StatusAnswer(
                    code: .unimplemented,
                    message: "\(method.clipped) is not allowed on \(path.clipped); use POST")
            )
        case .unsupportedType(let type):
            (
                415,
                StatusAnswer(
                    code: .invalidArgument,
                    message:
                        "content-type \(type.map { "\"\($0.clipped)\" is not taken" } ?? "is missing"); send application/x-protobuf (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)"
                )
            )
        case .unsupportedCoding(let coding):
            (
                415,
                StatusAnswer(
                    code: .invalidArgument,
                    message:
                        "content-encoding \"\(coding.clipped)\" is not taken; send gzip or identity"
                )
            )
        case .badRequest(let field, let description):
            (
                400,
                StatusAnswer(
                    code: .invalidArgument, message: description,
                    detail: .badRequest(field: field, description: description))
            )
        case .tooLarge(let limit, let seen):
            (
                413,
                StatusAnswer(
                    code: .resourceExhausted,
                    message: seen.map {
                        "the body has \($0) bytes or more; max_body_bytes is \(limit)"
                    }
                        ?? "the inflated body has more than max_body_bytes, which is \(limit) bytes"
                )
            )
        case .timedOut(let what): (408, StatusAnswer(code: .deadlineExceeded, message: what))
        case .headersTooLarge(let limit):
            (
                431,
                StatusAnswer(
                    code: .resourceExhausted,
                    message: "request line and headers are over their limit of \(limit) bytes")
            )
        case .expectationFailed(let value):
            (
                417,
                StatusAnswer(
                    code: .invalidArgument,
                    message: "expect: \(value.clipped) cannot be met; only 100-continue can")
            )
        case .unavailable(let reason, let seconds):
            (
                503,
                StatusAnswer(
                    code: .unavailable, message: "\(reason); retry after \(seconds) s",
                    detail: .retryInfo(seconds: seconds))
            )
        }
    }
}

extension String {
    /// What a client sent, short enough to be sent back. Scalars are counted: a letter may have any
    /// number of marks.
    fileprivate var clipped: String {
        let short = unicodeScalars.prefix(200)
        return short.endIndex == endIndex ? self : String(short) + "…"
    }
}
