import CloudExport
import OTLPReceiving
import Testing

@testable import Gateway

/// `routes` of the file, and what follows for who may send, where it goes, and who has how much of the queue.
@Suite struct RoutesConfigurationTests {
    private static func digest(_ digit: Character) -> String {
        "sha256:" + String(repeating: digit, count: 64)
    }

    private static func routes(
        _ yaml: String, files: [String: String] = [:]
    ) throws -> GatewayConfiguration {
        try ConfigurationSources.fixture(yaml: yaml, files: files).configuration()
    }

    private static let three = """
        queue_max_bytes: 100MiB
        max_batch_size: 500
        routes:
          checkout:
            credentials: [\(digest("a")), basic:\(digest("b"))]
            access_token_file: /checkout
            project_id: shop
          search:
            credentials: \(digest("c"))
            access_token: search-token
            endpoint: https://search.example
            max_batch_size: 7
            retry_on_failure: {max_interval: 1s}
            queue_share: 50
          support:
            credentials: \(digest("d"))
            spans_per_second: 100
        """

    // MARK: What a route has

    @Test func `a route has what it sets, and else what stands at the top`() throws {
        let configuration = try Self.routes(Self.three, files: ["/checkout": "checkout-token\n"])
        #expect(configuration.routes.map(\.name) == ["checkout", "search", "support"])
        let checkout = try #require(configuration.route(named: "checkout"))
        #expect(checkout.accessToken?.revealed == "checkout-token")
        #expect(checkout.credentials.count == 2)
        #expect(
            checkout.endpoint?.url
                == "https://observability.mastra.ai/projects/shop/ai/spans/publish")
        #expect(checkout.maxBatchSize == 500)
        let search = try #require(configuration.route(named: "search"))
        #expect(search.accessToken?.revealed == "search-token")
        #expect(search.endpoint?.url == "https://search.example/ai/spans/publish")
        #expect(search.maxBatchSize == 7)
        #expect(search.backoff.maxInterval == .seconds(1))
        let support = try #require(configuration.route(named: "support"))
        #expect(support.accessToken == nil)
        #expect(support.spansPerSecond == 100)
        #expect(support.backoff.maxInterval == .seconds(30))
    }

    @Test func `token and endpoint of the top are those of routes that have none`() throws {
        let configuration = try Self.routes(
            """
            access_token: shared
            endpoint: https://eu.example
            project_id: top
            routes:
              a: {credentials: \(Self.digest("a")), project_id: own}
              b: {credentials: \(Self.digest("b")), dialect: cloud}
            """)
        #expect(configuration.routes.map { $0.accessToken?.revealed } == ["shared", "shared"])
        #expect(
            configuration.routes.map { $0.endpoint?.url } == [
                "https://eu.example/projects/own/ai/spans/publish",
                "https://eu.example/ai/spans/publish",
            ])
    }

    // MARK: Who may send

    @Test func `without a credential anywhere, everybody may send to the route at the top`() throws
    {
        let configuration = try Self.routes("max_batch_size: 1")
        #expect(configuration.isOpen && configuration.openRoute?.name == "default")
        #expect(configuration.routes.map(\.name) == ["default"])
    }

    @Test func `credentials at the top close it`() throws {
        let configuration = try Self.routes("credentials: \(Self.digest("a"))")
        #expect(!configuration.isOpen && configuration.openRoute == nil)
        #expect(configuration.routes.map(\.name) == ["default"])
    }

    @Test func `beside routes the one at the top is there where somebody may send to it`() throws {
        let route = "routes: {a: {credentials: \(Self.digest("a"))}}\n"
        #expect(try Self.routes(route).routes.map(\.name) == ["a"])
        let closed = try Self.routes(route + "credentials: \(Self.digest("b"))")
        #expect(closed.routes.map(\.name) == ["default", "a"] && !closed.isOpen)
        let open = try Self.routes(route + "allow_unauthenticated: true")
        #expect(open.routes.map(\.name) == ["default", "a"] && open.openRoute?.name == "default")
        // Not handed down: a credential is of one route.
        #expect(closed.route(named: "a")?.credentials.count == 1)
    }

    // MARK: How the queue is shared

    @Test func `what is not given to a route is shared by the others`() throws {
        let configuration = try Self.routes(Self.three, files: ["/checkout": "t"])
        let bytes = configuration.routes.map { configuration.queueBytes(of: $0) >> 20 }
        #expect(bytes == [25, 50, 25])
        #expect(configuration.queueSpans(of: configuration.routes[1]) == 5_000_000)
        let durable = configuration.durableQueue(of: configuration.routes[1])
        #expect(durable.queue.maxBytes == 50 << 20 && durable.log.maxBytes == 50 << 20)
        #expect(durable.deadLetterBytes == 32 << 20)
        #expect(configuration.memoryQueue(of: configuration.routes[0]).maxBytes == 25 << 20)
    }

    @Test func `the memory of many routes is bounded by what they share`() throws {
        func configuration(_ count: Int, _ extra: String = "") throws -> GatewayConfiguration {
            let routes = (0..<count).map { index in
                let hex = String(index, radix: 16)
                let digest = "sha256:" + String(repeating: "0", count: 64 - hex.count) + hex
                return "  r\(index): {credentials: \(digest), access_token: t}\n"
            }
            return try Self.routes(extra + "max_batch_bytes: 1MiB\nroutes:\n" + routes.joined())
        }
        func plan(_ count: Int, _ extra: String = "") throws -> (bytes: Int, body: Int) {
            var configuration = try configuration(count, extra)
            configuration.fitBodiesToRoutes()
            return (MemoryPlan(configuration).total, configuration.maxBodyBytes)
        }
        let (one, many) = (try plan(1), try plan(64))
        #expect(one.body == 64 << 20 && many.body == 8 << 20)
        // Of each other route a batch and what it is made of, and a body that is larger than its room.
        #expect(many.bytes - one.bytes <= 64 * (2 << 20) + (72 << 20) + (256 << 20))
        let (oneOnDisk, manyOnDisk) = (
            try plan(1, "queue_directory: /q\n"), try plan(64, "queue_directory: /q\n")
        )
        #expect(manyOnDisk.body == 4 << 20)
        #expect(manyOnDisk.bytes - oneOnDisk.bytes <= 64 * (12 << 20))
        // What somebody has set is theirs to pay for.
        #expect(try plan(64, "max_body_bytes: 32MiB\n").body == 32 << 20)
        #expect(try plan(3).body == 64 << 20)
        #expect(try configuration(64).uploads == 64 + 8)
        #expect(try configuration(1).uploads == 4)
    }

    // MARK: What is wrong

    private static let mistakes: [(yaml: String, complaint: String)] = [
        ("routes: {A: {credentials: \(digest("a"))}}", "expected a name of 1 to 40 small letters"),
        ("routes: {a_b: {credentials: \(digest("a"))}}", "expected a name of 1 to 40"),
        ("routes: {default: {credentials: \(digest("a"))}}", "is the name of the route that"),
        ("routes: {a: {}}", "routes.a.credentials (file g.yaml line 1): has to be set"),
        ("routes: {a: }", "routes.a.credentials"),
        ("routes: {a: 5}", "routes.a (file g.yaml line 1): expected keys and values"),
        ("routes: [a]", "routes (file g.yaml line 1): expected names of routes"),
        (
            "routes: {a: {credentials: \(digest("a")), http_listen: 127.0.0.1:1}}",
            "routes.a.http_listen (file g.yaml line 1): is no setting of a route"
        ),
        (
            "routes: {a: {credentials: \(digest("a")), max_batch_sice: 1}}",
            "is no setting of a route; did you mean max_batch_size?"
        ),
        (
            "routes: {a: {credentials: \(digest("a")), max_batch_size: x}}",
            "routes.a.max_batch_size (file g.yaml line 1) is \"x\""
        ),
        (
            "routes: {a: {credentials: \(digest("a"))}, b: {credentials: \(digest("a"))}}",
            "routes.b.credentials (file g.yaml line 1): the routes a and b have a credential in common"
        ),
        (
            "credentials: \(digest("a"))\nroutes: {b: {credentials: \(digest("a"))}}",
            "the routes default and b have a credential in common"
        ),
        (
            "routes: {a: {credentials: \(digest("a")), queue_share: 60}, b: {credentials: \(digest("b")), queue_share: 41}}",
            "add up to 101.0 percent"
        ),
        (
            "queue_max_bytes: 64KiB\nroutes: {a: {credentials: \(digest("a"))}, b: {credentials: \(digest("b"))}}",
            "leaves 32768 bytes of queue_max_bytes to the route a"
        ),
        (
            "routes: {a: {credentials: \"certificate:x.example\"}}",
            "routes.a.credentials (file g.yaml line 1): has a certificate"
        ),
        ("allow_unauthenticated: false", "no route has credentials; nobody could send anything"),
        (
            "routes: {a: {credentials: \(digest("a")), endpoint: \"http://far.example\", access_token: t}}",
            "routes.a.endpoint (file g.yaml line 1): would send the access token in clear text"
        ),
        (
            "routes: {a: {credentials: \(digest("a")), access_token_file: /none}}",
            "routes.a.access_token (access_token_file) is \"/none\": expected a readable file"
        ),
        (
            "routes: {a: {credentials: \(digest("a"))}, a: {credentials: \(digest("b"))}}",
            "came twice"
        ),
        (
            "routes: {1: {credentials: \(digest("a"))}, \"1\": {credentials: \(digest("b"))}}",
            "routes (file g.yaml line 1): expected the name 1 once"
        ),
        ("routes: {a: {credentials: [\"${env:A:-}\", \"${env:B:-}\"]}}", "1 to 64 credentials"),
        ("credentials: [\"${env:A:-}\", \"${env:B:-}\"]", "1 to 64 credentials"),
        (
            "routes: {a: {credentials: \(digest("a")), max_batch_wait: 1s, max_batch_wait_ms: 5}}",
            "routes.a.max_batch_wait_ms"
        ),
    ]

    @Test(arguments: mistakes)
    func `a mistake is told with its route and line`(_ yaml: String, _ complaint: String) {
        let complaints = ConfigurationSources.fixture(yaml: yaml).complaints
        #expect(complaints.contains { $0.contains(complaint) }, "\(complaints)")
    }

    @Test func `a key in the place of its digest is not repeated`() {
        for text in ["mgw_abcdefghij", "sha256:mgw_abcdefghij", "basic:mgw_abcdefghij"] {
            let complaints = ConfigurationSources.fixture(
                yaml: "routes: {a: {credentials: [\(Self.digest("a")), \"\(text)\"]}}"
            ).complaints
            #expect(complaints.count == 1)
            #expect(!complaints[0].contains("mgw_") && complaints[0].contains("(number 2)"))
        }
    }

    // MARK: What `check` prints

    @Test func `check prints the routes, and no credential`() throws {
        let lines = try ConfigurationSources.fixture(
            yaml: Self.three, files: ["/checkout": "checkout-token"]
        ).resolve().lines
        let text = lines.joined(separator: "\n")
        #expect(
            lines.contains {
                $0.hasPrefix("route search, to https://search.example/ai/spans/publish")
            })
        #expect(
            lines.contains {
                $0.hasPrefix("  max_batch_size") && $0.contains("  7  (file g.yaml line")
            })
        #expect(!text.contains("aaaa") && !text.contains("-token"))
    }
}
