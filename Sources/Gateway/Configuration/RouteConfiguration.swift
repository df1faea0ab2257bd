package import CloudExport
package import MastraRecords
package import OTLPReceiving
package import SpanMapping

/// How the spans of one route are mapped and sent, within which limits, and who may send them.
///
/// What `routes` of the file does not set is as at the top of the file, but for the credentials, which are
/// of one route each.
package struct RouteConfiguration: Sendable {
    /// Of the route that the settings at the top make.
    package static let defaultName = "default"
    /// Routes beside each other, at most.
    static let maxCount = 256

    package var name = defaultName
    package var credentials: [Credential] = []

    /// Nil: nothing goes to the cloud, records go to the console.
    package var accessToken: Secret?
    package var endpoint: CloudEndpoint?
    package var projectID: String?
    package var dialect = RecordDialect.platform
    /// Metrics of the records as well, beside them.
    package var publishMetrics = false

    /// How spans become records; dialect and project are those above.
    var mappingOptions = MappingOptions(dialect: .platform)
    package var mapping: MappingOptions {
        var options = mappingOptions
        options.dialect = dialect
        options.projectID = projectID
        return options
    }

    package var maxBatchSize = 1000
    package var maxBatchWait = Duration.seconds(5)
    package var maxBatchBytes = 4 * 1024 * 1024
    package var uploadConcurrency = 4
    package var backoff = Backoff()
    /// Zero: never. Nil: five minutes in memory, never on disk.
    package var maxElapsedTime: Duration?

    /// Nil: as many as come.
    package var spansPerSecond: Int?
    /// Of request bodies, decoded.
    package var bytesPerSecond: Int?
    /// Percent of the queue. Nil: as much as each other route that has none either.
    package var queueShare: Double?

    package init() {}

    /// 1 to 40 small letters, digits and hyphens: the name of a directory, and a label of metrics.
    static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// Where records go, for people.
    package var destination: String {
        guard accessToken != nil, let endpoint else {
            let setting =
                name == Self.defaultName ? "MASTRA_CLOUD_ACCESS_TOKEN" : "access_token_file"
            return "console (no access token; set \(setting) to export)"
        }
        return endpoint.url
    }

    /// Where metrics go; nil where none are published. The console prints records alone.
    package var metricsEndpoint: CloudEndpoint? {
        publishMetrics && accessToken != nil ? endpoint?.metrics : nil
    }
}
