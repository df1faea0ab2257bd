import OTLP

/// Where the spans of a request lie, by id: made once, where a rule has to look at a neighbour.
struct RequestIndex: Sendable {
    struct Entry: Sendable {
        let span: UInt64
        let parent: UInt64
        let trace: UInt64
        let range: Slice
    }

    private(set) var entries: [Entry] = []
    /// Usage of spans that were looked at, and nil of those that are no model calls.
    var calls: [UInt64: Usage?] = [:]
    private var bySpan: [UInt64: Int] = [:]
    private var byParent: [UInt64: [Int]] = [:]
    private var isMade = false

    mutating func forget() {
        guard isMade else { return }
        entries.removeAll(keepingCapacity: entries.count <= 4096)
        bySpan.removeAll(keepingCapacity: entries.count <= 4096)
        calls.removeAll(keepingCapacity: calls.count <= 4096)
        byParent.removeAll(keepingCapacity: entries.count <= 4096)
        isMade = false
    }

    /// - Parameter view: for reading, and of no meaning afterwards.
    mutating func make(_ bytes: Span<UInt8>, with view: inout SpanView) {
        guard !isMade else { return }
        isMade = true
        var cursor = RequestCursor()
        while let range = cursor.next(in: bytes) {
            view.read(range, in: bytes)
            guard view.rejection == nil else { continue }
            let hasParent = view.parentSpanID.count == 8
            bySpan[bytes.load64(view.spanID.start)] = entries.count
            if hasParent {
                byParent[bytes.load64(view.parentSpanID.start), default: []].append(entries.count)
            }
            entries.append(
                Entry(
                    span: bytes.load64(view.spanID.start),
                    parent: hasParent ? bytes.load64(view.parentSpanID.start) : 0,
                    trace: bytes.load64(view.traceID.start), range: range))
        }
    }

    func entry(of span: UInt64) -> Entry? { bySpan[span].map { entries[$0] } }

    /// More children than this are not looked at: spans of one id would each look at them all.
    static let maxChildren = 1024

    func children(of span: UInt64, in trace: UInt64) -> [Entry] {
        (byParent[span] ?? []).prefix(Self.maxChildren).map { entries[$0] }
            .filter { $0.trace == trace }
    }
}
