import CloudExport
import ExportTestKit
import TestKit
import Testing

@Suite struct SizeLimitTests {
    private let clock = ManualClock()
    private static let megabyte = 1_048_576

    @Test func `what was too large is halved, and a larger one afterwards teaches nothing`() {
        var limit = SizeLimit(maximum: 4 * Self.megabyte)
        #expect(limit.current(at: clock.now) == 4 * Self.megabyte)
        limit.note(tooLarge: 2 * Self.megabyte, at: clock.now)
        #expect(limit.current(at: clock.now) == Self.megabyte)
        limit.note(tooLarge: 3 * Self.megabyte, at: clock.now)
        #expect(limit.current(at: clock.now) == Self.megabyte)
        limit.note(tooLarge: Self.megabyte, at: clock.now)
        #expect(limit.current(at: clock.now) == Self.megabyte / 2)
    }

    @Test func `a record that is too large by itself does not raise the limit`() {
        var limit = SizeLimit(maximum: 100_000)
        limit.note(tooLarge: 50 * Self.megabyte, at: clock.now)
        #expect(limit.current(at: clock.now) == 100_000)
    }

    @Test func `the limit does not fall below 64 KiB, or the configured maximum`() {
        var limit = SizeLimit(maximum: Self.megabyte)
        for _ in 1...20 { limit.note(tooLarge: 100, at: clock.now) }
        #expect(limit.current(at: clock.now) == 65_536)
        var small = SizeLimit(maximum: 1024)
        small.note(tooLarge: 100, at: clock.now)
        #expect(small.current(at: clock.now) == 1024)
    }

    @Test func `with each hour it grows by a tenth, up to the maximum`() {
        var limit = SizeLimit(maximum: 1_210_000)
        limit.note(tooLarge: 2_000_000, at: clock.now)
        clock.advance(by: .seconds(3599))
        #expect(limit.current(at: clock.now) == 1_000_000)
        clock.advance(by: .seconds(1))
        #expect(limit.current(at: clock.now) == 1_100_000)
        clock.advance(by: .seconds(3600))
        #expect(limit.current(at: clock.now) == 1_210_000)
        clock.advance(by: .seconds(36_000))
        #expect(limit.current(at: clock.now) == 1_210_000)
    }

    @Test func `hours that passed unasked are made up for`() {
        var limit = SizeLimit(maximum: 4_000_000)
        limit.note(tooLarge: 2_000_000, at: clock.now)
        clock.advance(by: .seconds(2 * 3600 + 1800))
        #expect(limit.current(at: clock.now) == 1_210_000)
        clock.advance(by: .seconds(1800))
        #expect(limit.current(at: clock.now) == 1_331_000)
    }

    @Test func `a new refusal starts the hour anew`() {
        var limit = SizeLimit(maximum: 4_000_000)
        limit.note(tooLarge: 2_000_000, at: clock.now)
        clock.advance(by: .seconds(3000))
        limit.note(tooLarge: 1_000_000, at: clock.now)
        clock.advance(by: .seconds(3000))
        #expect(limit.current(at: clock.now) == 500_000)
        clock.advance(by: .seconds(600))
        #expect(limit.current(at: clock.now) == 550_000)
    }
}
