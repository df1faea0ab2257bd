import CloudExport
import Testing

@testable import Gateway

@Suite struct ConfigurationSourcesTests {
    // MARK: Precedence

    @Test func `without any source there is the default`() throws {
        let resolved = try ConfigurationSources.fixture().resolve()
        var expected = GatewayConfiguration()
        expected.defaults.endpoint = try CloudEndpoint(CloudEndpoint.platformOrigin, projectID: nil)
        #expect(resolved.configuration.fields == expected.fields)
        #expect(resolved.sources == [:])
    }

    /// A setting in three spellings, and what its field then prints.
    struct Sample: Sendable {
        var key: String
        var field: String
        var file: (text: String, value: String)
        var environment: (text: String, value: String)
        var flag: (text: String, value: String)
        var fallback: String
    }

    static let samples = [
        Sample(
            key: "http_listen", field: "httpListen",
            file: ("0.0.0.0:1", "Optional(0.0.0.0:1)"),
            environment: ("0.0.0.0:2", "Optional(0.0.0.0:2)"), flag: ("[::]:3", "Optional([::]:3)"),
            fallback: "Optional(127.0.0.1:4318)"),
        Sample(
            key: "max_batch_size", field: "maxBatchSize", file: ("1", "1"),
            environment: ("2", "2"), flag: ("3", "3"), fallback: "1000"),
        Sample(
            key: "memory_limit", field: "memoryLimit", file: ("100MiB", "104857600"),
            environment: ("101MiB", "105906176"), flag: ("102MiB", "106954752"),
            fallback: "268435456"),
        Sample(
            key: "idle_timeout", field: "idleTimeout", file: ("1s", "1.0 seconds"),
            environment: ("2s", "2.0 seconds"), flag: ("3s", "3.0 seconds"),
            fallback: "75.0 seconds"),
        Sample(
            key: "log_level", field: "logLevel", file: ("debug", "debug"),
            environment: ("warn", "warn"), flag: ("error", "error"), fallback: "info"),
    ]

    @Test(arguments: samples)
    func `a flag is over the environment, that over the file, that over the default`(
        _ sample: Sample
    ) throws {
        let variable = "MASTRA_GATEWAY_" + sample.key.uppercased()
        let flags = [sample.key: sample.flag.text]
        let environment = [variable: sample.environment.text]
        let yaml = "\(sample.key): '\(sample.file.text)'"
        func value(_ sources: ConfigurationSources) throws -> (String?, String?) {
            let resolved = try sources.resolve()
            return (
                resolved.configuration.fields[sample.field], resolved.sources[sample.key]
            )
        }
        #expect(
            try value(.fixture(flags: flags, environment, yaml: yaml))
                == (
                    sample.flag.value,
                    "flag --\(sample.key.split(separator: "_").joined(separator: "-"))"
                ))
        #expect(
            try value(.fixture(environment, yaml: yaml))
                == (sample.environment.value, "environment \(variable)"))
        #expect(try value(.fixture(yaml: yaml)) == (sample.file.value, "file g.yaml line 1"))
        #expect(try value(.fixture()) == (sample.fallback, nil))
    }

    @Test func `an empty variable is unset`() throws {
        let sources = ConfigurationSources.fixture(
            ["MASTRA_GATEWAY_MAX_BATCH_SIZE": ""], yaml: "max_batch_size: 7")
        #expect(try sources.configuration().defaults.maxBatchSize == 7)
    }

    // MARK: Other names

    @Test(arguments: [
        (
            "access_token",
            [
                "MASTRA_GATEWAY_ACCESS_TOKEN", "MASTRA_CLOUD_ACCESS_TOKEN",
                "MASTRA_PLATFORM_ACCESS_TOKEN",
            ]
        ),
        (
            "endpoint",
            [
                "MASTRA_GATEWAY_ENDPOINT", "MASTRA_CLOUD_TRACES_ENDPOINT",
                "MASTRA_PLATFORM_OBSERVABILITY_ENDPOINT", "MASTRA_CLOUD_AI_TRACES_ENDPOINT",
            ]
        ),
        ("project_id", ["MASTRA_GATEWAY_PROJECT_ID", "MASTRA_PROJECT_ID"]),
    ])
    func `Mastra's own variables are read in their order`(_ key: String, _ names: [String]) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        #expect(setting.variables == names)
        func text(_ name: String) -> String {
            key == "endpoint"
                ? "https://\(name.lowercased().filter { $0 != "_" }).example" : name.lowercased()
        }
        for first in names.indices {
            let environment = Dictionary(
                uniqueKeysWithValues: names[first...].map { ($0, text($0)) })
            let resolved = try ConfigurationSources.fixture(environment).resolve()
            #expect(resolved.sources[key] == "environment \(names[first])")
            let expected = text(names[first])
            switch key {
            case "access_token":
                #expect(resolved.configuration.defaults.accessToken?.revealed == expected)
            case "project_id": #expect(resolved.configuration.defaults.projectID == expected)
            default:
                #expect(
                    resolved.configuration.defaults.endpoint?.url == expected + "/ai/spans/publish")
            }
        }
    }

    @Test func `a whole URL of Mastra's variable is taken as it is`() throws {
        let url = "https://api.example/v2/ai/spans/publish"
        let configuration = try ConfigurationSources.fixture([
            "MASTRA_CLOUD_TRACES_ENDPOINT": url
        ]).configuration()
        #expect(configuration.defaults.endpoint?.url == url)
    }

    @Test func `the dialect decides on the endpoint, where none is given, and on the project`()
        throws
    {
        func url(_ yaml: String) throws -> String? {
            try ConfigurationSources.fixture(yaml: yaml).configuration().defaults.endpoint?.url
        }
        #expect(try url("") == "https://observability.mastra.ai/ai/spans/publish")
        #expect(
            try url("project_id: p1")
                == "https://observability.mastra.ai/projects/p1/ai/spans/publish")
        #expect(try url("dialect: cloud") == "https://api.mastra.ai/ai/spans/publish")
        #expect(
            try url("dialect: cloud\nproject_id: p1") == "https://api.mastra.ai/ai/spans/publish")
    }

    // MARK: Secrets in files

    @Test(arguments: [
        "MASTRA_GATEWAY_ACCESS_TOKEN_FILE", "MASTRA_CLOUD_ACCESS_TOKEN_FILE",
        "MASTRA_PLATFORM_ACCESS_TOKEN_FILE",
    ])
    func `a variable names a file with the token`(_ name: String) throws {
        let resolved = try ConfigurationSources.fixture(
            [name: "/run/token"], files: ["/run/token": "secret-token\r\n \n"]
        ).resolve()
        #expect(resolved.configuration.defaults.accessToken?.revealed == "secret-token")
        #expect(resolved.sources["access_token"] == "file named by \(name)")
    }

    @Test func `a key of the file names a file with the token`() throws {
        let configuration = try ConfigurationSources.fixture(
            yaml: "access_token_file: /run/token\nproxy_url_file: /run/proxy",
            files: ["/run/token": "t\n", "/run/proxy": "http://u:p@proxy:3128\n"]
        ).configuration()
        #expect(configuration.defaults.accessToken?.revealed == "t")
        #expect(configuration.proxyURL?.revealed == "http://u:p@proxy:3128")
    }

    @Test func `a token itself is over a file with one, name by name`() throws {
        let files = ["/a": "from-file"]
        func token(_ environment: [String: String], yaml: String? = nil) throws -> String? {
            try ConfigurationSources.fixture(environment, yaml: yaml, files: files)
                .configuration().defaults.accessToken?.revealed
        }
        #expect(
            try token([
                "MASTRA_CLOUD_ACCESS_TOKEN": "direct", "MASTRA_CLOUD_ACCESS_TOKEN_FILE": "/a",
            ]) == "direct")
        #expect(
            try token([
                "MASTRA_CLOUD_ACCESS_TOKEN_FILE": "/a", "MASTRA_PLATFORM_ACCESS_TOKEN": "direct",
            ]) == "from-file")
        #expect(
            try token(["MASTRA_CLOUD_ACCESS_TOKEN_FILE": "/a"], yaml: "access_token: direct")
                == "from-file")
        #expect(try token([:], yaml: "access_token: direct\naccess_token_file: /a") == "direct")
    }

    @Test func `a file that cannot be read is named`() {
        #expect(
            ConfigurationSources.fixture(["MASTRA_CLOUD_ACCESS_TOKEN_FILE": "/none"]).complaints
                == [
                    "access_token (MASTRA_CLOUD_ACCESS_TOKEN_FILE) is \"/none\": "
                        + "expected a readable file: no such file"
                ])
    }

    @Test func `an empty file is no token, and does not mean the console`() {
        #expect(
            ConfigurationSources.fixture(
                ["MASTRA_CLOUD_ACCESS_TOKEN_FILE": "/a"], files: ["/a": " \n"]
            ).complaints == [
                "access_token (MASTRA_CLOUD_ACCESS_TOKEN_FILE) is \"/a\": "
                    + "expected a file that is not empty"
            ])
    }

    @Test func `only secrets may be in files of their own`() {
        #expect(
            ConfigurationSources.fixture(["MASTRA_GATEWAY_LOG_LEVEL_FILE": "/a"]).complaints.count
                == 1)
        #expect(
            ConfigurationSources.fixture(yaml: "log_level_file: /a").complaints.count == 1)
    }

    // MARK: What is wrong

    @Test func `all that is wrong is said at once`() {
        let sources = ConfigurationSources.fixture(
            flags: ["max_batch_size": "0"],
            [
                "MASTRA_GATEWAY_LOG_LEVEL": "loud", "MASTRA_GATEWAY_NONSENSE_OF_OURS": "x",
                "MASTRA_CLOUD_ACCESS_TOKEN": "two words",
            ],
            yaml: "idle_timeout: 5\ntls:\n  key_file: /k\nunknown_key: 1\nendpoint: nowhere\n")
        let complaints = sources.complaints
        let expected = [
            "unknown_key (file g.yaml line 4): is no setting",
            "MASTRA_GATEWAY_NONSENSE_OF_OURS (environment): is no setting",
            "access_token (environment MASTRA_CLOUD_ACCESS_TOKEN): "
                + "expected a token of printable ASCII without spaces",
            "max_batch_size (flag --max-batch-size) is \"0\": "
                + "expected a whole number from 1 to 100000",
            "idle_timeout (file g.yaml line 1) is \"5\": "
                + "expected a duration from 100ms to 1h, such as 5s, 500ms or 1m30s",
            "log_level (environment MASTRA_GATEWAY_LOG_LEVEL) is \"loud\": "
                + "expected one of debug, info, warn, error",
            "endpoint (file g.yaml line 5) is \"nowhere\": "
                + "has no scheme; it has to begin with https:// or http://",
            "tls_key_file (file g.yaml line 3): "
                + "tls_cert_file and tls_key_file go together; one of them is missing",
        ]
        for line in expected { #expect(complaints.contains(line), "\(line)") }
        #expect(complaints.count == expected.count, "\(complaints)")
    }

    @Test func `errors print a line each`() throws {
        let sources = ConfigurationSources.fixture(flags: ["max_batch_size": "0", "log_level": "x"])
        let error = try #require(throws: ConfigurationErrors.self) { try sources.resolve() }
        #expect("\(error)" == sources.complaints.joined(separator: "\n"))
        #expect(sources.complaints.count == 2)
    }

    @Test(arguments: [
        ("max_batch_sise: 1", "; did you mean max_batch_size?"),
        ("max-batch-size: 1", "; did you mean max_batch_size?"),
        ("tls:\n  cafile: x", "; did you mean tls_ca_file?"),
        ("acess_token: x", "; did you mean access_token?"), ("exporters: x", ""), ("x: 1", ""),
    ])
    func `unknown keys are errors, with a neighbour where there is one`(
        _ yaml: String, _ hint: String
    ) throws {
        let complaints = ConfigurationSources.fixture(yaml: yaml).complaints
        #expect(complaints.count == 1)
        #expect(try #require(complaints.first).hasSuffix(": is no setting" + hint))
    }

    @Test func `unknown variables with our prefix are errors, others are not ours`() {
        #expect(
            ConfigurationSources.fixture([
                "MASTRA_GATEWAY_LOGLEVEL": "info", "MASTRA_GATEWAY_CONFIG": "g.yaml",
                "MASTRA_OTHER": "x", "OTEL_SERVICE_NAME": "x", "PATH": "/bin",
            ]).complaints == [
                "MASTRA_GATEWAY_LOGLEVEL (environment): is no setting; "
                    + "did you mean MASTRA_GATEWAY_LOG_LEVEL?"
            ])
    }

    @Test func `what Kubernetes sets for a service of our name is no setting, and no error`() {
        // https://kubernetes.io/docs/tutorials/services/connect-applications-service/
        #expect(
            ConfigurationSources.fixture([
                "MASTRA_GATEWAY_SERVICE_HOST": "10.0.0.1", "MASTRA_GATEWAY_SERVICE_PORT": "4318",
                "MASTRA_GATEWAY_SERVICE_PORT_OTLP_HTTP": "4318",
                "MASTRA_GATEWAY_PORT": "tcp://10.0.0.1:4318",
                "MASTRA_GATEWAY_PORT_4318_TCP": "tcp://10.0.0.1:4318",
                "MASTRA_GATEWAY_PORT_4318_TCP_PROTO": "tcp",
                "MASTRA_GATEWAY_PORT_4318_TCP_PORT": "4318",
                "MASTRA_GATEWAY_PORT_4318_TCP_ADDR": "10.0.0.1",
            ]).complaints == [])
    }
}
