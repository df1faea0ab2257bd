package import Logging

/// Log lines on standard error: aligned text for people, JSON for machines.
package struct GatewayLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let format: LogFormat
    private let label: String
    private let write: @Sendable (String) -> Void

    package init(
        label: String, level: LogLevel, format: LogFormat,
        write: @escaping @Sendable (String) -> Void = StandardError.write
    ) {
        self.label = label
        self.format = format
        self.write = write
        logLevel =
            switch level {
            case .debug: .debug
            case .info: .info
            case .warn: .warning
            case .error: .error
            }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { all["error"] = "\(error)" }
        let sorted = all.sorted { $0.key < $1.key }
        switch format {
        case .text: write(text(event, sorted))
        case .json: write(json(event, sorted))
        }
    }

    private func text(
        _ event: LogEvent, _ metadata: [(key: String, value: Logger.Metadata.Value)]
    ) -> String {
        let level = event.level.short.padded(to: 5)
        let pairs = metadata.map { "  \($0.key)=\(JSONText.bareOrQuoted("\($0.value)"))" }
        return "\(WallClock.text()) \(level) \(event.message)\(pairs.joined())\n"
    }

    private func json(
        _ event: LogEvent, _ metadata: [(key: String, value: Logger.Metadata.Value)]
    ) -> String {
        let pairs = metadata.map { ",\(JSONText.quoted($0.key)):\(JSONText.quoted("\($0.value)"))" }
        let message = JSONText.quoted("\(event.message)")
        return "{\"time\":\"\(WallClock.text())\",\"level\":\"\(event.level.short)\","
            + "\"component\":\(JSONText.quoted(label)),\"message\":\(message)\(pairs.joined())}\n"
    }
}

extension Logger.Level {
    fileprivate var short: String {
        switch self {
        case .trace, .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warn"
        case .error, .critical: "error"
        }
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
