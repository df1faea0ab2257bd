import CloudExport
import Testing

@Suite struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    private static let example = 784_111_777
    private let wallClock = UInt64(Self.example * 1000)

    private func delay(_ text: String?, date: String? = nil) -> Duration? {
        var headers: [String: String] = [:]
        headers["retry-after"] = text
        headers["date"] = date
        return RetryAfter.delay(headers, wallClock: wallClock)
    }

    @Test(
        arguments: [
            (nil, nil), ("0", .zero), ("1", .seconds(1)), ("\t120 ", .seconds(120)),
            ("900", .seconds(900)), ("901", .seconds(900)), ("31536000", .seconds(900)),
            ("9000000000000000000", .seconds(900)), ("9223372036854775808", .seconds(900)),
            (String(repeating: "9", count: 300), .seconds(900)), ("-1", nil), ("+1", nil),
            ("1.5", nil), ("1e3", nil), ("0x10", nil), ("soon", nil), ("", nil), (" ", nil),
            ("\u{662}", nil),
        ] as [(String?, Duration?)])
    func `seconds are whole and capped at a quarter of an hour`(
        _ text: String?, _ expected: Duration?
    ) {
        #expect(delay(text) == expected)
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 08:50:07 GMT", .seconds(30)),
            ("Sunday, 06-Nov-94 08:50:07 GMT", .seconds(30)),
            ("Sun Nov  6 08:50:07 1994", .seconds(30)),
            ("Sun, 06 Nov 1994 09:49:37 GMT", .seconds(900)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", .seconds(900)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49:36 GMT", nil),
            ("Thu, 01 Jan 1970 00:00:00 GMT", nil),
        ] as [(String, Duration?)])
    func `a date counts from our clock, and one that is past says nothing`(
        _ text: String, _ expected: Duration?
    ) {
        #expect(delay(text) == expected)
        #expect(delay(text, date: "yesterday") == expected)
    }

    @Test func `where the answer has a date of its own, our clock does not matter`() {
        let asked = "Tue, 24 Nov 2026 12:00:20 GMT"
        #expect(delay(asked) == .seconds(900))
        #expect(delay(asked, date: "Tue, 24 Nov 2026 12:00:00 GMT") == .seconds(20))
        #expect(delay(asked, date: " Tuesday, 24-Nov-26 12:00:05 GMT") == .seconds(15))
        #expect(delay(asked, date: "Tue, 24 Nov 2026 12:00:20 GMT") == nil)
        #expect(delay(asked, date: "Tue, 24 Nov 2026 12:01:00 GMT") == nil)
    }
}

@Suite struct HTTPDateTests {
    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thursday, 01-Jan-70 00:00:01 GMT", 1),
        ("Thu Jan  1 00:01:00 1970", 60),
        ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
        ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
        ("Tue, 24 Nov 2026 12:00:00 GMT", 1_795_521_600),
        ("Tuesday, 24-Nov-26 12:00:00 GMT", 1_795_521_600),
        ("Tue Nov 24 12:00:00 2026", 1_795_521_600),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("sun, 06 nov 1994 08:49:37 gmt", 784_111_777),
    ])
    func `the three formats of HTTP are read`(_ text: String, _ seconds: Int) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test func `each day of four centuries follows the one before`() throws {
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var expected = 0
        // A step of two keeps the test short, and meets each kind of leap year.
        for year in stride(from: 1970, through: 2404, by: 2) {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for month in 0..<12 {
                let day = lengths[month] + (month == 1 && isLeap ? 1 : 0)
                expected += day * 86_400
                let seconds = HTTPDate.seconds("Mon, \(day) \(months[month]) \(year) 00:00:00 GMT")
                #expect(seconds == expected - 86_400)
            }
            let next = year + 1
            let nextIsLeap = next % 4 == 0 && (next % 100 != 0 || next % 400 == 0)
            expected += (nextIsLeap ? 366 : 365) * 86_400
        }
    }

    @Test(arguments: [
        "", "GMT", "Sun, 06 Nov 1994", "06 Nov 1994 08:49:37 GMT x",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 10000 08:49:37 GMT",
        "Sun, xx Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "784111777",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT", "a b c d e f g", ", , , , ,",
    ])
    func `what is no date is none`(_ text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}
