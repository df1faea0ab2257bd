/// The calls that are known by their paths.
enum GRPCMethod: String, Hashable, Sendable {
    case exportTraces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    case checkHealth = "/grpc.health.v1.Health/Check"

    case exportMetrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
    case exportLogs = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
    case exportProfiles =
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"

    /// For calls that are not served: what stops an SDK from sending them (G14).
    var settingOfOtherSignal: String? {
        switch self {
        case .exportTraces, .checkHealth: nil
        case .exportMetrics: "OTEL_METRICS_EXPORTER"
        case .exportLogs: "OTEL_LOGS_EXPORTER"
        case .exportProfiles: "OTEL_PROFILES_EXPORTER"
        }
    }

    /// The service whose health may be asked for beside that of the whole.
    static let traceService = "opentelemetry.proto.collector.trace.v1.TraceService"
}
