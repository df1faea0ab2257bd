import CloudExport

/// A checked configuration and where each setting came from.
package struct ResolvedConfiguration: Sendable {
    package let configuration: GatewayConfiguration
    let sources: [String: String]
    /// As written by whoever set them.
    private let texts: [String: String]
    /// Of each route of the file, what it sets itself.
    private let routes: [String: [String: ConfigurationSources.Found]]

    init(
        configuration: GatewayConfiguration, found: [String: ConfigurationSources.Found],
        foundOfRoutes: [String: [String: ConfigurationSources.Found]]
    ) {
        self.configuration = configuration
        sources = found.mapValues(\.source)
        texts = found.mapValues(\.text)
        routes = foundOfRoutes
    }

    /// One line a setting, for `check`: key, value, source; secrets as stars. Then those of each route.
    package var lines: [String] {
        let width = Setting.all.map(\.key.count).max() ?? 0
        let top = Setting.all.compactMap { setting -> String? in
            let source = sources[setting.key]
            guard source != nil || setting.defaultText != nil || !setting.isAlias else {
                return nil
            }
            let key = setting.key.padded(to: width)
            return "\(key)  \(value(of: setting))  (\(source ?? "default"))"
        }
        return top + configuration.routes.flatMap { lines(of: $0, width) }
    }

    private func lines(of route: RouteConfiguration, _ width: Int) -> [String] {
        guard let found = routes[route.name] else { return [] }
        let own = Setting.all.compactMap { setting -> String? in
            guard let found = found[setting.key] else { return nil }
            let value =
                setting.hidesValue
                ? "****"
                : setting.key == "endpoint" ? route.endpoint?.url ?? found.text : found.text
            return "  \(setting.key.padded(to: width))  \(value)  (\(found.source))"
        }
        return ["route \(route.name), to \(route.destination)"] + own
    }

    private func value(of setting: Setting) -> String {
        if setting.hidesValue { return sources[setting.key] == nil ? "unset" : "****" }
        if setting.key == "endpoint" { return configuration.defaults.endpoint?.url ?? "unset" }
        return texts[setting.key] ?? setting.defaultText ?? "unset"
    }

    /// Settings that another configuration has otherwise, and that it cannot have before the next start.
    func restartNeeded(for other: ResolvedConfiguration) -> [String] {
        Setting.all.filter(\.takesRestart).map(\.key).filter { texts[$0] != other.texts[$0] }
    }
}

extension Setting {
    /// What a credential is known by is no secret, and nobody's business either.
    var hidesValue: Bool { isSecret || key == "credentials" || key == "viewer_credentials" }

    /// A second spelling of another setting, shown only where it is used.
    var isAlias: Bool { key == "max_batch_wait_ms" }
}
