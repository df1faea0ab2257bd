import Testing

@testable import HTTPServing

@Suite struct ClientNameTests {
    private func isKnown(_ names: ClientNames, to list: String...) throws -> Bool {
        names.isKnown(to: try list.map { try #require(ClientNamePattern($0)) })
    }

    @Test func `a name is matched whole, in either case`() throws {
        let names = ClientNames(dns: ["other.example", "Collector.Example"])
        #expect(try isKnown(names, to: "collector.example"))
        #expect(try isKnown(names, to: "nobody", "COLLECTOR.example"))
        #expect(try !isKnown(names, to: "ollector.example", "collector.exampl", "example"))
    }

    @Test(arguments: [
        ("a.agents.example", true), ("A.AGENTS.example", true), ("agents.example", false),
        (".agents.example", false), ("a.b.agents.example", false), ("aagents.example", false),
        ("a.agents.example.org", false), ("*.agents.example", false),
    ])
    func `a star stands for one level`(_ name: String, _ matches: Bool) throws {
        #expect(try isKnown(ClientNames(dns: [name]), to: "*.agents.example") == matches)
    }

    @Test func `a URI is matched to the letter`() throws {
        let names = ClientNames(uris: ["spiffe://example/agent"])
        #expect(try isKnown(names, to: "spiffe://example/agent"))
        #expect(try !isKnown(names, to: "spiffe://example/Agent", "spiffe://example/agent/"))
        #expect(
            try !isKnown(ClientNames(dns: ["spiffe://example/agent"]), to: "spiffe://example/agent")
        )
    }

    @Test func `the common name counts where no other name is there`() throws {
        #expect(try isKnown(ClientNames(commonName: "Build 7"), to: "build 7"))
        #expect(try !isKnown(ClientNames(dns: ["a.example"], commonName: "Build 7"), to: "Build 7"))
        #expect(try !isKnown(ClientNames(uris: ["a://b"], commonName: "Build 7"), to: "Build 7"))
        #expect(try !isKnown(ClientNames(), to: "Build 7"))
    }

    @Test func `a star in a certificate is the name of nobody`() throws {
        let names = ClientNames(dns: ["*.example", "*"], commonName: "*.example")
        #expect(try !isKnown(names, to: "a.example", "*.example"))
        #expect(try !isKnown(ClientNames(commonName: "*.example"), to: "*.example"))
    }

    @Test(arguments: [
        "", "*", "*.", "a.*.example", "a*.example", "**.example", "*.*.example", "*example",
        "spiffe://example/*", "a\u{0}b", "a\nb",
    ])
    func `what could be meant as more than it says is no pattern`(_ text: String) {
        #expect(ClientNamePattern(text) == nil)
    }

    @Test func `names are read from certificates`() throws {
        let fixture = try TLSFixture.shared.get()
        let agent = ClientNames(try fixture.certificate("agent"))
        #expect(
            agent
                == ClientNames(
                    dns: ["a.agents.example"], uris: ["spiffe://example/agent"],
                    commonName: "Test agent"))
        #expect(ClientNames(try fixture.certificate("plain")) == ClientNames(commonName: "Build 7"))
        #expect(agent.description == "a.agents.example, spiffe://example/agent")
        #expect(ClientNames(commonName: "Build 7").description == "Build 7")
    }
}
