/// Delays that the upstream asks for.
package enum RetryAfter {
    /// A minimum and never a maximum, but a broken proxy cannot silence us for longer than this.
    package static let longest = Duration.seconds(15 * 60)

    /// `Retry-After` in either form (RFC 9110 10.2.3); a date counts from the answer's own `Date`,
    /// since our clock may be wrong. Nil where it is missing, past or unreadable.
    package static func delay(_ headers: [String: String], wallClock: UInt64) -> Duration? {
        guard let text = headers["retry-after"]?.trimmed else { return nil }
        if let seconds = wholeSeconds(text) { return min(.seconds(seconds), longest) }
        guard let date = HTTPDate.seconds(text) else { return nil }
        let now =
            headers["date"].flatMap { HTTPDate.seconds($0.trimmed) }
            ?? Int(wallClock / 1000)
        guard date > now else { return nil }
        return min(.seconds(date - now), longest)
    }

    /// `x-mastra-observability-retry-after`: whole seconds (MASTRA-CONTRACT 1.9), between a second
    /// and an hour.
    package static func quotaDelay(_ headers: [String: String]) -> Duration? {
        guard let text = headers["x-mastra-observability-retry-after"]?.trimmed,
            let seconds = wholeSeconds(text), seconds > 0
        else { return nil }
        return .seconds(min(max(seconds, 1), 3600))
    }

    private static func wholeSeconds(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text) ?? Int.max / 2_000_000_000
    }
}

/// The date formats of HTTP (RFC 9110 5.6.7).
package enum HTTPDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Seconds since 1970. Takes IMF-fixdate, the RFC 850 form and asctime's.
    package static func seconds(_ text: String) -> Int? {
        var fields = text.lowercased().split { $0 == " " || $0 == "," || $0 == "-" }.map(
            String.init)
        guard fields.count >= 5 else { return nil }
        fields.removeFirst()  // the weekday says nothing new
        let isASCTime = months.contains(fields[0])
        guard fields.count >= 4 else { return nil }
        let (dayText, monthText) = isASCTime ? (fields[1], fields[0]) : (fields[0], fields[1])
        let (yearText, timeText) = isASCTime ? (fields[3], fields[2]) : (fields[2], fields[3])
        guard let day = Int(dayText), (1...31).contains(day),
            let month = months.firstIndex(of: monthText), var year = Int(yearText),
            let time = timeOfDay(timeText)
        else { return nil }
        if yearText.count == 2 { year += year < 70 ? 2000 : 1900 }
        guard (1970...9999).contains(year) else { return nil }
        return daysSince1970(year, month + 1, day) * 86_400 + time
    }

    private static func timeOfDay(_ text: String) -> Int? {
        let parts = text.split(separator: ":").map { Int($0) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Counted from 1 March, so that the leap day is the last of a year.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
