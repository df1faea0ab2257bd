// Header names and values, without Foundation and without Unicode's idea of letters.

extension String {
    /// Only A to Z are lowered (RFC 9110 5.1 compares names so); the usual case copies nothing.
    var loweredASCII: String {
        guard utf8.contains(where: { $0 &- 0x41 < 26 }) else { return self }
        return String(decoding: utf8.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Without spaces and tabs at both ends (RFC 9110 5.5).
    var trimmedASCII: String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        guard let first = utf8.first, let last = utf8.last, isBlank(first) || isBlank(last) else {
            return self
        }
        let start = utf8.drop(while: isBlank)
        guard let end = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(Substring(start[...end]))
    }
}

extension Int {
    /// `1*DIGIT` and nothing else; nil where it does not fit.
    init?(decimalDigits text: String) {
        guard !text.isEmpty else { return nil }
        var value = 0
        for digit in text.utf8 {
            guard digit &- 0x30 < 10 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit &- 0x30))
            if overflow || carry { return nil }
            value = sum
        }
        self = value
    }
}

extension BidirectionalCollection<UInt8> {
    /// As a head does.
    var endsInEmptyLine: Bool { suffix(4).elementsEqual("\r\n\r\n".utf8) }
}
