import CloudExport
import CurlUpload
import MastraRecords
import OTLPReceiving

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
    struct Found: Sendable {
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
        let found = collect(Setting.all, &errors) { setting throws(ConfigurationError) in
            try find(setting, in: file)
        } apply: { setting, text throws(Expected) in
            try setting.apply(text, &configuration)
        }
        errors += resolveEndpoint(found["endpoint"], &configuration.defaults)
        let (routes, foundOfRoutes) = resolveRoutes(in: file, configuration, found, &errors)
        configuration.routes = routes
        errors += contradictions(configuration, found)
        errors += contradictions(among: configuration, found, foundOfRoutes)
        guard errors.isEmpty else { throw ConfigurationErrors(errors: errors) }
        return ResolvedConfiguration(
            configuration: configuration, found: Self.shown(found),
            foundOfRoutes: foundOfRoutes.mapValues(Self.shown))
    }

    /// What may be printed of it.
    private static func shown(_ found: [String: Found]) -> [String: Found] {
        let hidden = Set(Setting.all.filter(\.hidesValue).map(\.key))
        return found.reduce(into: [:]) { shown, entry in
            let text = hidden.contains(entry.key) ? "****" : entry.value.text
            shown[entry.key] = Found(text: text, source: entry.value.source)
        }
    }

    /// Finds and applies settings; what is wrong with one does not hide what is wrong with another.
    private func collect(
        _ settings: [Setting], _ errors: inout [ConfigurationError],
        find: (Setting) throws(ConfigurationError) -> Found?,
        apply: (Setting, String) throws(Expected) -> Void
    ) -> [String: Found] {
        var found: [String: Found] = [:]
        for setting in settings {
            do throws(ConfigurationError) {
                guard let value = try find(setting) else { continue }
                found[setting.key] = value
                do throws(Expected) {
                    try apply(setting, value.text)
                } catch {
                    throw ConfigurationError(
                        key: setting.key, source: value.source,
                        value: setting.hidesValue ? nil : value.text, expected: error.description)
                }
            } catch {
                errors.append(error)
            }
        }
        return found
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
        return try find(setting, among: file?.values ?? [:])
    }

    private func find(
        _ setting: Setting, among values: ConfigurationFile.Values
    ) throws(ConfigurationError) -> Found? {
        if let value = values[setting.key] {
            return Found(
                text: value.text, source: "file \(self.file?.path ?? "") line \(value.line)")
        }
        guard setting.isSecret, let value = values[setting.key + "_file"] else { return nil }
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
        let ofRoutes = Setting.all.filter(\.isOfRoute)
        return unknownKeys(file?.values ?? [:], Setting.all, "is no setting")
            + (file?.routes ?? []).flatMap { route in
                unknownKeys(route.values, ofRoutes, "is no setting of a route")
                    .map { $0.of(route: route.name) }
            }
    }

    private func unknownKeys(
        _ values: ConfigurationFile.Values, _ settings: [Setting], _ complaint: String
    ) -> [ConfigurationError] {
        let known = Set(
            settings.flatMap { $0.isSecret ? [$0.key, $0.key + "_file"] : [$0.key] })
        return values.filter { !known.contains($0.key) }.map { key, value in
            ConfigurationError(
                key: key, source: "file \(self.file?.path ?? "") line \(value.line)", value: nil,
                expected: complaint + Self.hint(key, known))
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
        _ found: Found?, _ route: inout RouteConfiguration
    ) -> [ConfigurationError] {
        let fallback =
            switch route.dialect {
            case .platform: CloudEndpoint.platformOrigin
            case .cloud: CloudEndpoint.cloudOrigin
            }
        do throws(CloudEndpoint.Invalid) {
            route.endpoint = try CloudEndpoint(
                found?.text ?? fallback,
                projectID: route.dialect == .platform ? route.projectID : nil)
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
    static func mayHoldSecret(_ endpoint: String) -> Bool {
        endpoint.contains { "@?#".contains($0) }
    }

    /// - Parameter source: named where the key is not set.
    private static func contradiction(
        _ key: String, _ expected: String, _ found: [String: Found],
        unset source: String = "default"
    ) -> ConfigurationError {
        ConfigurationError(
            key: key, source: found[key]?.source ?? source, value: nil, expected: expected)
    }

    private func contradictions(
        _ configuration: GatewayConfiguration, _ found: [String: Found]
    ) -> [ConfigurationError] {
        var errors: [ConfigurationError] = []
        func contradict(_ key: String, _ expected: String) {
            errors.append(Self.contradiction(key, expected, found))
        }
        for (key, expected) in Self.contradictions(
            of: configuration.defaults, Set(found.keys), configuration)
        { contradict(key, expected) }
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
        if let address = configuration.viewerListen, !address.isLoopback,
            configuration.viewerCredentials.isEmpty, configuration.localStore != .off
        {
            contradict(
                "viewer_listen",
                "is reached from other machines, and spans hold what people have said; set viewer_credentials as well"
            )
        }
        if configuration.viewerCredentials.contains(where: \.isCertificate) {
            contradict("viewer_credentials", "has a certificate, and the viewer does not speak TLS")
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
    /// What is wrong between settings of one route; `set` has the keys that it sets.
    static func contradictions(
        of route: RouteConfiguration, _ set: Set<String>, _ configuration: GatewayConfiguration
    ) -> [(key: String, expected: String)] {
        var list: [(String, String)] = []
        if route.backoff.initialInterval > route.backoff.maxInterval {
            list.append(
                (
                    "retry_on_failure_initial_interval",
                    "is longer than retry_on_failure_max_interval"
                ))
        }
        if set.isSuperset(of: ["max_batch_wait", "max_batch_wait_ms"]) {
            list.append(("max_batch_wait_ms", "max_batch_wait is set too; use one of them"))
        }
        if let endpoint = route.endpoint, !endpoint.isHTTPS, route.accessToken != nil,
            !configuration.tlsInsecure, !endpoint.isLoopback
        {
            list.append(
                (
                    "endpoint",
                    "would send the access token in clear text; use https, or set tls_insecure to true"
                ))
        }
        return list
    }

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

// MARK: - Routes

extension ConfigurationSources {
    /// The routes, each with what is set at the top where it sets nothing, and the settings of each.
    private func resolveRoutes(
        in file: ConfigurationFile?, _ configuration: GatewayConfiguration,
        _ found: [String: Found], _ errors: inout [ConfigurationError]
    ) -> ([RouteConfiguration], [String: [String: Found]]) {
        let entries = file?.routes ?? []
        var routes: [RouteConfiguration] = []
        let standsAlone = entries.isEmpty || !configuration.defaults.credentials.isEmpty
        if standsAlone || configuration.allowUnauthenticated == true {
            routes.append(configuration.defaults)
        }
        var foundOfRoutes: [String: [String: Found]] = [:]
        for entry in entries {
            var own: [ConfigurationError] = []
            var route = configuration.defaults
            route.name = entry.name
            route.credentials = []
            let foundHere = collect(Setting.all.filter(\.isOfRoute), &own) {
                setting throws(ConfigurationError) in
                try find(setting, among: entry.values)
            } apply: { setting, text throws(Expected) in
                try setting.apply(text, &route)
            }
            own += resolveEndpoint(foundHere["endpoint"] ?? found["endpoint"], &route)
            let source = "file \(self.file?.path ?? "") line \(entry.line)"
            own += complaints(of: route, foundHere, configuration, source: source)
            errors += own.map { $0.of(route: entry.name) }
            errors += complaint(ofName: entry.name, source: source)
            routes.append(route)
            foundOfRoutes[entry.name] = foundHere
        }
        return (routes, foundOfRoutes)
    }

    private func complaint(ofName name: String, source: String) -> [ConfigurationError] {
        let expected: String? =
            if !RouteConfiguration.isName(name) {
                "expected a name of 1 to 40 small letters, digits and hyphens"
            } else if name == RouteConfiguration.defaultName {
                "is the name of the route that the settings at the top make"
            } else {
                nil
            }
        return expected.map {
            [ConfigurationError(key: "routes", source: source, value: name, expected: $0)]
        } ?? []
    }

    private func complaints(
        of route: RouteConfiguration, _ found: [String: Found],
        _ configuration: GatewayConfiguration, source: String
    ) -> [ConfigurationError] {
        var complaints = Self.contradictions(of: route, Set(found.keys), configuration)
        if route.credentials.isEmpty, found["credentials"] == nil {
            complaints.append(
                (
                    "credentials",
                    "has to be set, since nobody could send to the route; `mastra-gateway credential new` makes one"
                ))
        }
        return complaints.map { key, expected in
            Self.contradiction(key, expected, found, unset: source)
        }
    }

    /// What is wrong between routes.
    private func contradictions(
        among configuration: GatewayConfiguration, _ found: [String: Found],
        _ foundOfRoutes: [String: [String: Found]]
    ) -> [ConfigurationError] {
        var errors: [ConfigurationError] = []
        func contradict(_ key: String, of route: String? = nil, _ expected: String) {
            if let route, let own = foundOfRoutes[route], own[key] != nil {
                errors.append(Self.contradiction(key, expected, own).of(route: route))
            } else {
                errors.append(Self.contradiction(key, expected, found))
            }
        }
        let routes = configuration.routes
        if routes.count > RouteConfiguration.maxCount {
            contradict("routes", "has \(routes.count); \(RouteConfiguration.maxCount) are allowed")
        }
        if configuration.allowUnauthenticated == false,
            routes.allSatisfy({ $0.credentials.isEmpty })
        {
            contradict(
                "allow_unauthenticated",
                "is false, and no route has credentials; nobody could send anything")
        }
        let asksForCertificates = configuration.listenTLS.clientCAFile != nil
        for route in routes where !asksForCertificates {
            guard route.credentials.contains(where: \.isCertificate) else { continue }
            contradict(
                "credentials", of: route.name,
                "has a certificate, and no client shows one without listen_tls_client_ca_file")
        }
        if let complaint = configuration.complaintAboutShares {
            let route = routes.last { foundOfRoutes[$0.name]?["queue_share"] != nil }
            contradict("queue_share", of: route?.name, complaint)
        }
        do throws(Routing.Conflict) {
            _ = try configuration.routing { RouteIntake.named($0.name) }
        } catch {
            contradict("credentials", of: error.second, error.description)
        }
        return errors
    }
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
