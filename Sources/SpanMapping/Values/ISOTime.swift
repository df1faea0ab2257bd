import OTLP

/// Times in attributes, as JavaScript's `Date.toISOString()` writes them.
enum ISOTime {
    /// Milliseconds since 1970 of `2023-11-14T22:13:20.540Z`, whose fraction may have any digits or be
    /// left out; nil for any other text.
    static func milliseconds(_ slice: Slice, in bytes: Span<UInt8>) -> UInt64? {
        guard slice.count >= 20, slice.count <= 30, bytes[slice.end &- 1] == UInt8(ascii: "Z"),
            hasSeparators(slice, in: bytes)
        else { return nil }
        func number(_ offset: Int, _ count: Int) -> UInt64? {
            digits(bytes, slice.start &+ offset, count)
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second < 60, let fraction = fraction(slice, in: bytes)
        else { return nil }
        let inDay = (hour * 60 + minute) * 60 + second
        return (days(year, month, day) * 86_400 + inDay) * 1000 + fraction
    }

    private static func hasSeparators(_ slice: Slice, in bytes: Span<UInt8>) -> Bool {
        bytes[slice.start &+ 4] == UInt8(ascii: "-") && bytes[slice.start &+ 7] == UInt8(ascii: "-")
            && bytes[slice.start &+ 10] == UInt8(ascii: "T")
            && bytes[slice.start &+ 13] == UInt8(ascii: ":")
            && bytes[slice.start &+ 16] == UInt8(ascii: ":")
    }

    /// Milliseconds behind the seconds.
    private static func fraction(_ slice: Slice, in bytes: Span<UInt8>) -> UInt64? {
        if slice.count == 20 { return 0 }
        let count = slice.count &- 21
        guard count > 0, bytes[slice.start &+ 19] == UInt8(ascii: "."),
            let value = digits(bytes, slice.start &+ 20, count)
        else { return nil }
        var milliseconds = value
        for _ in count..<max(count, 3) { milliseconds *= 10 }
        for _ in 3..<max(count, 3) { milliseconds /= 10 }
        return milliseconds
    }

    private static func digits(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64? {
        var number: UInt64 = 0
        for offset in start..<start &+ count {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number * 10 + UInt64(digit)
        }
        return number
    }

    /// Days since 1970 in the Gregorian calendar, counted in years that begin in March.
    private static func days(_ year: UInt64, _ month: UInt64, _ day: UInt64) -> UInt64 {
        let shifted = month > 2 ? year : year - 1
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + ofYear - 719_468
    }
}
