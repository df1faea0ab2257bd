/// What may go upstream of the values that senders put in: how much of each, and what is hidden.
///
/// The defaults are those of Mastra's own exporters (MASTRA-CONTRACT 2.5, 2.6). They hold for
/// `attributes`, `metadata`, `input`, `output` and `error`, whose own level is depth 0. Numbers of keys
/// and items hold for senders' values, and not for what the mapping itself puts together: no
/// attribute, event or link is left out for being one of many.
package struct ContentPolicy: Sendable {
    /// How a sensitive value is hidden.
    package enum Redaction: String, CaseIterable, Sendable {
        /// `[REDACTED]` in its place.
        case full
        /// Its first and last three characters, or `[REDACTED]` where it has no more than six.
        case partial
        case off
    }

    /// Levels of objects and lists; what is deeper is `[MaxDepth]`. 1 to 64.
    package var maxDepth = 8
    /// UTF-16 units of a string, which is how JavaScript counts; the rest is `…[truncated]`.
    package var maxStringLength = 131_072
    /// Items of a list; one more says how many are not there.
    package var maxArrayItems = 50
    /// Members of an object; `__truncated` says how many are not there.
    package var maxObjectKeys = 50
    package var redaction = Redaction.full
    package private(set) var sensitiveKeys = SensitiveKeys()
    /// Bytes of a string in `input` and `output`, and of any other string: beyond them its middle is
    /// cut. Set only where a record would be larger than a batch may be.
    var maxContentBytes = Int.max
    var maxValueBytes = Int.max

    package init() {}

    /// No limit but the walk's own, and nothing hidden.
    package static var unlimited: ContentPolicy {
        var policy = ContentPolicy()
        policy.maxDepth = .max
        policy.maxStringLength = .max
        policy.maxArrayItems = .max
        policy.maxObjectKeys = .max
        policy.redaction = .off
        return policy
    }

    /// - Parameter words: more names of members whose values are hidden, compared like the others.
    package mutating func addSensitiveKeys(_ words: [String]) {
        sensitiveKeys.add(words)
    }

    @inline(__always)
    func isSensitive(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        redaction != .off && sensitiveKeys.contains(bytes, start, end)
    }

    var isShrunk: Bool { maxContentBytes != .max || maxValueBytes != .max }
}
