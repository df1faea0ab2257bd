import OracleKit

@testable import OTLP

/// `walkRequest`, and the cursor and views that read what it lets through.
///
/// - It takes what `WireReading` says is a request, and nothing else.
/// - libprotobuf-c takes and refuses the same, but for the known differences.
/// - The views read what libprotobuf-c reads, of the bytes and of their plain form.
/// - The summary counts the spans that the cursor finds, each for the reason that `SpanView` gives.
/// - An error names a place in the bytes.
package enum WalkTarget: FuzzTarget {
    package static let name = "walk"

    package static func check(_ input: [UInt8]) throws(BrokenClaim) {
        let reading = WireReading(input)
        let summary = try walk(input)
        try claim(
            (summary != nil) == reading.isAccepted,
            summary == nil
                ? "the walk refuses a request"
                : "the walk takes what is no request: \(reading.refusals)")
        let original = reading.protobufCAccepts == nil ? nil : TraceModel(protobufC: input)
        if let expected = reading.protobufCAccepts {
            try claim(
                (original != nil) == expected,
                "libprotobuf-c \(expected ? "refuses" : "takes") it: "
                    + "\(reading.refusals), \(reading.quirks)")
        }
        guard let summary else { return readAnyway(input) }
        try compare(input, reading, original)
        try count(input, summary)
    }

    private static func walk(_ input: [UInt8]) throws(BrokenClaim) -> RequestSummary? {
        do throws(WireError) {
            return try walkRequest(input.span)
        } catch {
            try claim((0...input.count).contains(error.offset), "no such place: \(error)")
            try claim((1..<300).contains(error.description.utf8.count), "\(error)")
            return nil
        }
    }

    private static func compare(
        _ input: [UInt8], _ reading: WireReading, _ original: TraceModel?
    ) throws(BrokenClaim) {
        let views = TraceModel(views: input)
        if let original, reading.protobufCAgrees {
            try claim(views == original, "the views and libprotobuf-c read otherwise")
        }
        try claim(
            views == TraceModel(protobufC: reading.plain),
            "the views and libprotobuf-c read otherwise what is in plain form \(reading.plain)")
    }

    private static func count(
        _ input: [UInt8], _ summary: RequestSummary
    ) throws(BrokenClaim) {
        var counted = RequestSummary()
        var cursor = RequestCursor()
        var view = SpanView()
        while let range = cursor.next(in: input.span) {
            view.read(range, in: input.span)
            if let rejection = view.rejection {
                counted.rejectedByReason[rejection.rawValue] += 1
            } else {
                counted.spans += 1
            }
        }
        try claim(counted == summary, "the walk counts \(summary), the views \(counted)")
    }

    /// Nobody reads what the walk has refused; it must not trap all the same.
    private static func readAnyway(_ input: [UInt8]) {
        var cursor = RequestCursor()
        var view = SpanView()
        while let range = cursor.next(in: input.span) {
            view.read(range, in: input.span)
            for event in view.events { _ = EventView(event, in: input.span) }
            for link in view.links { _ = LinkView(link, in: input.span) }
        }
    }
}
