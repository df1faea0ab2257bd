import CloudExport
import Synchronization

/// Reads the configuration from where it was read before, and knows whether the files have changed since.
package final class ConfigurationLoader: Sendable {
    private let path: String?
    private let flags: [String: String]
    private let environment: [String: String]
    private let read: @Sendable (String) throws -> String
    /// Texts of the files that were read last, by path; nil of those that could not be. Tokens are among them.
    private let seen = Mutex<[String: Secret?]>([:])

    /// - Parameter path: of the YAML file; nil where there is none.
    package init(
        path: String?, flags: [String: String], environment: [String: String],
        read: @escaping @Sendable (String) throws -> String = { try TextFile.read($0) }
    ) {
        self.path = path
        self.flags = flags
        self.environment = environment
        self.read = read
    }

    package func load() throws(ConfigurationErrors) -> ResolvedConfiguration {
        let texts = Mutex<[String: Secret?]>([:])
        let noting: @Sendable (String) throws -> String = { [read] path in
            do {
                let text = try read(path)
                texts.withLock { $0[path] = .some(Secret(text)) }
                return text
            } catch {
                texts.withLock { $0[path] = .some(nil) }
                throw error
            }
        }
        defer { seen.withLock { $0 = texts.withLock { $0 } } }
        let file: (path: String, text: String)?
        do {
            file = try path.map { ($0, try noting($0)) }
        } catch {
            throw ConfigurationErrors(errors: [
                ConfigurationError(
                    key: "config", source: path ?? "", value: nil,
                    expected: "expected a readable file: \(error)")
            ])
        }
        return try ConfigurationSources(
            flags: flags, environment: environment, file: file, readFile: noting
        ).resolve()
    }

    /// Whether a file that was read has another text now, or cannot be read any more, or can again.
    func hasChanged() -> Bool { change() != nil }

    /// Texts of the files that were read, as they are now; nil where all are as they were.
    func change() -> [String: Secret?]? {
        let seen = seen.withLock { $0 }
        var now: [String: Secret?] = [:]
        for path in seen.keys { now[path] = .some((try? read(path)).map { Secret($0) }) }
        return now == seen ? nil : now
    }
}
