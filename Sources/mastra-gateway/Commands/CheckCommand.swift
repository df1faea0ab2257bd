import ArgumentParser
import Gateway

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks the configuration and prints what it comes to, secrets as stars.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let resolved = try options.resolve()
        // What only the start would say: it depends on this machine's memory.
        try await reportingErrors { _ = try GatewayRun.fitted(resolved.configuration) }
        print(resolved.lines.joined(separator: "\n"))
    }
}
