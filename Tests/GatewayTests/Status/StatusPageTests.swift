import Foundation
import Testing

@testable import Gateway

@Suite struct StatusPageTests {
    /// All kinds of trouble at once, with a stranger's text wherever one can come.
    static func troubled(text: String = "odd") -> StatusReport {
        var report = StatusReport.fixture(
            .fixture("\(text) route", posture: "cooling_down_unauthorized", until: noon + 1000) {
                $0.destination = "https://\(text)"
                $0.project = "\(text) project"
                $0.refusal = "\(text) refusal"
                $0.dropped = [("\(text) reason", 3)]
                $0.lastError = StatusReport.Fault(at: noon - 90_000, text: "\(text) error")
                $0.limits = [("\(text) limit", "\(text) value")]
            }, .fixture("\(text) posture", posture: text), .idle())
        report.refusal = "\(text) refusal of all"
        report.queue = "/\(text) directory"
        report.version = text
        report.listeners = [StatusReport.Listener(name: text, address: "\(text) address")]
        report.reload = StatusReport.Reload(
            at: noon - 60_000, isApplied: false, message: "\(text) reload")
        report.leftLanes = [
            StatusReport.LeftLane(name: text, spans: 1, bytes: 2, oldest: nil, deadLetters: 0)
        ]
        return report
    }

    @Test func `no text of others becomes markup`() {
        let text = "<script>alert(1)</script>\"'&"
        let html = Self.troubled(text: text).html
        #expect(!html.contains("<script"))
        #expect(!html.contains("alert(1)<"))
        #expect(!html.contains("'&\"") && !html.contains("\"'&"))
        // Wherever the fixture has put it; the posture as words, the left lane as a command too.
        let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"
        #expect(html.components(separatedBy: escaped).count > 12)
        #expect(Self.elements(of: html) == Self.elements(of: Self.troubled().html))
    }

    @Test func `what would act on a page is shown as a mark`() {
        let html = Self.troubled(text: "a\u{0}b\u{1b}c\u{202e}d\u{2067}e\u{85}f\ng").html
        #expect(html.contains("a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f g"))
        #expect(html.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isControl })
    }

    static let reports: [(name: String, report: StatusReport)] = [
        ("trouble", troubled()), ("one route", .fixture(.fixture())), ("no route", .fixture()),
        ("nothing yet", .fixture(.untouched())),
        ("64 routes", .fixture((1...64).map { .fixture("team-\($0)") })),
    ]

    @Test(arguments: reports)
    func `the elements nest`(_ name: String, _ report: StatusReport) {
        #expect(!Self.elements(of: report.html).isEmpty)
    }

    /// Their names in order; empty where an end does not fit its beginning.
    private static func elements(of html: String) -> [String] {
        let empty: Set = ["meta", "link", "br"]
        var (open, names) = ([String](), [String]())
        for match in html.matches(of: /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^">])*)>/) {
            let name = String(match.2)
            // As many as a URL has slashes.
            if name == "wbr" { continue }
            if match.1.isEmpty {
                names.append(name)
                if !empty.contains(name) { open.append(name) }
            } else if open.popLast() != name {
                return []
            }
        }
        return open.isEmpty ? names : []
    }

    @Test func `the head says state, language and schemes, and runs nothing`() {
        let html = StatusReport.fixture(.fixture(), .fixture(), .idle()).html
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        #expect(html.contains("<title>mastra-gateway: 2 of 3 routes sending, 1 idle</title>"))
        #expect(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"))
        #expect(html.contains("<meta http-equiv=\"refresh\" content=\"10\">"))
        #expect(html.contains("content=\"width=device-width, initial-scale=1\""))
        #expect(!html.contains("<script") && !html.contains(" style=") && !html.contains(" on"))
    }

    @Test func `the policy allows the style as it is`() throws {
        let html = StatusReport.fixture(.fixture()).html
        let style = try #require(html.firstMatch(of: /<style>((?s).*)<\/style>/)).1
        let directory = FileManager.default.temporaryDirectory
        let file = directory.appendingPathComponent("style-\(UUID().uuidString)")
        try Data(style.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl", "dgst", "-sha256", "-binary", file.path]
        process.standardOutput = output
        try process.run()
        let digest = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(digest.count == 32)
        #expect(StatusPage.styleHash == "sha256-" + digest.base64EncodedString())
        #expect(StatusPage.contentSecurityPolicy.contains("'\(StatusPage.styleHash)'"))
    }

    @Test func `a route is told whole`() {
        let shown = StatusReport.fixture(
            .fixture {
                $0.dropped = [("rejected", 1200), ("too_large", 5)]
                $0.rejected = 17
                $0.limitedRequests = 18
                $0.lastError = StatusReport.Fault(at: noon - 90_000, text: "503 Unavailable")
                $0.limits = [("spans_per_second", "1000"), ("bytes_per_second", "5")]
                $0.refusal = "its queue is full"
            }
        ).shown
        for part in [
            "checkout https://cloud.example/spans project shop", "12.3", "11",
            "345 spans", "3 MiB of 256 MiB", "1 s", "3 s ago",
            "accepted 12\u{202f}345", "sent 12\u{202f}000",
            "dropped 1\u{202f}205 (rejected 1\u{202f}200, too_large 5)", "rejected 17",
            "limited requests 18", "limits spans_per_second 1000, bytes_per_second 5",
            "Last error 90 s ago: 503 Unavailable", "Spans are refused: its queue is full",
        ] {
            #expect(shown.contains(" \(part) "), "\(part) in \(shown)")
        }
    }

    @Test func `a queue without a limit has no meter`() {
        #expect(StatusReport.fixture(.fixture()).html.contains("<meter"))
        let html = StatusReport.fixture(.fixture { $0.capacityBytes = 0 }).html
        #expect(!html.contains("<meter") && html.contains("3 MiB"))
    }

    @Test func `a meter has plain numbers and says what it measures`() {
        let html = StatusReport.fixture(.fixture { $0.capacityBytes = 10_000_000 }).html
        #expect(
            html.contains(
                """
                <meter min="0" max="10000000" low="7000000" high="9000000" optimum="0" \
                value="3145728" aria-label="Use of the queue"></meter>
                """))
    }

    @Test func `times can be read by machines`() {
        let html = StatusReport.fixture(.fixture(posture: "backing_off", until: noon + 12000)).html
        #expect(html.contains("<time datetime=\"PT12S\">12 s</time>"))
        #expect(html.contains("<time datetime=\"2026-11-29T12:03:07.000Z\">3 s ago</time>"))
        #expect(html.contains("<time datetime=\"2026-11-29T12:03:10.000Z\">12:03:10 UTC</time>"))
    }

    @Test func `a failed reload and a refusal are told above all routes`() throws {
        let shown = Self.troubled().shown
        let banner = try #require(
            shown.range(of: "The configuration was read again 60 s ago and not taken: odd reload"))
        let refusal = try #require(shown.range(of: "Spans are refused: odd refusal of all"))
        let route = try #require(shown.range(of: "odd route"))
        #expect(refusal.lowerBound < banner.lowerBound && banner.upperBound < route.lowerBound)
    }

    @Test func `a reload that was taken is a fact among others`() {
        var report = StatusReport.fixture(.fixture())
        report.reload = StatusReport.Reload(at: noon - 5000, isApplied: true, message: "1 added")
        #expect(report.shown.contains("Configuration read again 5 s ago: 1 added"))
        #expect(!report.html.contains("class=\"banner\""))
    }

    @Test func `spans without a route come with what to do`() {
        var report = StatusReport.fixture(.fixture())
        #expect(!report.shown.contains("without a route"))
        report.leftLanes = [
            StatusReport.LeftLane(
                name: "old", spans: 1234, bytes: 5000, oldest: noon - 3 * 86_400_000,
                deadLetters: 77),
            StatusReport.LeftLane(name: "it's", spans: 1, bytes: 5, oldest: nil, deadLetters: 0),
        ]
        let shown = report.shown
        #expect(
            shown.contains(
                "old 1\u{202f}234 4.9 KiB 3 days ago 77 mastra-gateway queue drop old "))
        #expect(shown.contains("mastra-gateway queue drop &#39;it&#39;\\&#39;&#39;s&#39; "))
        #expect(shown.contains("Put the route back"))
    }

    @Test func `where nothing has come the page says where to`() {
        var report = StatusReport.fixture(.untouched())
        #expect(
            report.shown.contains(
                "Nothing has come yet: point an SDK at http://127.0.0.1:4318, or send a sample"))
        report.listeners = [StatusReport.Listener(name: "http", address: "0.0.0.0:4318")]
        #expect(report.shown.contains("at http://0.0.0.0:4318, where this machine&#39;s name"))
        #expect(!StatusReport.fixture(.fixture()).shown.contains("Nothing has come yet"))
    }

    @Test func `a gateway without routes says so`() {
        let shown = StatusReport.fixture().shown
        #expect(shown.contains("There are no routes") && !shown.contains("Nothing has come"))
    }

    @Test func `64 routes are all there, each once, with sums of them`() {
        let report = StatusReport.fixture(
            (1...64).map { .fixture("team-\($0)", posture: $0 == 40 ? "paused_quota" : "open") })
        let html = report.html
        let names = html.matches(of: /rowspan="2"><bdi>(team-\d+)</).map { String($0.1) }
        #expect(names == ["team-40"] + (1...64).map { "team-\($0)" }.filter { $0 != "team-40" })
        #expect(report.shown.contains("790 received, 704 sent"))
        #expect(report.shown.contains("22\u{202f}080 spans, 192 MiB"))
        #expect(html.utf8.count < 150_000)
    }

    @Test func `a long error is cut on the page`() {
        let fault = StatusReport.Fault(at: noon, text: String(repeating: "x", count: 1000))
        let html = StatusReport.fixture(.fixture { $0.lastError = fault }).html
        #expect(html.contains(String(repeating: "x", count: 400) + "…"))
        #expect(!html.contains(String(repeating: "x", count: 401)))
    }

    @Test func `headers say what they are of`() {
        let html = StatusReport.fixture(.fixture()).html
        #expect(html.matches(of: /<th [^>]*scope="col"/).count == 7)
        #expect(html.matches(of: /<th [^>]*scope="rowgroup"/).count == 1)
    }

    @Test func `the other forms are linked`() {
        let html = StatusReport.fixture(.fixture()).html
        for path in ["/status.json", "/metrics", "/readyz", "/livez"] {
            #expect(html.contains("<a href=\"\(path)\">"))
        }
    }
}
