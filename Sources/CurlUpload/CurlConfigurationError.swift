/// Why a configuration cannot be used. Each description is a sentence, and safe to log.
package enum CurlConfigurationError: Error, Sendable, Hashable {
    case outOfRange(setting: String, value: String, allowed: String)
    case unreadable(setting: String, path: String, reason: String)
    case contradiction(String)
    /// The installed libcurl does not know an option that the gateway relies on, or the system
    /// refused a thread or descriptors.
    case unavailable(String)
}

extension CurlConfigurationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outOfRange(let setting, let value, let allowed):
            "\(setting) is \(value); allowed is \(allowed)."
        case .unreadable(let setting, let path, let reason):
            "\(setting) names \(path), which cannot be read: \(reason)."
        case .contradiction(let sentence): sentence
        case .unavailable(let sentence): sentence
        }
    }
}
