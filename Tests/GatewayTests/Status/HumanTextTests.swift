import Testing

@testable import Gateway

@Suite struct HumanTextTests {
    static let numbers: [(value: UInt64, text: String)] = [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1_000"), (12345, "12_345"),
        (1_234_567, "1_234_567"), (.max, "18_446_744_073_709_551_615"),
    ]

    @Test(arguments: numbers)
    func `numbers have groups of three`(_ value: UInt64, _ text: String) {
        #expect(HumanText.number(value) == text.replacing("_", with: "\u{202f}"))
    }

    static let sizes: [(value: UInt64, text: String)] = [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (99 << 10, "99 KiB"),
        (102_348, "99.9 KiB"), (102_400, "100 KiB"), (1_048_063, "1\u{202f}023 KiB"),
        (1_048_570, "1 MiB"),
        (256 << 20, "256 MiB"), (3 << 29, "1.5 GiB"), (5 << 40, "5 TiB"),
        (.max, "16\u{202f}777\u{202f}216 TiB"),
    ]

    @Test(arguments: sizes)
    func `bytes have binary units`(_ value: UInt64, _ text: String) {
        #expect(HumanText.bytes(value) == text)
    }

    static let rates: [(value: Double, text: String)] = [
        (0, "0"), (-1, "0"), (.nan, "0"), (.infinity, "0"), (0.001, "<0.1"), (0.05, "0.1"),
        (1, "1"), (12.34, "12.3"), (99.95, "100"), (123.4, "123"), (12345.6, "12\u{202f}346"),
    ]

    @Test(arguments: rates)
    func `rates have one decimal where it matters`(_ value: Double, _ text: String) {
        #expect(HumanText.rate(value) == text)
    }

    static let durations: [(seconds: UInt64, text: String)] = [
        (0, "under 1 s"), (1, "1 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"),
        (7200, "2 h"), (7260, "2 h 1 min"), (172_799, "47 h 59 min"), (172_800, "2 days"),
        (176_400, "2 days 1 h"),
    ]

    @Test(arguments: durations)
    func `durations have one or two units`(_ seconds: UInt64, _ text: String) {
        #expect(HumanText.duration(milliseconds: seconds * 1000 + 999) == text)
    }

    @Test func `ages are told from now, and never negative`() {
        #expect(Phrase.ago(noon - 3000, now: noon).text == "3 s ago")
        #expect(Phrase.ago(noon - 999, now: noon).text == "just now")
        #expect(Phrase.ago(noon + 60_000, now: noon).text == "just now")
        #expect(Phrase.ago(0, now: noon).text == "20\u{202f}786 days 12 h ago")
    }

    @Test func `a clock has its date on other days only`() {
        #expect(HumanText.clock(noon, now: noon) == "12:03:10 UTC")
        #expect(HumanText.clock(noon - 43_390_000, now: noon) == "00:00:00 UTC")
        #expect(HumanText.clock(noon - 43_391_000, now: noon) == "2026-11-28 23:59:59 UTC")
    }

    @Test func `no time is too large to be told`() {
        #expect(WallClock.text(.max) == "9999-12-31T23:59:59.999Z")
    }
}
