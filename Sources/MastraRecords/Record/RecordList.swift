/// The records of `{"spans":[…]}` of our own making.
package enum RecordList {
    private static let opening: StaticString = "{\"spans\":["

    /// Where each record stands, in order; none where it is no such list.
    package static func ranges(in bytes: Span<UInt8>) -> [Range<Int>] {
        let start = opening.utf8CodeUnitCount
        guard bytes.count > start, opening.equals(bytes, 0, start) else { return [] }
        return items(in: bytes, from: start)
    }

    /// The objects of a JSON array without spaces between them.
    package static func items(in array: Span<UInt8>) -> [Range<Int>] { items(in: array, from: 1) }

    private static func items(in bytes: Span<UInt8>, from start: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var scanner = JSONScanner(position: start, end: bytes.count)
        while scanner.position < bytes.count, bytes[scanner.position] == UInt8(ascii: "{") {
            let begin = scanner.position
            guard scanner.skipValue(bytes) else { return ranges }
            ranges.append(begin..<scanner.position)
            guard scanner.take(UInt8(ascii: ","), bytes) else { break }
        }
        return ranges
    }
}
