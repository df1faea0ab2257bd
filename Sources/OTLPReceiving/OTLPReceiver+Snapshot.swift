import HTTPServing

extension OTLPReceiver {
    /// What a configuration comes to. Each request is admitted, read and answered on one, also where
    /// another takes its place meanwhile.
    final class Snapshot: Sendable {
        let configuration: OTLPReceiverConfiguration
        let policy: RequestPolicy
        let answers: OTLPAnswers
        let cors: CORSPolicy
        let routing: Routing

        init(_ configuration: OTLPReceiverConfiguration, _ routing: Routing) {
            self.configuration = configuration
            policy = RequestPolicy(configuration: configuration)
            answers = OTLPAnswers(paths: policy.paths)
            cors = CORSPolicy(configuration.cors)
            self.routing = routing
        }
    }

    /// What was decided from the head of a request; the server keeps it until the body is there.
    final class Admission: Sendable {
        let snapshot: Snapshot
        let intake: RequestPolicy.Intake
        /// Nil for what goes into no queue.
        let route: RouteIntake?

        init(_ snapshot: Snapshot, _ intake: RequestPolicy.Intake, _ route: RouteIntake?) {
            self.snapshot = snapshot
            self.intake = intake
            self.route = route
        }
    }
}
