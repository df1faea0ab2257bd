import CloudExport
import Glibc
import HTTPServing
import Instruments
import OTLPReceiving
import SendingQueue

extension GatewayState {
    /// All metrics at one moment. The terms of the books come from one snapshot, so that they add up
    /// in every scrape.
    func metrics(_ looks: [RouteLook]) -> String {
        var text = MetricsText()
        text.info(
            "build_info", "The version that runs.", [("version", GatewayVersion.current)])
        text.gauge(
            "uptime_seconds", "Time since the start.",
            seconds: (.now - startedAt) / .seconds(1))
        text.gauge(
            "watchdog_age_seconds",
            "Time without progress of the part that is worst; the process ends at watchdog_timeout.",
            UInt64(watchdog.age))
        routesAndReloads(looks, &text)
        Self.spans(looks, &text)
        if looks.contains(where: { $0.figures != nil }) { Self.disk(looks, &text) }
        receiver(looks, &text)
        tls(&text)
        Self.exporter(looks, &text)
        Self.derivedMetrics(looks, &text)
        localStore(&text)
        process(&text)
        return text.text
    }

    private func routesAndReloads(_ looks: [RouteLook], _ text: inout MetricsText) {
        text.gauge(
            "route_retired",
            "1 for a route that has left the configuration and sends what it holds, else 0.", looks
        ) { $0.isRetired ? 1 : 0 }
        text.gauges(
            "left_lane_spans",
            "Spans on disk in lanes of no route, as found at the start or the last reload.",
            label: "lane", routes.leftLanes.map { ($0.name, $0.spans) })
        text.counters(
            "config_reloads_total", "Times that the configuration was read again.",
            label: "outcome",
            [("applied", reload.applied.value), ("failed", reload.failed.value)])
        text.gauge(
            "config_last_reload_successful",
            "Whether what the files say is what runs: 0 after a reload that failed.",
            UInt64(reload.last?.isApplied ?? true ? 1 : 0))
        text.gauge(
            "config_applied_timestamp_seconds",
            "When the configuration that runs was read, in seconds since 1970.",
            reload.appliedAt / 1000)
    }

    private func receiver(_ looks: [RouteLook], _ text: inout MetricsText) {
        let instruments = receiver.instruments
        text.counters(
            "receiver_answers_total", "Answers to OTLP requests over HTTP.", label: "status",
            instruments.answers.map { (String($0.status), $0.counter.value) })
        text.counters(
            "receiver_grpc_answers_total", "Answers to gRPC calls.", label: "code",
            instruments.calls.map { ($0.code, $0.counter.value) })
        text.counters(
            "receiver_unauthorized_requests_total", "Requests that no route lets in.",
            label: "reason", instruments.unauthorized.map { ($0.reason.rawValue, $0.counter.value) }
        )
        text.counters(
            "receiver_limited_requests_total",
            "Requests that were answered with 429, by the limit of their route.", label: "limit",
            looks
        ) { $0.limited.map { ($0.limit, $0.requests) } }
        text.counter(
            "receiver_body_bytes_total", "Bytes of request bodies as they came.",
            instruments.bodyBytes.value)
        text.histogram(
            "receiver_request_seconds",
            "From the whole request to its answer; those that were refused by their head are not in it.",
            instruments.duration.snapshot)
        connections(&text)
        text.gauge(
            "receiver_reserved_bytes", "Bytes of request bodies in flight.",
            UInt64(budget.reserved))
        text.gauge(
            "receiver_reserved_limit_bytes", "memory_limit.", UInt64(budget.limit))
    }

    private func connections(_ text: inout MetricsText) {
        let servers = listeners.map { (name: $0.name, metrics: $0.server.metrics) }
        func sum(_ value: (HTTPServerMetrics) -> Int) -> UInt64 {
            UInt64(servers.reduce(0) { $0 + value($1.metrics) })
        }
        text.gauges(
            "receiver_connections", "Open connections.", label: "listener",
            servers.map { ($0.name, UInt64($0.metrics.openConnections)) })
        text.counters(
            "receiver_connections_accepted_total", "Connections that were accepted.",
            label: "listener", servers.map { ($0.name, UInt64($0.metrics.acceptedConnections)) })
        text.counters(
            "receiver_connections_refused_total", "Connections that were closed at once.",
            label: "reason",
            [
                ("max_connections", sum(\.refusedConnections)),
                ("max_connections_per_ip", sum(\.refusedPeerConnections)),
            ])
        text.counters(
            "receiver_requests_total", "Requests by protocol.", label: "protocol",
            [("http1", sum(\.requestsHTTP1)), ("http2", sum(\.requestsHTTP2))])
        let problems = servers.map(\.metrics.problems.labelled)
        text.counters(
            "receiver_problems_total", "Trouble before or instead of a whole request.",
            label: "kind",
            HTTPProblemCounts().labelled.indices.map { index in
                (
                    HTTPProblemCounts().labelled[index].kind,
                    UInt64(problems.reduce(0) { $0 + $1[index].count })
                )
            })
    }

    /// Nothing on a listener in clear text: an expiry of 0 would be an alarm.
    private func tls(_ text: inout MetricsText) {
        // All listeners have one certificate; handshakes are counted by each.
        let all = listeners.compactMap(\.server.metrics.tls)
        guard let tls = all.first else { return }
        text.gauge(
            "receiver_tls_certificate_expiry_timestamp_seconds",
            "When the certificate in use expires, in seconds since 1970.",
            UInt64(max(0, tls.certificateExpiry)))
        text.counters(
            "receiver_tls_handshake_failures_total",
            "Connections that ended before their TLS handshake was complete.", label: "reason",
            tls.handshakeFailures.indices.map { index in
                (
                    tls.handshakeFailures[index].reason,
                    UInt64(all.reduce(0) { $0 + $1.handshakeFailures[index].count })
                )
            })
        text.counters(
            "receiver_tls_reloads_total", "Changes of the TLS files that were met.",
            label: "outcome",
            [("done", UInt64(tls.reloadsDone)), ("failed", UInt64(tls.reloadsFailed))])
    }

    /// Of this program: what getrusage(2) has may be that of the process that started it, since it
    /// outlives execve(2).
    private static var peakResidentBytes: UInt64? {
        guard let status = try? TextFile.read("/proc/self/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return nil }
        return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
            .flatMap { UInt64($0) }.map { $0 * 1024 }
    }

    private func process(_ text: inout MetricsText) {
        var usage = rusage()
        unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        func seconds(_ time: timeval) -> Double {
            Double(time.tv_sec) + Double(time.tv_usec) / 1e6
        }
        text.gauge(
            "process_cpu_seconds", "CPU time of the process, user and system.",
            seconds: seconds(usage.ru_utime) + seconds(usage.ru_stime))
        text.gauge(
            "process_peak_resident_bytes", "The most memory that was resident.",
            Self.peakResidentBytes ?? UInt64(usage.ru_maxrss) * 1024)
    }
}
