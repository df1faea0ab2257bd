import CloudExport
import Glibc
import HTTPServing
import Instruments
import OTLPReceiving
import SendingQueue

extension GatewayState {
    /// All metrics at one moment. The terms of the books come from one snapshot, so that they add up
    /// in every scrape.
    func metrics(_ status: LaneStatus) -> String {
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
        spans(&text)
        if let durable { disk(durable.figures(), &text) }
        receiver(&text)
        tls(&text)
        exporter(status, &text)
        derivedMetrics(status, &text)
        process(&text)
        return text.text
    }

    private func spans(_ text: inout MetricsText) {
        let books = queue.books()
        text.counter(
            "receiver_received_spans_total",
            "Spans of decoded requests; accepted, rejected and refused add up to it.",
            books.received)
        text.counter(
            "receiver_accepted_spans_total",
            "Spans that were acknowledged; with those recovered, what sent, queued and dropped add up to.",
            books.accepted)
        text.counter(
            "exporter_recovered_spans_total",
            "Spans of lives before that were found on disk, and such as became durable after their sender had been told to come again.",
            books.recovered)
        text.counter(
            "receiver_rejected_spans_total",
            "Spans that were named as rejected in a partial success.", books.rejected)
        text.counter(
            "receiver_refused_spans_total",
            "Spans of decoded requests that were answered with 503. A full queue refuses most requests by their head, before their spans are known: they count in receiver_answers_total.",
            books.refused)
        text.counter(
            "exporter_sent_spans_total", "Spans that the upstream has taken.", books.delivered)
        text.counters(
            "exporter_dropped_spans_total", "Acknowledged spans that were given up.",
            label: "reason",
            DropReason.allCases.map { ($0.rawValue, books.dropped[$0] ?? 0) })
        text.gauge(
            "exporter_queue_size_spans", "Acknowledged spans that have not ended.",
            books.queuedSpans)
        text.gauge(
            "exporter_queue_size_bytes", "Bytes of requests with such spans.", books.queuedBytes)
        text.gauge(
            "exporter_queue_capacity_spans", "Spans that the queue holds at most.",
            books.capacitySpans)
        text.gauge(
            "exporter_queue_capacity_bytes", "Bytes that the queue holds at most.",
            books.capacityBytes)
        let oldest = queue.backlog().oldest
        text.gauge(
            "exporter_queue_oldest_span_age_seconds",
            "Age of the oldest span that is in no batch yet.",
            seconds: oldest.map { (.now - $0) / .seconds(1) } ?? 0)
    }

    /// Of a queue on disk alone.
    private func disk(_ figures: QueueFigures, _ text: inout MetricsText) {
        text.gauge(
            "exporter_queue_disk_bytes", "Bytes of the queue's segments.", figures.log.fileBytes)
        text.gauge(
            "exporter_queue_disk_segments", "Segments of the queue.", UInt64(figures.log.segments))
        text.gauge(
            "exporter_queue_unread_spans", "Spans on disk that are not in memory to be sent next.",
            figures.unreadSpans)
        text.counter(
            "exporter_queue_syncs_total", "Times that the disk was asked to keep what it has.",
            figures.log.syncs + figures.deadLetters.syncs)
        text.counters(
            "exporter_queue_errors_total", "Calls of the file system that failed.", label: "errno",
            (StorageError.symbols.values.sorted() + ["other"]).map {
                (
                    $0,
                    figures.log.errors[$0, default: 0] + figures.deadLetters.errors[$0, default: 0]
                )
            })
        text.counters(
            "exporter_queue_damage_total", "What was found damaged on disk.", label: "kind",
            [
                ("corrupt_record", figures.log.corruptRecords),
                ("torn_tail", figures.log.tornTails),
                ("bad_segment", figures.log.badSegments),
                ("missing_record", figures.log.missingRecords),
                ("cursor_reset", figures.log.cursorResets),
            ])
        text.gauge(
            "exporter_queue_foreign_files", "Segments of a later version, which are left alone.",
            UInt64(figures.log.foreignFiles))
        text.gauges(
            "exporter_queue_standstill",
            "Why the queue takes no spans: 1 for one of these, or none.",
            label: "reason",
            Shortage.allCases.map { ($0.rawValue, $0 == figures.standstill?.shortage ? 1 : 0) })
        text.counter(
            "exporter_dead_letter_spans_total", "Dropped spans that are kept for people.",
            figures.deadLetterSpans)
        text.counter(
            "exporter_dead_letter_evicted_spans_total", "Such spans that went for newer ones.",
            figures.deadLettersEvicted)
        text.counter(
            "exporter_dead_letter_missing_spans_total",
            "Dropped spans of which no copy is kept, since the disk took none.",
            figures.spansWithoutLetter)
        text.gauge(
            "exporter_dead_letter_bytes", "Bytes of the dead letters.",
            figures.deadLetters.fileBytes)
        text.counter(
            "exporter_queue_selfcheck_mismatches_total",
            "Times that a count of the queue's spans was not what the books say.",
            figures.mismatches)
    }

    private func receiver(_ text: inout MetricsText) {
        let instruments = receiver.instruments
        text.counters(
            "receiver_answers_total", "Answers to OTLP requests over HTTP.", label: "status",
            instruments.answers.map { (String($0.status), $0.counter.value) })
        text.counters(
            "receiver_grpc_answers_total", "Answers to gRPC calls.", label: "code",
            instruments.calls.map { ($0.code, $0.counter.value) })
        text.counter(
            "receiver_body_bytes_total", "Bytes of request bodies as they came.",
            instruments.bodyBytes.value)
        text.histogram(
            "receiver_request_seconds", "From the whole request to its answer.",
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

    private func exporter(_ status: LaneStatus, _ text: inout MetricsText) {
        let instruments = lane.instruments
        text.counter(
            "exporter_attempts_begun_total",
            "Uploads that were begun; those that have ended and those in flight add up to it.",
            instruments.attemptsBegun.value)
        text.gauge(
            "exporter_batched_spans", "Spans in batches that are cut and not settled.",
            UInt64(status.batchedSpans))
        text.counters(
            "exporter_attempts_total", "Uploads that have ended.", label: "outcome",
            instruments.attempts.map { ($0.outcome, $0.counter.value) })
        text.gauge(
            "exporter_attempts_in_flight", "Uploads under way.", UInt64(status.inFlight))
        text.counter(
            "exporter_sent_batches_total", "Batches that the upstream has taken.",
            instruments.deliveredBatches.value)
        text.counter(
            "exporter_sent_bytes_total", "Bytes of JSON in them.",
            instruments.deliveredBytes.value)
        text.histogram(
            "exporter_upload_seconds", "From the beginning of an upload to its answer.",
            instruments.duration.snapshot)
        text.gauges(
            "exporter_posture", "What the lane does now: 1 for one of these.", label: "posture",
            LaneGate.Posture.kinds.map { ($0, $0 == status.posture.kind ? 1 : 0) })
    }

    private func derivedMetrics(_ status: LaneStatus, _ text: inout MetricsText) {
        let instruments = lane.instruments
        text.counter(
            "exporter_derived_metrics_total",
            "Metrics of delivered records; sent, held and dropped add up to it.",
            instruments.derivedMetrics.value)
        text.counter(
            "exporter_sent_metrics_total", "Metrics that the upstream has taken.",
            instruments.deliveredMetrics.value)
        text.counters(
            "exporter_dropped_metrics_total", "Metrics of delivered records that were given up.",
            label: "reason",
            instruments.droppedMetrics.map { ($0.reason.rawValue, $0.counter.value) })
        text.gauge(
            "exporter_held_metrics", "Metrics that wait or are under way.",
            UInt64(status.metrics?.held ?? 0))
        text.counters(
            "exporter_metrics_attempts_total", "Uploads of metrics that have ended.",
            label: "outcome", instruments.metricAttempts.map { ($0.outcome, $0.counter.value) })
        text.gauges(
            "exporter_metrics_posture",
            "What the lane does with metrics now: 1 for one of these, or for none where they are off.",
            label: "posture",
            LaneGate.Posture.kinds.map { ($0, $0 == status.metrics?.posture.kind ? 1 : 0) })
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
