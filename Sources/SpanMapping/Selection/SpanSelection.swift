/// Which spans make a record. All of them, unless an operator says otherwise.
///
/// Each span is decided by itself, and what is left out leaves its neighbours as they are: their
/// parent ids, their duplicates and the calls that they repeat are those of the whole request.
package struct SpanSelection: Hashable, Sendable {
    /// A span that one of these matches is dropped. At most `DropRule.maxRules`.
    package var dropRules: [DropRule] = []
    /// The share of traces that is kept, 0 to 1, by OpenTelemetry's consistent probability sampling.
    package var keepRatio = 1.0 {
        didSet { threshold = Self.threshold(of: keepRatio) }
    }
    /// Whether spans of the type `generic` are left out.
    package var aiOnly = false

    /// Random values from here on are kept. 0 keeps all, 2^56 is above them all.
    private(set) var threshold: UInt64 = 0

    package init() {}

    var isOn: Bool { !dropRules.isEmpty || threshold > 0 || aiOnly }

    /// One more than the largest random value of a trace.
    static let randomValues: UInt64 = 1 << 56

    /// `(1 - ratio) * 2^56`, subtracted behind the product: a small ratio would lose its digits in
    /// the difference to 1.
    private static func threshold(of ratio: Double) -> UInt64 {
        guard ratio < 1 else { return 0 }
        guard ratio > 0 else { return randomValues }
        return randomValues - UInt64((ratio * Double(randomValues)).rounded())
    }
}
