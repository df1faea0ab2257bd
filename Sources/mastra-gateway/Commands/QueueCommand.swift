import ArgumentParser
import Gateway
import Logging
import SendingQueue

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Looks at a queue directory, or works on it while no gateway does.",
        discussion: """
            ls, inspect and verify change nothing and may be used beside a running gateway. drain, replay \
            and drop take the directory's lock, and end with 75 where a gateway has it.
            """,
        subcommands: [
            QueueListCommand.self, QueueInspectCommand.self, QueueVerifyCommand.self,
            QueueDrainCommand.self, QueueReplayCommand.self, QueueDropCommand.self,
        ])
}

struct QueueDirectoryArgument: ParsableArguments {
    @Argument(help: "The queue directory; else MASTRA_GATEWAY_QUEUE_DIRECTORY names it.")
    var directory: String?

    /// Called before anything is read, so that no text gets into a core dump.
    func path() throws -> String {
        ProcessSetup.apply()
        let variable = ProcessEnvironment.all["MASTRA_GATEWAY_QUEUE_DIRECTORY"]
        guard let path = directory ?? variable, !path.isEmpty else {
            throw ValidationError("name the queue directory")
        }
        return path
    }
}

struct LaneOption: ParsableArguments {
    @Option(help: "The lane.")
    var lane = QueueDirectory.defaultLane
}

/// Ends the process with the code of what went wrong, after a sentence about it.
func reportingErrors<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as StartError {
        StandardError.write("\(error)\n")
        throw ExitCode(error.code.rawValue)
    } catch let error as StorageError {
        StandardError.write("\(error)\n")
        throw ExitCode(SystemExit.inputOutput)
    } catch let error as SegmentLog.Obstacle {
        StandardError.write("the queue cannot be written: \(error)\n")
        throw ExitCode(SystemExit.inputOutput)
    }
}

struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Prints what each lane holds.")

    @OptionGroup var directory: QueueDirectoryArgument

    @Flag(help: "As JSON, a line for each lane.")
    var json = false

    func run() async throws {
        let path = try directory.path()
        let lanes = try await reportingErrors { try QueueReport(of: path).lanes() }
        StandardOutput.write(
            json
                ? lanes.flatMap(\.jsonLine)
                : Array(TextTable(Self.header, lanes.map(\.row)).text.utf8))
    }

    private static let header = [
        "LANE", "REQUESTS", "SPANS", "BYTES", "OLDEST", "SEGMENTS", "ON DISK", "DEAD LETTERS",
    ]
}

struct QueueInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Prints the requests that wait in a lane, or its dead letters, oldest first.",
        discussion: """
            With --payload the request with that sequence is written as it is, for mastra-gateway map -.
            """)

    @OptionGroup var directory: QueueDirectoryArgument
    @OptionGroup var lane: LaneOption

    @Flag(help: "The dead letters and why they were given up.")
    var deadLetters = false

    @Option(help: "Requests to print at most; 0: all.")
    var limit = 50

    @Option(help: "Sequence of the one request whose bytes to write.")
    var payload: UInt64?

    @Flag(help: "As JSON, a line for each request.")
    var json = false

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is 0 or more") }
    }

    func run() async throws {
        let path = try directory.path()
        try await reportingErrors {
            let report = try QueueReport(of: path)
            if let payload { return try write(payload, of: report) }
            var rows: [[String]] = []
            var count = 0
            try report.forEach(in: lane.lane, deadLetters: deadLetters) { entry in
                if json { StandardOutput.write(entry.jsonLine) } else { rows.append(entry.row) }
                count += 1
                return limit == 0 || count < limit
            }
            if !json {
                let header = QueueReport.Entry.header(deadLetters: deadLetters)
                StandardOutput.write(Array(TextTable(header, rows).text.utf8))
            }
        }
    }

    private func write(_ sequence: UInt64, of report: QueueReport) throws {
        var isFound = false
        try report.forEach(in: lane.lane, deadLetters: deadLetters) { entry in
            guard entry.record.sequence == sequence else { return true }
            StandardOutput.write(entry.request)
            isFound = true
            return false
        }
        guard isFound else {
            throw StartError(description: "no request has sequence \(sequence)", code: .unavailable)
        }
    }
}

struct QueueVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads all that waits in a lane and its dead letters, and says what is damaged.",
        discussion: "Ends with 65 where something is.")

    @OptionGroup var directory: QueueDirectoryArgument
    @OptionGroup var lane: LaneOption

    func run() async throws {
        let path = try directory.path()
        let result = try await reportingErrors {
            var progress = ProgressLine()
            defer { progress.end() }
            return try QueueReport(of: path).verify(lane.lane) { done, all in
                progress.show("read \(done >> 20) of \(all >> 20) MiB")
            }
        }
        print("\(result.records) requests with \(result.spans) spans can be read")
        guard !result.damage.isEmpty || result.lostSpans > 0 else { return }
        for (kind, count) in result.damage { print("\(count) \(kind)") }
        print("\(result.lostSpans) spans are lost")
        throw ExitCode(SystemExit.dataError)
    }
}

struct QueueReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Puts dead letters back into the lane; the next gateway sends them once more.")

    @OptionGroup var directory: QueueDirectoryArgument
    @OptionGroup var lane: LaneOption

    @Option(help: "Only those given up for that reason, such as rejected, too_large or crash.")
    var reason: String?

    func run() async throws {
        let path = try directory.path()
        let reason = try self.reason.map { text in
            guard let reason = DropReason(rawValue: text) else {
                let known = DropReason.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--reason is one of \(known)")
            }
            return reason
        }
        let spans = try await reportingErrors {
            var progress = ProgressLine()
            defer { progress.end() }
            return try QueueReplay(at: path).run(lane.lane, reason: reason) {
                progress.show("put back \($0) spans")
            }
        }
        print("put back \(spans) spans")
    }
}

struct QueueDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Removes a lane and all that it holds, of a route that is gone for good.",
        discussion: """
            Spans that wait are lost, and so are dead letters: --force says that this is wanted. An empty \
            lane needs no word.
            """)

    @Argument(help: "The lane.")
    var lane: String

    @OptionGroup var directory: QueueDirectoryArgument

    @Flag(help: "Also where the lane holds spans or dead letters.")
    var force = false

    func run() async throws {
        let path = try directory.path()
        let (spans, letters) = try await reportingErrors {
            let drop = try QueueDrop(lane, at: path)
            let (spans, letters) = (drop.waiting.spans, drop.deadLetters.spans)
            guard force || spans + letters == 0 else {
                throw StartError(
                    description:
                        "the lane \(lane) holds \(spans) spans and \(letters) dead letters; --force drops them",
                    code: .temporaryFailure)
            }
            try drop.run()
            return (spans, letters)
        }
        print("dropped the lane \(lane) with \(spans) spans and \(letters) dead letters")
    }
}

struct QueueDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Sends all that a queue directory holds, and takes in nothing.",
        discussion: """
            Uses the settings of the gateway, queue_directory above all. Ends with 0 when all is sent, and \
            with 75 when it was interrupted before. Without an access token the records are printed.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try options.resolve().configuration
        ProcessSetup.apply()
        let format = configuration.logFormat ?? (StandardError.isTerminal ? .text : .json)
        let level = SharedLogLevel(configuration.logLevel)
        let logger = Logger(label: "gateway") { label in
            GatewayLogHandler(label: label, level: level, format: format)
        }
        let signals = ProcessSignals()
        let left = try await reportingErrors {
            try await GatewayDrain(configuration: configuration, logger: logger)
                .run(until: signals) { sent, left in
                    logger.info(
                        "Draining", metadata: ["sent": "\(sent)", "left": "\(left)"])
                }
        }
        if left > 0 { throw ExitCode(SystemExit.temporaryFailure) }
    }
}
