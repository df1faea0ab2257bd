/// One thing that can be configured: its key, under which it stands in the file, on the command line
/// (`--key-with-dashes`) and in the environment (`MASTRA_GATEWAY_KEY`).
///
/// Its texts are the manual's: `--help`, docs/configuration.md and mastra-gateway(5) are made of them. They may have
/// Markdown's code and links.
package struct Setting: Sendable {
    package let key: String
    /// What it is. The first sentence is all that `--help` has room for.
    package let about: String
    /// What a value may be, with units; empty where anything goes.
    package let bounds: String
    /// As it would be written; nil where unset has a meaning of its own.
    package let defaultText: String?
    /// What stands in for a default text in the manual.
    package let unset: String
    /// Names besides `MASTRA_GATEWAY_…`, in the order of precedence.
    package let otherVariables: [String]
    /// Not on the command line, and never shown; `…_FILE` in the environment names a file with it.
    package let isSecret: Bool
    let apply: @Sendable (String, inout GatewayConfiguration) throws(Expected) -> Void

    init(
        _ key: String, _ about: String, bounds: String = "", default defaultText: String? = nil,
        unset: String = "unset", variables: [String] = [], isSecret: Bool = false,
        _ apply: @escaping @Sendable (String, inout GatewayConfiguration) throws(Expected) -> Void
    ) {
        self.key = key
        self.about = about
        self.bounds = bounds
        self.defaultText = defaultText
        self.unset = unset
        otherVariables = variables
        self.isSecret = isSecret
        self.apply = apply
    }

    /// Every name in the environment, first one first.
    package var variables: [String] { ["MASTRA_GATEWAY_" + key.uppercased()] + otherVariables }

    package var flag: String { "--" + key.split(separator: "_").joined(separator: "-") }

    package static let all: [Setting] = SettingSection.all.flatMap(\.settings)
}

/// Settings that belong together, under a heading of the manual.
package struct SettingSection: Sendable {
    package let title: String
    package let preface: String
    package let settings: [Setting]

    init(_ title: String, preface: String = "", _ settings: [Setting]) {
        self.title = title
        self.preface = preface
        self.settings = settings
    }

    package static let all: [SettingSection] = [
        listeners, listenTLS, destination, mapping, queue, queueOnDisk, receiver, uploads, process,
    ]
}
