import Logging
import NIOConcurrencyHelpers

/// Keeps what is logged, a line each: level, sentence, metadata.
final class LogRecorder: Sendable {
    private let storage = NIOLockedValueBox<[String]>([])

    var lines: [String] { storage.withLockedValue { $0 } }

    func logger(level: Logger.Level = .trace) -> Logger {
        var logger = Logger(label: "test") { _ in Handler(storage: self.storage) }
        logger.logLevel = level
        return logger
    }

    private struct Handler: LogHandler {
        let storage: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { " \($0.key)=\($0.value)" }.joined()
            storage.withLockedValue { $0.append("\(event.level) \(event.message)\(values)") }
        }
    }
}
