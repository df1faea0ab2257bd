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

    var receiver: OTLPReceiverConfiguration {
        var receiver = OTLPReceiverConfiguration()
        receiver.maxBodyBytes = maxBodyBytes
        receiver.tracesPaths = tracesPaths
        receiver.cors = cors
        return receiver
    }

    var queue: MemoryQueue.Configuration {
        var queue = MemoryQueue.Configuration()
        queue.maxBytes = queueBytes
        queue.maxSpans = queueMaxSpans
        return queue
    }

    var segmentLog: SegmentLogConfiguration {
        var log = SegmentLogConfiguration()
        log.maxBytes = UInt64(queueBytes)
        log.minFree = UInt64(queueMinFree)
        log.durability = queueDurability
        return log
    }

    var durableQueue: DurableQueue.Configuration {
        var queue = DurableQueue.Configuration()
        queue.maxBytes = UInt64(queueBytes)
        queue.maxSpans = UInt64(queueMaxSpans)
        queue.dropsOldest = queueOverflow == .dropOldest
        queue.maxOfferedBytes = max(8 << 20, memoryLimit / 4)
        // The next batches while those before are under way; of a small queue a part, so that its oldest
        // may be dropped where they are on disk alone.
        queue.windowBytes = min(
            max(16 << 20, (lane.maxConcurrency + 1) * maxBatchBytes), max(queueBytes / 4, 1 << 16))
        return queue
    }

    var logWorker: LogWorker.Configuration {
        var worker = LogWorker.Configuration()
        worker.maxAge = queueMaxAge
        worker.exitsOnFailedSync = queueExitOnSyncError
        return worker
    }

    var lane: LaneConfiguration {
        var lane = LaneConfiguration()
        lane.limits.maxRecords = maxBatchSize
        lane.limits.maxBytes = maxBatchBytes
        lane.limits.maxWait = maxBatchWait
        lane.backoff = backoff
        // Lines of two batches must not mix.
        lane.maxConcurrency = accessToken == nil ? 1 : uploadConcurrency
        switch maxElapsedTime {
        case nil: lane.maxElapsed = queueDirectory == nil ? .seconds(300) : nil
        case .zero?: lane.maxElapsed = nil
        case let time?: lane.maxElapsed = time
        }
        return lane
    }

    /// Where metrics go; nil where none are published. The console prints records alone.
    var metricsEndpoint: CloudEndpoint? {
        publishMetrics && accessToken != nil ? endpoint?.metrics : nil
    }

    var curl: CurlConfiguration {
        CurlConfiguration(
            httpVersion: uploadHTTPVersion == .http2 ? .http2 : .http1,
            // Metrics have as many uploads of their own, so that they take none from spans.
            maxConnections: uploadConcurrency * (metricsEndpoint == nil ? 1 : 2),
            connectTimeout: connectTimeout,
            timeout: uploadTimeout,
            proxy: proxyURL.map { CurlProxy($0.revealed) },
            noProxy: noProxy,
            caFile: tlsCAFile,
            certificateFile: tlsCertFile,
            keyFile: tlsKeyFile)
    }
}
