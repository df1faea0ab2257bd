import Testing

@testable import OTLPReceiving

@Suite struct TracesPathsTests {
    @Test(arguments: [
        ("//", "/"), ("/a//b", "/a/b"), ("/a/", "/a"), ("/a///", "/a"), ("/%61", "/a"),
        ("/%7E%2d", "/~-"), ("/a%2Fb/", "/a%2Fb"), ("/%", "/%"), ("/%4", "/%4"), ("/%zz/", "/%zz"),
        ("/%C3%BC//", "/%C3%BC"),
    ])
    func `nearly the same path becomes the same`(_ path: String, _ expected: String) {
        #expect(TracesPaths.normalized(path) == expected)
    }

    @Test(arguments: ["/", "/a", "/a/b", "", "*", "a"])
    func `a plain path is as it is`(_ path: String) {
        #expect(TracesPaths.normalized(path) == nil)
    }

    @Test func `a path that does not end like the usual one has no neighbours`() {
        let paths = TracesPaths(["/in"])
        #expect(paths.place(of: "/in") == .traces)
        #expect(paths.place(of: "/in/") == .traces)
        #expect(paths.place(of: "/v1/traces") == .nothing)
        #expect(paths.place(of: "/v1/logs") == .otherSignal(setting: "OTEL_LOGS_EXPORTER"))
    }

    @Test func `the root may be a path`() {
        #expect(TracesPaths(["/"]).place(of: "/") == .traces)
        let slashed = TracesPaths(["/a//v1/traces/"])
        #expect(slashed.place(of: "/a/v1/traces") == .traces)
        #expect(slashed.place(of: "//a/v1/traces/") == .traces)
        #expect(slashed.place(of: "/a/v1/logs") == .otherSignal(setting: "OTEL_LOGS_EXPORTER"))
        #expect(TracesPaths(["/"]).place(of: "//") == .traces)
    }
}
