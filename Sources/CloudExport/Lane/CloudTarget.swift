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
        switch await post(body) {
        case .success(let response): outcome(of: response)
        case .failure(let failure): AttemptOutcome(failure)
        }
    }

    /// One attempt, and the answer as it came.
    package func post(_ body: ByteBlock) async -> Result<UploadResponse, UploadFailure> {
        await transport.upload(UploadRequest(url: endpoint.url, headers: headers, body: body))
    }

    package func outcome(of response: UploadResponse) -> AttemptOutcome {
        AttemptOutcome(response, wallClock: wallClock(), hiding: token)
    }
}
