/// What one attempt to deliver a batch came to, as far as it decides what happens next.
package enum AttemptOutcome: Hashable, Sendable {
    case delivered
    /// The organisation's quota is spent: hold everything, and ask again with an empty batch.
    case quotaExhausted(retryAfter: Duration?)
    /// 429.
    case throttled(retryAfter: Duration?)
    /// The network or the upstream failed in a way that passes.
    case unavailable(String, retryAfter: Duration?)
    /// TLS could not be trusted, or our own certificate files are unusable.
    case untrusted(String)
    /// 401 or 403.
    case unauthorized(status: Int)
    /// 404 and its like: there is no publish route where we post.
    case misdirected(status: Int)
    /// 413.
    case tooLarge
    /// 400, 422 and other final answers: something in the batch is refused. With the beginning of the
    /// answer's body.
    case refused(status: Int, answer: String)
    /// The gateway stopped the attempt.
    case cancelled

    /// The label of `exporter_attempts_total`.
    package var label: String {
        switch self {
        case .delivered: "delivered"
        case .quotaExhausted: "quota"
        case .throttled: "throttled"
        case .unavailable: "unavailable"
        case .untrusted: "untrusted"
        case .unauthorized: "unauthorized"
        case .misdirected: "misdirected"
        case .tooLarge: "too_large"
        case .refused: "refused"
        case .cancelled: "cancelled"
        }
    }

    /// What went wrong, for people; nil where nothing did.
    package var fault: String? {
        switch self {
        case .delivered, .cancelled: nil
        case .quotaExhausted: "the quota is spent"
        case .throttled: "HTTP 429, too many requests"
        case .unavailable(let text, _): text
        case .untrusted(let text): "the upstream is not trusted: \(text)"
        case .unauthorized(let status): "HTTP \(status), the access token is not accepted"
        case .misdirected(let status): "HTTP \(status), there is no publish route at the endpoint"
        case .tooLarge: "HTTP 413, the batch is too large"
        case .refused(let status, let answer):
            answer.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(answer)"
        }
    }

    package static let labels = [
        "delivered", "quota", "throttled", "unavailable", "untrusted", "unauthorized",
        "misdirected", "too_large", "refused", "cancelled",
    ]
}

extension AttemptOutcome {
    /// The outcome table of the upstream's answers (MASTRA-CONTRACT 1.9, 1.14). Redirects are not
    /// followed: the token would go to another host.
    ///
    /// - Parameter secret: must not be in what is kept of the answer.
    package init(_ response: UploadResponse, wallClock: UInt64, hiding secret: Secret? = nil) {
        let retryAfter = RetryAfter.delay(response.headers, wallClock: wallClock)
        // The quota signal comes with any status, 2xx included.
        if response.status == 402
            || response.headers["x-mastra-observability"]?.lowercased() == "disabled"
        {
            self = .quotaExhausted(retryAfter: RetryAfter.quotaDelay(response.headers))
            return
        }
        switch response.status {
        case 200...299: self = .delivered
        case 401, 403: self = .unauthorized(status: response.status)
        case 408, 425: self = .unavailable("HTTP \(response.status)", retryAfter: retryAfter)
        case 413: self = .tooLarge
        case 429: self = .throttled(retryAfter: retryAfter)
        case 404, 405, 406, 410, 411, 415, 300...399: self = .misdirected(status: response.status)
        case 400...499:
            self = .refused(
                status: response.status, answer: Self.excerpt(response.body, hiding: secret))
        default: self = .unavailable("HTTP \(response.status)", retryAfter: retryAfter)
        }
    }

    package init(_ failure: UploadFailure) {
        self =
            switch failure {
            case .network(let text): .unavailable(text, retryAfter: nil)
            case .timedOut(let text): .unavailable(text, retryAfter: nil)
            case .untrusted(let text): .untrusted(text)
            case .cancelled: .cancelled
            }
    }

    /// The beginning of an answer, for the log and for dead letters, without control characters. An
    /// upstream or a proxy may send back what it was sent, so the secret is hidden before the cut.
    private static func excerpt(_ body: [UInt8], hiding secret: Secret?) -> String {
        var text = String(decoding: body, as: UTF8.self)
        if let secret { text = secret.hidden(in: text) }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(1024).map { scalar in
                    scalar.properties.generalCategory == .control ? " " : scalar
                }))
    }
}
