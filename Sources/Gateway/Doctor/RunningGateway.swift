import SendingQueue

/// A gateway that runs on this machine with the same configuration, as its admin listener tells.
struct RunningGateway {
    private let isReady: Bool
    private let readiness: String
    private let metrics: MetricLines

    /// Nil where none answers.
    init?(at admin: ListenAddress?) async {
        guard let admin, admin.port != 0 else { return nil }
        let client = AdminClient(admin)
        guard let ready = try? await client.get("/readyz"),
            let metrics = try? await client.get("/metrics"), metrics.status == 200
        else { return nil }
        self.init(isReady: ready.status == 200, readiness: ready.body, metrics: metrics.body)
    }

    /// Nil where the metrics are another program's.
    init?(isReady: Bool, readiness: String, metrics: String) {
        self.isReady = isReady
        self.readiness = readiness
        self.metrics = MetricLines(metrics)
        guard self.metrics["mastra_gateway_uptime_seconds"] != nil else { return nil }
    }

    var diagnoses: [Diagnosis] {
        [intake, books, lane, refusals].compactMap { $0 }
    }

    private func count(_ name: String) -> Int {
        Int(metrics["mastra_gateway_" + name] ?? 0)
    }

    private var intake: Diagnosis {
        guard isReady else {
            return Diagnosis(
                "running gateway", .failed, "takes no spans: \(readiness)",
                advice: "docs/operations.md has what each reason means")
        }
        let received = count("receiver_received_spans_total")
        guard received == 0 else {
            return Diagnosis("running gateway", .ok, "takes spans")
        }
        return Diagnosis(
            "running gateway", .note,
            "takes spans, and none has come in the \(count("uptime_seconds")) s since its start",
            advice:
                "mastra-gateway send --sample sends some; then look at the sender's endpoint and protocol"
        )
    }

    private var books: Diagnosis {
        let text =
            "\(count("receiver_received_spans_total")) received, \(count("receiver_accepted_spans_total")) accepted, "
            + "\(count("exporter_sent_spans_total")) sent, \(count("exporter_queue_size_spans")) held, "
        let dropped = metrics.values(of: "mastra_gateway_exporter_dropped_spans_total")
        let lost = Int(dropped.reduce(0) { $0 + $1.value })
        guard lost > 0 else { return Diagnosis("spans", .ok, text + "0 dropped") }
        let causes = dropped.filter { $0.value > 0 }
        let reasons = causes.map { "\($0.label) \(Int($0.value))" }
        let told = text + "\(lost) dropped: \(reasons.joined(separator: ", "))"
        guard causes.contains(where: { DropReason(rawValue: $0.label)?.isByDesign != true }) else {
            return Diagnosis("spans", .ok, told)
        }
        return Diagnosis(
            "spans", .warning, told,
            advice:
                "docs/operations.md has what each reason means; mastra-gateway queue inspect --dead-letters shows them"
        )
    }

    /// What the sender does; nothing where it sends.
    private var lane: Diagnosis? {
        let posture = metrics.values(of: "mastra_gateway_exporter_posture").first { $0.value == 1 }
        guard let posture, posture.label != "open" else { return nil }
        return Diagnosis(
            "lane", .warning, "does not send: \(posture.label)",
            advice: "docs/operations.md has what to do about each posture; the log has the cause")
    }

    /// Requests that were not taken.
    private var refusals: Diagnosis? {
        let http = metrics.values(of: "mastra_gateway_receiver_answers_total")
            .filter { !$0.label.hasPrefix("2") && $0.value > 0 }
        let calls = metrics.values(of: "mastra_gateway_receiver_grpc_answers_total")
            .filter { $0.label != "OK" && $0.value > 0 }
        let answers = (http + calls).map { "\(Int($0.value)) with \($0.label)" }
        guard !answers.isEmpty else { return nil }
        return Diagnosis(
            "senders", .warning, "requests were answered \(answers.joined(separator: ", "))",
            advice: "docs/receiver.md has every answer; the body of each tells the sender why")
    }
}

/// Prometheus text, as far as `RunningGateway` needs it: a number by its name, and by its one label.
struct MetricLines {
    private let lines: [Substring]

    init(_ text: String) {
        lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    subscript(name: String) -> Double? {
        lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    func values(of name: String) -> [(label: String, value: Double)] {
        lines.filter { $0.hasPrefix(name + "{") }.compactMap { line in
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 3, let value = Double(parts[2].drop { $0 != " " }.dropFirst())
            else { return nil }
            return (String(parts[1]), value)
        }
    }
}
