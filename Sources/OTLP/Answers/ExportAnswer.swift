import COTLP
import CProtobufC

/// The bodies with which an OTLP receiver answers, as protobuf.
///
/// They are packed with protobuf-c: each is small, and the generated code is what every other
/// implementation is measured against. Requests are never unpacked with it (docs/decisions/0002).
package enum ExportAnswer {
    /// An `ExportTraceServiceResponse`. On full success it is empty: `partial_success` stays unset
    /// (OTLP-REQUIREMENTS H20). With rejected spans it says how many and why (H22, H23).
    package static func success(rejected: Int, message: String?) -> [UInt8] {
        guard rejected > 0 else { return [] }
        return unsafe withBinary(message ?? "") { text in
            var partial =
                unsafe Opentelemetry__Proto__Collector__Trace__V1__ExportTracePartialSuccess()
            unsafe opentelemetry__proto__collector__trace__v1__export_trace_partial_success__init(
                &partial)
            unsafe partial.rejected_spans = Int64(rejected)
            unsafe partial.error_message = unsafe text
            // The pointers below live until `pack` has returned; it only reads.
            return unsafe withUnsafeMutablePointer(to: &partial) { partial in
                var response =
                    unsafe Opentelemetry__Proto__Collector__Trace__V1__ExportTraceServiceResponse()
                unsafe opentelemetry__proto__collector__trace__v1__export_trace_service_response__init(
                    &response)
                unsafe response.partial_success = unsafe partial
                return unsafe pack(&response)
            }
        }
    }
}

/// A `google.rpc.Status`, the body of every 4xx and 5xx (OTLP-REQUIREMENTS H25).
package struct StatusAnswer: Hashable, Sendable {
    /// gRPC's code for the trouble.
    package enum Code: Int32, Sendable, CaseIterable {
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case permissionDenied = 7
        case resourceExhausted = 8
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14
        case unauthenticated = 16

        /// As gRPC spells it.
        package var name: String {
            switch self {
            case .invalidArgument: "INVALID_ARGUMENT"
            case .deadlineExceeded: "DEADLINE_EXCEEDED"
            case .notFound: "NOT_FOUND"
            case .permissionDenied: "PERMISSION_DENIED"
            case .resourceExhausted: "RESOURCE_EXHAUSTED"
            case .unimplemented: "UNIMPLEMENTED"
            case .internalError: "INTERNAL"
            case .unavailable: "UNAVAILABLE"
            case .unauthenticated: "UNAUTHENTICATED"
            }
        }
    }

    package enum Detail: Hashable, Sendable {
        /// `google.rpc.BadRequest` with one violation (H31).
        case badRequest(field: String, description: String)
        /// `google.rpc.RetryInfo` (H32).
        case retryInfo(seconds: Int)
    }

    package var code: Code
    /// For the developer who reads it: what was wrong, the limit and the value seen.
    package var message: String
    package var detail: Detail?

    package init(code: Code, message: String, detail: Detail? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
    }

    package func protobuf() -> [UInt8] {
        unsafe withBinary(message) { text in
            var status = unsafe Google__Rpc__Status()
            unsafe google__rpc__status__init(&status)
            unsafe status.code = code.rawValue
            unsafe status.message = unsafe text
            guard let detail else { return unsafe pack(&status) }
            let (type, content) = detail.packed()
            return unsafe withBinary("type.googleapis.com/" + type) { url in
                unsafe withBinary(content) { value in
                    var any = unsafe Google__Protobuf__Any()
                    unsafe google__protobuf__any__init(&any)
                    unsafe any.type_url = unsafe url
                    unsafe any.value = unsafe value
                    // The list of one pointer lives until `pack` has returned.
                    return unsafe withUnsafeMutablePointer(to: &any) { any in
                        var list: UnsafeMutablePointer<Google__Protobuf__Any>? = unsafe any
                        return unsafe withUnsafeMutablePointer(to: &list) { list in
                            unsafe status.n_details = 1
                            unsafe status.details = unsafe list
                            return unsafe pack(&status)
                        }
                    }
                }
            }
        }
    }
}

extension StatusAnswer.Detail {
    fileprivate func packed() -> (type: String, content: [UInt8]) {
        switch self {
        case .badRequest(let field, let description):
            ("google.rpc.BadRequest", Self.badRequest(field, description))
        case .retryInfo(let seconds): ("google.rpc.RetryInfo", Self.retryInfo(seconds))
        }
    }

    private static func badRequest(_ field: String, _ description: String) -> [UInt8] {
        unsafe withBinary(field) { field in
            unsafe withBinary(description) { description in
                var violation = unsafe Google__Rpc__BadRequest__FieldViolation()
                unsafe google__rpc__bad_request__field_violation__init(&violation)
                unsafe violation.field = unsafe field
                unsafe violation.description = unsafe description
                // As for `Status.details`.
                return unsafe withUnsafeMutablePointer(to: &violation) { violation in
                    var list: UnsafeMutablePointer<Google__Rpc__BadRequest__FieldViolation>? =
                        unsafe violation
                    return unsafe withUnsafeMutablePointer(to: &list) { list in
                        var request = unsafe Google__Rpc__BadRequest()
                        unsafe google__rpc__bad_request__init(&request)
                        unsafe request.n_field_violations = 1
                        unsafe request.field_violations = unsafe list
                        return unsafe pack(&request)
                    }
                }
            }
        }
    }

    private static func retryInfo(_ seconds: Int) -> [UInt8] {
        var delay = unsafe Google__Protobuf__Duration()
        unsafe google__protobuf__duration__init(&delay)
        unsafe delay.seconds = Int64(seconds)
        // As for `Status.details`.
        return unsafe withUnsafeMutablePointer(to: &delay) { delay in
            var info = unsafe Google__Rpc__RetryInfo()
            unsafe google__rpc__retry_info__init(&info)
            unsafe info.retry_delay = unsafe delay
            return unsafe pack(&info)
        }
    }
}

/// `text` as protobuf-c's counted bytes, valid while `body` runs.
private func withBinary<R>(_ text: String, _ body: (ProtobufCBinaryData) -> R) -> R {
    unsafe withBinary(Array(text.utf8), body)
}

private func withBinary<R>(_ bytes: [UInt8], _ body: (ProtobufCBinaryData) -> R) -> R {
    var bytes = bytes
    return unsafe bytes.withUnsafeMutableBufferPointer { buffer in
        unsafe body(ProtobufCBinaryData(len: buffer.count, data: buffer.baseAddress))
    }
}

/// Any generated message; the first member of each is its `ProtobufCMessage`, with the descriptor
/// that `…__init` has set.
private func pack<Message>(_ message: inout Message) -> [UInt8] {
    unsafe withUnsafePointer(to: &message) { message in
        let base = unsafe UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(base)
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = unsafe protobuf_c_message_pack(base, buffer.baseAddress)
        }
    }
}
