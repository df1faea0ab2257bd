import HTTPServing

/// How a body is written, by its `Content-Type`.
enum BodyEncoding: Hashable, Sendable {
    case protobuf
    case json

    /// Media types are case-insensitive and may carry parameters (RFC 9110 8.3.1).
    init?(contentType: String) {
        let essence = contentType.prefix { $0 != ";" }
        switch essence.trimmingSpaces().lowercased() {
        case "application/x-protobuf", "application/protobuf": self = .protobuf
        case "application/json": self = .json
        default: return nil
        }
    }

    var mediaType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }
}

/// How a body is compressed, by its `Content-Encoding`.
enum BodyCoding: Hashable, Sendable {
    case identity
    case gzip

    /// Names of any case; `x-gzip` is gzip (RFC 9110 8.4.1).
    init?(contentEncoding: String) {
        switch contentEncoding.trimmingSpaces().lowercased() {
        case "", "identity": self = .identity
        case "gzip", "x-gzip": self = .gzip
        default: return nil
        }
    }
}

extension StringProtocol {
    func trimmingSpaces() -> Substring {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

/// What a request may do, decided from its head alone: method, path, type, coding, length.
struct RequestPolicy: Sendable {
    let configuration: OTLPReceiverConfiguration

    enum Decision: Sendable, Hashable {
        case take
        case refuse(Refusal)
    }

    func decide(_ head: HTTPRequestHead) -> Decision {
        guard head.path == configuration.tracesPath else { return .refuse(unknownPath(head.path)) }
        guard head.method == "POST" else {
            return .refuse(.methodNotAllowed(head.method, path: head.path))
        }
        let types = head.fields.values("content-type")
        guard types.count == 1, let type = types.first else {
            return .refuse(.unsupportedType(types.isEmpty ? nil : types.joined(separator: ", ")))
        }
        guard BodyEncoding(contentType: type) == .protobuf else {
            return .refuse(.unsupportedType(type))
        }
        let coding = head.fields.values("content-encoding").joined(separator: ", ")
        guard BodyCoding(contentEncoding: coding) != nil else {
            return .refuse(.unsupportedCoding(coding))
        }
        if let length = head.declaredLength, length > configuration.maxBodyBytes {
            return .refuse(.tooLarge(limit: configuration.maxBodyBytes, seen: length))
        }
        return .take
    }

    private func unknownPath(_ path: String) -> Refusal {
        switch path {
        case "/v1/metrics": .otherSignal(path, setting: "OTEL_METRICS_EXPORTER")
        case "/v1/logs": .otherSignal(path, setting: "OTEL_LOGS_EXPORTER")
        default: .unknownPath(path)
        }
    }
}

/// Why a request is not taken.
enum Refusal: Error, Hashable, Sendable {
    case unknownPath(String)
    /// A signal that this gateway does not take; the SDK can be told to stop sending it.
    case otherSignal(String, setting: String)
    case methodNotAllowed(String, path: String)
    case unsupportedType(String?)
    case unsupportedCoding(String)
    case badRequest(field: String, description: String)
    case tooLarge(limit: Int, seen: Int?)
    case timedOut(String)
    case headersTooLarge(limit: Int)
    case expectationFailed(String)
    /// A later attempt may succeed.
    case unavailable(String, retryAfterSeconds: Int)
}
