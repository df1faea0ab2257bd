import CloudExport
import Testing

@testable import CurlUpload

struct AnswerCollectorTests {
    private func collect(_ lines: String...) -> AnswerCollector {
        var collector = AnswerCollector()
        for line in lines { collector.feed(Array(line.utf8)) }
        return collector
    }

    @Test(arguments: ["HTTP/1.1 404 Not Found\r\n", "HTTP/1.1 404\r\n", "HTTP/2 404 \r\n"])
    func `each form of a status line is read`(_ line: String) {
        #expect(collect(line, "\r\n").response.status == 404)
    }

    @Test func `the first of two equal names wins, in any case of letters`() {
        let collector = collect(
            "HTTP/1.1 200 OK\r\n", "Retry-After: 5\r\n", "RETRY-AFTER:6\r\n", "X:  \t y \t\r\n",
            "Empty:\r\n", "no colon\r\n", " folded: line\r\n", "\r\n")

        #expect(
            collector.response.headers == ["retry-after": "5", "x": "y", "empty": ""])
        #expect(collector.headIsComplete)
    }

    @Test func `an interim head leaves nothing behind`() {
        let collector = collect(
            "HTTP/1.1 103 Early\r\n", "Link: a\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "\r\n")

        #expect(collector.response == UploadResponse(status: 200))
        #expect(collector.headIsComplete)
        #expect(!collect("HTTP/1.1 100 Continue\r\n", "\r\n").headIsComplete)
    }

    @Test func `trailers are dropped`() {
        let collector = collect(
            "HTTP/1.1 200 OK\r\n", "\r\n", "X-Trailer: 1\r\n", "HTTP/1.1 500 No\r\n", "\r\n")

        #expect(collector.response == UploadResponse(status: 200))
    }

    @Test func `a hundred headers are kept`() {
        var collector = collect("HTTP/1.1 200 OK\r\n")
        for number in 0..<150 {
            collector.feed(Array("X-\(number): y\r\n".utf8))
        }

        #expect(collector.response.headers.count == 100)
        #expect(collector.response.headers["x-99"] == "y")
    }

    @Test func `headers are kept up to 64 KiB, and beyond 256 KiB the transfer ends`() {
        var collector = collect("HTTP/1.1 200 OK\r\n")
        var taken = 0
        let value = String(repeating: "v", count: 10_000)
        while collector.take(headLine: Array("X-\(taken): \(value)\r\n".utf8).span) { taken += 1 }

        #expect(taken == 26)
        #expect(collector.response.headers.count == 6)
        #expect(collector.headIsTooLarge)
    }

    @Test func `a body is kept up to its limit and read up to a mebibyte`() {
        var collector = collect("HTTP/1.1 200 OK\r\n", "\r\n")
        let piece = [UInt8](repeating: 7, count: 10_000)
        var taken = 0
        while collector.take(body: piece.span) { taken += 1 }

        #expect(taken == 104)
        #expect(collector.response.body.count == UploadLimits.maxAnswerBytes)
    }

    @Test func `bytes that are no text do not trap`() {
        var collector = collect("HTTP/1.1 200 OK\r\n", "X: \u{0}\u{7f}\r\n")
        for bytes: [UInt8] in [[0xff, 0xfe, 0x3a, 0x80], [0x3a], [0x0d], [0x48], [0x20]] {
            collector.feed(bytes)
        }

        #expect(collector.response.headers["\u{fffd}\u{fffd}"] == "\u{fffd}")
    }

    @Test func `every beginning of a head is met without a trap`() {
        let head = Array("HTTP/1.1 200 OK\r\n".utf8)
        for count in head.indices {
            var collector = AnswerCollector()
            collector.feed(Array(head[..<count]))
        }
    }
}

extension AnswerCollector {
    /// A line that must be taken.
    fileprivate mutating func feed(_ line: [UInt8]) {
        let isTaken = take(headLine: line.span)
        #expect(isTaken)
    }
}
