import Foundation
import TestKit
import Testing

@testable import MastraRecords

struct JSONWriterTimeTests {
    private static let day: UInt64 = 86_400_000

    @Test func `every day from 1970 to 2400 has the date of the calendar`() {
        var writer = JSONWriter()
        var number: UInt64 = 0
        var expected = Array("\"YYYY-MM-DDT00:00:00.000Z\"".utf8)
        for year in 1970...2400 {
            Self.put(year, 4, at: 1, in: &expected)
            for (month, days) in Self.months(year).enumerated() {
                Self.put(month + 1, 2, at: 6, in: &expected)
                for day in 1...days {
                    Self.put(day, 2, at: 9, in: &expected)
                    writer.truncate(to: 0)
                    writer.time(milliseconds: number * Self.day)
                    let time = writer.bytes(from: 0)
                    if time != expected { Issue.record("\(expected): \(time)") }
                    number += 1
                }
            }
        }
        #expect(number == 157_420)
    }

    @Test func `random times up to the year 9999 are those of gmtime`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<5000 {
            let milliseconds = random.next() % 253_402_300_800_000
            #expect(
                text { $0.time(milliseconds: milliseconds) } == Self.gmtime(milliseconds),
                "\(milliseconds)")
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
            (999, "1970-01-01T00:00:00.999Z"), (86_399_999, "1970-01-01T23:59:59.999Z"),
            (86_400_000, "1970-01-02T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(UInt64, String)])
    func `a time is written as JavaScript writes it`(milliseconds: UInt64, time: String) {
        #expect(text { $0.time(milliseconds: milliseconds) } == "\"\(time)\"")
    }

    @Test func `the day that is kept from one time to the next does not stick`() {
        var writer = JSONWriter()
        for number: UInt64 in [5, 5, 0, 20_000, 5, 0] {
            writer.truncate(to: 0)
            writer.time(milliseconds: number * Self.day + 1)
            let time = String(decoding: writer.bytes(from: 0), as: UTF8.self)
            #expect(time == Self.gmtime(number * Self.day + 1))
        }
    }

    @Test func `a cached day knows its number and its text`() {
        #expect(Self.date(CachedDay()) == "1970-01-01")
        #expect(CachedDay(number: 11_016).number == 11_016)
        #expect(Self.date(CachedDay(number: 11_016)) == "2000-02-29")
        #expect(Self.date(CachedDay(number: 2_932_896)) == "9999-12-31")
    }

    private static func date(_ day: CachedDay) -> String {
        String(decoding: day.text.indices.map { day.text[$0] }, as: UTF8.self)
    }

    private static func months(_ year: Int) -> [Int] {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    }

    private static func put(
        _ number: Int, _ width: Int, at place: Int, in text: inout [UInt8]
    ) {
        var rest = number
        for index in (place..<place + width).reversed() {
            text[index] = UInt8(rest % 10) + 0x30
            rest /= 10
        }
    }

    private static func gmtime(_ milliseconds: UInt64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", parts.tm_year + 1900,
            parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
            Int32(milliseconds % 1000))
    }
}
