import CloudExport
import MastraRecords

extension SettingSection {
    static let destination = SettingSection(
        "Destination",
        [
            Setting(
                ofRoute: "access_token",
                "token for Mastra Cloud, sent as a bearer token. Unset: records go to the console",
                bounds: "printable ASCII without spaces",
                variables: ["MASTRA_CLOUD_ACCESS_TOKEN", "MASTRA_PLATFORM_ACCESS_TOKEN"],
                isSecret: true
            ) { (text, route) throws(Expected) in
                guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                    throw Expected("a token of printable ASCII without spaces")
                }
                route.accessToken = text.isEmpty ? nil : Secret(text)
            },
            // Checked when the dialect and the project are known.
            Setting(
                ofRoute: "endpoint",
                "where batches are posted. See [the endpoint](#the-endpoint)",
                bounds: "an origin, or a whole URL ending in `/spans/publish`",
                unset: "of the dialect",
                variables: [
                    "MASTRA_CLOUD_TRACES_ENDPOINT", "MASTRA_PLATFORM_OBSERVABILITY_ENDPOINT",
                    "MASTRA_CLOUD_AI_TRACES_ENDPOINT",
                ]
            ) { (_, _) throws(Expected) in },
            Setting(
                ofRoute: "project_id",
                """
                project that the spans belong to: part of the route and a field of each record, \
                both in the dialect `platform` only
                """,
                bounds: "letters, digits, `_` and `-`",
                variables: ["MASTRA_PROJECT_ID"]
            ) { (text, route) throws(Expected) in
                guard CloudEndpoint.isProjectID(text) else {
                    throw Expected("letters, digits, _ and -")
                }
                route.projectID = text
            },
            Setting(
                ofRoute: "dialect",
                "fields of a record. See [records](records.md)",
                bounds: "`platform`, `cloud`",
                default: "platform"
            ) { (text, route) throws(Expected) in
                route.dialect = try ValueParsing.choice(text, of: RecordDialect.self)
            },
            Setting(
                ofRoute: "publish_metrics",
                """
                whether metrics of durations and tokens are derived from records and published \
                beside them. See [derived metrics](#derived-metrics)
                """,
                bounds: "`true`, `false`",
                default: "false"
            ) { (text, route) throws(Expected) in
                route.publishMetrics = try ValueParsing.boolean(text)
            },
        ])
}
