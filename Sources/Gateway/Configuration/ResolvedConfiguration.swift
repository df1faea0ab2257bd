import CloudExport

/// A checked configuration and where each setting came from.
package struct ResolvedConfiguration: Sendable {
    package let configuration: GatewayConfiguration
    let sources: [String: String]

    /// One line a setting, for `check`: key, value, source; secrets as stars.
    package var lines: [String] {
        let width = Setting.all.map(\.key.count).max() ?? 0
        return Setting.all.compactMap { setting in
            let source = sources[setting.key]
            guard source != nil || setting.defaultText != nil || !setting.isAlias else {
                return nil
            }
            let key = setting.key + String(repeating: " ", count: width - setting.key.count)
            return "\(key)  \(value(of: setting))  (\(source ?? "default"))"
        }
    }

    private func value(of setting: Setting) -> String {
        if setting.isSecret { return sources[setting.key] == nil ? "unset" : "****" }
        if setting.key == "endpoint" { return configuration.endpoint?.url ?? "unset" }
        return texts[setting.key] ?? setting.defaultText ?? "unset"
    }

    /// As written by whoever set them.
    let texts: [String: String]

    init(
        configuration: GatewayConfiguration, sources: [String: String], texts: [String: String]
    ) {
        self.configuration = configuration
        self.sources = sources
        self.texts = texts
    }
}

extension Setting {
    /// A second spelling of another setting, shown only where it is used.
    var isAlias: Bool { key == "max_batch_wait_ms" }
}
