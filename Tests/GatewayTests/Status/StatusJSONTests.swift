import Foundation
import Testing

@testable import Gateway

@Suite struct StatusJSONTests {
    private static func object(_ report: StatusReport) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    }

    private static func routes(_ report: StatusReport) throws -> [[String: Any]] {
        try #require(try object(report)["routes"] as? [[String: Any]])
    }

    @Test func `a route is told with its units, text for text`() {
        var report = StatusReport.fixture(
            .fixture(posture: "backing_off", until: noon + 12000) {
                $0.dropped = [("rejected", 12), ("too_large", 1)]
                $0.rejected = 7
                $0.limitedRequests = 8
                $0.lastError = StatusReport.Fault(at: noon - 1, text: "a \"quoted\"\nerror")
                $0.limits = [("spans_per_second", "1000")]
            })
        report.leftLanes = [
            StatusReport.LeftLane(name: "old", spans: 5, bytes: 600, oldest: noon, deadLetters: 0)
        ]
        report.reload = StatusReport.Reload(at: noon, isApplied: true, message: "1 added")
        #expect(
            report.json == #"""
                {"version":"1.2.3","now":"2026-11-29T12:03:10.000Z",\#
                "started_at":"2026-11-28T12:03:10.000Z","uptime_seconds":86400,\#
                "state_text":"retrying","refusal":null,\#
                "listeners":[{"name":"http","address":"http://127.0.0.1:4318"},\#
                {"name":"grpc","address":"http://127.0.0.1:4317"}],\#
                "queue":"memory","unauthorized_requests":0,\#
                "reload":{"at":"2026-11-29T12:03:10.000Z","applied":true,"message":"1 added"},\#
                "routes":[{"name":"checkout","destination":"https://cloud.example/spans",\#
                "project":"shop","state":"backing_off","state_text":"retrying in 12 s",\#
                "next_attempt_at":"2026-11-29T12:03:22.000Z","retired":false,"refusal":null,\#
                "received_spans_per_second":12.34,"sent_spans_per_second":11.0,\#
                "accepted_spans":12345,"sent_spans":12000,\#
                "dropped_spans":{"rejected":12,"too_large":1},"rejected_spans":7,\#
                "limited_requests":8,"held_spans":345,"held_bytes":3145728,\#
                "capacity_bytes":268435456,"oldest_age_seconds":1,\#
                "last_delivered":"2026-11-29T12:03:07.000Z",\#
                "last_error":{"at":"2026-11-29T12:03:09.999Z","text":"a \"quoted\"\nerror"},\#
                "limits":{"spans_per_second":"1000"}}],\#
                "left_lanes":[{"name":"old","spans":5,"bytes":600,\#
                "oldest":"2026-11-29T12:03:10.000Z","dead_letter_spans":0}]}

                """#)
    }

    @Test func `what is not there is null, and every member is there`() throws {
        let troubled = StatusPageTests.troubled()
        var quiet = StatusReport.fixture(.untouched())
        quiet.routes[0].project = nil
        #expect(try Set(Self.object(quiet).keys) == Set(Self.object(troubled).keys))
        let (full, empty) = (
            try #require(try Self.routes(troubled).first),
            try #require(try Self.routes(quiet).first)
        )
        #expect(Set(full.keys) == Set(empty.keys))
        for name in [
            "project", "refusal", "next_attempt_at", "oldest_age_seconds", "last_delivered",
            "last_error",
        ] {
            #expect(empty[name] is NSNull, "\(name)")
        }
        #expect((empty["dropped_spans"] as? [String: Any])?.isEmpty == true)
        #expect((empty["limits"] as? [String: Any])?.isEmpty == true)
    }

    @Test func `texts of others come back as they were`() throws {
        let text = "<script>\"\\\u{0}\u{1b}\n✓</script>"
        let report = StatusPageTests.troubled(text: text)
        let object = try Self.object(report)
        #expect(object["refusal"] as? String == text + " refusal of all")
        let route = try #require(try Self.routes(report).first)
        #expect(route["name"] as? String == text + " route")
        #expect((route["last_error"] as? [String: Any])?["text"] as? String == text + " error")
        #expect((route["limits"] as? [String: String]) == [text + " limit": text + " value"])
    }

    @Test func `routes stand in the order of the configuration`() throws {
        let report = StatusReport.fixture(.fixture("a"), .fixture("b", posture: "paused_quota"))
        #expect(try Self.routes(report).map { $0["name"] as? String } == ["a", "b"])
    }

    @Test func `a rate that is no number is 0, and others have three digits`() throws {
        let rates = [Double.nan, .infinity, 1.0 / 3, 1234.5678, 1e-9]
        let report = StatusReport.fixture(
            rates.map { rate in .fixture { $0.sentPerSecond = rate } })
        let told = try Self.routes(report).map { $0["sent_spans_per_second"] as? Double }
        #expect(told == [0, 0, 0.333, 1234.568, 0])
    }
}
