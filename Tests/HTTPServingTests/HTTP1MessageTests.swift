import HTTPTestKit
import Testing

@testable import HTTPServing

@Suite struct HTTP1MessageTests {
    /// Answered 200, with what the responder saw.
    static let wellFormed: [(request: String, seen: String)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0"),
        ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0"),
        ("GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a 0"),
        ("GET http://host:1/p/q?r HTTP/1.1\r\nHost: a\r\n\r\n", "GET /p/q 0"),
        ("GET HTTP://host HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0"),
        ("GET http://host?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 0"),
        ("POST /a HTTP/1.1\r\nHOST: a\r\ncontent-LENGTH:  2 \r\n\r\nxy", "POST /a 2"),
        (
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "00A;x=y\r\n0123456789\r\n2\r\nab\r\n0\r\nt: v\r\n\r\n", "POST /a 12"
        ),
        (
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
            "POST /a 0"
        ),
        ("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST /a 0"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 0"),
    ]

    @Test(arguments: wellFormed)
    func `a well-formed request is answered, whole or byte by byte`(
        _ request: String, _ seen: String
    ) throws {
        let whole = try EmbeddedConnection()
        try whole.send(request)
        let answer = try whole.receivedText()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n" + seen))
        #expect(whole.isOpen)

        let cut = try EmbeddedConnection()
        try cut.sendByteByByte(Array(request.utf8))
        #expect(try cut.receivedText() == answer)
        #expect(cut.isOpen)
        #expect(whole.budget.reserved == 0 && cut.budget.reserved == 0)
    }

    /// Answered 400; the connection ends.
    static let malformed: [String] = [
        "get / HTTP/1.1\r\nHost: a\r\n\r\n",
        "FROBNICATE / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n x: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nx: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nx: b\u{0}c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nx: b\u{1}c\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"
            + "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"
            + "\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "fffffffffffffffff\r\n",
    ]

    @Test(arguments: malformed)
    func `a malformed request is answered 400 and the connection ends`(_ request: String) throws {
        for bytesAtOnce in [request.utf8.count, 1] {
            let connection = try EmbeddedConnection()
            var rest = Array(request.utf8)[...]
            while !rest.isEmpty {
                try connection.send(Array(rest.prefix(bytesAtOnce)))
                rest = rest.dropFirst(bytesAtOnce)
            }
            let answer = try connection.receivedText()
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(answer.contains("connection: close\r\n"))
            #expect(!connection.isOpen)
            #expect(connection.responder.requests.isEmpty)
            #expect(connection.budget.reserved == 0)
            #expect(connection.metrics.problems.malformed == 1)
        }
    }

    @Test func `header fields arrive in order, lower-case and trimmed`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("GET / HTTP/1.1\r\nHoSt: a\r\nX-Two:\t b c \r\nx-one: \r\n\r\n")
        let fields = try #require(connection.responder.requests.first).head.fields
        #expect(fields == HTTPFields([("host", "a"), ("x-two", "b c"), ("x-one", "")]))
    }

    @Test(arguments: [
        ("GET /", "a", 20_000, " HTTP/1.1\r\nHost: a"), ("GET / HTTP/1.1\r\nx: ", "a", 20_000, ""),
        ("GET / HTTP/1.1\r\nx:", " ", 40_000, ""), ("GET / HTTP/1.1", "\r\nx: 1", 101, ""),
    ])
    func `a head over its limits is answered 431 and the connection ends`(
        _ start: String, _ unit: String, _ count: Int, _ end: String
    ) throws {
        let head = start + String(repeating: unit, count: count) + end + "\r\n\r\n"
        let connection = try EmbeddedConnection()
        try connection.send(head)
        #expect(try connection.receivedStatuses() == [431])
        #expect(!connection.isOpen)
    }

    /// Found by fuzzing: one over the limit was taken where its end came with what was below it.
    @Test(arguments: [1, 100, 1000, 1024, 4096])
    func `a head of just the limit is taken and a longer one is not, wherever they are cut`(
        _ piece: Int
    ) throws {
        var configuration = HTTPServerConfiguration()
        configuration.maxHeaderBytes = 2500
        for (count, status) in [(2499, 200), (2500, 200), (2501, 431), (2600, 431)] {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nx: "
            let filling = String(repeating: "y", count: count - 4 - start.utf8.count)
            let connection = try EmbeddedConnection(configuration: configuration)
            var rest = Array("\(start)\(filling)\r\n\r\n".utf8)[...]
            while !rest.isEmpty {
                try connection.send(Array(rest.prefix(piece)))
                rest = rest.dropFirst(piece)
            }
            #expect(try connection.receivedStatuses() == [status], "\(count) bytes")
        }
    }

    @Test func `HEAD gets the length and no body`() throws {
        let connection = try EmbeddedConnection()
        try connection.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
        let text = try connection.receivedText()
        #expect(text.contains("content-length: 8\r\n\r\nHTTP/1.1 200 OK"))
        #expect(text.hasSuffix("GET /b 0"))
    }

    @Test(arguments: [
        ("GET / HTTP/1.0\r\n\r\n", false, "connection: close"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "connection: keep-alive"),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false, "connection: close"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", false,
            "connection: close"
        ),
    ])
    func `the answer says whether the connection goes on`(
        _ request: String, _ staysOpen: Bool, _ line: String
    ) throws {
        let connection = try EmbeddedConnection()
        try connection.send(request)
        #expect(try connection.receivedText().contains(line + "\r\n"))
        #expect(connection.isOpen == staysOpen)
    }
}
