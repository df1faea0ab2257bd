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
        guard self.metrics.sum(of: "mastra_gateway_uptime_seconds") != nil else { return nil }
    }

    var diagnoses: [Diagnosis] {
        [intake, books].compactMap { $0 } + lanes + [refusals, leftLanes, reload].compactMap { $0 }
    }

    /// Of all routes together.
    private func count(_ name: String) -> Int {
        Int(metrics.sum(of: "mastra_gateway_" + name) ?? 0)
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
        let dropped = metrics.sums(of: "mastra_gateway_exporter_dropped_spans_total", by: "reason")
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

    /// What the senders do; nothing of those that send.
    private var lanes: [Diagnosis] {
        let postures = metrics.samples(of: "mastra_gateway_exporter_posture").filter {
            $0.value == 1
        }
        let troubled = postures.filter { $0.labels["posture"] != "open" }
        return troubled.map { sample in
            let posture = sample.labels["posture"] ?? "unknown"
            let name = sample.labels["route"] ?? ""
            return Diagnosis(
                "lane", .warning,
                (postures.count == 1 ? "" : "\(name): ") + "does not send: \(posture)",
                advice:
                    "docs/operations.md has what to do about each posture; the log has the cause")
        }
    }

    private var leftLanes: Diagnosis? {
        let lanes = metrics.samples(of: "mastra_gateway_left_lane_spans")
        guard !lanes.isEmpty else { return nil }
        let names = lanes.map { "\($0.labels["lane"] ?? "") with \(Int($0.value)) spans" }
        return Diagnosis(
            "lanes without route", .warning, names.joined(separator: ", "),
            advice: "put the route back, or drop the lane: mastra-gateway queue drop NAME")
    }

    private var reload: Diagnosis? {
        guard metrics.sum(of: "mastra_gateway_config_last_reload_successful") == 0 else {
            return nil
        }
        return Diagnosis(
            "reload", .warning, "the configuration that runs is not the one in the files",
            advice: "mastra-gateway check says what is wrong with it; the log has it too")
    }

    /// Requests that were not taken.
    private var refusals: Diagnosis? {
        let http = metrics.sums(of: "mastra_gateway_receiver_answers_total", by: "status")
            .filter { !$0.label.hasPrefix("2") && $0.value > 0 }
        let calls = metrics.sums(of: "mastra_gateway_receiver_grpc_answers_total", by: "code")
            .filter { $0.label != "OK" && $0.value > 0 }
        let answers = (http + calls).map { "\(Int($0.value)) with \($0.label)" }
        guard !answers.isEmpty else { return nil }
        return Diagnosis(
            "senders", .warning, "requests were answered \(answers.joined(separator: ", "))",
            advice: "docs/receiver.md has every answer; the body of each tells the sender why")
    }
}

/// Prometheus text, as far as `RunningGateway` needs it: numbers by name and labels, whose values have nothing
/// in them that is escaped.
struct MetricLines {
    struct Sample {
        let labels: [String: String]
        let value: Double
    }

    private let lines: [Substring]

    init(_ text: String) {
        lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    func samples(of name: String) -> [Sample] {
        lines.compactMap { line in
            guard line.hasPrefix(name) else { return nil }
            let rest = line.dropFirst(name.count)
            guard rest.first == " " || rest.first == "{", let space = rest.lastIndex(of: " "),
                let value = Double(rest[rest.index(after: space)...])
            else { return nil }
            // name="value",name="value"
            let quoted = rest[..<space].dropFirst().dropLast()
                .split(separator: "\"", omittingEmptySubsequences: false)
            var labels: [String: String] = [:]
            for index in stride(from: 0, to: quoted.count - 1, by: 2) {
                let name = quoted[index].drop { $0 == "," }.dropLast()
                labels[String(name)] = String(quoted[index + 1])
            }
            return Sample(labels: labels, value: value)
        }
    }

    /// Over all labels; nil where there is none of that name.
    func sum(of name: String) -> Double? {
        let samples = samples(of: name)
        return samples.isEmpty ? nil : samples.reduce(0) { $0 + $1.value }
    }

    /// By the values of one label, in their order.
    func sums(of name: String, by label: String) -> [(label: String, value: Double)] {
        var sums: [(label: String, value: Double)] = []
        for sample in samples(of: name) {
            guard let value = sample.labels[label] else { continue }
            if let index = sums.firstIndex(where: { $0.label == value }) {
                sums[index].value += sample.value
            } else {
                sums.append((value, sample.value))
            }
        }
        return sums
    }
}
