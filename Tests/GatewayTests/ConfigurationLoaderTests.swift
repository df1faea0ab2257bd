import Synchronization
import Testing

@testable import Gateway

@Suite struct ConfigurationLoaderTests {
    private final class Files: Sendable {
        private let texts: Mutex<[String: String]>

        init(_ texts: [String: String]) { self.texts = Mutex(texts) }

        func set(_ path: String, _ text: String?) { texts.withLock { $0[path] = text } }

        func read(_ path: String) throws -> String {
            guard let text = texts.withLock({ $0[path] }) else {
                throw ConfigurationSources.NoSuchFile()
            }
            return text
        }
    }

    private func loader(_ files: Files) -> ConfigurationLoader {
        ConfigurationLoader(
            path: "/c", flags: [:], environment: ["MASTRA_CLOUD_ACCESS_TOKEN_FILE": "/t"],
            read: files.read)
    }

    @Test func `nothing has changed until a file that was read has another text`() throws {
        let files = Files(["/c": "max_batch_size: 1", "/t": "one", "/other": "x"])
        let loader = loader(files)
        #expect(try loader.load().configuration.defaults.maxBatchSize == 1)
        #expect(!loader.hasChanged())
        files.set("/other", "y")
        #expect(!loader.hasChanged())
        files.set("/t", "two")
        #expect(loader.hasChanged())
        #expect(try loader.load().configuration.defaults.accessToken?.revealed == "two")
        #expect(!loader.hasChanged())
        files.set("/c", "max_batch_size: 2")
        #expect(loader.hasChanged())
        #expect(try loader.load().configuration.defaults.maxBatchSize == 2)
    }

    @Test func `a file that goes is one change, and so is its return`() throws {
        let files = Files(["/c": "", "/t": "one"])
        let loader = loader(files)
        _ = try loader.load()
        for path in ["/t", "/c"] {
            let text = try files.read(path)
            files.set(path, nil)
            #expect(loader.hasChanged())
            #expect(throws: ConfigurationErrors.self) { try loader.load() }
            // Told once, and not at each look.
            #expect(!loader.hasChanged())
            files.set(path, text)
            #expect(loader.hasChanged())
            _ = try loader.load()
            #expect(!loader.hasChanged())
        }
    }

    @Test func `settings that take a restart are named where they differ`() throws {
        let files = Files(["/c": "max_batch_size: 1", "/t": "one"])
        let loader = loader(files)
        let first = try loader.load()
        files.set("/c", "http_listen: 127.0.0.1:1\nqueue_directory: /q\nmax_batch_size: 2")
        #expect(first.restartNeeded(for: try loader.load()) == ["http_listen", "queue_directory"])
        files.set("/c", "max_batch_size: 3")
        #expect(first.restartNeeded(for: try loader.load()).isEmpty)
    }
}

@Suite struct RateWindowTests {
    @Test func `the rate is that of the last minute`() {
        var window = RateWindow()
        #expect(window.perSecond == (0, 0))
        window.note(accepted: 100, sent: 50)
        #expect(window.perSecond == (0, 0))
        for second in 1...10 { window.note(accepted: 100 + UInt64(second) * 20, sent: 50) }
        #expect(window.perSecond == (20, 0))
        for second in 1...60 { window.note(accepted: 300, sent: 50 + UInt64(second) * 6) }
        #expect(window.perSecond == (0, 6))
    }
}
