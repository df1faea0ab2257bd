import ArgumentParser
import Gateway

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sends a sample trace, or files with OTLP requests, to a gateway.",
        discussion: """
            To a gateway that asks for a credential it shows what OTEL_EXPORTER_OTLP_HEADERS says, as an SDK \
            does.
            """)

    @Flag(help: "Send a sample trace: an agent run with a model call and a tool call.")
    var sample = false

    @Option(help: "Base URL of the gateway.")
    var to = "http://127.0.0.1:4318"

    @Argument(help: "Files with binary ExportTraceServiceRequests.")
    var files: [String] = []

    func validate() throws {
        guard sample != !files.isEmpty else {
            throw ValidationError("give either --sample or files")
        }
    }

    func run() async throws {
        do {
            let sender = try TraceSender(
                baseURL: to, headers: ProcessEnvironment.all["OTEL_EXPORTER_OTLP_HEADERS"] ?? "")
            let requests =
                sample ? [SampleTrace.request()] : try files.map { try BinaryFile.read($0) }
            for request in requests { print(try await sender.send(request)) }
        } catch {
            StandardError.write("\(error)\n")
            throw ExitCode(SystemExit.unavailable)
        }
    }
}
