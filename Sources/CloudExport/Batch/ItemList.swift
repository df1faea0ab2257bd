import MastraRecords

/// `{"spans":[…]}` or `{"metrics":[…]}`: the body of a POST, and where each of its items ends.
struct ItemList: Sendable {
    let opening: StaticString
    let body: ByteBlock
    let ends: [UInt32]

    static let closing: StaticString = "]}"

    var count: Int { ends.count }

    /// The place to cut at that is nearest to the middle by bytes; nil for a single item.
    var middle: Int? {
        guard ends.count >= 2 else { return nil }
        let half = body.count / 2
        let across = ends.firstIndex { Int($0) >= half } ?? 0
        let start = across == 0 ? opening.utf8CodeUnitCount : Int(ends[across - 1])
        let isNearerToItsEnd = Int(ends[across]) - half <= half - start
        return min(max(1, isNearerToItsEnd ? across + 1 : across), ends.count - 1)
    }

    func slice(_ items: Range<Int>) -> ItemList {
        let first =
            items.lowerBound == 0
            ? opening.utf8CodeUnitCount : Int(ends[items.lowerBound - 1]) + 1
        let last = Int(ends[items.upperBound - 1])
        let shift = UInt32(first - opening.utf8CodeUnitCount)
        return ItemList(
            opening: opening, wrapping: first..<last, of: body,
            ends: ends[items].map { $0 - shift })
    }

    init(opening: StaticString, body: ByteBlock, ends: [UInt32]) {
        self.opening = opening
        self.body = body
        self.ends = ends
    }

    /// Items with commas between them, copied from `block`.
    ///
    /// - Parameter ends: in the body that is made.
    init(opening: StaticString, wrapping range: Range<Int>, of block: ByteBlock, ends: [UInt32]) {
        var writer = JSONWriter(
            capacity: range.count + opening.utf8CodeUnitCount + Self.closing.utf8CodeUnitCount)
        writer.literal(opening)
        unsafe block.withUnsafeBytes { bytes in
            // The buffer is only read, and outlives the span.
            let span = unsafe bytes.bindMemory(to: UInt8.self).span
            writer.raw(span, range.lowerBound, range.upperBound)
        }
        writer.literal(Self.closing)
        self.init(opening: opening, body: writer.finish(), ends: ends)
    }
}
