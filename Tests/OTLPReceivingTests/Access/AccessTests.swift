import Foundation
import HTTPServing
import Testing

@testable import OTLPReceiving

/// Which route a request takes, as its sender and the queues see it.
@Suite struct AccessTests {
    static let alpha = "mgw_alpha-alpha-alpha"
    static let beta = "mgw_beta-beta-beta-beta"

    static func basic(_ pair: String) -> String {
        "Basic " + Data(pair.utf8).base64EncodedString()
    }

    static func bench(open: String? = nil) throws -> RoutedBench {
        func pattern(_ text: String) throws -> Credential { try Credential("certificate:" + text) }
        return try RoutedBench(
            [
                (
                    "alpha",
                    [
                        .key(SHA256Digest(of: alpha)), .key(SHA256Digest(of: alpha + "-second")),
                        .basic(SHA256Digest(of: "ann:secret: of alpha")),
                        try pattern("agent.alpha.example"),
                    ]
                ),
                (
                    "beta",
                    [
                        .key(SHA256Digest(of: beta)),
                        .basic(SHA256Digest(of: "bob:secret-of-beta")),
                        try pattern("*.beta.example"), try pattern("spiffe://beta/agent"),
                    ]
                ),
            ], open: open)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fields: [(String, String)] = []
        var client: ClientNames?
        /// Nil where it is denied.
        var route: String?
        var denial: AccessDenial?

        init(
            _ text: String, _ fields: [(String, String)] = [], client: ClientNames? = nil,
            to route: String
        ) {
            testDescription = text
            self.fields = fields
            self.client = client
            self.route = route
        }

        init(
            _ text: String, _ fields: [(String, String)] = [], client: ClientNames? = nil,
            as denial: AccessDenial
        ) {
            testDescription = text
            self.fields = fields
            self.client = client
            self.denial = denial
        }
    }

    static let ofAlpha = ClientNames(dns: ["agent.alpha.example"])
    static let ofBeta = ClientNames(dns: ["a.beta.example"])
    static let ofNobody = ClientNames(dns: ["agent.gamma.example"], commonName: "alpha")

    static let admitted: [Case] = [
        Case("bearer", [("authorization", "Bearer \(alpha)")], to: "alpha"),
        Case("second key", [("authorization", "Bearer \(alpha)-second")], to: "alpha"),
        Case("other key", [("authorization", "Bearer \(beta)")], to: "beta"),
        Case("scheme in capitals", [("authorization", "BEARER \(beta)")], to: "beta"),
        Case("scheme in small", [("authorization", "bearer   \(beta)")], to: "beta"),
        Case("x-api-key", [("x-api-key", beta)], to: "beta"),
        Case("basic", [("authorization", basic("ann:secret: of alpha"))], to: "alpha"),
        Case(
            "basic without padding",
            [("authorization", basic("bob:secret-of-beta").filter { $0 != "=" })], to: "beta"),
        Case(
            "BASIC", [("authorization", "BASIC" + basic("bob:secret-of-beta").dropFirst(5))],
            to: "beta"),
        Case(
            "both fields of a route",
            [("x-api-key", alpha), ("authorization", "Bearer \(alpha)-second")],
            to: "alpha"),
        Case("certificate", client: ofAlpha, to: "alpha"),
        Case("certificate below a name", client: ofBeta, to: "beta"),
        Case(
            "certificate with a URI", client: ClientNames(uris: ["spiffe://beta/agent"]), to: "beta"
        ),
        Case("certificate and key of a route", [("x-api-key", beta)], client: ofBeta, to: "beta"),
        Case(
            "certificate of nobody and a key", [("x-api-key", beta)], client: ofNobody, to: "beta"),
    ]

    static let unauthorized: [Case] = [
        Case("unknown key", [("authorization", "Bearer \(alpha)x")], as: .unknown),
        Case("beginning of a key", [("authorization", "Bearer \(alpha.dropLast())")], as: .unknown),
        Case("key in capitals", [("authorization", "Bearer \(alpha.uppercased())")], as: .unknown),
        Case("digest of a key", [("x-api-key", SHA256Digest(of: alpha).hex)], as: .unknown),
        Case(
            "credential of a key", [("x-api-key", "sha256:" + SHA256Digest(of: alpha).hex)],
            as: .unknown),
        Case("password as a key", [("x-api-key", "ann:secret: of alpha")], as: .unknown),
        Case("key as a password", [("authorization", basic(alpha + ":"))], as: .unknown),
        Case("user alone", [("authorization", basic("ann:"))], as: .unknown),
        Case("bearer in x-api-key", [("x-api-key", "Bearer \(alpha)")], as: .unknown),
        Case(
            "unknown beside a right one",
            [("x-api-key", "nothing"), ("authorization", "Bearer \(alpha)")],
            as: .unknown),
        Case(
            "right beside an unknown one",
            [("x-api-key", alpha), ("authorization", "Bearer nothing")],
            as: .unknown),
        Case(
            "unknown key and a certificate", [("x-api-key", "nothing")], client: ofAlpha,
            as: .unknown),
        Case("longest key", [("x-api-key", String(repeating: "k", count: 4096))], as: .unknown),

        Case("unknown scheme", [("authorization", "Digest \(alpha)")], as: .malformed),
        Case("key without a scheme", [("authorization", alpha)], as: .malformed),
        Case("scheme alone", [("authorization", "Bearer")], as: .malformed),
        Case("scheme and spaces", [("authorization", "Bearer  \t ")], as: .malformed),
        Case("empty field", [("authorization", "")], as: .malformed),
        Case("empty x-api-key", [("x-api-key", "")], as: .malformed),
        Case(
            "empty beside a right one", [("x-api-key", ""), ("authorization", "Bearer \(alpha)")],
            as: .malformed),
        Case("no base64", [("authorization", "Basic !!!!")], as: .malformed),
        Case("no colon", [("authorization", basic("ann"))], as: .malformed),
        Case("basic alone", [("authorization", "Basic")], as: .malformed),
        Case(
            "authorization twice",
            [("authorization", "Bearer \(alpha)"), ("authorization", "Bearer \(alpha)")],
            as: .malformed),
        Case("x-api-key twice", [("x-api-key", alpha), ("x-api-key", beta)], as: .malformed),
        Case("too long", [("x-api-key", String(repeating: "k", count: 4097))], as: .malformed),
        Case(
            "malformed and a certificate", [("authorization", "x")], client: ofAlpha, as: .malformed
        ),
    ]

    static let forbidden: [Case] = [
        Case(
            "keys of two routes", [("x-api-key", beta), ("authorization", "Bearer \(alpha)")],
            as: .ambiguous),
        Case(
            "certificate and key of two routes", [("x-api-key", beta)], client: ofAlpha,
            as: .ambiguous),
        Case(
            "certificate of two routes",
            client: ClientNames(dns: ["agent.alpha.example", "x.beta.example"]), as: .ambiguous),
        Case(
            "certificate of two routes and a key", [("x-api-key", beta)],
            client: ClientNames(dns: ["agent.alpha.example", "x.beta.example"]), as: .ambiguous),
    ]

    /// Without an open route.
    static let closed: [Case] = [
        Case("nothing", as: .missing),
        Case("certificate of nobody", client: ofNobody, as: .certificate),
        Case("certificate without a name", client: ClientNames(), as: .certificate),
    ]

    @Test(arguments: admitted, SentForm.allCases)
    func `a credential leads to its route, with an open route or without`(
        _ example: Case, _ form: SentForm
    ) throws {
        for open in [nil, "open", "beta"] {
            let bench = try Self.bench(open: open)
            let answer = bench.answer(form.body, form.head(example.fields, client: example.client))
            #expect(answer?.isAccepted == true)
            #expect(bench.taken == [example.route])
            #expect(bench.denied == [:])
        }
    }

    @Test(arguments: unauthorized, SentForm.allCases)
    func `what is shown and not known is 401, also where a route is open`(
        _ example: Case, _ form: SentForm
    ) throws {
        for open in [nil, "open"] { try expectDenial(example, form, open: open) }
    }

    @Test(arguments: forbidden, SentForm.allCases)
    func `what is known and leads to several routes is 403, also where a route is open`(
        _ example: Case, _ form: SentForm
    ) throws {
        for open in [nil, "open"] { try expectDenial(example, form, open: open) }
    }

    @Test(arguments: closed, SentForm.allCases)
    func `who shows nothing that counts takes the open route, or none`(
        _ example: Case, _ form: SentForm
    ) throws {
        try expectDenial(example, form, open: nil)
        let bench = try Self.bench(open: "open")
        let head = form.head(example.fields, client: example.client)
        #expect(bench.answer(form.body, head)?.isAccepted == true)
        #expect(bench.taken == ["open"])
    }

    private func expectDenial(_ example: Case, _ form: SentForm, open: String?) throws {
        let bench = try Self.bench(open: open)
        let denial = try #require(example.denial)
        guard
            case .refuse(let response) = bench.receiver.admit(
                form.head(example.fields, client: example.client))
        else {
            Issue.record("admitted")
            return
        }
        #expect(response.code == (denial.isForbidden ? 7 : 16))
        if form != .call { #expect(response.status == (denial.isForbidden ? 403 : 401)) }
        #expect(
            response.fields.filter { $0.name == "www-authenticate" }.count
                == (denial.isForbidden || form == .call ? 0 : 2))
        #expect(bench.taken == [])
        #expect(bench.queues.values.allSatisfy { $0.asked.isEmpty })
        #expect(bench.denied == [denial: 1])
        let counts = bench.receiver.instruments
        if form == .call {
            let name = denial.isForbidden ? "PERMISSION_DENIED" : "UNAUTHENTICATED"
            #expect(counts.calls.first { $0.code == name }?.counter.value == 1)
        } else {
            let status = denial.isForbidden ? 403 : 401
            #expect(counts.answers.first { $0.status == status }?.counter.value == 1)
        }
    }

    @Test(arguments: SentForm.allCases)
    func `answers of one status are the same for all causes, to the byte`(_ form: SentForm) throws {
        for cases in [
            Self.unauthorized + [Self.closed[0]], Self.forbidden + Self.closed.dropFirst(),
        ] {
            let answers = try cases.map { example in
                let head = form.head(example.fields, client: example.client)
                return try #require(try Self.bench().answer(form.body, head))
            }
            #expect(Set(answers).count == 1, "\(Set(answers))")
        }
    }

    @Test func `an answer repeats nothing of what was shown`() throws {
        for example in Self.unauthorized + Self.forbidden {
            let head = SentForm.json.head(example.fields, client: example.client)
            let answer = try #require(try Self.bench().answer(SentForm.json.body, head))
            let said = "\(answer.fields) \(String(decoding: answer.body, as: UTF8.self))"
            for word in ["alpha", "beta", "ann", "secret", "nothing"] {
                #expect(!said.contains(word), "\(word) in \(said)")
            }
        }
    }

    @Test func `only who may show a password is told of Basic`() throws {
        let bench = try RoutedBench([("alpha", [.key(SHA256Digest(of: Self.alpha))])])
        let answer = bench.answer([], .export())
        #expect(
            answer?.fields.filter { $0.name == "www-authenticate" }
                == [HTTPField(name: "www-authenticate", value: "Bearer realm=\"mastra-gateway\"")])
    }

    @Test(arguments: admitted + unauthorized + forbidden + closed, SentForm.allCases)
    func `without credentials all requests take the open route`(
        _ example: Case, _ form: SentForm
    ) throws {
        let bench = try RoutedBench([("default", [])], open: "default")
        let head = form.head(example.fields, client: example.client)
        #expect(bench.answer(form.body, head)?.isAccepted == true)
        #expect(bench.taken == ["default"])
    }

    @Test func `a certificate counts only where a route names one`() throws {
        let bench = try RoutedBench([("alpha", [.key(SHA256Digest(of: Self.alpha))])])
        let answer = bench.answer([], SentForm.protobuf.head(client: Self.ofAlpha))
        #expect(answer?.status == 401)
        #expect(bench.denied == [.missing: 1])
    }

    // MARK: What needs no credential

    @Test func `a path that is not there, a method and a type are told before a credential`() throws
    {
        let bench = try Self.bench()
        for (head, status) in [
            (HTTPRequestHead.export(path: "/v1/metrics"), 404), (.export(path: "/"), 404),
            (.export(method: "GET"), 405), (.export(contentType: "text/plain"), 415),
            (.export([("content-encoding", "br")]), 415),
        ] {
            #expect(bench.answer([], head)?.status == status)
        }
        #expect(bench.denied == [:])
    }

    @Test func `a preflight is granted without a credential, and lets the headers of one come`()
        throws
    {
        var configuration = OTLPReceiverConfiguration()
        configuration.cors.allowedOrigins = ["https://a.example"]
        let bench = try RoutedBench(
            [("alpha", [.key(SHA256Digest(of: Self.alpha))])], configuration: configuration)
        let preflight = HTTPRequestHead.export(
            [("origin", "https://a.example"), ("access-control-request-method", "POST")],
            method: "OPTIONS")
        let answer = try #require(bench.answer([], preflight))
        #expect(answer.status == 204)
        let allowed = try #require(answer.field("access-control-allow-headers"))
        #expect(allowed.contains("authorization") && allowed.contains("x-api-key"))
        // The page reads why its request was refused.
        let refused = bench.answer([], .export([("origin", "https://a.example")]))
        #expect(refused?.status == 401)
        #expect(refused?.field("access-control-allow-origin") == "https://a.example")
    }

    @Test func `health is told without a credential`() throws {
        let bench = try Self.bench()
        let head = HTTPRequestHead(
            version: .http2, method: "POST", path: GRPCMethod.checkHealth.rawValue,
            fields: HTTPFields([("content-type", "application/grpc")]))
        #expect(bench.answer([0, 0, 0, 0, 0], head)?.body == [0, 0, 0, 0, 2, 8, 1])
    }

    @Test func `an empty request needs a credential all the same (H21)`() throws {
        let bench = try Self.bench()
        var head = SentForm.protobuf.head()
        head.declaredLength = 0
        #expect(bench.answer([], head)?.status == 401)
        head = SentForm.protobuf.head([("x-api-key", Self.alpha)])
        head.declaredLength = 0
        #expect(bench.answer([], head)?.status == 200)
    }

    // MARK: Configuration

    @Test func `a credential of two routes is a conflict, which does not tell it`() throws {
        let shared = try Credential("sha256:" + SHA256Digest(of: Self.alpha).hex.uppercased())
        do {
            _ = try RoutedBench([
                ("alpha", [.key(SHA256Digest(of: Self.alpha))]), ("beta", []), ("gamma", [shared]),
            ])
            Issue.record("no conflict")
        } catch let error as Routing.Conflict {
            #expect(error == Routing.Conflict(first: "alpha", second: "gamma"))
            #expect("\(error)" == "the routes alpha and gamma have a credential in common")
        }
        let pattern = try Credential("certificate:A.Example")
        #expect(throws: Routing.Conflict.self) {
            try RoutedBench([("a", [pattern]), ("b", [try Credential("certificate:a.example")])])
        }
    }

    @Test
    func `a route may name a credential twice, and a key and a password of one digest are two`()
        throws
    {
        let digest = SHA256Digest(of: "ann:password-password")
        let bench = try RoutedBench([
            ("alpha", [.key(digest), .key(digest)]), ("beta", [.basic(digest)]),
        ])
        for (field, value) in [
            ("x-api-key", "ann:password-password"),
            ("authorization", Self.basic("ann:password-password")),
        ] {
            #expect(bench.answer([], .export([(field, value)]))?.status == 200)
        }
        #expect(bench.taken == ["alpha", "beta"])
    }

    @Test func `the gateway is ready where one route takes requests`() throws {
        let routes = [
            ("alpha", [Credential.key(SHA256Digest(of: "a"))]),
            ("beta", [.key(SHA256Digest(of: "b"))]),
        ]
        #expect(try RoutedBench(routes, full: ["alpha"]).receiver.refusalReason() == nil)
        #expect(
            try RoutedBench(routes, full: ["alpha", "beta"]).receiver.refusalReason()
                == .queue(.room))
        #expect(
            try RoutedBench(routes, full: ["beta"]).routes.map { $0.shortage() } == [nil, .room])
    }

    @Test func `a full route refuses its own requests alone`() throws {
        let bench = try RoutedBench(
            [
                ("alpha", [Credential.key(SHA256Digest(of: "a"))]),
                ("beta", [.key(SHA256Digest(of: "b"))]),
            ], full: ["alpha"])
        #expect(bench.answer([], .export([("x-api-key", "a")]))?.status == 503)
        #expect(bench.answer([], .export([("x-api-key", "b")]))?.status == 200)
    }
}
