import Glibc
import MastraRecords

/// Values of a record's JSON, which the gateway has written itself.
extension Span<UInt8> {
    /// Nil for `null` too.
    func nonNull(_ range: Range<Int>?) -> Range<Int>? {
        guard let range, self[range.lowerBound] != UInt8(ascii: "n") else { return nil }
        return range
    }

    func isTrue(_ range: Range<Int>?) -> Bool {
        range.map { self[$0.lowerBound] == UInt8(ascii: "t") } ?? false
    }

    /// The content of a string.
    func content(_ range: Range<Int>?) -> [UInt8]? {
        guard let range, range.count >= 2, self[range.lowerBound] == UInt8(ascii: "\"") else {
            return nil
        }
        var content: [UInt8] = []
        content.reserveCapacity(range.count)
        JSONUnescape.append(self, range.lowerBound + 1, range.upperBound - 1, to: &content)
        return content
    }

    func text(_ range: Range<Int>?) -> String? {
        guard let range, range.count >= 2, self[range.lowerBound] == UInt8(ascii: "\"") else {
            return nil
        }
        let content = range.lowerBound + 1..<range.upperBound - 1
        // Most have no escapes.
        guard hasEscapes(content) else { return string(content) }
        return self.content(range).map { String(decoding: $0, as: UTF8.self) }
    }

    func hasEscapes(_ range: Range<Int>) -> Bool {
        unsafe extracting(range).withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe memchr(base, Int32(UInt8(ascii: "\\")), bytes.count) != nil
        }
    }

    /// The bits of 16 hex digits.
    func id(_ range: Range<Int>?) -> Int? {
        guard let range, range.count == 18 else { return nil }
        return text(range).flatMap(SpanID.bits)
    }

    /// A string of decimal digits.
    func digits(_ range: Range<Int>?) -> Int? {
        guard let range, range.count > 2 else { return nil }
        var value = 0
        for index in range.lowerBound + 1..<range.upperBound - 1 {
            let digit = self[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOverToo) = product.addingReportingOverflow(Int(digit))
            if isOver || isOverToo { return nil }
            value = sum
        }
        return value
    }

    /// Of a time that a record has.
    func milliseconds(_ range: Range<Int>?) -> Int? {
        nonNull(range).flatMap { RecordTime.milliseconds(self, $0) }
    }

    func nanoseconds(_ range: Range<Int>?) -> Int? {
        guard let milliseconds = milliseconds(range) else { return nil }
        // A clock may say the year 2554; the end of 64 bits is 2262.
        let (nanoseconds, isOver) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return isOver ? .max : nanoseconds
    }

    func number(_ range: Range<Int>?) -> Double? {
        guard let range, JSONTree.isNumber(self, range.lowerBound, range.upperBound) else {
            return nil
        }
        return Double(string(range))
    }

    /// A number of tokens.
    func count(_ range: Range<Int>?) -> Int? {
        number(range).flatMap { $0 >= 0 ? Int(exactly: $0.rounded()) : nil }
    }

    func string(_ range: Range<Int>) -> String {
        unsafe withUnsafeBufferPointer { unsafe String(decoding: $0[range], as: UTF8.self) }
    }
}

/// Span ids in the file: 16 hex digits are the bits of an integer.
enum SpanID {
    static func bits(_ hex: some StringProtocol) -> Int? {
        guard hex.utf8.count == 16, let bits = UInt64(hex, radix: 16) else { return nil }
        return Int(bitPattern: UInt(bits))
    }

    static func hex(_ bits: Int) -> String {
        let digits = String(UInt(bitPattern: bits), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}
