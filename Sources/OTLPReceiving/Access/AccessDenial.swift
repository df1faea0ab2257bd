/// Why a request is let in on no route. Its sender is not told which: only whether it is unknown (401)
/// or known and not let in (403). The raw values are labels of metrics.
package enum AccessDenial: String, Error, CaseIterable, Hashable, Sendable {
    // 401
    /// It shows no credential, and no route is open.
    case missing
    /// Something that it shows is no credential of any route.
    case unknown
    /// Something that it shows cannot be read.
    case malformed

    // 403
    /// What it shows belongs to more than one route.
    case ambiguous
    /// It shows a certificate alone, which TLS has verified and no route names.
    case certificate

    var isForbidden: Bool { self == .ambiguous || self == .certificate }
}
