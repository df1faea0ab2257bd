import Testing

@testable import Gateway

/// Settings that are right one by one and wrong together.
@Suite struct ContradictionTests {
    @Test(arguments: [("tls_cert_file", "tls_key_file"), ("tls_key_file", "tls_cert_file")])
    func `a certificate and its key go together`(_ given: String, _ missing: String) throws {
        let complaints = ConfigurationSources.fixture(yaml: "\(given): \(#filePath)").complaints
        #expect(
            complaints == [
                "\(given) (file g.yaml line 1): "
                    + "tls_cert_file and tls_key_file go together; one of them is missing"
            ])
        #expect(
            ConfigurationSources.fixture(
                yaml: "\(given): \(#filePath)\n\(missing): \(#filePath)"
            ).complaints == [])
    }

    @Test func `one listener at least is on`() {
        #expect(
            ConfigurationSources.fixture(yaml: "http_listen: off\ngrpc_listen: off").complaints
                == [
                    "http_listen (file g.yaml line 1): is off, and so is grpc_listen; "
                        + "nothing could be taken"
                ])
        #expect(ConfigurationSources.fixture(yaml: "http_listen: off").complaints == [])
    }

    @Test func `a grant is kept for whole seconds`() {
        #expect(
            ConfigurationSources.fixture(yaml: "cors_max_age: 1500ms").complaints.map {
                $0.contains("whole seconds")
            } == [true])
    }

    @Test func `the largest body has to fit into memory`() {
        #expect(
            ConfigurationSources.fixture(yaml: "max_body_bytes: 2MiB\nmemory_limit: 1MiB")
                .complaints
                == [
                    "max_body_bytes (file g.yaml line 1): is larger than memory_limit "
                        + "(1048576 bytes), so that the largest body could never be taken"
                ])
        #expect(
            ConfigurationSources.fixture(yaml: "max_body_bytes: 1MiB\nmemory_limit: 1MiB")
                .complaints == [])
        #expect(
            ConfigurationSources.fixture(yaml: "memory_limit: 1MiB").complaints.map {
                $0.hasPrefix("max_body_bytes (default): is larger than memory_limit")
            } == [true])
    }

    @Test func `delays do not begin above their limit`() {
        let yaml = "retry_on_failure: {initial_interval: 2s, max_interval: 1s}"
        #expect(
            ConfigurationSources.fixture(yaml: yaml).complaints == [
                "retry_on_failure_initial_interval (file g.yaml line 1): "
                    + "is longer than retry_on_failure_max_interval"
            ])
        #expect(
            ConfigurationSources.fixture(
                yaml: "retry_on_failure: {initial_interval: 2s, max_interval: 2s}"
            ).complaints == [])
    }

    @Test func `the wait of a batch is said once`() throws {
        #expect(
            ConfigurationSources.fixture(
                flags: ["max_batch_wait_ms": "250"], yaml: "max_batch_wait: 1s"
            ).complaints == [
                "max_batch_wait_ms (flag --max-batch-wait-ms): "
                    + "max_batch_wait is set too; use one of them"
            ])
        #expect(
            try ConfigurationSources.fixture(flags: ["max_batch_wait_ms": "250"]).configuration()
                .defaults.maxBatchWait == .milliseconds(250))
    }

    // MARK: Clear text

    @Test(arguments: [
        "http://example.com", "http://10.0.0.1:8080", "http://127.0.0.1.example.com",
        "http://localhost.example.com", "http://127.example.com", "http://localhostess",
        "http://[::2]", "http://1270.0.0.1", "http://128.0.0.1", "http://127.0.0.1.1",
    ])
    func `a token does not leave the machine in clear text`(_ endpoint: String) {
        let environment = ["MASTRA_CLOUD_ACCESS_TOKEN": "t", "MASTRA_GATEWAY_ENDPOINT": endpoint]
        #expect(
            ConfigurationSources.fixture(environment).complaints == [
                "endpoint (environment MASTRA_GATEWAY_ENDPOINT): would send the access token in "
                    + "clear text; use https, or set tls_insecure to true"
            ])
        #expect(
            ConfigurationSources.fixture(
                environment.merging(["MASTRA_GATEWAY_TLS_INSECURE": "true"]) { $1 }
            ).complaints == [])
        #expect(
            ConfigurationSources.fixture(["MASTRA_GATEWAY_ENDPOINT": endpoint]).complaints == [])
    }

    @Test(arguments: [
        "https://example.com", "http://localhost", "http://localhost:8080", "http://127.0.0.1",
        "http://127.1.2.3:1", "http://[::1]", "http://[::1]:8080/ai/spans/publish",
    ])
    func `a token may be sent in TLS and to this machine`(_ endpoint: String) {
        #expect(
            ConfigurationSources.fixture(
                flags: ["endpoint": endpoint], ["MASTRA_CLOUD_ACCESS_TOKEN": "t"]
            ).complaints == [])
    }

    // MARK: Metrics

    @Test(arguments: [
        "https://example.com/spans", "https://example.com/own/metrics/publish",
        "https://example.com/ai/spans/publish/v2",
    ])
    func `metrics need an endpoint that has a route beside it`(_ endpoint: String) {
        let path = endpoint.dropFirst("https://example.com".count)
        #expect(
            ConfigurationSources.fixture(
                flags: ["endpoint": endpoint, "publish_metrics": "true"]
            ).complaints == [
                "endpoint (flag --endpoint) is \"\(endpoint)\": has the path \"\(path)\"; give an "
                    + "origin such as https://host, or a URL that ends in /spans/publish"
            ])
    }

    @Test func `metrics go nowhere unless they are asked for and there is a token`() throws {
        let token = ["MASTRA_CLOUD_ACCESS_TOKEN": "t", "MASTRA_PROJECT_ID": "p"]
        let on = ["publish_metrics": "true"]
        let url = "https://observability.mastra.ai/projects/p/ai/metrics/publish"
        let both = try ConfigurationSources.fixture(flags: on, token).configuration()
        #expect(both.defaults.metricsEndpoint?.url == url)
        #expect(both.curl.maxConnections == 8)
        let off = try ConfigurationSources.fixture(token).configuration()
        #expect(off.defaults.metricsEndpoint == nil)
        #expect(off.curl.maxConnections == 4)
        #expect(
            try ConfigurationSources.fixture(flags: on).configuration().defaults.metricsEndpoint
                == nil)
    }

    @Test func `as many uploads as there may be leave room for those of metrics`() {
        #expect(
            ConfigurationSources.fixture(
                flags: ["publish_metrics": "true", "upload_concurrency": "64"],
                ["MASTRA_CLOUD_ACCESS_TOKEN": "t"]
            ).complaints == [])
    }

    // MARK: What uploads need

    @Test(arguments: ["tls_ca_file", "tls_cert_file", "tls_key_file"])
    func `files that cannot be read are told under their own key`(_ key: String) {
        var settings = ["tls_cert_file": #filePath, "tls_key_file": #filePath]
        settings[key] = "/no/such/file"
        let complaints = ConfigurationSources.fixture(flags: settings).complaints
        #expect(
            complaints == [
                "\(key) (flag --\(key.split(separator: "_").joined(separator: "-"))): "
                    + "names /no/such/file, which cannot be read: No such file or directory"
            ])
    }

    @Test func `a proxy of another form is told under its own key`() {
        let complaints = ConfigurationSources.fixture(["MASTRA_GATEWAY_PROXY_URL": "ftp://proxy"])
            .complaints
        #expect(complaints.count == 1)
        #expect(
            complaints.first?.hasPrefix(
                "proxy_url (environment MASTRA_GATEWAY_PROXY_URL): is an address of another form; "
                    + "allowed is scheme://") == true)
    }
}
