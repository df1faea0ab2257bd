import ArgumentParser
import Gateway

/// The options of commands that have a configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: "YAML file with settings.")
    var config: String?

    @OptionGroup(title: "Settings")
    var settings: SettingOptions

    /// Where the configuration is read from, now and later.
    func loader() -> ConfigurationLoader {
        let environment = ProcessEnvironment.all
        return ConfigurationLoader(
            path: config ?? environment["MASTRA_GATEWAY_CONFIG"], flags: settings.values,
            environment: environment)
    }

    /// Ends the process with 78 and says all that is wrong where the configuration is.
    func resolve(_ loader: ConfigurationLoader? = nil) throws -> ResolvedConfiguration {
        do {
            return try (loader ?? self.loader()).load()
        } catch {
            StandardError.write(
                "The configuration cannot be used:\n\("\(error)".indented)\n")
            throw ExitCode(SystemExit.configuration)
        }
    }
}

/// The exit codes of sysexits.h that the gateway uses.
enum SystemExit {
    static let dataError: Int32 = 65
    static let unavailable: Int32 = 69
    static let inputOutput: Int32 = 74
    static let temporaryFailure: Int32 = 75
    static let configuration: Int32 = 78
}

extension String {
    fileprivate var indented: String {
        split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    }
}
