import CloudExport
import CurlUpload
import Logging
import SendingQueue
import SpanMapping

/// Parts that are made of the configuration, for a gateway that takes in and for one that only sends.
struct GatewayParts {
    let configuration: GatewayConfiguration
    let logger: Logger

    func makeLane(
        _ queue: any SendingQueue, _ target: any BatchTarget, _ metricsTarget: (any BatchTarget)?
    ) -> Lane {
        Lane(
            configuration: configuration.lane, queue: queue,
            mapper: SpanMapper(options: configuration.mapping),
            target: target, metricsTarget: metricsTarget, logger: logger)
    }

    /// Where records go, where metrics go if anywhere, and the transport of both.
    func makeTargets() throws(StartError) -> (
        any BatchTarget, metrics: (any BatchTarget)?, CurlTransport?
    ) {
        guard let token = configuration.accessToken, let endpoint = configuration.endpoint else {
            return (ConsoleTarget(isForPeople: StandardOutput.isTerminal), nil, nil)
        }
        do throws(CurlConfigurationError) {
            let transport = try CurlTransport(configuration.curl)
            func target(_ endpoint: CloudEndpoint) -> CloudTarget {
                CloudTarget(
                    endpoint: endpoint, token: token, userAgent: GatewayVersion.userAgent,
                    transport: transport, wallClock: WallClock.milliseconds)
            }
            return (
                target(endpoint), configuration.metricsEndpoint.map { target($0) }, transport
            )
        } catch {
            throw StartError(description: error.description)
        }
    }

    func makeQueueRunner() throws(StartError) -> QueueRunner? {
        guard let path = configuration.queueDirectory else { return nil }
        let lane = try QueueRunner(at: path, configuration, logger: logger)
        if let doubt = lane.doubt {
            logger.warning("The queue directory may not last: \(doubt)")
        }
        if configuration.queueDurability == .write {
            logger.warning(
                "An acknowledged span may be lost in a power cut: queue_durability is write")
        }
        return lane
    }

    var destination: String {
        guard configuration.accessToken != nil, let endpoint = configuration.endpoint else {
            return "console (no access token; set MASTRA_CLOUD_ACCESS_TOKEN to export)"
        }
        return endpoint.url
    }
}
