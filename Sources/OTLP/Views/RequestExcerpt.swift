/// A request with some of its spans alone: their resources and scopes stay around them, and so does
/// every field that the schema does not have.
package struct RequestExcerpt {
    private let spans: Range<Int>
    private var view = SpanView()
    /// Of the next span that the walk takes.
    private var index = 0

    /// - Parameters:
    ///   - spans: by their order among the spans that the walk takes.
    ///   - body: a request that has passed the walk.
    package static func bytes(of spans: Range<Int>, in body: [UInt8]) -> [UInt8] {
        var excerpt = RequestExcerpt(spans: spans)
        var output: [UInt8] = []
        let span = body.span
        excerpt.copy(Slice(0, span.count), of: span, level: .request, to: &output)
        return output
    }

    private init(spans: Range<Int>) {
        self.spans = spans
    }

    private enum Level {
        case request, resourceSpans, scopeSpans

        /// Tag of the field with messages of the level below.
        var childTag: UInt32 { self == .request ? 0x0a : 0x12 }

        var below: Level? {
            switch self {
            case .request: .resourceSpans
            case .resourceSpans: .scopeSpans
            case .scopeSpans: nil
            }
        }
    }

    /// Answers whether one of the spans was in the message.
    @discardableResult
    private mutating func copy(
        _ message: Slice, of bytes: Span<UInt8>, level: Level, to output: inout [UInt8]
    ) -> Bool {
        var position = message.start
        var hasSpan = false
        while true {
            let start = position
            guard let field = bytes.nextField(at: &position, before: message.end) else { break }
            guard field.tag == level.childTag else {
                Self.append(Slice(start, position), of: bytes, to: &output)
                continue
            }
            if let below = level.below {
                var inner: [UInt8] = []
                guard copy(field.content, of: bytes, level: below, to: &inner) else { continue }
                output.append(UInt8(field.tag))
                Self.appendVarint(inner.count, to: &output)
                output += inner
            } else {
                guard takes(field.content, of: bytes) else { continue }
                Self.append(Slice(start, position), of: bytes, to: &output)
            }
            hasSpan = true
        }
        return hasSpan
    }

    private mutating func takes(_ span: Slice, of bytes: Span<UInt8>) -> Bool {
        view.read(span, in: bytes)
        guard view.rejection == nil else { return false }
        defer { index += 1 }
        return spans.contains(index)
    }

    private static func append(_ slice: Slice, of bytes: Span<UInt8>, to output: inout [UInt8]) {
        for index in slice.start..<slice.end { output.append(bytes[index]) }
    }

    private static func appendVarint(_ value: Int, to output: inout [UInt8]) {
        var rest = UInt64(value)
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }
}
