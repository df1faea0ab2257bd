import CloudExport
import CurlUpload
import MastraRecords

/// Where settings come from, and the configuration that follows: flag over environment over file over
/// default. All that is wrong is said at once.
package struct ConfigurationSources: Sendable {
    /// By key, from the command line.
    package var flags: [String: String]
    package var environment: [String: String]
    /// Path and text of the YAML file.
    package var file: (path: String, text: String)?
    /// Reads the file that a `…_FILE` variable names.
    package var readFile: @Sendable (String) throws -> String

    package init(
        flags: [String: String] = [:], environment: [String: String] = [:],
        file: (path: String, text: String)? = nil,
        readFile: @escaping @Sendable (String) throws -> String
    ) {
        self.flags = flags
        self.environment = environment
        self.file = file
        self.readFile = readFile
    }

    /// A setting as it was found.
    struct Found {
        let text: String
        let source: String
    }

    package func resolve() throws(ConfigurationErrors) -> ResolvedConfiguration {
        var errors: [ConfigurationError] = []
        let file = try self.file.map { file throws(ConfigurationErrors) in
            try ConfigurationFile(yaml: file.text, named: file.path, environment: environment)
        }
        errors += unknownKeys(in: file)
        errors += unknownVariables()

        var configuration = GatewayConfiguration()
        var found: [String: Found] = [:]
        for setting in Setting.all {
            do throws(ConfigurationError) {
                guard let value = try find(setting, in: file) else { continue }
                found[setting.key] = value
                do throws(Expected) {
                    try setting.apply(value.text, &configuration)
                } catch {
                    throw ConfigurationError(
                        key: setting.key, source: value.source,
                        value: setting.isSecret ? nil : value.text, expected: error.description)
                }
            } catch {
                errors.append(error)
            }
        }
        errors += resolveEndpoint(found["endpoint"], &configuration)
        errors += contradictions(configuration, found)
        guard errors.isEmpty else { throw ConfigurationErrors(errors: errors) }
        let secrets = Set(Setting.all.filter(\.isSecret).map(\.key))
        return ResolvedConfiguration(
            configuration: configuration, sources: found.mapValues(\.source),
            texts: found.filter { !secrets.contains($0.key) }.mapValues(\.text))
    }

    private func find(
        _ setting: Setting, in file: ConfigurationFile?
    ) throws(ConfigurationError) -> Found? {
        if let text = flags[setting.key] {
            return Found(text: text, source: "flag \(setting.flag)")
        }
        for name in setting.variables {
            if let text = environment[name], !text.isEmpty {
                return Found(text: text, source: "environment \(name)")
            }
            guard setting.isSecret, let path = environment[name + "_FILE"], !path.isEmpty else {
                continue
            }
            return try secret(setting, at: path, variable: name + "_FILE")
        }
        if let value = file?.values[setting.key] {
            return Found(
                text: value.text, source: "file \(self.file?.path ?? "") line \(value.line)")
        }
        guard setting.isSecret, let value = file?.values[setting.key + "_file"] else { return nil }
        return try secret(setting, at: value.text, variable: setting.key + "_file")
    }

    private func secret(
        _ setting: Setting, at path: String, variable: String
    ) throws(ConfigurationError) -> Found {
        var text: String
        do {
            text = try readFile(path)
        } catch {
            throw ConfigurationError(
                key: setting.key, source: variable, value: path,
                expected: "expected a readable file: \(error)")
        }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        // Else records would go to the console, where a token was meant.
        guard !text.isEmpty else {
            throw ConfigurationError(
                key: setting.key, source: variable, value: path,
                expected: "expected a file that is not empty")
        }
        return Found(text: text, source: "file named by \(variable)")
    }

    private func unknownKeys(in file: ConfigurationFile?) -> [ConfigurationError] {
        let known = Set(
            Setting.all.flatMap { $0.isSecret ? [$0.key, $0.key + "_file"] : [$0.key] })
        return (file?.values ?? [:]).filter { !known.contains($0.key) }.map { key, value in
            ConfigurationError(
                key: key, source: "file \(self.file?.path ?? "") line \(value.line)", value: nil,
                expected: "is no setting" + Self.hint(key, known))
        }.sorted { $0.key < $1.key }
    }

    private func unknownVariables() -> [ConfigurationError] {
        let known = Set(
            Setting.all.flatMap { setting in
                setting.variables + (setting.isSecret ? setting.variables.map { $0 + "_FILE" } : [])
            } + ["MASTRA_GATEWAY_CONFIG"])
        let unknown = environment.keys.filter {
            $0.hasPrefix("MASTRA_GATEWAY_") && !known.contains($0) && !Self.isServiceLink($0)
        }
        return unknown.sorted().map {
            ConfigurationError(
                key: $0, source: "environment", value: nil,
                expected: "is no setting" + Self.hint($0, known))
        }
    }

    /// What Kubernetes puts into every container beside a service named mastra-gateway.
    private static func isServiceLink(_ name: String) -> Bool {
        ["MASTRA_GATEWAY_SERVICE_HOST", "MASTRA_GATEWAY_SERVICE_PORT", "MASTRA_GATEWAY_PORT"]
            .contains { name == $0 || name.hasPrefix($0 + "_") }
    }

    /// A neighbour that could have been meant.
    private static func hint(_ key: String, _ known: Set<String>) -> String {
        let near = known.min { distance(key, $0) < distance(key, $1) }
        guard let near, distance(key, near) <= max(2, key.count / 4) else { return "" }
        return "; did you mean \(near)?"
    }

    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(previous + (a == b ? 0 : 1), above + 1, row[j] + 1)
                previous = above
            }
        }
        return row[right.count]
    }
}

// MARK: - Between settings

extension ConfigurationSources {
    private func resolveEndpoint(
        _ found: Found?, _ configuration: inout GatewayConfiguration
    ) -> [ConfigurationError] {
        let fallback =
            switch configuration.dialect {
            case .platform: CloudEndpoint.platformOrigin
            case .cloud: CloudEndpoint.cloudOrigin
            }
        do throws(CloudEndpoint.Invalid) {
            configuration.endpoint = try CloudEndpoint(
                found?.text ?? fallback,
                projectID: configuration.dialect == .platform ? configuration.projectID : nil)
            return []
        } catch {
            return [
                ConfigurationError(
                    key: "endpoint", source: found?.source ?? "default",
                    value: found.flatMap { Self.mayHoldSecret($0.text) ? nil : $0.text },
                    expected: error.description)
            ]
        }
    }

    /// User information, a query or a fragment: an endpoint has none of them, a mistake may.
    private static func mayHoldSecret(_ endpoint: String) -> Bool {
        endpoint.contains { "@?#".contains($0) }
    }

    private func contradictions(
        _ configuration: GatewayConfiguration, _ found: [String: Found]
    ) -> [ConfigurationError] {
        var errors: [ConfigurationError] = []
        func contradict(_ key: String, _ expected: String) {
            errors.append(
                ConfigurationError(
                    key: key, source: found[key]?.source ?? "default", value: nil,
                    expected: expected))
        }
        if (configuration.tlsCertFile == nil) != (configuration.tlsKeyFile == nil) {
            contradict(
                configuration.tlsCertFile == nil ? "tls_key_file" : "tls_cert_file",
                "tls_cert_file and tls_key_file go together; one of them is missing")
        }
        if configuration.httpListen == nil, configuration.grpcListen == nil {
            contradict("http_listen", "is off, and so is grpc_listen; nothing could be taken")
        }
        if configuration.maxBodyBytes > configuration.memoryLimit {
            contradict(
                "max_body_bytes",
                "is larger than memory_limit (\(configuration.memoryLimit) bytes), so that the largest body could never be taken"
            )
        }
        if configuration.backoff.initialInterval > configuration.backoff.maxInterval {
            contradict(
                "retry_on_failure_initial_interval",
                "is longer than retry_on_failure_max_interval")
        }
        if found["max_batch_wait"] != nil, found["max_batch_wait_ms"] != nil {
            contradict("max_batch_wait_ms", "max_batch_wait is set too; use one of them")
        }
        if let endpoint = configuration.endpoint, !endpoint.isHTTPS,
            configuration.accessToken != nil, !configuration.tlsInsecure, !endpoint.isLoopback
        {
            contradict(
                "endpoint",
                "would send the access token in clear text; use https, or set tls_insecure to true")
        }
        for (key, expected) in configuration.tlsContradictions(among: Set(found.keys)) {
            contradict(key, expected)
        }
        do throws(CurlConfigurationError) {
            try CurlTransport.validate(configuration.curl)
        } catch {
            if let (key, expected) = Self.setting(of: error) { contradict(key, expected) }
        }
        return errors
    }
}

extension ConfigurationSources {
    /// Our key for what `CurlUpload` finds; nil for what has been said in our words already.
    private static func setting(of error: CurlConfigurationError) -> (key: String, String)? {
        switch error {
        case .outOfRange(let setting, let value, let allowed):
            (keys[setting] ?? setting, "is \(value); allowed is \(allowed)")
        case .unreadable(let setting, let path, let reason):
            (keys[setting] ?? setting, "names \(path), which cannot be read: \(reason)")
        case .contradiction: nil
        case .unavailable(let sentence): ("endpoint", sentence)
        }
    }

    private static let keys = [
        "caFile": "tls_ca_file", "certificateFile": "tls_cert_file", "keyFile": "tls_key_file",
        "proxy": "proxy_url", "noProxy": "no_proxy", "maxConnections": "upload_concurrency",
        "connectTimeout": "connect_timeout", "timeout": "upload_timeout",
    ]
}

extension CloudEndpoint {
    /// Whether what is sent stays on this machine. The whole host counts: `127.0.0.1.example.com` is
    /// anywhere.
    var isLoopback: Bool {
        guard let authority = url.split(separator: "/").dropFirst().first else { return false }
        if authority.hasPrefix("[") { return authority.hasPrefix("[::1]") }
        let host = authority.prefix { $0 != ":" }
        if host == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
