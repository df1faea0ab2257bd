/// Reads the times of records, which are of one form (MASTRA-CONTRACT 2.1).
package enum RecordTime {
    /// Milliseconds since 1970 of `"YYYY-MM-DDTHH:MM:SS.mmmZ"`, quotes included; nil for anything
    /// else.
    package static func milliseconds(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard range.count == 26 else { return nil }
        func number(_ offset: Int, _ digits: Int) -> Int? {
            var value = 0
            for index in range.lowerBound + offset..<range.lowerBound + offset + digits {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int(digit)
            }
            return value
        }
        guard let year = number(1, 4), let month = number(6, 2), let day = number(9, 2),
            let hour = number(12, 2), let minute = number(15, 2), let second = number(18, 2),
            let fraction = number(21, 3)
        else { return nil }
        let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
        return seconds * 1000 + fraction
    }

    /// Days since 1970-01-01, counted from 1 March, so that the leap day is the last of a year.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
