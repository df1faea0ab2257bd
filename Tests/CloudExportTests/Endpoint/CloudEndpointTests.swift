import CloudExport
import Testing

@Suite struct CloudEndpointTests {
    struct Case: Sendable {
        let setting: String
        var projectID: String?
        let url: String

        init(_ setting: String, project: String? = nil, _ url: String) {
            self.setting = setting
            projectID = project
            self.url = url
        }
    }

    @Test(arguments: [
        Case("https://observability.mastra.ai", "https://observability.mastra.ai/ai/spans/publish"),
        Case("https://host/", "https://host/ai/spans/publish"),
        Case("https://host///", "https://host/ai/spans/publish"),
        Case("http://localhost:4111", "http://localhost:4111/ai/spans/publish"),
        Case("http://127.0.0.1:1/", "http://127.0.0.1:1/ai/spans/publish"),
        Case("https://host:65535", "https://host:65535/ai/spans/publish"),
        Case("https://a-b_c.example", "https://a-b_c.example/ai/spans/publish"),
        Case("HTTPS://host", "https://host/ai/spans/publish"),
        Case("https://[::1]", "https://[::1]/ai/spans/publish"),
        Case("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/ai/spans/publish"),
        Case("https://host", project: "p-1_A", "https://host/projects/p-1_A/ai/spans/publish"),
    ])
    func `the route is added to an origin`(_ test: Case) throws {
        let endpoint = try CloudEndpoint(test.setting, projectID: test.projectID)
        #expect(endpoint.url == test.url)
    }

    @Test(arguments: [
        Case("https://host/ai/spans/publish", "https://host/ai/spans/publish"),
        Case("https://host/ai/spans/publish/", "https://host/ai/spans/publish"),
        Case("https://host/spans/publish", "https://host/spans/publish"),
        Case("https://[::1]:80/x/spans/publish", "https://[::1]:80/x/spans/publish"),
        Case(
            "https://host/projects/other/ai/spans/publish", project: "mine",
            "https://host/projects/other/ai/spans/publish"),
        Case("https://host/ai/spans/publish", project: "mine", "https://host/ai/spans/publish"),
    ])
    func `a whole URL is taken as it is, without the project`(_ test: Case) throws {
        let endpoint = try CloudEndpoint(test.setting, projectID: test.projectID)
        #expect(endpoint.url == test.url)
    }

    @Test(arguments: [
        ("", "no scheme"),
        ("host", "no scheme"),
        ("host:4318", "no scheme"),
        ("//host", "no scheme"),
        ("ftp://host", "scheme \"ftp\""),
        ("://host", "scheme \"\""),
        ("https://", "no host"),
        ("https:///ai/spans/publish", "no host"),
        ("https://:443", "no host"),
        ("https://host?", "query or a fragment"),
        ("https://host/ai/spans/publish?key=1", "query or a fragment"),
        ("https://host#top", "query or a fragment"),
        ("https://host/ai/spans/publish#top", "query or a fragment"),
        ("https://user@host", "user information"),
        ("https://user:pass@host", "user information"),
        ("https://host/ai", "path \"/ai\""),
        ("https://host/ai/logs/publish", "path \"/ai/logs/publish\""),
        ("https://host/spans/publish/more", "path \"/spans/publish/more\""),
        ("https://host/xspans/publish", "path \"/xspans/publish\""),
        ("https://host/AI/SPANS/PUBLISH", "path"),
        ("https://ho st", "characters"),
        (" https://host", "scheme"),
        ("https://host\n", "characters"),
        ("https://h\u{f6}st", "characters"),
        ("https://host\\@other", "characters"),
        ("https://host\\other", "characters"),
        ("https://host/<x>/spans/publish", "characters"),
    ])
    func `a setting that is no endpoint is refused with what is wrong`(
        _ setting: String, _ complaint: String
    ) throws {
        let error = try #require(throws: CloudEndpoint.Invalid.self) {
            _ = try CloudEndpoint(setting, projectID: nil)
        }
        #expect(error.description.contains(complaint))
    }

    @Test(arguments: [
        "https://host:", "https://host:0", "https://host:65536", "https://host:80a",
        "https://host:-1", "https://host:+80", "https://host:99999999999999999999",
        "https://[::1]:", "https://[::1]:x",
    ])
    func `a bad port is refused`(_ setting: String) throws {
        let error = try #require(throws: CloudEndpoint.Invalid.self) {
            _ = try CloudEndpoint(setting, projectID: nil)
        }
        #expect(error.description.contains("port"))
    }

    @Test(arguments: [
        "https://host:80:90", "https://::1", "https://[::1", "https://[::1]x", "https://ho[st",
        "https://::1]", "https://[]", "https://[host]", "https://[::1]x:80",
    ])
    func `a host with colons or brackets is an IPv6 address in brackets or refused`(
        _ setting: String
    ) throws {
        let error = try #require(throws: CloudEndpoint.Invalid.self) {
            _ = try CloudEndpoint(setting, projectID: nil)
        }
        #expect(error.description.contains("host"))
    }

    @Test(arguments: ["", "a b", "a/b", "a.b", "\u{e4}", "a\n", "../x"])
    func `a project id is of letters, digits, underscore and hyphen`(_ projectID: String) throws {
        #expect(!CloudEndpoint.isProjectID(projectID))
        // Also where the URL has no place for it: a wrong setting is told at once.
        for setting in ["https://host", "https://host/ai/spans/publish"] {
            let error = try #require(throws: CloudEndpoint.Invalid.self) {
                _ = try CloudEndpoint(setting, projectID: projectID)
            }
            #expect(error.description.contains("project id"))
        }
    }

    @Test func `only https is https`() throws {
        #expect(try CloudEndpoint("HTTPS://host", projectID: nil).isHTTPS)
        #expect(try !CloudEndpoint("http://https", projectID: nil).isHTTPS)
    }

    @Test func `the default origins are endpoints`() throws {
        let platform = try CloudEndpoint(CloudEndpoint.platformOrigin, projectID: "p")
        #expect(platform.url == "https://observability.mastra.ai/projects/p/ai/spans/publish")
        let cloud = try CloudEndpoint(CloudEndpoint.cloudOrigin, projectID: nil)
        #expect(cloud.url == "https://api.mastra.ai/ai/spans/publish")
    }
}

@Suite struct MetricsEndpointTests {
    @Test(arguments: [
        ("https://host", nil, "https://host/ai/metrics/publish"),
        ("https://host/", "p-1", "https://host/projects/p-1/ai/metrics/publish"),
        ("http://host:81/own/spans/publish", "p", "http://host:81/own/metrics/publish"),
        (
            "https://host/spans/publish/x/spans/publish", nil,
            "https://host/spans/publish/x/metrics/publish"
        ),
    ])
    func `metrics have the route beside that of spans`(
        _ setting: String, _ project: String?, _ url: String
    ) throws {
        #expect(try CloudEndpoint(setting, projectID: project).metrics.url == url)
    }
}
