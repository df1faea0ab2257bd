/// What a route may take in a second. The raw values are labels of metrics.
package enum RateLimit: String, CaseIterable, Hashable, Sendable {
    case spans
    case bytes

    /// The setting of a route that says how many.
    var setting: String { rawValue + "_per_second" }
}
