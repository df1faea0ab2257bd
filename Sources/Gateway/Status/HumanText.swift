import MastraRecords

/// Numbers and times as people read them.
enum HumanText {
    /// Three digits a group, by the space that SI asks for; a line is not broken there.
    static func number(_ value: UInt64) -> String {
        let digits = Array(String(value))
        return digits.indices.reduce(into: "") { text, index in
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append("\u{202f}") }
            text.append(digits[index])
        }
    }

    static func bytes(_ value: UInt64) -> String {
        guard value >= 1024 else { return "\(value) B" }
        var scaled = Double(value) / 1024
        for unit in ["KiB", "MiB", "GiB"] {
            // What would be rounded to 1024 is told in the next unit.
            if scaled < 1023.5 { return "\(short(scaled)) \(unit)" }
            scaled /= 1024
        }
        return "\(short(scaled)) TiB"
    }

    /// Of spans a second.
    static func rate(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return "0" }
        return value < 0.05 ? "<0.1" : short(value)
    }

    /// One decimal below 100, where it is not 0.
    private static func short(_ value: Double) -> String {
        guard value < 99.95 else { return number(UInt64(min(value, 1e18).rounded())) }
        let (whole, tenth) = Int((value * 10).rounded()).quotientAndRemainder(dividingBy: 10)
        return tenth == 0 ? "\(whole)" : "\(whole).\(tenth)"
    }

    /// A duration in one or two units.
    static func duration(milliseconds: UInt64) -> String {
        let seconds = milliseconds / 1000
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400)
        switch seconds {
        case 0: return "under 1 s"
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(minutes) min"
        case ..<172_800: return "\(hours) h" + (minutes % 60 == 0 ? "" : " \(minutes % 60) min")
        default: return "\(number(days)) days" + (hours % 24 == 0 ? "" : " \(hours % 24) h")
        }
    }

    /// "12:03:10 UTC", with its date where that is not today's.
    static func clock(_ milliseconds: UInt64, now: UInt64) -> String {
        let text = WallClock.text(milliseconds)
        let time = text.dropFirst(11).prefix(8) + " UTC"
        return text.prefix(10) == WallClock.text(now).prefix(10)
            ? String(time) : text.prefix(10) + " " + time
    }
}

/// Words with times among them: plain for JSON, with the times marked for the page.
struct Phrase {
    enum Part: Hashable {
        case words(String)
        /// `machine` is what HTML's `datetime` takes.
        case time(String, machine: String)
    }

    private(set) var parts: [Part] = []

    init(_ words: String = "") { append(words) }

    var text: String {
        parts.map { part in
            switch part {
            case .words(let text), .time(let text, _): text
            }
        }.joined()
    }

    mutating func append(_ words: String) {
        if !words.isEmpty { parts.append(.words(words)) }
    }

    mutating func append(at time: UInt64, now: UInt64) {
        parts.append(
            .time(HumanText.clock(time, now: now), machine: WallClock.text(time)))
    }

    mutating func append(duration milliseconds: UInt64) {
        parts.append(
            .time(
                HumanText.duration(milliseconds: milliseconds),
                machine: "PT\(milliseconds / 1000)S"))
    }

    /// "in 12 s", or "now".
    mutating func append(in until: UInt64, now: UInt64) {
        guard until >= now + 1000 else { return append("now") }
        append("in ")
        append(duration: until - now)
    }

    /// "3 s ago", by its time.
    static func ago(_ time: UInt64, now: UInt64) -> Phrase {
        // A clock that was set back makes no negative ages.
        let age = now > time ? now - time : 0
        let text = age < 1000 ? "just now" : HumanText.duration(milliseconds: age) + " ago"
        var phrase = Phrase()
        phrase.parts = [.time(text, machine: WallClock.text(time))]
        return phrase
    }
}
