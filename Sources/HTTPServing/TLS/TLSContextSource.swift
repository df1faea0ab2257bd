package import Logging
import NIOPosix
import NIOSSL
import Synchronization

/// Where connections get their TLS from: holds what was loaded last, and loads anew when the files
/// change. Several listeners share one.
///
/// A connection keeps what it began with. A change that cannot be used (half of it may still be on
/// its way) leaves what there is, and is said and counted once.
package final class TLSContextSource: Sendable {
    private struct State {
        var identity: TLSIdentity
        /// Of the last look, whatever came of it.
        var files: TLSFiles
        var reloadsDone = 0
        var reloadsFailed = 0
    }

    let configuration: TLSServerConfiguration
    let logger: Logger
    /// Seconds since 1970.
    private let clock: @Sendable () -> Int
    private let state: Mutex<State>

    /// Loads the files; blocks.
    package init(
        configuration: TLSServerConfiguration, logger: Logger, clock: @escaping @Sendable () -> Int
    ) throws(TLSError) {
        let files = TLSFiles(of: configuration)
        let identity = try TLSIdentity(files: files, configuration: configuration)
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        state = Mutex(State(identity: identity, files: files))
        warnIfExpired(identity)
    }

    /// Whether the files can be used now; blocks.
    package static func validate(_ configuration: TLSServerConfiguration) throws(TLSError) {
        _ = try TLSIdentity(files: TLSFiles(of: configuration), configuration: configuration)
    }

    /// When the certificate in the files expires, in seconds since 1970; blocks.
    package static func expiry(_ configuration: TLSServerConfiguration) throws(TLSError) -> Int {
        try TLSIdentity(files: TLSFiles(of: configuration), configuration: configuration).expiry
    }

    /// For the next connection.
    var context: NIOSSLContext { state.withLock { $0.identity.context } }

    /// Looks at the files in each interval until the task is cancelled. One task at a time.
    package func run() async {
        guard let interval = configuration.reloadInterval else { return }
        do {
            while true {
                try await Task.sleep(for: interval)
                // Files may be on a slow disk: no event loop and no task should wait for them.
                try await NIOThreadPool.singleton.runIfActive { self.reloadIfChanged() }
            }
        } catch {
            // Cancelled.
        }
    }

    /// One look at once.
    package func reload() async {
        try? await NIOThreadPool.singleton.runIfActive { self.reloadIfChanged() }
    }

    /// One look; blocks.
    func reloadIfChanged() {
        let files = TLSFiles(of: configuration)
        guard state.withLock({ $0.files != files }) else { return }
        do throws(TLSError) {
            let identity = try TLSIdentity(files: files, configuration: configuration)
            state.withLock { state in
                state.files = files
                state.identity = identity
                state.reloadsDone += 1
            }
            logger.info(
                "The TLS certificate was loaded anew",
                metadata: ["certificate.expires": "\(HTTPDateHeader.text(identity.expiry))"])
            warnIfExpired(identity)
        } catch {
            state.withLock { state in
                state.files = files
                state.reloadsFailed += 1
            }
            logger.warning(
                "The changed TLS files cannot be used; new connections get the preceding ones",
                metadata: ["reason": "\(error)"])
        }
    }

    /// Whether a certificate that was good once is so no longer.
    func isOver(_ certificate: NIOSSLCertificate) -> Bool { certificate.notValidAfter < clock() }

    private func warnIfExpired(_ identity: TLSIdentity) {
        guard identity.expiry < clock() else { return }
        logger.warning(
            "The TLS certificate has expired: clients will refuse it",
            metadata: [
                "certificate.file": "\(configuration.certificateFile)",
                "certificate.expires": "\(HTTPDateHeader.text(identity.expiry))",
            ])
    }

    func metrics(_ failures: TLSHandshakeCounters) -> TLSMetrics {
        var metrics = TLSMetrics()
        state.withLock { state in
            metrics.certificateExpiry = state.identity.expiry
            metrics.reloadsDone = state.reloadsDone
            metrics.reloadsFailed = state.reloadsFailed
        }
        metrics.handshakeFailures = failures.snapshot()
        return metrics
    }
}
