import TestKit
import Testing

@testable import OTLP

struct RequestCursorTests {
    /// Two resources, the first with two scopes; each span carries its own name.
    private static let request: [UInt8] = {
        func scope(_ names: String...) -> [UInt8] {
            .field(2, bytes: names.flatMap { [UInt8].field(2, bytes: .span(.field(5, text: $0))) })
        }
        return .field(1, bytes: scope("a", "b") + scope() + scope("c"))
            + .field(1, bytes: []) + .field(99, varint: 1)
            + .field(1, bytes: .field(3, text: "second") + scope("d"))
    }()

    @Test func `spans come in the order of their bytes`() {
        #expect(Self.names(from: RequestCursor()) == ["a", "b", "c", "d"])
    }

    @Test func `a cursor kept aside goes on where it was`() {
        var cursor = RequestCursor()
        for rest in [["a", "b", "c", "d"], ["b", "c", "d"], ["c", "d"], ["d"], []] {
            #expect(Self.names(from: cursor) == rest)
            _ = cursor.next(in: Self.request.span)
        }
    }

    @Test func `a cursor at the end stays there`() {
        var cursor = RequestCursor()
        while cursor.next(in: Self.request.span) != nil {}
        let end = cursor
        #expect(cursor.next(in: Self.request.span) == nil)
        #expect(cursor == end)
    }

    @Test func `the messages around a span are told beside it`() {
        var cursor = RequestCursor()
        var schemas: [String] = []
        var scopes: Set<Slice> = []
        while cursor.next(in: Self.request.span) != nil {
            let url = ContextView.schemaURL(of: cursor.resourceSpans, in: Self.request.span)
            schemas.append(Self.text(url))
            scopes.insert(cursor.scopeSpans)
        }
        #expect(schemas == ["", "", "", "second"])
        #expect(scopes.count == 3)
    }

    private static func names(from cursor: RequestCursor) -> [String] {
        var cursor = cursor
        var view = SpanView()
        var names: [String] = []
        while let range = cursor.next(in: request.span) {
            view.read(range, in: request.span)
            names.append(text(view.name))
        }
        return names
    }

    private static func text(_ slice: Slice) -> String {
        String(decoding: request[slice.start..<slice.end], as: UTF8.self)
    }
}
