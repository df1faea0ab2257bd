import HTTPServing
import OTLP

/// How each refusal is told: the HTTP status, and a `google.rpc.Status`, whose code is also that
/// of a gRPC call.
extension Refusal {
    /// 429, 502, 503, 504 are repeated by SDKs, everything else is not (OTLP H29).
    var httpStatus: Int {
        switch self {
        case .badRequest, .messageCount, .messageCutOff, .undeclaredCompression: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .unknownPath, .otherSignal, .unknownMethod, .unknownService: 404
        case .methodNotAllowed: 405
        case .timedOut: 408
        case .tooLarge, .healthRequestTooLarge, .neverFits: 413
        case .unsupportedType, .unsupportedCoding, .needsHTTP2, .notGRPC: 415
        case .expectationFailed: 417
        case .tooFast: 429
        case .headersTooLarge: 431
        case .unavailable: 503
        }
    }

    /// - Parameter tracesAt: where traces are taken, for a sender that missed it.
    func status(tracesAt: String) -> StatusAnswer {
        StatusAnswer(code: code, message: message(tracesAt), detail: detail)
    }

    var code: StatusAnswer.Code {
        switch self {
        case .unknownPath, .unknownService: .notFound
        // gRPC names UNIMPLEMENTED for methods, compressions and numbers of messages that a server
        // does not know (statuscodes.md).
        case .otherSignal, .methodNotAllowed, .unknownMethod, .messageCount: .unimplemented
        case .unsupportedCoding: .unimplemented
        case .unsupportedType, .needsHTTP2, .notGRPC, .badRequest, .expectationFailed:
            .invalidArgument
        case .tooLarge, .healthRequestTooLarge, .neverFits, .headersTooLarge, .tooFast:
            .resourceExhausted
        case .unauthorized: .unauthenticated
        case .forbidden: .permissionDenied
        case .timedOut: .deadlineExceeded
        case .unavailable: .unavailable
        case .messageCutOff, .undeclaredCompression: .internalError
        }
    }

    private var detail: StatusAnswer.Detail? {
        switch self {
        case .badRequest(let field, let description):
            .badRequest(field: field, description: description)
        case .unavailable(_, let seconds): .retryInfo(seconds: seconds)
        // Tells a gRPC client that the code is not for good here (OTLP G28).
        case .tooFast(let excess): .retryInfo(seconds: excess.retryAfterSeconds)
        default: nil
        }
    }

    private func message(_ tracesAt: String) -> String {
        switch self {
        case .unknownPath(let path):
            "no resource at \(path.clipped); traces are taken at \(tracesAt)"
        case .unknownMethod(let path):
            "no method \(path.clipped); traces are taken by \(GRPCMethod.exportTraces.rawValue)"
        case .unknownService(let name):
            "no health of the service \"\(name.clipped)\"; ask for \(GRPCMethod.traceService)"
        case .otherSignal(let path, let setting):
            "mastra-gateway takes traces only, nothing at \(path.clipped); set \(setting)=none in the sending service"
        case .methodNotAllowed(let method, let path):
            "\(method.clipped) is not allowed on \(path.clipped); use POST"
        case .unsupportedType(let type):
            "content-type \(type.map { "\"\($0.clipped)\" is not taken" } ?? "is missing"); send application/x-protobuf (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf), application/json (http/json), or application/grpc (grpc)"
        case .notGRPC(let type):
            "content-type \(type.map { "\"\($0.clipped)\"" } ?? "none") is not taken by a gRPC method; send application/grpc, or other encodings to \(tracesAt)"
        case .needsHTTP2:
            "gRPC needs HTTP/2, and this request came in HTTP/1; a proxy on the way may have changed it"
        case .unsupportedCoding(let coding):
            "the coding \"\(coding.clipped)\" is not taken; send one of \(BodyCoding.accepted)"
        case .badRequest(_, let description): description
        case .tooLarge(let limit, let seen?):
            "the body has \(seen) bytes or more; max_body_bytes is \(limit)"
        case .tooLarge(let limit, nil):
            "the inflated body has more than max_body_bytes, which is \(limit) bytes"
        case .healthRequestTooLarge:
            "a health request has at most \(HealthCheck.maxBodyBytes) bytes"
        case .neverFits(let needed, let limit):
            "decoding the body takes \(needed) bytes or more; memory_limit is \(limit)"
        case .timedOut(let what): what
        case .headersTooLarge(let limit):
            "request line and headers have more than \(limit) bytes or \(HTTPServerConfiguration().maxHeaderCount) fields"
        case .expectationFailed(let value):
            "expect: \(value.clipped) cannot be met; only 100-continue can"
        // The same for all causes: which it was would help to guess.
        case .unauthorized: "the request shows no credential that this gateway knows"
        case .forbidden:
            "what the request shows lets it in on no route of this gateway, or on several"
        case .tooFast(let excess):
            "the route takes \(excess.rate.plain) \(excess.limit.rawValue) a second (\(excess.limit.setting)); retry after \(excess.retryAfterSeconds) s"
        case .unavailable(let reason, let seconds): "\(reason); retry after \(seconds) s"
        case .messageCount(let count):
            "the call has \(count == 0 ? "no message" : "more than one message"); Export takes one"
        case .messageCutOff(let missing):
            "the message is cut off: \(missing) bytes are missing that its prefix announces"
        case .undeclaredCompression:
            "the message is marked as compressed, and grpc-encoding does not say how"
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

extension Double {
    /// Without a fraction where it is whole.
    fileprivate var plain: String { Int(exactly: self).map(String.init) ?? String(self) }
}
