extension SettingSection {
    static let limits = SettingSection(
        "Limits of a route",
        preface:
            "For routes that share a gateway. A request over a rate is answered with 429 and the time to come again.",
        [
            Setting(
                ofRoute: "spans_per_second",
                """
                spans that are taken in the mean; up to a second's worth at once, and one request \
                beyond
                """,
                bounds: "1 to 10000000",
                unset: "no limit"
            ) { (text, route) throws(Expected) in
                route.spansPerSecond = try ValueParsing.integer(text, in: 1...10_000_000)
            },
            Setting(
                ofRoute: "bytes_per_second",
                "bytes of requests, decoded to protobuf, that are taken in the mean",
                bounds: "1KiB to 1TiB",
                unset: "no limit"
            ) { (text, route) throws(Expected) in
                route.bytesPerSecond = try ValueParsing.size(text, in: 1 << 10...1 << 40)
            },
            Setting(
                ofRoute: "queue_share",
                """
                percent of `queue_max_bytes`, `queue_max_spans` and `dead_letter_max_bytes` that \
                the route may have; all of them together 100 or less
                """,
                bounds: "0.01 to 100",
                unset: "what others leave, in equal parts"
            ) { (text, route) throws(Expected) in
                route.queueShare = try ValueParsing.number(text, in: 0.01...100)
            },
        ])
}
