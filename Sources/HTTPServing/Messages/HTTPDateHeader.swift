import Synchronization

/// The value of the `Date` header (RFC 9110 6.6.1), made once a second.
final class HTTPDateHeader: Sendable {
    /// Seconds since 1970.
    private let clock: @Sendable () -> Int
    private let current = Mutex<(second: Int, text: String)>((-1, ""))

    init(clock: @escaping @Sendable () -> Int) {
        self.clock = clock
    }

    var value: String {
        let second = clock()
        return current.withLock { current in
            if current.second != second { current = (second, Self.text(second)) }
            return current.text
        }
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ]

    /// IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`. Years begin in March here, so that the
    /// leap day is the last of one.
    static func text(_ second: Int) -> String {
        let (days, inDay) = max(0, second).quotientAndRemainder(dividingBy: 86_400)
        let shifted = days + 719_468
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + shifted / 146_097 * 400 + (month >= 10 ? 1 : 0)
        let time = [inDay / 3600, inDay / 60 % 60, inDay % 60].map(twoDigits).joined(separator: ":")
        return "\(weekdays[days % 7]), \(twoDigits(day)) \(months[month]) \(year) \(time) GMT"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
