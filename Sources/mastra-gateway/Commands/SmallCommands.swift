import ArgumentParser
import Gateway

struct HealthcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Asks a running gateway whether it lives; for container health checks.")

    @Option(help: "Address and port of the admin listener.")
    var admin = ProcessEnvironment.all["MASTRA_GATEWAY_ADMIN_LISTEN"] ?? "127.0.0.1:8888"

    @Option(help: "What to ask: /livez or /readyz.")
    var path = "/livez"

    func run() async throws {
        do {
            try await AdminClient(admin: admin).expectOK(path)
        } catch {
            StandardError.write("\(error)\n")
            throw ExitCode(SystemExit.unavailable)
        }
    }
}

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Prints the version and those of its libraries.")

    func run() async throws {
        print(GatewayVersion.description)
    }
}
