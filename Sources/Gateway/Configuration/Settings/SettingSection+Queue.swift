import SendingQueue

extension SettingSection {
    static let queue = SettingSection(
        "Batches and queue",
        [
            Setting(
                ofRoute: "max_batch_size",
                "records in a batch",
                bounds: "1 to 100000",
                default: "1000"
            ) { (text, route) throws(Expected) in
                route.maxBatchSize = try ValueParsing.integer(text, in: 1...100_000)
            },
            Setting(
                ofRoute: "max_batch_wait",
                "longest time from a span's acceptance to the cut of its batch",
                bounds: "0 to 5m",
                default: "5s"
            ) { (text, route) throws(Expected) in
                route.maxBatchWait = try ValueParsing.duration(
                    text, in: .zero ... .seconds(300))
            },
            Setting(
                ofRoute: "max_batch_wait_ms",
                "`max_batch_wait` in milliseconds; only one of the two may be set",
                bounds: "0 to 300000"
            ) { (text, route) throws(Expected) in
                route.maxBatchWait = .milliseconds(
                    try ValueParsing.integer(text, in: 0...300_000))
            },
            Setting(
                ofRoute: "max_batch_bytes",
                """
                bytes of JSON in a batch; in a record that alone has more, long strings lose \
                their middle, those of messages first
                """,
                bounds: "64KiB to 64MiB",
                default: "4MiB"
            ) { (text, route) throws(Expected) in
                route.maxBatchBytes = try ValueParsing.size(text, in: 1 << 16...1 << 26)
            },
            Setting(
                "queue_directory",
                """
                absolute path of a directory in which accepted spans outlive crashes, power cuts \
                and restarts. See [operations](operations.md#the-queue-on-disk). Made where it \
                is missing, in a directory that exists. Unset: the queue is in memory
                """,
                bounds: "a directory of mode 0700 that belongs to the gateway's user",
                takesRestart: true
            ) { (text, configuration) throws(Expected) in
                guard text.hasPrefix("/") else { throw Expected("an absolute path") }
                configuration.queueDirectory = text
            },
            Setting(
                "queue_max_bytes",
                """
                bytes of request bodies that wait or are under way, of all routes in their shares. On disk also the bytes of \
                the files, a segment more or less (an eighth of it, 256 KiB to 64 MiB). In \
                memory at most one request for each 256 bytes (and 64 more). An empty queue \
                takes any one request
                """,
                bounds: "64KiB to 1TiB",
                unset: "`1GiB` on disk, `256MiB` in memory"
            ) { (text, configuration) throws(Expected) in
                configuration.queueMaxBytes = try ValueParsing.size(text, in: 1 << 16...1 << 40)
            },
            Setting(
                "queue_max_spans",
                "spans that wait or are under way, of all routes in their shares",
                bounds: "1 to 1000000000",
                default: "10000000"
            ) { (text, configuration) throws(Expected) in
                configuration.queueMaxSpans = try ValueParsing.integer(text, in: 1...1_000_000_000)
            },
        ])

    static let queueOnDisk = SettingSection(
        "Queue on disk",
        preface: "These count with `queue_directory` alone.",
        [
            Setting(
                "queue_durability",
                """
                what an answer waits for: the disk, so that spans survive a power cut; or the \
                system, so that they survive the end of the process
                """,
                bounds: "`fsync`, `write`",
                default: "fsync"
            ) { (text, configuration) throws(Expected) in
                configuration.queueDurability = try ValueParsing.choice(
                    text, of: SegmentLogConfiguration.Durability.self)
            },
            Setting(
                "queue_min_free",
                """
                room on the file system that is left to others; below it spans are refused, and \
                those held are sent
                """,
                bounds: "0 to 1TiB",
                default: "256MiB"
            ) { (text, configuration) throws(Expected) in
                configuration.queueMinFree = try ValueParsing.size(text, in: 0...1 << 40)
            },
            Setting(
                "queue_max_age",
                """
                age at which spans on disk are dropped unsent, in whole segments and by two \
                clocks, so that a jump of one drops nothing; 0: never
                """,
                bounds: "0 to 8784h",
                default: "0"
            ) { (text, configuration) throws(Expected) in
                let value = try ValueParsing.duration(text, in: .zero ... .seconds(31_622_400))
                configuration.queueMaxAge = value == .zero ? nil : value
            },
            Setting(
                "queue_overflow",
                """
                what a full queue does: refuse new spans, or drop the oldest segment and count \
                its spans
                """,
                bounds: "`reject`, `drop_oldest`",
                default: "reject"
            ) { (text, configuration) throws(Expected) in
                configuration.queueOverflow = try ValueParsing.choice(
                    text, of: QueueOverflow.self)
            },
            Setting(
                "queue_exit_on_sync_error",
                """
                whether the process ends (with 74) where the disk fails to sync, in the place of \
                going on in a new file
                """,
                bounds: "`true`, `false`",
                default: "false"
            ) { (text, configuration) throws(Expected) in
                configuration.queueExitOnSyncError = try ValueParsing.boolean(text)
            },
            Setting(
                "dead_letter_max_bytes",
                """
                bytes of spans that were given up and are kept for people, the oldest of which \
                go for new ones, of all routes in their shares (1 MiB or more each); 0: none are \
                kept. Whether any are kept is settled at the start
                """,
                bounds: "0, 1MiB to 1TiB",
                default: "64MiB"
            ) { (text, configuration) throws(Expected) in
                configuration.deadLetterBytes =
                    text == "0" ? 0 : try ValueParsing.size(text, in: 1 << 20...1 << 40)
            },
        ])
}
