package import MastraRecords

/// Mastra Cloud's publish route: one POST with the headers that its exporter sends.
package struct CloudTarget: BatchTarget {
    private let endpoint: CloudEndpoint
    private let token: Secret
    private let headers: [(name: String, value: String)]
    private let transport: any UploadTransport
    private let wallClock: @Sendable () -> UInt64

    /// - Parameters:
    ///   - token: sent as a bearer token, to the endpoint's origin alone.
    ///   - wallClock: milliseconds since 1970.
    package init(
        endpoint: CloudEndpoint, token: Secret, userAgent: String,
        transport: any UploadTransport, wallClock: @escaping @Sendable () -> UInt64
    ) {
        self.endpoint = endpoint
        self.token = token
        self.transport = transport
        self.wallClock = wallClock
        headers = [
            ("Authorization", "Bearer " + token.revealed),
            ("Content-Type", "application/json"),
            ("User-Agent", userAgent),
            // Without it an exhausted quota is answered with 204, and the data is gone.
            ("x-mastra-observability-capabilities", "quota-pause-v1"),
        ]
    }

    package func attempt(_ body: ByteBlock, records: Int) async -> AttemptOutcome {
        let request = UploadRequest(url: endpoint.url, headers: headers, body: body)
        return switch await transport.upload(request) {
        case .success(let response):
            AttemptOutcome(response, wallClock: wallClock(), hiding: token)
        case .failure(let failure): AttemptOutcome(failure)
        }
    }
}
