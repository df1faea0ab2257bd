import CloudExport
import Testing

@testable import Gateway

@Suite struct StatusStateTests {
    typealias Route = StatusReport.Route

    @Test func `every posture of the lane has its words`() {
        #expect(Set(PostureWords.all.map(\.posture)) == Set(LaneGate.Posture.kinds))
        #expect(PostureWords.all.count == LaneGate.Posture.kinds.count)
    }

    static let sentences: [(posture: String, text: String)] = [
        ("open", "sending"),
        ("backing_off", "retrying in 12 s"),
        ("paused_quota", "paused: the quota is spent; asks again at 12:03:22 UTC"),
        ("probing_quota", "paused: the quota is spent; asks whether it is renewed"),
        (
            "cooling_down_unauthorized",
            "cooling down: the access token is not accepted; next try at 12:03:22 UTC"
        ),
        (
            "cooling_down_misdirected",
            "cooling down: there is no publish route at the endpoint; next try at 12:03:22 UTC"
        ),
        (
            "cooling_down_untrusted",
            "cooling down: the upstream's certificate is not trusted; next try at 12:03:22 UTC"
        ),
        (
            "cooling_down_contract",
            "cooling down: the upstream refuses all records; next try at 12:03:22 UTC"
        ),
    ]

    @Test(arguments: sentences)
    func `a posture is told as a sentence`(_ posture: String, _ text: String) {
        let route = Route.fixture(posture: posture, until: noon + 12000)
        #expect(route.stateText(now: noon) == text)
        #expect(StatusReport.fixture(route).shown.contains(text.replacing("'", with: "&#39;")))
    }

    @Test func `without a time the sentence ends before it`() {
        #expect(Route.fixture(posture: "backing_off").stateText(now: noon) == "retrying")
        #expect(
            Route.fixture(posture: "paused_quota").stateText(now: noon)
                == "paused: the quota is spent")
    }

    @Test func `a time that has come is now`() {
        for until in [noon - 5000, noon, noon + 999] {
            let route = Route.fixture(posture: "backing_off", until: until)
            #expect(route.stateText(now: noon) == "retrying now")
        }
    }

    @Test func `a pause that ends on another day says on which`() {
        let route = Route.fixture(posture: "paused_quota", until: noon + 86_400_000)
        #expect(route.stateText(now: noon).hasSuffix("asks again at 2026-11-30 12:03:10 UTC"))
    }

    @Test func `idle is open with nothing held and nothing sent for a minute`() {
        #expect(Route.idle().stateText(now: noon) == "idle")
        var route = Route.idle()
        route.heldSpans = 1
        #expect(route.stateText(now: noon) == "sending")
        route = .idle()
        route.sentPerSecond = 0.02
        #expect(route.stateText(now: noon) == "sending")
    }

    @Test func `a removed route says so, in trouble too`() {
        var route = Route.fixture { $0.isRetired = true }
        #expect(
            route.stateText(now: noon) == "removed from the configuration; sends what it holds")
        (route.posture, route.until) = ("backing_off", noon + 3000)
        #expect(
            route.stateText(now: noon)
                == "retrying in 3 s; removed from the configuration, sends what it holds")
    }

    @Test func `a posture of a later version is told by its name`() {
        let route = Route.fixture(posture: "held_by_hand")
        #expect(route.stateText(now: noon) == "held by hand")
        #expect(route.standing == .waiting)
    }

    @Test func `troubled routes come first, the others keep their places`() {
        let report = StatusReport.fixture(
            .idle("a"), .fixture("b"), .fixture("gone") { $0.isRetired = true }, .idle("c"),
            .fixture("backs off", posture: "backing_off"),
            .fixture("full") { $0.refusal = "the queue is full" },
            .fixture("cools", posture: "cooling_down_unauthorized"), .fixture("d"))
        #expect(
            report.routesByTrouble.map(\.name) == [
                "full", "cools", "backs off", "gone", "a", "b", "c", "d",
            ])
    }

    static let headlines: [(routes: [Route], text: String)] = [
        ([], "no routes"),
        ([.fixture()], "sending"),
        ([.idle()], "idle"),
        ([.fixture(posture: "paused_quota")], "paused"),
        ([.fixture { $0.refusal = "full" }], "refusing spans"),
        ([.fixture(), .fixture()], "2 of 2 routes sending"),
        ([.fixture(), .fixture(), .idle()], "2 of 3 routes sending, 1 idle"),
        (
            [.fixture(), .fixture(posture: "backing_off"), .idle()],
            "1 of 3 routes sending, 1 idle, 1 in trouble"
        ),
        ([.idle(), .idle()], "all 2 routes idle"),
        ([.fixture { $0.isRetired = true }, .fixture(), .fixture()], "2 of 2 routes sending"),
    ]

    @Test(arguments: headlines)
    func `the headline counts routes by what they do`(_ routes: [Route], _ text: String) {
        #expect(StatusReport.fixture(routes).headline == text)
    }

    @Test func `a gateway that refuses spans says that alone`() {
        var report = StatusReport.fixture(.fixture(), .idle())
        report.refusal = "the disk is full"
        #expect(report.headline == "refusing spans")
        #expect(report.standing == .broken)
    }
}
