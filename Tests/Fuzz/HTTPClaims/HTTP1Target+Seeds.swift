import FuzzClaims

extension HTTP1Target {
    package static func seeds() -> [[UInt8]] {
        let texts = wholes + oddities
        let together = wholes.joined()
        return (texts + [together]).enumerated().map { index, text in
            // Some at once, some in pieces, some with a responder that waits.
            var script = [UInt8](repeating: 0, count: ConnectionScript.bytes)
            if index % 3 == 1 { script[1] = 5 }
            if index % 3 == 2 { script.replaceSubrange(0..<3, with: [1 | 16, 0xb7, 0x0a]) }
            return Array(text.utf8) + script
        }
    }

    package static func words() -> [[UInt8]] {
        [
            "\r\n", "\r\n\r\n", "\n", "\0", "GET / HTTP/1.1\r\n", "POST /refused HTTP/1.1\r\n",
            "HEAD ", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "Host: a\r\n", "Content-Length: 5\r\n",
            "Content-Length: 65537\r\n", "Content-Length: 1001\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip\r\n", "Expect: 100-continue\r\n", "Expect: x\r\n",
            "Connection: close\r\n", "Connection: keep-alive\r\n", "Upgrade: h2c\r\n",
            "0\r\n\r\n", "5\r\nhello\r\n", "5;a=b\r\n", "ffffffffffffffff\r\n", "t: u\r\n",
            "http://a/b", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "Content-Length: +5\r\n", "%00", "?",
        ].map { Array($0.utf8) }
    }

    private static let wholes = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/traces?a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;x\r\nhello\r\n0\r\nt: u\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "HEAD http://a/b HTTP/1.1\r\nHost: a\r\n\r\n",
    ]

    private static let oddities = [
        "", "G", "P", "PR", "PRI * HTTP/2.0\r\n", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\n"
            + "Connection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n"
            + String(repeating: "x", count: 2000),
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + String(repeating: "64\r\n\(String(repeating: "x", count: 100))\r\n", count: 11),
        "GET / HTTP/1.1\r\nHost: a\r\nb: " + String(repeating: "y", count: 2100) + "\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "b: c\r\n", count: 25) + "\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", "GET / HTTP/1.1\r\n b\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nrest",
        String(repeating: "GET / HTTP/1.1\r\nHost:a\r\n\r\n", count: 60),
    ]
}
