package import Logging
import Synchronization

/// The least level that is logged, which a reload may change for all loggers at once.
package final class SharedLogLevel: Sendable {
    private let level: Atomic<Int>

    package init(_ level: LogLevel) {
        self.level = Atomic(Self.index(level))
    }

    package func set(_ level: LogLevel) {
        self.level.store(Self.index(level), ordering: .relaxed)
    }

    fileprivate var value: Logger.Level {
        get { Self.levels[level.load(ordering: .relaxed)] }
        set { level.store(Self.levels.firstIndex(of: newValue) ?? 1, ordering: .relaxed) }
    }

    private static let levels: [Logger.Level] = [.debug, .info, .warning, .error]

    private static func index(_ level: LogLevel) -> Int {
        switch level {
        case .debug: 0
        case .info: 1
        case .warn: 2
        case .error: 3
        }
    }
}

/// Log lines on standard error: aligned text for people, JSON for machines.
package struct GatewayLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    private let level: SharedLogLevel
    package var logLevel: Logger.Level {
        get { level.value }
        set { level.value = newValue }
    }
    private let format: LogFormat
    private let label: String
    private let write: @Sendable (String) -> Void

    package init(
        label: String, level: SharedLogLevel, format: LogFormat,
        write: @escaping @Sendable (String) -> Void = StandardError.write
    ) {
        self.label = label
        self.format = format
        self.write = write
        self.level = level
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
