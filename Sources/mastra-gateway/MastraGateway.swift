import ArgumentParser
import Gateway

/// The command line: options to a configuration, a configuration to services.
@main
struct MastraGateway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mastra-gateway",
        abstract: "Takes OpenTelemetry traces and delivers them to Mastra Cloud as span records.",
        discussion: """
            Point an OpenTelemetry SDK at it with OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 and \
            OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf. Each flag may also be given in the environment, as \
            MASTRA_GATEWAY_HTTP_LISTEN for --http-listen, and in a YAML file, as http_listen.
            """,
        version: GatewayVersion.current,
        subcommands: [
            RunCommand.self, CheckCommand.self, MapCommand.self, SendCommand.self,
            QueueCommand.self, CredentialCommand.self, DoctorCommand.self, HealthcheckCommand.self,
            VersionCommand.self,
        ],
        defaultSubcommand: RunCommand.self)
}
