import ArgumentParser
import Gateway

struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Prints the records that OTLP requests become, one a line.",
        discussion: "Takes files with binary ExportTraceServiceRequests; - is standard input.")

    @Argument(help: "Files to map.")
    var files: [String]

    @Option(help: "Fields of a record: platform or cloud.")
    var dialect = "platform"

    func run() async throws {
        do {
            let mapping = try FileMapping(dialect: dialect)
            for file in files { StandardOutput.write(try mapping.map(file)) }
        } catch {
            StandardError.write("\(error)\n")
            throw ExitCode(SystemExit.dataError)
        }
    }
}
