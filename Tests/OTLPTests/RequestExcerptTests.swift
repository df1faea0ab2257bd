import TestKit
import Testing

@testable import OTLP

/// A request cut into pieces has the spans of the whole, each with what stood around it.
struct RequestExcerptTests {
    /// A span that the walk takes, and the fields of its scope and its resource that are no spans.
    private struct Placed: Hashable {
        var span: [UInt8]
        var scope: [UInt8]
        var resource: [UInt8]
    }

    private static func spans(of body: [UInt8]) -> [Placed] {
        var cursor = RequestCursor()
        var view = SpanView()
        var found: [Placed] = []
        while let range = cursor.next(in: body.span) {
            view.read(range, in: body.span)
            guard view.rejection == nil else { continue }
            found.append(
                Placed(
                    span: Array(body[range.start..<range.end]),
                    scope: rest(of: cursor.scopeSpans, in: body),
                    resource: rest(of: cursor.resourceSpans, in: body)))
        }
        return found
    }

    private static func rest(of message: Slice, in body: [UInt8]) -> [UInt8] {
        var position = message.start
        var rest: [UInt8] = []
        while true {
            let start = position
            guard let field = body.span.nextField(at: &position, before: message.end) else {
                return rest
            }
            if field.tag != 0x12 { rest += body[start..<position] }
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `pieces have the spans of the whole`(_ seed: UInt64) throws {
        var generator = RequestGenerator(seed: seed)
        let body = generator.request()
        guard (try? walkRequest(body.span)) != nil else { return }
        let all = Self.spans(of: body)
        let cut = all.isEmpty ? 0 : Int(seed) % all.count
        let pieces = [0..<cut, cut..<all.count].map { RequestExcerpt.bytes(of: $0, in: body) }
        #expect(pieces.flatMap(Self.spans) == all)
        for (piece, count) in zip(pieces, [cut, all.count - cut]) {
            let summary = try walkRequest(piece.span)
            #expect(summary.spans == count)
            #expect(summary.rejected == 0)
        }
    }

    @Test func `groups without a chosen span are left out`() {
        let span = [UInt8].field(2, bytes: .span(.field(5, text: "a")))
        let other = [UInt8].field(2, bytes: .span(.field(5, text: "b")))
        func group(_ name: String, _ span: [UInt8]) -> [UInt8] {
            .field(1, bytes: .field(3, text: name) + .field(2, bytes: .field(3, text: "s") + span))
        }
        let body = group("first", span) + group("second", other)
        #expect(RequestExcerpt.bytes(of: 1..<2, in: body) == group("second", other))
        #expect(RequestExcerpt.bytes(of: 2..<2, in: body) == [])
    }

    @Test func `a rejected span is in no piece`() {
        let bad = [UInt8].field(2, bytes: .field(5, text: "no ids"))
        let good = [UInt8].field(2, bytes: .span(.field(5, text: "a")))
        let body = [UInt8].field(1, bytes: .field(2, bytes: bad + good + bad))
        #expect(
            RequestExcerpt.bytes(of: 0..<1, in: body)
                == .field(1, bytes: .field(2, bytes: good)))
    }
}
