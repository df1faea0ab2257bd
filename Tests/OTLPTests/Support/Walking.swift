import Testing

@testable import OTLP

func walkRequest(_ bytes: [UInt8]) throws(WireError) -> RequestSummary {
    try walkRequest(bytes.span)
}

/// Expects that `bytes` are refused with exactly this error.
func expectError(
    _ bytes: [UInt8], _ offset: Int, _ reason: WireError.Reason,
    at location: SourceLocation = #_sourceLocation
) {
    #expect(
        throws: WireError(offset: offset, reason: reason), "\(bytes.prefix(80))…",
        sourceLocation: location
    ) {
        try walkRequest(bytes.span)
    }
}

extension RequestSummary {
    init(taken spans: Int, rejected: [SpanRejection: Int] = [:]) {
        self.init()
        self.spans = spans
        for (reason, count) in rejected { rejectedByReason[reason.rawValue] = count }
    }
}
