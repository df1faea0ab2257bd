/// A calendar day as `YYYY-MM-DD`.
struct CachedDay {
    /// Days since 1970-01-01.
    let number: UInt64
    let text: InlineArray<10, UInt8>

    init() { self.init(number: 0) }

    /// The proleptic Gregorian date, counted from 1 March so that the leap day is the last of a year.
    init(number: UInt64) {
        self.number = number
        let shifted = number + 719_468  // from 0000-03-01
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        var text = InlineArray<10, UInt8>(repeating: UInt8(ascii: "-"))
        var rest = year
        for index in stride(from: 3, through: 0, by: -1) {
            text[index] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
            rest /= 10
        }
        text[5] = UInt8(truncatingIfNeeded: month / 10) + UInt8(ascii: "0")
        text[6] = UInt8(truncatingIfNeeded: month % 10) + UInt8(ascii: "0")
        text[8] = UInt8(truncatingIfNeeded: day / 10) + UInt8(ascii: "0")
        text[9] = UInt8(truncatingIfNeeded: day % 10) + UInt8(ascii: "0")
        self.text = text
    }
}
