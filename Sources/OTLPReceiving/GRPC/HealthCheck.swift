import OTLP

/// `grpc.health.v1.Health/Check`. `Watch`, a stream, is not served; a client takes the service for
/// healthy then.
enum HealthCheck {
    /// A request names one service at most.
    static let maxBodyBytes = 4096

    /// The service that a `HealthCheckRequest` asks about (field 1); empty for the whole.
    static func service(_ message: Span<UInt8>) throws(Refusal) -> String {
        var service = ""
        var position = 0
        while position < message.count {
            guard let field = message.nextField(at: &position, before: message.count) else {
                throw .badRequest(
                    field: "body", description: "the body is no HealthCheckRequest")
            }
            guard field.tag == 1 << 3 | 2 else { continue }
            let bytes = message.extracting(field.content.start..<field.content.end)
            // The bytes are borrowed for the call, which copies them.
            service = unsafe bytes.withUnsafeBufferPointer {
                unsafe String(decoding: $0, as: UTF8.self)
            }
        }
        guard service.isEmpty || service == GRPCMethod.traceService else {
            throw .unknownService(service)
        }
        return service
    }

    /// A `HealthCheckResponse`: field 1 is SERVING (1) or NOT_SERVING (2).
    static func response(isServing: Bool) -> [UInt8] { [1 << 3, isServing ? 1 : 2] }
}
