import ArgumentParser
import Gateway
import OTLPReceiving

struct CredentialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential",
        abstract:
            "Makes the keys by which senders are known, and what the configuration says of them.",
        discussion: """
            The configuration holds digests alone: who reads it can let nobody in. A key that is lost cannot \
            be had back from it.
            """,
        subcommands: [CredentialNewCommand.self, CredentialHashCommand.self])
}

struct BasicOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A user, where the sender speaks HTTP's Basic authentication; else a key is for Bearer and x-api-key.",
            valueName: "user"))
    var basic: String?

    /// Ends the process with 65 after a sentence about what is wrong, which never repeats it.
    func secret(_ text: String) throws -> ClientSecret {
        do throws(ClientSecret.Unfit) {
            return try ClientSecret(text, user: basic)
        } catch {
            StandardError.write("\(error)\n")
            throw ExitCode(SystemExit.dataError)
        }
    }
}

struct CredentialNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract:
            "Prints a new key, which is kept nowhere, the line of it for the configuration file, and what to give an SDK.",
        discussion: "The first line is the key, or USER:PASSWORD with --basic.")

    @OptionGroup var option: BasicOption

    func run() async throws {
        ProcessSetup.apply()
        let secret = try option.secret(GeneratedKey().revealed)
        let text = """
            \(secret.revealed)

            It is shown this once. The sender's SDK takes it from its environment:

                \(secret.environmentLine)

            The configuration file has, among the credentials of a route:

                \(secret.credential)

            """
        StandardOutput.write(Array(text.utf8))
    }
}

struct CredentialHashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Prints the line for the configuration file of a key that there is already.",
        discussion: """
            Reads the key, or the password with --basic, from standard input to the end of its line. It is no argument \
            because arguments are seen by everybody on the machine. Ends with 65 where it could be guessed \
            from its digest.
            """)

    @OptionGroup var option: BasicOption

    func run() async throws {
        ProcessSetup.apply()
        let prompt = option.basic == nil ? "Key: " : "Password: "
        let line = try await reportingErrors { try StandardInput.readSecretLine(prompt: prompt) }
        StandardOutput.write(Array((try option.secret(line).credential + "\n").utf8))
    }
}
