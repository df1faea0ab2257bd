import COTLP
import CProtobufC

/// A `google.rpc.Status` as protobuf-c reads it, with the details that OTLP knows.
struct DecodedStatus: Hashable {
    enum Detail: Hashable {
        case badRequest(field: String, description: String)
        case retryInfo(seconds: Int64, nanos: Int32)
        case other(type: String)
    }

    var code: Int32
    var message: String
    var details: [Detail]

    init(code: Int32, message: String, details: [Detail] = []) {
        self.code = code
        self.message = message
        self.details = details
    }

    /// Nil where the bytes are no `Status`.
    init?(protobuf bytes: [UInt8]) {
        guard let status = google__rpc__status__unpack(nil, bytes.count, bytes) else { return nil }
        defer { google__rpc__status__free_unpacked(status, nil) }
        code = status.pointee.code
        message = status.pointee.message.text
        details = (0..<status.pointee.n_details).map { index in
            Detail(status.pointee.details[index]!.pointee)
        }
    }
}

extension DecodedStatus.Detail {
    fileprivate init(_ any: Google__Protobuf__Any) {
        let type = any.type_url.text
        let value = any.value.bytes
        switch type {
        case "type.googleapis.com/google.rpc.BadRequest":
            guard let request = google__rpc__bad_request__unpack(nil, value.count, value),
                request.pointee.n_field_violations == 1,
                let violation = request.pointee.field_violations[0]
            else { break }
            defer { google__rpc__bad_request__free_unpacked(request, nil) }
            self = .badRequest(
                field: violation.pointee.field.text,
                description: violation.pointee.description.text)
            return
        case "type.googleapis.com/google.rpc.RetryInfo":
            guard let info = google__rpc__retry_info__unpack(nil, value.count, value),
                let delay = info.pointee.retry_delay
            else { break }
            defer { google__rpc__retry_info__free_unpacked(info, nil) }
            self = .retryInfo(seconds: delay.pointee.seconds, nanos: delay.pointee.nanos)
            return
        default: break
        }
        self = .other(type: type)
    }
}

/// An `ExportTraceServiceResponse` as protobuf-c reads it.
struct DecodedResponse: Hashable {
    struct PartialSuccess: Hashable {
        var rejectedSpans: Int64
        var errorMessage: String
    }

    var partialSuccess: PartialSuccess?

    init(partialSuccess: PartialSuccess?) {
        self.partialSuccess = partialSuccess
    }

    init?(protobuf bytes: [UInt8]) {
        guard
            let response =
                opentelemetry__proto__collector__trace__v1__export_trace_service_response__unpack(
                    nil, bytes.count, bytes)
        else { return nil }
        defer {
            opentelemetry__proto__collector__trace__v1__export_trace_service_response__free_unpacked(
                response, nil)
        }
        partialSuccess = response.pointee.partial_success.map {
            PartialSuccess(
                rejectedSpans: $0.pointee.rejected_spans,
                errorMessage: $0.pointee.error_message.text)
        }
    }
}

extension ProtobufCBinaryData {
    fileprivate var bytes: [UInt8] { Array(UnsafeBufferPointer(start: data, count: len)) }
    fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }
}
