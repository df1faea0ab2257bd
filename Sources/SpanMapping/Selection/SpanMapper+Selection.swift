import MastraRecords
import OTLP

extension SpanMapper {
    /// Settles the type of a span, and answers why the options leave it out; nil where they keep it.
    ///
    /// Sampling comes first, since it needs the ids alone. Not inlined, so that a mapper that keeps all
    /// spans has no more of this than the branch around it.
    @inline(never)
    mutating func select(_ cursor: RequestCursor, _ bytes: Span<UInt8>) -> Omission? {
        let sampling = sample(bytes)
        if let sampling, !sampling.keeps { return .sampled(sampling) }
        settleType(cursor, bytes)
        if let index = dropRules.match(view, attributes, type, of: cursor, in: bytes) {
            return .filtered(rule: index)
        }
        if options.selection.aiOnly, type == .generic { return .notAI }
        if explanation != nil {
            let reasons = reasonsToKeep(sampling)
            explain("selection", reasons)
        }
        return nil
    }

    /// Nil where all traces are kept.
    private func sample(_ bytes: Span<UInt8>) -> SamplingDecision? {
        let threshold = options.selection.threshold
        guard threshold > 0 else { return nil }
        return SamplingDecision(
            threshold, traceID: view.traceID, traceState: view.traceState, in: bytes)
    }

    /// Why a span makes no record, with what `--explain` tells of it.
    enum Omission: Sendable {
        /// Without a say of the options.
        case always(Reason)
        case sampled(SamplingDecision)
        case filtered(rule: Int)
        case notAI

        var reason: Reason {
            switch self {
            case .always(let reason): reason
            case .sampled: .sampled
            case .filtered: .filtered
            case .notAI: .notAI
            }
        }
    }

    /// In the words of the settings.
    func describe(_ omission: Omission) -> String {
        switch omission {
        case .always(.pendingSpan): "logfire.span_type: the span itself comes with its end"
        case .always(.modelChunk): "mastra.span.type: one token of a stream"
        case .always(let reason): reason.rawValue
        case .sampled(let sampling): describe(sampling)
        case .filtered(let rule): "drop_spans: \(options.selection.dropRules[rule].text)"
        case .notAI: "ai_only: the type is generic"
        }
    }

    private func reasonsToKeep(_ sampling: SamplingDecision?) -> String {
        let selection = options.selection
        var reasons: [String] = []
        if let sampling { reasons.append(describe(sampling)) }
        if !selection.dropRules.isEmpty { reasons.append("drop_spans: no rule matches") }
        if selection.aiOnly { reasons.append("ai_only: the type is not generic") }
        return "kept, " + reasons.joined(separator: "; ")
    }

    private func describe(_ sampling: SamplingDecision) -> String {
        "keep_ratio \(options.selection.keepRatio): \(sampling)"
    }
}

/// Whether a trace is in the sample, by OpenTelemetry's consistent probability sampling: every
/// gateway, collector and SDK that knows the threshold decides alike, and so for each span of a trace.
struct SamplingDecision: Hashable, Sendable {
    /// Of 56 bits: `rv`, or else the end of the trace id (W3C Trace Context, level 2).
    let randomness: UInt64
    /// Ours.
    let threshold: UInt64
    /// Of those who sampled before, where it is not below ours.
    let stricter: UInt64?

    init(
        _ threshold: UInt64, traceID: Slice, traceState: Slice, in bytes: Span<UInt8>
    ) {
        self.threshold = threshold
        let state = SamplingState(traceState, in: bytes)
        randomness =
            state.randomness
            ?? bytes.load64(traceID.start &+ 8).byteSwapped & (SpanSelection.randomValues - 1)
        stricter = state.threshold.flatMap { $0 >= threshold ? $0 : nil }
    }

    /// An equalizing sampler leaves alone what was sampled as strictly before. That follows from the
    /// random value, unless a sender kept what its own `th` rejects: it is kept here too, since its
    /// `th` tells for how many it stands, and a second sampling would make that wrong.
    var keeps: Bool { randomness >= threshold || stricter != nil }
}

extension SamplingDecision: CustomStringConvertible {
    var description: String {
        let value = "random value \(Self.hex(randomness))"
        if randomness >= threshold {
            return "\(value) is not below the threshold \(Self.hex(threshold))"
        }
        if let stricter {
            return "th \(Self.hex(stricter)) is not below the threshold \(Self.hex(threshold))"
        }
        return "\(value) is below the threshold \(Self.hex(threshold))"
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, 14 - digits.count)) + digits
    }
}
