import ArgumentParser
import Gateway
import Logging

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the gateway until SIGTERM or SIGINT.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let loader = options.loader()
        let resolved = try options.resolve(loader)
        let configuration = resolved.configuration
        ProcessSetup.apply()
        let isTerminal = StandardError.isTerminal
        let format = configuration.logFormat ?? (isTerminal ? .text : .json)
        let level = SharedLogLevel(configuration.logLevel)
        let logger = Logger(label: "gateway") { label in
            GatewayLogHandler(label: label, level: level, format: format)
        }
        let signals = ProcessSignals(reloads: true)
        do throws(StartError) {
            let run = try GatewayRun(resolved, from: loader, logger: logger, level: level)
            try await run.run(until: signals) { lines in
                format == .text ? Self.print(lines) : Self.log(lines, logger)
            }
        } catch {
            logger.error("The gateway cannot start", metadata: ["cause": "\(error.description)"])
            throw ExitCode(error.code.rawValue)
        }
    }

    private static func print(_ lines: [StartLine]) {
        let width = lines.map(\.title.count).max() ?? 0
        let text = lines.map { line in
            "  " + line.title + String(repeating: " ", count: width - line.title.count + 2)
                + line.value + "\n"
        }
        StandardError.write("mastra-gateway \(GatewayVersion.current)\n" + text.joined())
    }

    private static func log(_ lines: [StartLine], _ logger: Logger) {
        var metadata: Logger.Metadata = ["version": "\(GatewayVersion.current)"]
        for line in lines { metadata[line.key] = "\(line.value)" }
        logger.info("Started", metadata: metadata)
    }
}
