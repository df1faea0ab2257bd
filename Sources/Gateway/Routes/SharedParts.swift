import CloudExport
import CurlUpload
import LocalStore
import SendingQueue
import Synchronization

/// What all routes have in common, and take from each other.
final class SharedParts: Sendable {
    let slots: UploadSlots
    /// Nil where nothing is kept on this machine.
    let local: LocalParts?
    private let transport: Mutex<(configuration: CurlConfiguration, transport: CurlTransport)?>

    init(_ configuration: GatewayConfiguration, local: LocalParts?) {
        self.local = local
        slots = UploadSlots(configuration.sharedUploads)
        transport = Mutex(nil)
    }

    func adopt(_ configuration: GatewayConfiguration) {
        slots.resize(to: configuration.sharedUploads)
    }

    /// The transport of this configuration: the one there is where nothing of it has changed. One that is
    /// replaced ends with its last upload.
    ///
    /// - Returns: also whether uploads may go another way than before, as by another proxy; a number of
    ///   connections is none.
    func transport(
        for configuration: CurlConfiguration
    ) throws(StartError) -> (transport: CurlTransport, goesAnotherWay: Bool) {
        let current = transport.withLock { $0 }
        if let current, current.configuration == configuration { return (current.transport, false) }
        var before = current?.configuration
        before?.maxConnections = configuration.maxConnections
        do throws(CurlConfigurationError) {
            return (try CurlTransport(configuration), before != configuration)
        } catch {
            throw StartError(description: error.description)
        }
    }

    func keep(_ transport: CurlTransport, of configuration: CurlConfiguration) {
        self.transport.withLock { $0 = (configuration, transport) }
    }

    func shutdown() async {
        await transport.withLock { $0?.transport }?.shutdown()
    }
}

/// Where the records and metrics of a route go.
struct Upstream: Sendable {
    let target: any BatchTarget
    /// Nil where none are published.
    let metricsTarget: (any BatchTarget)?

    /// - Parameters:
    ///   - transport: nil for the console.
    ///   - local: where spans are kept that go nowhere else.
    init(_ route: RouteConfiguration, _ transport: CurlTransport?, _ local: LocalParts?) {
        guard let transport, let token = route.accessToken, let endpoint = route.endpoint else {
            let console = ConsoleTarget(isForPeople: StandardOutput.isTerminal)
            target =
                local.map { StoreTarget(store: $0.store, delivery: .local, then: console) }
                ?? console
            metricsTarget = nil
            return
        }
        func cloud(_ endpoint: CloudEndpoint) -> CloudTarget {
            CloudTarget(
                endpoint: endpoint, token: token, userAgent: GatewayVersion.userAgent,
                transport: transport, wallClock: WallClock.milliseconds)
        }
        target = cloud(endpoint)
        metricsTarget = route.metricsEndpoint.map(cloud)
    }
}

extension RouteConfiguration {
    /// Whether spans go elsewhere, or as somebody else.
    func hasOtherUpstream(than other: RouteConfiguration) -> Bool {
        accessToken != other.accessToken || endpoint != other.endpoint
            || metricsEndpoint != other.metricsEndpoint
    }
}
