import OTLP

/// Why a request is not taken. `Refusal+Answer` says how each is told.
enum Refusal: Error, Hashable, Sendable {
    case unknownPath(String)
    /// A signal that this gateway does not take; the SDK can be told to stop sending it.
    case otherSignal(String, setting: String)
    case methodNotAllowed(String, path: String)
    case unsupportedType(String?)
    /// gRPC outside of HTTP/2, which has no trailers to put its status into.
    case needsHTTP2
    /// A gRPC method that was asked for in another way.
    case notGRPC(String?)
    case unsupportedCoding(String)
    case badRequest(field: String, description: String)
    /// `seen` is nil where decompression was stopped at the limit.
    case tooLarge(limit: Int, seen: Int?)
    /// Of `HealthCheck.maxBodyBytes`.
    case healthRequestTooLarge
    /// Decoding takes more memory than there is for all requests.
    case neverFits(needed: Int, limit: Int)
    case timedOut(String)
    case headersTooLarge(limit: Int)
    case expectationFailed(String)
    /// The request shows nothing by which it could be let in, or something that is not known.
    case unauthorized(takesPasswords: Bool)
    /// What the request shows is known, and lets it in on no one route.
    case forbidden
    /// Its route has taken as much as it may.
    case tooFast(RateLimiter.Excess)
    /// A later attempt may succeed.
    case unavailable(String, retryAfterSeconds: Int)

    // gRPC alone.
    case unknownMethod(String)
    /// The health service knows nothing of this service.
    case unknownService(String)
    /// A unary call has one message.
    case messageCount(Int)
    /// The message ends before its prefix says so.
    case messageCutOff(missing: Int)
    /// Compressed, and no `grpc-encoding` says how.
    case undeclaredCompression
}
