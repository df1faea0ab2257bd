import CurlUpload

package enum GatewayVersion {
    package static let current = "0.1.0"

    /// The version, and of the libraries those that are the machine's.
    package static var description: String {
        "mastra-gateway \(current)\n\(CurlTransport.versionDescription)"
    }

    /// The `User-Agent` of uploads.
    static let userAgent = "mastra-gateway/\(current)"
}
