package import CloudExport
package import OTLPReceiving
package import SendingQueue

/// Everything that can be configured, resolved and checked. `docs/configuration.md` is its manual.
package struct GatewayConfiguration: Sendable {
    /// Nil where it is off; one of the two is on.
    package var httpListen: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 4318)
    package var grpcListen: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 4317)
    /// Nil where it is off.
    package var adminListen: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 8888)
    /// Nil: see `hasLocalStore`.
    package var localStore: LocalStoreSetting?
    /// Nil: see `localStoreBytes`.
    package var localStoreMaxBytes: Int?
    /// Nil: no trace is too old.
    package var localStoreMaxAge: Duration? = .seconds(168 * 3600)
    /// Nil where it is off; it is there where there is a store.
    package var viewerListen: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 4319)
    package var viewerCredentials: [Credential] = []
    package var viewerHosts: [String] = []
    package var tracesPaths = ["/v1/traces", "/otlp/v1/traces"]
    package var cors = CORSConfiguration()
    package var listenTLS = ListenTLS()

    /// What every route has that sets nothing else.
    package var defaults = RouteConfiguration()
    /// All of them, at least one; the one of the settings at the top is first where it is there.
    package var routes: [RouteConfiguration] = [RouteConfiguration()]
    /// Nil: where no route has a credential.
    package var allowUnauthenticated: Bool?
    /// Nil: never, but when it is asked for.
    package var reloadInterval: Duration? = .seconds(10)

    /// Nil: the queue is in memory.
    package var queueDirectory: String?
    /// Nil: see `queueBytes`.
    package var queueMaxBytes: Int?
    package var queueMinFree = 256 * 1024 * 1024
    package var queueMaxAge: Duration?
    package var queueDurability = SegmentLogConfiguration.Durability.fsync
    package var queueOverflow = QueueOverflow.reject
    package var queueExitOnSyncError = false
    /// 0: none are kept.
    package var deadLetterBytes = 64 * 1024 * 1024
    package var queueMaxSpans = 10_000_000

    package var maxBodyBytes = Self.defaultMaxBodyBytes
    static let defaultMaxBodyBytes = 64 * 1024 * 1024
    package var memoryLimit = Self.defaultMemoryLimit
    private static let defaultMemoryLimit = 256 * 1024 * 1024
    package var maxConnections = Self.defaultMaxConnections
    private static let defaultMaxConnections = 1024
    package var maxConnectionsPerIP = 512
    package var maxHeaderBytes = 16 * 1024
    package var headerTimeout = Duration.seconds(10)
    package var bodyTimeout = Duration.seconds(10)
    package var idleTimeout = Duration.seconds(75)
    package var eventLoops = 0

    /// Beyond the first of each route. Nil: see `sharedUploads`.
    package var sharedUploadsSetting: Int?
    package var uploadTimeout = Duration.seconds(30)
    package var connectTimeout = Duration.seconds(10)
    package var uploadHTTPVersion = UploadHTTPVersion.http1
    package var tlsCAFile: String?
    package var tlsCertFile: String?
    package var tlsKeyFile: String?
    /// Plain `http://` to a host other than this one.
    package var tlsInsecure = false
    package var proxyURL: Secret?
    package var noProxy = ""

    package var logLevel = LogLevel.info
    package var logFormat: LogFormat?
    package var shutdownTimeout = Duration.seconds(20)
    /// Zero: nothing is ended that hangs.
    package var watchdogTimeout = Duration.seconds(60)
    /// Nil: what the control group allows.
    package var processMemoryLimit: Int?

    package init() {}

    /// A route alone has all the uploads that it may.
    package var sharedUploads: Int {
        sharedUploadsSetting ?? max(8, (routes.map(\.uploadConcurrency).max() ?? 1) - 1)
    }

    /// Of requests that wait to be sent.
    var queueBytes: Int { queueMaxBytes ?? (queueDirectory == nil ? 256 << 20 : 1 << 30) }

    /// Leaves descriptors for everything but connections of clients, who would else take them all; answers
    /// whether fewer connections are left than were configured.
    mutating func fit(intoDescriptors limit: Int, eventLoops: Int) -> Bool {
        let listeners = [httpListen, grpcListen].compactMap { $0 }.count
        // Of each lane its segments, its dead letters, its cursors, its mark, a directory or two.
        let lanes = queueDirectory == nil ? 0 : routes.count * 12
        // Two connections to a file with what SQLite keeps beside it, and browsers.
        let store = hasLocalStore ? 16 + Self.viewerConnections : 0
        let others = 32 + 4 * eventLoops + 2 * uploads + lanes + store
        let allowed = max(1, (limit - others) / max(1, listeners))
        guard allowed < maxConnections else { return false }
        maxConnections = allowed
        return true
    }

    /// Makes limits that are at their defaults small enough for a small machine: at most a quarter of it for bodies
    /// and for a queue in memory each, and less where that is too much beside everything else.
    mutating func fit(into memory: Int) {
        let quarter = max(memory / 4, 1 << 20)
        let sharesMemoryLimit = memoryLimit == Self.defaultMemoryLimit
        let sharesQueue = queueDirectory == nil && queueMaxBytes == nil
        if maxBodyBytes == Self.defaultMaxBodyBytes {
            maxBodyBytes = min(maxBodyBytes, max(memory / 16, 4 << 20))
        }
        if sharesMemoryLimit { memoryLimit = min(memoryLimit, max(quarter, maxBodyBytes)) }
        if sharesQueue { queueMaxBytes = min(queueBytes, quarter) }
        if maxConnections == Self.defaultMaxConnections {
            // A sixteenth for connections of both listeners, of 32 KiB each.
            maxConnections = min(maxConnections, max(16, memory / 16 / (64 << 10)))
        }
        let excess = max(0, MemoryPlan(self).total - ControlGroup.usable(of: memory))
        let share = sharesMemoryLimit && sharesQueue ? (excess + 1) / 2 : excess
        if sharesMemoryLimit { memoryLimit = max(memoryLimit - share, maxBodyBytes) }
        if sharesQueue { queueMaxBytes = max(queueBytes - share, 1 << 20) }
    }
}

package enum UploadHTTPVersion: String, CaseIterable, Sendable {
    case http1 = "1.1"
    case http2 = "2"
}

/// What a full queue on disk does.
package enum QueueOverflow: String, CaseIterable, Sendable {
    /// New requests are refused.
    case reject
    /// The oldest segment goes, and its spans are counted.
    case dropOldest = "drop_oldest"
}

package enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, warn, error
}

package enum LogFormat: String, CaseIterable, Sendable {
    case text, json
}

/// `host:port`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    /// 0 is any free port.
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String {
        "\(hostInURL):\(port)"
    }

    /// As it stands between `http://` and the port.
    package var hostInURL: String { host.contains(":") ? "[\(host)]" : host }

    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
