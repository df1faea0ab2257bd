import CloudExport
import Instruments
import OTLPReceiving
import SendingQueue

/// What is counted of each route.
extension GatewayState {
    static func spans(_ looks: [RouteLook], _ text: inout MetricsText) {
        text.counter(
            "receiver_received_spans_total",
            "Spans of decoded requests; accepted, rejected and refused add up to it.", looks
        ) { $0.books.received }
        text.counter(
            "receiver_accepted_spans_total",
            "Spans that were acknowledged; with those recovered, what sent, queued and dropped add up to.",
            looks
        ) { $0.books.accepted }
        text.counter(
            "exporter_recovered_spans_total",
            "Spans of lives before that were found on disk, and such as became durable after their sender had been told to come again.",
            looks
        ) { $0.books.recovered }
        text.counter(
            "receiver_rejected_spans_total",
            "Spans that were named as rejected in a partial success.", looks
        ) { $0.books.rejected }
        text.counter(
            "receiver_refused_spans_total",
            "Spans of decoded requests that were answered with 503 or 429. A full queue or a passed limit refuses most requests by their head, before their spans are known: they count in receiver_answers_total.",
            looks
        ) { $0.books.refused }
        text.counter(
            "exporter_sent_spans_total", "Spans that the upstream has taken.", looks
        ) { $0.books.delivered }
        text.counters(
            "exporter_dropped_spans_total", "Acknowledged spans that were given up.",
            label: "reason", looks
        ) { look in DropReason.allCases.map { ($0.rawValue, look.books.dropped[$0] ?? 0) } }
        text.gauge(
            "exporter_queue_size_spans", "Acknowledged spans that have not ended.", looks
        ) { $0.books.queuedSpans }
        text.gauge(
            "exporter_queue_size_bytes", "Bytes of requests with such spans.", looks
        ) { $0.books.queuedBytes }
        text.gauge(
            "exporter_queue_capacity_spans", "Spans that the queue holds at most.", looks
        ) { $0.books.capacitySpans }
        text.gauge(
            "exporter_queue_capacity_bytes", "Bytes that the queue holds at most.", looks
        ) { $0.books.capacityBytes }
        text.seconds(
            "exporter_queue_oldest_span_age_seconds",
            "Age of the oldest span that is in no batch yet.", looks
        ) { $0.oldest.map { $0 / .seconds(1) } ?? 0 }
    }

    /// Of queues on disk alone.
    static func disk(_ all: [RouteLook], _ text: inout MetricsText) {
        let looks = all.filter { $0.figures != nil }
        func figures(_ look: RouteLook) -> QueueFigures { look.figures ?? QueueFigures() }
        text.gauge("exporter_queue_disk_bytes", "Bytes of the queue's segments.", looks) {
            figures($0).log.fileBytes
        }
        text.gauge("exporter_queue_disk_segments", "Segments of the queue.", looks) {
            UInt64(figures($0).log.segments)
        }
        text.gauge(
            "exporter_queue_unread_spans", "Spans on disk that are not in memory to be sent next.",
            looks
        ) { figures($0).unreadSpans }
        text.counter(
            "exporter_queue_syncs_total", "Times that the disk was asked to keep what it has.",
            looks
        ) { figures($0).log.syncs + figures($0).deadLetters.syncs }
        text.counters(
            "exporter_queue_errors_total", "Calls of the file system that failed.", label: "errno",
            looks
        ) { look in
            let (log, letters) = (figures(look).log.errors, figures(look).deadLetters.errors)
            return (StorageError.symbols.values.sorted() + ["other"]).map {
                ($0, log[$0, default: 0] + letters[$0, default: 0])
            }
        }
        text.counters(
            "exporter_queue_damage_total", "What was found damaged on disk.", label: "kind", looks
        ) { look in
            let log = figures(look).log
            return [
                ("corrupt_record", log.corruptRecords), ("torn_tail", log.tornTails),
                ("bad_segment", log.badSegments), ("missing_record", log.missingRecords),
                ("cursor_reset", log.cursorResets),
            ]
        }
        text.gauge(
            "exporter_queue_foreign_files", "Segments of a later version, which are left alone.",
            looks
        ) { UInt64(figures($0).log.foreignFiles) }
        text.gauges(
            "exporter_queue_standstill",
            "Why the queue takes no spans: 1 for one of these, or none.", label: "reason", looks
        ) { look in
            Shortage.allCases.map {
                ($0.rawValue, $0 == figures(look).standstill?.shortage ? 1 : 0)
            }
        }
        deadLetters(looks, &text)
        text.counter(
            "exporter_queue_selfcheck_mismatches_total",
            "Times that a count of the queue's spans was not what the books say.", looks
        ) { figures($0).mismatches }
    }

    private static func deadLetters(_ looks: [RouteLook], _ text: inout MetricsText) {
        text.counter(
            "exporter_dead_letter_spans_total", "Dropped spans that are kept for people.", looks
        ) { $0.figures?.deadLetterSpans ?? 0 }
        text.counter(
            "exporter_dead_letter_evicted_spans_total", "Such spans that went for newer ones.",
            looks
        ) { $0.figures?.deadLettersEvicted ?? 0 }
        text.counter(
            "exporter_dead_letter_missing_spans_total",
            "Dropped spans of which no copy is kept, since the disk took none.", looks
        ) { $0.figures?.spansWithoutLetter ?? 0 }
        text.gauge("exporter_dead_letter_bytes", "Bytes of the dead letters.", looks) {
            $0.figures?.deadLetters.fileBytes ?? 0
        }
    }

    static func exporter(_ looks: [RouteLook], _ text: inout MetricsText) {
        text.counter(
            "exporter_attempts_begun_total",
            "Uploads that were begun; those that have ended and those in flight add up to it.",
            looks
        ) { $0.instruments.attemptsBegun.value }
        text.gauge(
            "exporter_batched_spans", "Spans in batches that are cut and not settled.", looks
        ) { UInt64($0.status.batchedSpans) }
        text.counters(
            "exporter_attempts_total", "Uploads that have ended.", label: "outcome", looks
        ) { $0.instruments.attempts.map { ($0.outcome, $0.counter.value) } }
        text.gauge("exporter_attempts_in_flight", "Uploads under way.", looks) {
            UInt64($0.status.inFlight)
        }
        text.counter(
            "exporter_sent_batches_total", "Batches that the upstream has taken.", looks
        ) { $0.instruments.deliveredBatches.value }
        text.counter("exporter_sent_bytes_total", "Bytes of JSON in them.", looks) {
            $0.instruments.deliveredBytes.value
        }
        text.histogram(
            "exporter_upload_seconds", "From the beginning of an upload to its answer.", looks
        ) { $0.instruments.duration.snapshot }
        text.gauges(
            "exporter_posture", "What the lane does now: 1 for one of these.", label: "posture",
            looks
        ) { look in LaneGate.Posture.kinds.map { ($0, $0 == look.status.posture.kind ? 1 : 0) } }
    }

    static func derivedMetrics(_ looks: [RouteLook], _ text: inout MetricsText) {
        text.counter(
            "exporter_derived_metrics_total",
            "Metrics of delivered records; sent, held and dropped add up to it.", looks
        ) { $0.instruments.derivedMetrics.value }
        text.counter(
            "exporter_sent_metrics_total", "Metrics that the upstream has taken.", looks
        ) { $0.instruments.deliveredMetrics.value }
        text.counters(
            "exporter_dropped_metrics_total", "Metrics of delivered records that were given up.",
            label: "reason", looks
        ) { $0.instruments.droppedMetrics.map { ($0.reason.rawValue, $0.counter.value) } }
        text.gauge("exporter_held_metrics", "Metrics that wait or are under way.", looks) {
            UInt64($0.status.metrics?.held ?? 0)
        }
        text.counters(
            "exporter_metrics_attempts_total", "Uploads of metrics that have ended.",
            label: "outcome", looks
        ) { $0.instruments.metricAttempts.map { ($0.outcome, $0.counter.value) } }
        text.gauges(
            "exporter_metrics_posture",
            "What the lane does with metrics now: 1 for one of these, or for none where they are off.",
            label: "posture", looks
        ) { look in
            LaneGate.Posture.kinds.map { ($0, $0 == look.status.metrics?.posture.kind ? 1 : 0) }
        }
    }
}
