import Testing

@testable import Gateway

@Suite struct ValueParsingTests {
    // MARK: Durations

    @Test(
        arguments: [
            ("0", .zero), ("0s", .zero), ("1ms", .milliseconds(1)), ("500ms", .milliseconds(500)),
            ("5s", .seconds(5)), ("1.5s", .milliseconds(1500)), ("0.5m", .seconds(30)),
            ("1m30s", .seconds(90)), ("2h", .seconds(7200)),
            ("1h1m1s1ms", .milliseconds(3_661_001)),
            ("005s", .seconds(5)),
        ] as [(String, Duration)])
    func `durations are read`(_ text: String, _ expected: Duration) throws {
        #expect(try ValueParsing.duration(text, in: .zero ... .seconds(86_400)) == expected)
    }

    @Test(arguments: [
        "", " ", "5", "5 s", " 5s", "5s ", "-5s", "+5s", "s", "ms", "5x", "5S", "1e3s", "5s-", ".",
        "1..5s", "5µs", "٥s", "inf", "nan", "0x5s", "5d", "99999999999999999999h", "5,5s",
    ])
    func `other texts are no duration`(_ text: String) {
        #expect(
            expectation { () throws(Expected) in
                try ValueParsing.duration(text, in: .zero ... .seconds(86_400))
            } == "expected a duration from 0s to 24h, such as 5s, 500ms or 1m30s")
    }

    @Test func `both ends of a range of durations are in it`() throws {
        let range = Duration.milliseconds(100) ... .seconds(90)
        #expect(try ValueParsing.duration("100ms", in: range) == .milliseconds(100))
        #expect(try ValueParsing.duration("1m30s", in: range) == .seconds(90))
        for text in ["99ms", "90.001s", "0"] {
            #expect(
                expectation { () throws(Expected) in
                    try ValueParsing.duration(text, in: range)
                } == "expected a duration from 100ms to 90s, such as 5s, 500ms or 1m30s")
        }
    }

    @Test(
        arguments: [
            (.zero, "0s"), (.milliseconds(1), "1ms"), (.milliseconds(1500), "1500ms"),
            (.seconds(59), "59s"), (.seconds(60), "1m"), (.seconds(61), "61s"),
            (.seconds(3600), "1h"),
            (.seconds(5400), "90m"),
        ] as [(Duration, String)])
    func `durations are described as they would be written`(_ duration: Duration, _ text: String)
        throws
    {
        #expect(ValueParsing.describe(duration) == text)
        #expect(try ValueParsing.duration(text, in: .zero ... .seconds(86_400)) == duration)
    }

    // MARK: Sizes

    @Test(arguments: [
        ("0", 0), ("1", 1), ("10B", 10), ("2KB", 2000), ("2KiB", 2048), ("64MB", 64_000_000),
        ("4MiB", 4_194_304), ("1GB", 1_000_000_000), ("1GiB", 1_073_741_824), ("007", 7),
    ])
    func `sizes are read`(_ text: String, _ expected: Int) throws {
        #expect(try ValueParsing.size(text, in: 0...Int.max) == expected)
    }

    @Test(arguments: [
        "", "MiB", "4 MiB", "4mib", "4M", "4TiB", "-1", "+1", "1.5MiB", "0x10", "1e3", "٤MiB",
        "9223372036854775808", "9223372036854775807KiB", " 1", "1 ",
    ])
    func `other texts are no size`(_ text: String) {
        #expect(
            expectation { () throws(Expected) in
                try ValueParsing.size(text, in: 0...(1 << 40))
            } == "expected a size from 0 to 1TiB, such as 4MiB or 1048576")
    }

    @Test func `both ends of a range of sizes are in it`() throws {
        let range = 1 << 10...1 << 20
        #expect(try ValueParsing.size("1KiB", in: range) == 1024)
        #expect(try ValueParsing.size("1048576", in: range) == 1_048_576)
        for text in ["1023", "1048577"] {
            #expect(
                expectation { () throws(Expected) in try ValueParsing.size(text, in: range) }
                    == "expected a size from 1KiB to 1MiB, such as 4MiB or 1048576")
        }
    }

    @Test(arguments: [
        (0, "0"), (1023, "1023"), (1024, "1KiB"), (1025, "1025"), (3 << 20, "3MiB"),
        (1 << 30, "1GiB"), (1 << 40, "1TiB"),
    ])
    func `sizes are described as they would be written`(_ size: Int, _ text: String) throws {
        #expect(ValueParsing.describeSize(size) == text)
        #expect(try ValueParsing.size(text, in: 0...Int.max) == size)
    }

    // MARK: Numbers and words

    @Test func `whole numbers are read in their range`() throws {
        #expect(try ValueParsing.integer("1", in: 1...64) == 1)
        #expect(try ValueParsing.integer("64", in: 1...64) == 64)
        for text in ["0", "65", "", "1.0", "1e1", "one", " 1", "0x1", "-1", "99999999999999999999"]
        {
            #expect(
                expectation { () throws(Expected) in try ValueParsing.integer(text, in: 1...64) }
                    == "expected a whole number from 1 to 64")
        }
    }

    @Test func `numbers are read in their range`() throws {
        #expect(try ValueParsing.number("1", in: 1...10) == 1)
        #expect(try ValueParsing.number("1.5", in: 1...10) == 1.5)
        for text in ["0.99", "10.1", "", "nan", "inf", "-inf", "two", " 2"] {
            #expect(
                expectation { () throws(Expected) in try ValueParsing.number(text, in: 1...10) }
                    == "expected a number from 1.0 to 10.0")
        }
    }

    @Test func `booleans are read`() throws {
        for text in ["true", "True", "TRUE", "yes", "1"] {
            #expect(try ValueParsing.boolean(text))
        }
        for text in ["false", "False", "no", "0"] { #expect(try !ValueParsing.boolean(text)) }
        for text in ["", "on", "2", "tru"] {
            #expect(
                expectation { () throws(Expected) in try ValueParsing.boolean(text) }
                    == "expected true or false")
        }
    }

    @Test func `choices name all there are`() throws {
        #expect(try ValueParsing.choice("warn", of: LogLevel.self) == .warn)
        for text in ["", "WARN", "warning"] {
            #expect(
                expectation { () throws(Expected) in
                    try ValueParsing.choice(text, of: LogLevel.self)
                } == "expected one of debug, info, warn, error")
        }
    }

    // MARK: Addresses and paths

    @Test(arguments: [
        ("127.0.0.1:4318", "127.0.0.1", 4318), ("[::1]:4318", "::1", 4318),
        ("localhost:0", "localhost", 0), ("0.0.0.0:65535", "0.0.0.0", 65_535), ("[::]:1", "::", 1),
    ])
    func `addresses are read and written alike`(_ text: String, _ host: String, _ port: Int) throws
    {
        let address = try ValueParsing.listen(text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect("\(address)" == text)
    }

    @Test(arguments: [
        "", ":", ":4318", "4318", "localhost", "localhost:", "localhost:http", "localhost:-1",
        "localhost:65536", "::1:4318", "[::1]", "[::1]4318", "[]:4318", "localhost:+80",
        "localhost: 80",
    ])
    func `other texts are no address`(_ text: String) {
        #expect(
            expectation { () throws(Expected) in try ValueParsing.listen(text) }
                == "expected an address and a port, such as 127.0.0.1:4318, [::1]:4318 or "
                + "0.0.0.0:4318; port 0 is any free one")
    }

    @Test func `listen addresses know whether others reach them`() {
        for host in ["127.0.0.1", "127.1.2.3", "localhost", "::1"] {
            #expect(ListenAddress(host: host, port: 1).isLoopback)
        }
        for host in ["0.0.0.0", "::", "10.0.0.1", "gateway"] {
            #expect(!ListenAddress(host: host, port: 1).isLoopback)
        }
    }

    @Test func `paths begin with a slash and have no query`() throws {
        #expect(try ValueParsing.paths("/v1/traces") == ["/v1/traces"])
        #expect(try ValueParsing.paths("/, /a/v1/traces,") == ["/", "/a/v1/traces"])
        for text in [
            "", ",", "v1/traces", "/v1?x", "/v1#x", "/v 1", "http://x/v1", "/a,b", "/%61", "/ä",
        ] {
            #expect(
                expectation { () throws(Expected) in try ValueParsing.paths(text) }
                    == "expected paths of ASCII that begin with /, such as /v1/traces")
        }
    }

    @Test func `origins are a scheme and a host, or a star`() throws {
        let good = [
            "*", "https://app.example.com", "http://localhost:3000", "https://*.example.com",
            "http://[::1]:3000",
        ]
        #expect(try ValueParsing.origins(good.joined(separator: ", ")) == good)
        #expect(try ValueParsing.origins("") == [])
        // As browsers write them.
        #expect(
            try ValueParsing.origins("https://a.test:443, http://a.test:80, http://a.test:443")
                == ["https://a.test", "http://a.test", "http://a.test:443"])
        for text in [
            "app.example.com", "https://", "https://a/b", "ftp://a", "https://*.*.com",
            "https://ä.com",
            "*.example.com", "null",
        ] {
            #expect(
                expectation { () throws(Expected) in try ValueParsing.origins(text) }
                    == "expected origins separated by commas, such as https://app.example.com or "
                    + "https://*.example.com, or *")
        }
    }

    @Test func `names of headers are tokens, read in any case`() throws {
        #expect(try ValueParsing.headerNames("X-Tenant, x-y") == ["x-tenant", "x-y"])
        for text in ["x y", "x:", "ä", "a\nb"] {
            #expect(
                expectation { () throws(Expected) in try ValueParsing.headerNames(text) }
                    == "expected names of header fields separated by commas")
        }
    }
}
