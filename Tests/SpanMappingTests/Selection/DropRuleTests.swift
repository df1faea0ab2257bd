import MastraRecords
import SpanMapping
import TestKit
import Testing

/// Rules that drop spans: how they are written, and which spans they match.
struct DropRuleTests {
    // MARK: Texts

    private static func complaint(_ text: String) -> String? {
        do throws(DropRule.Invalid) {
            _ = try DropRule(text)
            return nil
        } catch {
            return error.description
        }
    }

    private static let long = String(repeating: "x", count: 257)

    private static let mistakes: [(text: String, complaint: String)] = [
        ("", "has an empty term; terms are FIELD=PATTERN, joined by &"),
        ("   ", "has an empty term; terms are FIELD=PATTERN, joined by &"),
        ("name=a &", "has an empty term; terms are FIELD=PATTERN, joined by &"),
        ("& name=a", "has an empty term; terms are FIELD=PATTERN, joined by &"),
        ("name=a && scope=b", "has an empty term; terms are FIELD=PATTERN, joined by &"),
        ("name", "has the term \"name\"; terms are FIELD=PATTERN, joined by &"),
        ("name: a", "has the term \"name: a\"; terms are FIELD=PATTERN, joined by &"),
        ("name=", "has no pattern behind name="),
        ("name = ", "has no pattern behind name="),
        (
            "colour=red",
            "names the field \"colour\"; fields are service, scope, name, span_type, attributes.KEY and resource.KEY"
        ),
        (
            "=red",
            "names the field \"\"; fields are service, scope, name, span_type, attributes.KEY and resource.KEY"
        ),
        (
            "attributes.=red",
            "names the field \"attributes.\"; fields are service, scope, name, span_type, attributes.KEY and resource.KEY"
        ),
        (
            "Name=a",
            "names the field \"Name\"; fields are service, scope, name, span_type, attributes.KEY and resource.KEY"
        ),
        ("name=\(long)", "has a term of 257 bytes on one side; at most 256 are possible"),
        (
            "attributes.\(long)=a",
            "has a term of 268 bytes on one side; at most 256 are possible"
        ),
        (
            [String](repeating: "name=a", count: 9).joined(separator: "&"),
            "has 9 terms; at most 8 are possible"
        ),
    ]

    @Test(arguments: mistakes)
    func `a text that is no rule is told why`(_ text: String, _ complaint: String) {
        #expect(Self.complaint(text) == complaint)
    }

    @Test func `a type that does not exist is told those that do`() throws {
        for text in ["span_type=chat", "span_type=tools_*", "span_type=GENERIC"] {
            let complaint = try #require(Self.complaint(text))
            let word = text.dropFirst("span_type=".count)
            #expect(complaint.hasPrefix("names the span type \"\(word)\"; types are agent_run, "))
            for type in SpanType.allCases { #expect(complaint.contains("\(type.name)")) }
        }
    }

    @Test(
        arguments: [
            "name=a", " name = a ", "name=a&scope=b", "name=a & scope=b", "name=a=b",
            "name=\(String(repeating: "x", count: 256))",
            [String](repeating: "name=a", count: 8).joined(separator: " & "),
        ])
    func `a rule keeps its text`(_ text: String) throws {
        let rule = try DropRule(text)
        let start = text.drop { $0 == " " }
        #expect(rule.text == String(start.reversed().drop { $0 == " " }.reversed()))
    }

    @Test func `a list has commas, and names the rule that is none`() throws {
        #expect(try DropRule.list("") == [])
        #expect(
            try DropRule.list(" name=a , , name=b& scope=c,").map(\.text)
                == ["name=a", "name=b& scope=c"])
        #expect(throws: DropRule.Invalid.self) { try DropRule.list("name=a,name") }
        do throws(DropRule.Invalid) {
            _ = try DropRule.list("name=a, name=")
            Issue.record("no rule was taken for one")
        } catch {
            #expect(error.description == "\"name=\" has no pattern behind name=")
        }
        let many = [String](repeating: "name=a", count: 64).joined(separator: ",")
        #expect(try DropRule.list(many).count == DropRule.maxRules)
        do throws(DropRule.Invalid) {
            _ = try DropRule.list(many + ",name=a")
            Issue.record("65 rules were taken")
        } catch {
            #expect(error.description == "there are 65, and at most 64 are possible")
        }
    }

    // MARK: Patterns

    private static let globs: [(pattern: String, matching: [String], others: [String])] = [
        ("a", ["a"], ["b", "aa", "A"]),
        ("*", ["a", " ", "*", "é"], []),
        ("**", ["a", "ab"], []),
        ("a*", ["a", "ab", "a/b/c"], ["ba", "b"]),
        ("*a", ["a", "ba", "aa"], ["ab"]),
        ("*a*", ["a", "bab", "ab", "ba"], ["b"]),
        ("a*b", ["ab", "a*b", "abab"], ["a", "b", "aba", "ba"]),
        ("a*b*c", ["abc", "axbxc", "abcbc"], ["acb", "ab", "ac"]),
        ("?", ["a", "é", "€", "🦊", "?"], ["aa", "éé"]),
        ("??", ["ab", "é€"], ["a", "é", "🦊", "abc"]),
        ("*?", ["a", "é", "ab"], []),
        ("*??", ["ab", "aé", "éa", "abc"], ["a", "é", "€"]),
        ("a?b", ["axb", "aéb", "a🦊b"], ["ab", "axxb"]),
        ("?*é", ["aé", "éé"], ["é", "éa"]),
        ("GET /health*", ["GET /health", "GET /healthz?full"], ["GET /", "POST /health"]),
        ("[ab]", ["[ab]"], ["a", "b"]),
        (#"\*"#, [#"\"#, #"\*"#, #"\x"#], ["*", "x"]),
    ]

    @Test(arguments: globs)
    func `a pattern matches a whole value`(
        _ pattern: String, _ matching: [String], _ others: [String]
    ) throws {
        for name in matching {
            #expect(try drops("name=\(pattern)", .span(name: name)), "\(name)")
        }
        for name in others {
            #expect(try !drops("name=\(pattern)", .span(name: name)), "\(name)")
        }
    }

    /// The same by a definition that is too slow for use.
    private static func matches(
        _ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>
    )
        -> Bool
    {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" {
            return matches(rest, text) || (!text.isEmpty && matches(pattern, text.dropFirst()))
        }
        guard let character = text.first, first == "?" || first == character else { return false }
        return matches(rest, text.dropFirst())
    }

    @Test func `random patterns match what their definition says`() throws {
        var random = SplitMix64(seed: 77)
        var hits = 0
        for _ in 0..<1500 {
            let pattern = (0...random.below(7)).map { _ in
                random.pick(["a", "b", "é", "🦊", "*", "*", "?"] as [Unicode.Scalar])
            }
            let text = (0...random.below(8)).map { _ in
                random.pick(["a", "a", "b", "é", "🦊"] as [Unicode.Scalar])
            }
            let expected = Self.matches(pattern[...], text[...])
            if expected { hits += 1 }
            let rule = "name=" + String(String.UnicodeScalarView(pattern))
            let name = String(String.UnicodeScalarView(text))
            #expect(try drops(rule, .span(name: name)) == expected, "\(rule) on \(name)")
        }
        #expect((100...1400).contains(hits))
    }

    @Test func `a pattern of many stars does not run away`() throws {
        let text = String(repeating: "a", count: 100_000)
        let stars = String(repeating: "a*", count: 20)
        let started = ContinuousClock.now
        #expect(try !drops("name=\(stars)b", .span(name: text)))
        #expect(try drops("name=\(stars)", .span(name: text)))
        #expect(try !drops("name=*\(String(repeating: "a?", count: 60))b*", .span(name: text)))
        #expect(ContinuousClock.now - started < .seconds(20))
    }

    @Test func `a name that is no UTF-8 is matched by its bytes`() throws {
        for bytes in [[0xff], [0x80, 0x80], [0x61, 0xc3], [0xf0, 0x9f, 0xa6]] as [[UInt8]] {
            let span = SpanFixture.span(attributes: ["k": .text(bytes)])
            #expect(try drops("attributes.k=*", span))
            #expect(try !drops("attributes.k=b*", span))
            _ = try drops("attributes.k=?", span)
            _ = try drops("attributes.k=*?*?*?*", span)
        }
    }

    // MARK: Fields

    private static let web = ResourceFixture.resource([
        "service.name": "web", "k8s.namespace.name": "shop", "port": 8080,
    ])

    private static let contexts: [(rule: String, isMatch: Bool)] = [
        ("service=web", true), ("service=w?b", true), ("service=we", false),
        ("service=span", false),
        ("resource.service.name=web", true), ("resource.k8s.namespace.name=sh*", true),
        ("resource.port=8080", true), ("resource.missing=*", false),
        ("resource.kind=*", false), ("scope=io.http", true), ("scope=io.*", true),
        ("scope=http", false), ("name=span", true), ("name=web", false),
        ("service=web & scope=io.http & name=span", true),
        ("service=web&scope=io.http&name=other", false),
        ("service=other & scope=io.http", false), ("service=web & scope=other", false),
    ]

    @Test(arguments: contexts)
    func `resource, scope and name are fields`(_ rule: String, _ isMatch: Bool) throws {
        let span = SpanFixture.span(attributes: ["kind": "server"])
        #expect(try drops(rule, span, resource: Self.web, scope: "io.http") == isMatch)
    }

    private static let values: [(rule: String, isMatch: Bool)] = [
        ("text=a text", true), ("text=*text", true), ("empty=*", true), ("empty=?*", false),
        ("int=-12", true), ("int=-1?", true), ("big=9223372036854775807", true),
        ("yes=true", true), ("yes=1", false), ("no=false", true), ("half=0.5", true),
        ("whole=3.0", true), ("whole=3", false), ("nan=NaN", true), ("minus=-Infinity", true),
        ("list=*", false), ("map=*", false), ("bytes=*", false), ("unset=*", false),
        ("missing=*", false), ("TEXT=*", false), ("twice=last", true), ("twice=first", false),
    ]

    @Test(arguments: values)
    func `a value of an attribute is matched as the record writes it`(
        _ rule: String, _ isMatch: Bool
    ) throws {
        let pairs: KeyValuePairs<String, AttributeValue> = [
            "text": "a text", "empty": "", "int": -12, "big": .int(.max), "yes": true,
            "no": false, "half": 0.5, "whole": 3.0, "nan": .double(.nan),
            "minus": .double(-.infinity), "list": ["a"], "map": .map(["a": "b"]),
            "bytes": .bytes([65]), "unset": .empty, "twice": "first", "other": 1,
            "twice": "last",
        ]
        #expect(try drops("attributes." + rule, .span(attributes: pairs)) == isMatch)
        let resource = ResourceFixture.resource(pairs)
        #expect(try drops("resource." + rule, .span(), resource: resource) == isMatch)
    }

    @Test func `an attribute is found among many`() throws {
        let many = (0..<200).map { Attribute("k\($0)", .int($0)) }
        let span = SpanFixture(attributes: many)
        for index in [0, 1, 99, 199] {
            #expect(try drops("attributes.k\(index)=\(index)", span))
            #expect(try !drops("attributes.k\(index)=\(index + 1)", span))
        }
        #expect(try !drops("attributes.k200=*", span))
    }

    @Test func `what is not there matches nothing`() throws {
        for rule in ["service=*", "scope=*", "name=*", "attributes.k=*", "resource.k=*"] {
            #expect(try !drops(rule, .span(name: "")), "\(rule)")
        }
    }

    @Test func `the type is the one that the record would have`() throws {
        let chat = SpanFixture.chat()
        #expect(try drops("span_type=model_generation", chat))
        #expect(try drops("span_type=model_*", chat))
        #expect(try !drops("span_type=generic", chat))
        #expect(try drops("span_type=generic", .span()))
        #expect(try drops("span_type=generic & name=span", .span()))
        #expect(try !drops("span_type=generic & name=other", .span()))
        let retriever = RequestFixture([.openInference("RETRIEVER")])
        var options = try MappingOptions.selecting(["span_type=generic"])
        #expect(outcomes(retriever, options) == [.record])
        options.spanTypes = .core
        #expect(outcomes(retriever, options) == [.left(.filtered)])
    }

    @Test func `any rule drops a span`() throws {
        let spans = ["a", "b", "c", "d"].map { SpanFixture.span(name: $0) }
        let options = try MappingOptions.selecting(["name=b", "service=web & name=c", "name=d"])
        let request = RequestFixture(spans, resource: Self.web)
        let dropped = SpanMapper.Outcome.left(.filtered)
        #expect(outcomes(request, options) == [.record, dropped, dropped, dropped])
        #expect(outcomes(RequestFixture(spans), options) == [.record, dropped, .record, dropped])
    }

    /// What is known of one group is not taken for another's.
    @Test func `each resource and scope is looked at, within a request and between requests`()
        throws
    {
        func request(_ service: String, _ scope: String) -> [UInt8] {
            RequestFixture(
                [.span(), .chat().numbered(9)],
                resource: .resource(["service.name": .string(service)]),
                scope: ScopeFixture(name: scope)
            ).encoded
        }
        let rules = ["service=web & scope=noisy", "scope=bad"]
        var mapper = SpanMapper(options: try .selecting(rules))
        let joined =
            request("web", "noisy") + request("api", "noisy") + request("web", "calm")
            + request("api", "bad")
        let expected = [true, true, false, false, false, false, true, true]
        for _ in 0..<2 {
            #expect(
                mapper.results(of: joined).map { $0.outcome == .left(.filtered) } == expected)
            // Groups of the same length, at the same offsets.
            #expect(
                mapper.results(of: request("api", "noisy")).map(\.outcome) == [.record, .record])
            #expect(
                mapper.results(of: request("web", "noisy")).map(\.outcome)
                    == [.left(.filtered), .left(.filtered)])
        }
    }
}
