import CloudExport
import Testing

@Suite struct AttemptOutcomeTests {
    @Test(arguments: [200, 201, 202, 204, 299])
    func `any success without the disabled header is a delivery`(_ status: Int) {
        #expect(AttemptOutcome(status) == .delivered)
        #expect(AttemptOutcome(status, ["x-mastra-observability": "enabled"]) == .delivered)
    }

    @Test(arguments: [200, 204, 401, 402, 404, 413, 429, 500])
    func `the disabled header means a spent quota with any status`(_ status: Int) {
        #expect(
            AttemptOutcome(status, ["x-mastra-observability": "disabled"])
                == .quotaExhausted(retryAfter: nil))
        #expect(
            AttemptOutcome(
                status,
                [
                    "x-mastra-observability": "Disabled",
                    "x-mastra-observability-retry-after": "120",
                ]) == .quotaExhausted(retryAfter: .seconds(120)))
    }

    @Test(
        arguments: [
            (nil, nil), ("60", .seconds(60)), (" 60 ", .seconds(60)), ("1", .seconds(1)),
            ("3600", .seconds(3600)), ("3601", .seconds(3600)),
            ("99999999999999999999999", .seconds(3600)), ("0", nil), ("-5", nil), ("+5", nil),
            ("1.5", nil), ("5s", nil), ("", nil), ("Sun, 06 Nov 1994 08:49:37 GMT", nil),
        ] as [(String?, Duration?)])
    func `402 pauses for the hint, which is whole seconds between one and an hour`(
        _ hint: String?, _ delay: Duration?
    ) {
        var headers = ["retry-after": "7"]
        headers["x-mastra-observability-retry-after"] = hint
        #expect(AttemptOutcome(402, headers) == .quotaExhausted(retryAfter: delay))
    }

    @Test(
        arguments: [
            (401, .unauthorized(status: 401)), (403, .unauthorized(status: 403)),
            (404, .misdirected(status: 404)), (405, .misdirected(status: 405)),
            (406, .misdirected(status: 406)), (410, .misdirected(status: 410)),
            (411, .misdirected(status: 411)), (415, .misdirected(status: 415)),
            (300, .misdirected(status: 300)), (301, .misdirected(status: 301)),
            (302, .misdirected(status: 302)), (304, .misdirected(status: 304)),
            (307, .misdirected(status: 307)), (308, .misdirected(status: 308)),
            (399, .misdirected(status: 399)), (413, .tooLarge),
            (400, .refused(status: 400, answer: "")), (409, .refused(status: 409, answer: "")),
            (414, .refused(status: 414, answer: "")), (422, .refused(status: 422, answer: "")),
            (431, .refused(status: 431, answer: "")), (499, .refused(status: 499, answer: "")),
        ] as [(Int, AttemptOutcome)])
    func `what no waiting mends is told apart by status, and Retry-After changes nothing`(
        _ status: Int, _ outcome: AttemptOutcome
    ) {
        #expect(AttemptOutcome(status) == outcome)
        #expect(AttemptOutcome(status, ["retry-after": "9", "location": "/x"]) == outcome)
    }

    @Test(arguments: [408, 425, 500, 501, 502, 503, 504, 507, 520, 530, 599, 600, 100, 0])
    func `what passes is tried again, with the delay that was asked for`(_ status: Int) {
        let text = "HTTP \(status)"
        #expect(AttemptOutcome(status) == .unavailable(text, retryAfter: nil))
        #expect(
            AttemptOutcome(status, ["retry-after": "9"])
                == .unavailable(text, retryAfter: .seconds(9)))
    }

    @Test func `429 throttles, with the delay that was asked for`() {
        #expect(AttemptOutcome(429) == .throttled(retryAfter: nil))
        #expect(AttemptOutcome(429, ["retry-after": "9"]) == .throttled(retryAfter: .seconds(9)))
    }

    @Test func `a refusal keeps the beginning of the answer, without control characters`() {
        let response = UploadResponse(
            status: 422, body: Array("a\r\n\u{1b}[31mb\0\u{7f}\u{9b}c\u{e4}".utf8))
        let outcome = AttemptOutcome(response, wallClock: 0)
        #expect(outcome == .refused(status: 422, answer: "a   [31mb   c\u{e4}"))
    }

    @Test func `of a long answer a kilobyte is kept, and broken UTF-8 does no harm`() throws {
        let response = UploadResponse(
            status: 400, body: [0xff] + [UInt8](repeating: UInt8(ascii: "x"), count: 5000))
        guard case .refused(400, let answer) = AttemptOutcome(response, wallClock: 0) else {
            Issue.record("400 is a refusal")
            return
        }
        #expect(answer == "\u{fffd}" + String(repeating: "x", count: 1023))
    }

    @Test func `each outcome has a label of its own, and all are listed`() {
        let outcomes: [AttemptOutcome] = [
            .delivered, .quotaExhausted(retryAfter: nil), .throttled(retryAfter: nil),
            .unavailable("", retryAfter: nil), .untrusted(""), .unauthorized(status: 401),
            .misdirected(status: 404), .tooLarge, .refused(status: 400, answer: ""), .cancelled,
        ]
        #expect(outcomes.map(\.label) == AttemptOutcome.labels)
        #expect(Set(AttemptOutcome.labels).count == outcomes.count)
    }
}

extension AttemptOutcome {
    fileprivate init(_ status: Int, _ headers: [String: String] = [:]) {
        self.init(UploadResponse(status: status, headers: headers), wallClock: 0)
    }
}
