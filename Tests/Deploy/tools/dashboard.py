"""The source of deploy/grafana/mastra-gateway.json."""

import json

from tools.programs import DEPLOY

FILE = DEPLOY / "grafana/mastra-gateway.json"
EXPORTER, RECEIVER = "mastra_gateway_exporter_", "mastra_gateway_receiver_"
WHERE = 'job=~"$job", instance=~"$instance"'
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def rate(name, labels="", by="instance"):
    matchers = WHERE + (f", {labels}" if labels else "")
    return f"sum by ({by}) (rate({name}{{{matchers}}}[$__rate_interval]))"


def gauge(name, labels=""):
    return f"{name}{{{WHERE + (f', {labels}' if labels else '')}}}"


def quantile(share, name):
    return f"histogram_quantile({share}, sum by (le) (rate({name}_bucket{{{WHERE}}}[$__rate_interval])))"


def queue_use(kind):
    """Without the recorded series: a dashboard is imported where no recording rules are, as beside the chart."""
    return f"max({gauge(f'{EXPORTER}queue_size_{kind}')} / {gauge(f'{EXPORTER}queue_capacity_{kind}')})"


# Title, description, unit, and what is drawn: expression and legend of each line. Then the width and the kind, where they
# differ from a third of a row and a graph; and values from which it is yellow and red.
def panel(title, description, unit, *targets, width=8, kind="timeseries", steps=(), least=0):
    return {
        "title": title, "description": description, "unit": unit, "targets": targets, "width": width, "kind": kind, "steps": steps, "least": least,
    }  # fmt: skip


ROWS = {
    "Overview": [
        panel("Delivered", "Spans that Mastra has taken, a second.", "short", (rate(EXPORTER + "sent_spans_total", by="job"), "sent"), width=4, kind="stat"),
        panel("Dropped", "Acknowledged spans that were given up within an hour. More than none needs a look.", "short",
              ("sum(increase(" + gauge(EXPORTER + "dropped_spans_total", 'reason!~"pending_span|model_chunk|filtered|sampled|not_ai"') + "[1h]))", "dropped"),
              width=4, kind="stat", steps=(None, 1)),
        panel("Held", "Acknowledged spans that have not ended.", "short", (f"sum({gauge(EXPORTER + 'queue_size_spans')})", "held"), width=4, kind="stat"),
        panel("Queue", "How full the fullest queue is, by each of its two limits.", "percentunit", (queue_use("bytes"), "bytes"), (queue_use("spans"), "spans"),
              width=4, kind="stat", steps=(0.5, 0.9)),
        panel("Lanes that send", "Gateways whose lane is open, of all.", "percentunit",
              ("avg(" + gauge(EXPORTER + "posture", 'posture="open"') + ")", "open"), width=4, kind="stat"),
        panel("Oldest span", "How long the oldest span waits that no batch holds yet.", "s",
              (f"max({gauge(EXPORTER + 'queue_oldest_span_age_seconds')})", "age"), width=4, kind="stat", steps=(60, 300)),
        panel("Spans", "What comes and what goes, a second. Accepted and sent are the same over time.", "short",
              (rate(RECEIVER + "accepted_spans_total", by="job"), "accepted"), (rate(EXPORTER + "sent_spans_total", by="job"), "sent"),
              (rate(RECEIVER + "rejected_spans_total", by="job"), "rejected"), (rate(RECEIVER + "refused_spans_total", by="job"), "refused"),
              (rate(EXPORTER + "dropped_spans_total", by="job"), "dropped"), width=16),
        panel("What lanes do", "The posture of each gateway: 1 for what it does. Anything but open has a section in docs/operations.md.", "short",
              (f"{gauge(EXPORTER + 'posture')} == 1", "{{instance}} {{posture}}")),
    ],
    "Receiver": [
        panel("Answers over HTTP", "Answers a second by status. 503 is told to come again; 4xx is a sender that is configured wrongly.", "reqps",
              (rate(RECEIVER + "answers_total", by="status"), "{{status}}")),
        panel("Answers over gRPC", "Answers a second by code.", "reqps", (rate(RECEIVER + "grpc_answers_total", by="code"), "{{code}}")),
        panel("Time to answer", "From the whole request to its answer; with a queue on disk that is a sync or two.", "s",
              (quantile(0.5, RECEIVER + "request_seconds"), "median"), (quantile(0.95, RECEIVER + "request_seconds"), "95 %"),
              (quantile(0.99, RECEIVER + "request_seconds"), "99 %")),
        panel("Bodies", "Bytes of request bodies as they came, a second.", "Bps", (rate(RECEIVER + "body_bytes_total"), "{{instance}}")),
        panel("Connections", "Open connections.", "short", (f"sum by (listener) ({gauge(RECEIVER + 'connections')})", "{{listener}}"),
              (rate(RECEIVER + "connections_refused_total", by="reason"), "refused a second: {{reason}}")),
        panel("Problems", "Trouble before or instead of a whole request, a second.", "reqps", (rate(RECEIVER + "problems_total", by="kind"), "{{kind}}")),
        panel("Memory of bodies", "Bytes reserved for bodies in flight, and their limit.", "bytes",
              (gauge(RECEIVER + "reserved_bytes"), "{{instance}}"), (f"min({gauge(RECEIVER + 'reserved_limit_bytes')})", "limit")),
        panel("Certificate", "Time until the certificate of the listener expires; below zero it has.", "s",
              (f"{gauge(RECEIVER + 'tls_certificate_expiry_timestamp_seconds')} - time()", "{{instance}}"), least=None),
        panel("TLS", "Handshakes that were not completed, and files that could not be used, a second.", "reqps",
              (rate(RECEIVER + "tls_handshake_failures_total", by="reason"), "{{reason}}"),
              (rate(RECEIVER + "tls_reloads_total", 'outcome="failed"'), "reload failed: {{instance}}")),
    ],
    "Queue": [
        panel("Spans held", "Spans that wait, are in a batch or under way.", "short", (gauge(EXPORTER + "queue_size_spans"), "{{instance}}")),
        panel("Bytes held", "Bytes of their requests, and the capacity.", "bytes", (gauge(EXPORTER + "queue_size_bytes"), "{{instance}}"),
              (f"min({gauge(EXPORTER + 'queue_capacity_bytes')})", "capacity")),
        panel("Age of the oldest", "How long the oldest span waits that no batch holds yet.", "s", (gauge(EXPORTER + "queue_oldest_span_age_seconds"), "{{instance}}")),
        panel("On disk", "Bytes of the queue's files and of dead letters.", "bytes", (gauge(EXPORTER + "queue_disk_bytes"), "{{instance}}"),
              (gauge(EXPORTER + "dead_letter_bytes"), "{{instance}} dead letters")),
        panel("Syncs and errors", "Times a second that the disk was asked to keep what it has, and calls that failed.", "ops",
              (rate(EXPORTER + "queue_syncs_total"), "{{instance}} syncs"), (rate(EXPORTER + "queue_errors_total", by="errno"), "{{errno}}")),
        panel("Standstill", "1 where the queue takes no spans, with the reason.", "short", (f"{gauge(EXPORTER + 'queue_standstill')} == 1", "{{instance}} {{reason}}")),
        panel("Dropped by reason", "Spans that were given up, a second.", "short", (rate(EXPORTER + "dropped_spans_total", by="reason"), "{{reason}}")),
        panel("Dead letters", "Dropped spans of which a copy is kept, went for newer ones, or could not be kept, a second.", "short",
              (rate(EXPORTER + "dead_letter_spans_total", by="job"), "kept"), (rate(EXPORTER + "dead_letter_evicted_spans_total", by="job"), "evicted"),
              (rate(EXPORTER + "dead_letter_missing_spans_total", by="job"), "no copy")),
        panel("Damage and recovery", "What was found on disk at the last start.", "short", (gauge(EXPORTER + "queue_damage_total"), "{{instance}} {{kind}}"),
              (gauge(EXPORTER + "recovered_spans_total"), "{{instance}} recovered")),
    ],
    "Exporter": [
        panel("Attempts", "Uploads that have ended, a second, by what they came to.", "reqps", (rate(EXPORTER + "attempts_total", by="outcome"), "{{outcome}}")),
        panel("Time of an upload", "From the beginning of an attempt to its answer.", "s", (quantile(0.5, EXPORTER + "upload_seconds"), "median"),
              (quantile(0.95, EXPORTER + "upload_seconds"), "95 %")),
        panel("Spans a batch", "How full batches are, on average.", "short",
              (f"{rate(EXPORTER + 'sent_spans_total', by='job')} / {rate(EXPORTER + 'sent_batches_total', by='job')}", "spans")),
        panel("Bytes sent", "Bytes of JSON in delivered batches, a second.", "Bps", (rate(EXPORTER + "sent_bytes_total"), "{{instance}}")),
        panel("Under way", "Attempts under way, and spans in batches.", "short", (gauge(EXPORTER + "attempts_in_flight"), "{{instance}} attempts"),
              (gauge(EXPORTER + "batched_spans"), "{{instance}} spans in batches")),
        panel("Derived metrics", "With publish_metrics: metrics derived from records, and what became of them, a second.", "short",
              (rate(EXPORTER + "derived_metrics_total", by="job"), "derived"), (rate(EXPORTER + "sent_metrics_total", by="job"), "sent"),
              (rate(EXPORTER + "dropped_metrics_total", by="reason"), "dropped: {{reason}}")),
    ],
    "Process": [
        panel("CPU", "Cores in use.", "short", (f"rate({gauge('mastra_gateway_process_cpu_seconds')}[$__rate_interval])", "{{instance}}")),
        panel("CPU a million spans", "Seconds of CPU for a million accepted spans.", "s",
              (f"1e6 * sum(rate({gauge('mastra_gateway_process_cpu_seconds')}[$__rate_interval])) / sum(rate({gauge(RECEIVER + 'accepted_spans_total')}[$__rate_interval]))", "seconds")),
        panel("Memory", "The most memory that was resident.", "bytes", (gauge("mastra_gateway_process_peak_resident_bytes"), "{{instance}}")),
        panel("Progress", "Time without progress of the part that is worst; at watchdog_timeout the process ends.", "s",
              (gauge("mastra_gateway_watchdog_age_seconds"), "{{instance}}")),
        panel("Up for", "Time since the start.", "s", (gauge("mastra_gateway_uptime_seconds"), "{{instance}}")),
        panel("Version", "What runs.", "short", (f"sum by (version) ({gauge('mastra_gateway_build_info')})", "{{version}}")),
    ],
}  # fmt: skip


def _panel(number, each, place):
    colours = ["green", "yellow", "red"]
    steps = [{"color": "green", "value": None}]
    steps += [{"color": colours[index + 1], "value": value} for index, value in enumerate(each["steps"]) if value is not None]
    options = {
        "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "stat": {"colorMode": "value" if each["steps"] else "none", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"]}},
    }[each["kind"]]
    return {
        "id": number,
        "type": each["kind"],
        "title": each["title"],
        "description": each["description"],
        "datasource": DATASOURCE,
        "gridPos": place,
        "fieldConfig": {
            "defaults": {"unit": each["unit"], "min": each["least"], "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": options,
        "targets": [
            {"refId": chr(65 + index), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(each["targets"])
        ],
    }


def panels():
    found, y = [], 0
    for title, row in ROWS.items():
        place = {"x": 0, "y": y, "w": 24, "h": 1}
        found.append({"id": len(found) + 1, "type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": place})
        x, y, height = 0, y + 1, 0
        for each in row:
            if x + each["width"] > 24:
                x, y, height = 0, y + height, 0
            tall = 4 if each["kind"] == "stat" else 8
            found.append(_panel(len(found) + 1, each, {"x": x, "y": y, "w": each["width"], "h": tall}))
            x, height = x + each["width"], max(height, tall)
        y += height
    return found


def _variable(name, label, query):
    return {
        "name": name, "label": label, "type": "query", "datasource": DATASOURCE, "query": query, "definition": query, "refresh": 2,
        "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def text():
    document = {
        "uid": "mastra-gateway",
        "title": "mastra-gateway",
        "description": "What comes, what is held, what goes to Mastra, and why something does not.",
        "tags": ["mastra", "opentelemetry"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [{"title": "Runbook", "type": "link", "url": "https://github.com/mastra-gateway/mastra-gateway/blob/main/docs/runbook.md"}],
        "templating": {
            "list": [
                {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
                _variable("job", "Job", "label_values(mastra_gateway_build_info, job)"),
                _variable("instance", "Instance", 'label_values(mastra_gateway_build_info{job=~"$job"}, instance)'),
            ]
        },
        "panels": panels(),
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
