import ArgumentParser
import Gateway

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at all that a gateway with these settings needs, and says what to do.",
        discussion: """
            Asks for the upstream's name, connects, shows its certificates, sends a batch without spans, compares \
            clocks, writes to the queue directory, tries the ports, and reads the metrics of a gateway that runs. \
            Ends with 69 where something has failed.
            """)

    @Flag(help: "Also deliver a sample trace to the upstream, past the queue.")
    var sample = false

    @Flag(help: "As JSON, a line for each diagnosis.")
    var json = false

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let resolved = try options.resolve()
        ProcessSetup.apply()
        let isWell = await Doctor(resolved, deliversSample: sample).examine { diagnosis in
            StandardOutput.write(Array((json ? diagnosis.jsonLine : diagnosis.lines).utf8))
        }
        if !isWell { throw ExitCode(SystemExit.unavailable) }
    }
}
