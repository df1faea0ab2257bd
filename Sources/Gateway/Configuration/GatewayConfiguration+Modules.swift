import CloudExport
import CurlUpload
import HTTPServing
import OTLPReceiving
import SendingQueue

/// The part of the configuration that each module has, in its own terms.
extension GatewayConfiguration {
    /// A listener for traces.
    func otlpServer(_ address: ListenAddress) -> HTTPServerConfiguration {
        var server = HTTPServerConfiguration()
        server.host = address.host
        server.port = address.port
        server.maxConnections = maxConnections
        server.maxConnectionsPerPeer = maxConnectionsPerIP
        server.maxHeaderBytes = maxHeaderBytes
        server.headTimeout = headerTimeout
        server.bodyTimeout = bodyTimeout
        server.idleTimeout = idleTimeout
        return server
    }

    /// The admin listener serves few clients and small requests.
    func adminServer(_ address: ListenAddress) -> HTTPServerConfiguration {
        var server = HTTPServerConfiguration()
        server.host = address.host
        server.port = address.port
        server.maxConnections = 64
        return server
    }

    /// Browsers open six each, of which one listens for events.
    static let viewerConnections = 64

    func viewerServer(_ address: ListenAddress) -> HTTPServerConfiguration {
        var server = HTTPServerConfiguration()
        server.host = address.host
        server.port = address.port
        server.maxConnections = Self.viewerConnections
        server.maxConcurrentStreams = 16
        return server
    }

    var receiver: OTLPReceiverConfiguration {
        var receiver = OTLPReceiverConfiguration()
        receiver.maxBodyBytes = maxBodyBytes
        receiver.tracesPaths = tracesPaths
        receiver.cors = cors
        return receiver
    }

    func memoryQueue(of route: RouteConfiguration) -> MemoryQueue.Configuration {
        var queue = MemoryQueue.Configuration()
        queue.maxBytes = queueBytes(of: route)
        queue.maxSpans = queueSpans(of: route)
        return queue
    }

    func durableQueue(of route: RouteConfiguration) -> DurableQueue.Setup {
        var log = SegmentLogConfiguration()
        log.maxBytes = UInt64(queueBytes(of: route))
        log.minFree = UInt64(queueMinFree)
        log.durability = queueDurability
        var queue = DurableQueue.Configuration()
        queue.maxBytes = UInt64(queueBytes(of: route))
        queue.maxSpans = UInt64(queueSpans(of: route))
        queue.dropsOldest = queueOverflow == .dropOldest
        queue.maxOfferedBytes = max(8 << 20, memoryLimit / 4) / routes.count
        // The next batches while those before are under way; of a small queue a part, so that its oldest
        // may be dropped where they are on disk alone. Many lanes have one batch each.
        let concurrency = lane(of: route).maxConcurrency
        let window = max(
            max(16 << 20, (concurrency + 1) * route.maxBatchBytes) / routes.count,
            min(route.maxBatchBytes, 1 << 20))
        queue.windowBytes = min(window, max(queueBytes(of: route) / 4, 1 << 16))
        var worker = LogWorker.Configuration()
        worker.maxAge = queueMaxAge
        worker.exitsOnFailedSync = queueExitOnSyncError
        return DurableQueue.Setup(
            queue: queue, worker: worker, log: log, deadLetterBytes: deadLetterBytes(of: route))
    }

    func lane(of route: RouteConfiguration) -> LaneConfiguration {
        var lane = LaneConfiguration()
        lane.limits.maxRecords = route.maxBatchSize
        lane.limits.maxBytes = route.maxBatchBytes
        // Nobody is spared anything by waiting for more of what stays on this machine.
        lane.limits.maxWait =
            route.accessToken == nil
            ? min(route.maxBatchWait, LocalStoreTiming.maxWait) : route.maxBatchWait
        lane.backoff = route.backoff
        // Lines of two batches must not mix.
        lane.maxConcurrency = route.accessToken == nil ? 1 : route.uploadConcurrency
        // Metrics have uploads of their own, so that they take none from spans; of many routes one each.
        lane.maxMetricUploads = routes.count == 1 ? lane.maxConcurrency : 1
        switch route.maxElapsedTime {
        case nil: lane.maxElapsed = queueDirectory == nil ? .seconds(300) : nil
        case .zero?: lane.maxElapsed = nil
        case let time?: lane.maxElapsed = time
        }
        return lane
    }

    /// Uploads that all routes together may have under way.
    var uploads: Int {
        let lanes = routes.map { lane(of: $0) }
        let wanted = lanes.reduce(0) { $0 + $1.maxConcurrency }
        let metrics = zip(routes, lanes).reduce(0) { sum, route in
            sum + (route.0.metricsEndpoint == nil ? 0 : route.1.maxMetricUploads)
        }
        return min(wanted, routes.count + sharedUploads) + metrics
    }

    var curl: CurlConfiguration { curl(beside: 0) }

    /// - Parameter retired: routes that have left the configuration and still send.
    func curl(beside retired: Int) -> CurlConfiguration {
        CurlConfiguration(
            httpVersion: uploadHTTPVersion == .http2 ? .http2 : .http1,
            maxConnections: uploads + 2 * retired,
            connectTimeout: connectTimeout,
            timeout: uploadTimeout,
            proxy: proxyURL.map { CurlProxy($0.revealed) },
            noProxy: noProxy,
            caFile: tlsCAFile,
            certificateFile: tlsCertFile,
            keyFile: tlsKeyFile)
    }
}
