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
    /// Whether a change waits for the next start; all others are taken at a reload.
    package let takesRestart: Bool
    private let change: Change

    private enum Change: Sendable {
        case gateway(@Sendable (String, inout GatewayConfiguration) throws(Expected) -> Void)
        case route(@Sendable (String, inout RouteConfiguration) throws(Expected) -> Void)
    }

    init(
        _ key: String, _ about: String, bounds: String = "", default defaultText: String? = nil,
        unset: String = "unset", variables: [String] = [], isSecret: Bool = false,
        takesRestart: Bool = false,
        _ apply: @escaping @Sendable (String, inout GatewayConfiguration) throws(Expected) -> Void
    ) {
        self.init(
            key, about, bounds, defaultText, unset, variables, isSecret, takesRestart,
            .gateway(apply))
    }

    /// Each route may have its own; the one at the top is that of routes that have none.
    init(
        ofRoute key: String, _ about: String, bounds: String = "",
        default defaultText: String? = nil, unset: String = "unset", variables: [String] = [],
        isSecret: Bool = false,
        _ apply: @escaping @Sendable (String, inout RouteConfiguration) throws(Expected) -> Void
    ) {
        self.init(
            key, about, bounds, defaultText, unset, variables, isSecret, false, .route(apply))
    }

    private init(
        _ key: String, _ about: String, _ bounds: String, _ defaultText: String?, _ unset: String,
        _ otherVariables: [String], _ isSecret: Bool, _ takesRestart: Bool, _ change: Change
    ) {
        self.key = key
        self.about = about
        self.bounds = bounds
        self.defaultText = defaultText
        self.unset = unset
        self.otherVariables = otherVariables
        self.isSecret = isSecret
        self.takesRestart = takesRestart
        self.change = change
    }

    package var isOfRoute: Bool {
        if case .route = change { true } else { false }
    }

    func apply(
        _ text: String, _ configuration: inout GatewayConfiguration
    ) throws(Expected) {
        switch change {
        case .gateway(let apply): try apply(text, &configuration)
        case .route(let apply): try apply(text, &configuration.defaults)
        }
    }

    /// For settings of routes.
    func apply(_ text: String, _ route: inout RouteConfiguration) throws(Expected) {
        guard case .route(let apply) = change else {
            preconditionFailure("\(key) is no setting of a route")
        }
        try apply(text, &route)
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
        listeners, listenTLS, access, destination, mapping, selection, queue, queueOnDisk, limits,
        receiver, uploads, viewer, process,
    ]
}
