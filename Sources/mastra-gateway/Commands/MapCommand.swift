import ArgumentParser
import Gateway

struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Prints the records that OTLP requests become, one a line.",
        discussion: """
            Takes files with ExportTraceServiceRequests, binary or JSON; - is standard input. Maps \
            as the gateway would with the same settings.
            """)

    @Argument(help: "Files to map.")
    var files: [String]

    @Option(help: "What the files hold: auto, protobuf or json.")
    var format = FileMapping.Format.auto

    @Flag(
        help:
            "Below each record: which rule and attribute filled each field, and what was left over."
    )
    var explain = false

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let resolved = try options.resolve()
        var mapping = FileMapping(
            options: resolved.configuration.mapping, format: format, explains: explain)
        do {
            for file in files { StandardOutput.write(try mapping.map(file)) }
        } catch {
            StandardError.write("\(error)\n")
            throw ExitCode(SystemExit.dataError)
        }
    }
}

extension FileMapping.Format: ExpressibleByArgument {}
