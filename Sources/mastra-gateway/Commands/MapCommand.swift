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

    @Option(help: "Route whose settings count; without it those at the top of the file.")
    var route: String?

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let resolved = try options.resolve()
        var mapping = FileMapping(
            options: try routeConfiguration(resolved.configuration).mapping, format: format,
            explains: explain)
        do {
            for file in files { StandardOutput.write(try mapping.map(file)) }
        } catch {
            StandardError.write("\(error)\n")
            throw ExitCode(SystemExit.dataError)
        }
    }
}

extension MapCommand {
    private func routeConfiguration(
        _ configuration: GatewayConfiguration
    ) throws -> RouteConfiguration {
        guard let name = route else { return configuration.defaults }
        guard let found = configuration.route(named: name) else {
            let names = configuration.routes.map(\.name).joined(separator: ", ")
            StandardError.write("there is no route \(name); there are: \(names)\n")
            throw ExitCode(SystemExit.configuration)
        }
        return found
    }
}

extension FileMapping.Format: ExpressibleByArgument {}
