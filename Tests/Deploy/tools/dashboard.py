"""The source of deploy/grafana/mastra-gateway.json."""

import json
import re

from tools.programs import DEPLOY

FILE = DEPLOY / "grafana/mastra-gateway.json"
EXPORTER, RECEIVER = "mastra_gateway_exporter_", "mastra_gateway_receiver_"
WHERE = 'job=~"$job", instance=~"$instance"'
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


# Of which a route has its own; all others are of the gateway, whichever routes are chosen.
OF_ROUTES = re.compile(r"exporter_|route_retired|receiver_(received|accepted|rejected|refused)_spans|receiver_limited_")


def select(name, labels=""):
    route = ', route=~"$route"' if OF_ROUTES.match(name.removeprefix("mastra_gateway_")) else ""
    return f"{name}{{{WHERE}{route}{f', {labels}' if labels else ''}}}"


def rate(name, labels="", by="instance"):
    return f"sum by ({by}) (rate({select(name, labels)}[$__rate_interval]))"


def gauge(name, labels="", of="sum", by=None):
    """Added up over routes, or whatever else it is told to be; `by=None`: as it is."""
    return select(name, labels) if by is None else f"{of} by ({by}) ({select(name, labels)})"


def quantile(share, name):
    return f"histogram_quantile({share}, sum by (le) (rate({select(name + '_bucket')}[$__rate_interval])))"


def queue_use(kind, by=""):
    """Without the recorded series: a dashboard is imported where no recording rules are, as beside the chart."""
    return f"max{by}({gauge(f'{EXPORTER}queue_size_{kind}')} / {gauge(f'{EXPORTER}queue_capacity_{kind}')})"


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
        panel("Queue", "How full the queue of the fullest route is, by each of its two limits.", "percentunit", (queue_use("bytes"), "bytes"), (queue_use("spans"), "spans"),
              width=4, kind="stat", steps=(0.5, 0.9)),
        panel("Lanes that send", "Routes whose lane is open, of all of all gateways.", "percentunit",
              ("avg(" + gauge(EXPORTER + "posture", 'posture="open"') + ")", "open"), width=4, kind="stat"),
        panel("Oldest span", "How long the oldest span waits that no batch holds yet.", "s",
              (f"max({gauge(EXPORTER + 'queue_oldest_span_age_seconds')})", "age"), width=4, kind="stat", steps=(60, 300)),
        panel("Spans", "What comes and what goes, a second. Accepted and sent are the same over time.", "short",
              (rate(RECEIVER + "accepted_spans_total", by="job"), "accepted"), (rate(EXPORTER + "sent_spans_total", by="job"), "sent"),
              (rate(RECEIVER + "rejected_spans_total", by="job"), "rejected"), (rate(RECEIVER + "refused_spans_total", by="job"), "refused"),
              (rate(EXPORTER + "dropped_spans_total", by="job"), "dropped"), width=16),
        panel("What lanes do", "How many routes of all gateways are in which posture. Anything but open has a section in docs/operations.md.", "short",
              (f"count by (posture) ({gauge(EXPORTER + 'posture')} == 1)", "{{posture}}")),
    ],
    "Routes": [
        panel("Delivered by route", "Spans of each route that Mastra has taken, a second.", "short", (rate(EXPORTER + "sent_spans_total", by="route"), "{{route}}")),
        panel("Accepted by route", "Spans of each route that were acknowledged, a second.", "short",
              (rate(RECEIVER + "accepted_spans_total", by="route"), "{{route}}")),
        panel("Dropped by route", "Acknowledged spans of each route that were given up, a second, without what is left out by design.", "short",
              (rate(EXPORTER + "dropped_spans_total", 'reason!~"pending_span|model_chunk|filtered|sampled|not_ai"', by="route"), "{{route}}")),
        panel("Held by route", "Acknowledged spans of each route that have not ended.", "short", (gauge(EXPORTER + "queue_size_spans", by="route"), "{{route}}")),
        panel("Oldest by route", "How long the oldest span of each route waits that no batch holds yet.", "s",
              (gauge(EXPORTER + "queue_oldest_span_age_seconds", of="max", by="route"), "{{route}}")),
        panel("Share in use by route", "How full each route's share of the queue is, by each of its two limits.", "percentunit",
              (queue_use("bytes", " by (route) "), "{{route}} bytes"), (queue_use("spans", " by (route) "), "{{route}} spans")),
        panel("Posture by route", "What the lane of each route does, where it is anything but open: 1 for it.", "short",
              (f"max by (route, posture) ({gauge(EXPORTER + 'posture', labels='posture!=' + chr(34) + 'open' + chr(34))}) == 1", "{{route}} {{posture}}")),
        panel("Retired routes", "Spans of routes that have left the configuration: they are sent with what the route had.", "short",
              (f"sum by (instance, route) ({gauge(EXPORTER + 'queue_size_spans')} and on (job, instance, route) {gauge('mastra_gateway_route_retired')} == 1)",
               "{{instance}} {{route}}")),
        panel("Lanes of no route", "Spans on disk that no route sends, as found at the start or the last reload.", "short",
              (gauge("mastra_gateway_left_lane_spans"), "{{instance}} {{lane}}")),
    ],
    "Access and reloads": [
        panel("Let in to no route", "Requests a second that no route lets in, by what was wrong with what they show.", "reqps",
              (rate(RECEIVER + "unauthorized_requests_total", by="reason"), "{{reason}}")),
        panel("401, 403 and 429", "Answers a second: no credential that is known (401), one for no or for several routes (403), over a route's limit (429); and as gRPC says it.",
              "reqps", (rate(RECEIVER + "answers_total", 'status=~"401|403|429"', by="status"), "{{status}}"),
              (rate(RECEIVER + "grpc_answers_total", 'code=~"UNAUTHENTICATED|PERMISSION_DENIED|RESOURCE_EXHAUSTED"', by="code"), "{{code}}")),
        panel("Over a limit by route", "Requests a second that are told to come again, by the limit of their route.", "reqps",
              (rate(RECEIVER + "limited_requests_total", by="route, limit"), "{{route}} {{limit}}")),
        panel("Reloads", "Times that the configuration was read again within an hour, by what came of it.", "short",
              (f"sum by (outcome) (increase({gauge('mastra_gateway_config_reloads_total')}[1h]))", "{{outcome}}")),
        panel("Last reload", "1 where what the files say is what runs, 0 after a reload that failed.", "short",
              (gauge("mastra_gateway_config_last_reload_successful"), "{{instance}}")),
        panel("Age of the configuration", "Time since the configuration that runs was read.", "s",
              (f"time() - {gauge('mastra_gateway_config_applied_timestamp_seconds')}", "{{instance}}")),
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
        panel("Spans held", "Spans that wait, are in a batch or under way.", "short", (gauge(EXPORTER + "queue_size_spans", by="instance"), "{{instance}}")),
        panel("Bytes held", "Bytes of their requests, and the capacity of a gateway for the routes that are chosen.", "bytes", (gauge(EXPORTER + "queue_size_bytes", by="instance"), "{{instance}}"),
              (f"min({gauge(EXPORTER + 'queue_capacity_bytes', by='job, instance')})", "capacity")),
        panel("Age of the oldest", "How long the oldest span waits that no batch holds yet.", "s", (gauge(EXPORTER + "queue_oldest_span_age_seconds", of="max", by="instance"), "{{instance}}")),
        panel("On disk", "Bytes of the queue's files and of dead letters.", "bytes", (gauge(EXPORTER + "queue_disk_bytes", by="instance"), "{{instance}}"),
              (gauge(EXPORTER + "dead_letter_bytes", by="instance"), "{{instance}} dead letters")),
        panel("Syncs and errors", "Times a second that the disk was asked to keep what it has, and calls that failed.", "ops",
              (rate(EXPORTER + "queue_syncs_total"), "{{instance}} syncs"), (rate(EXPORTER + "queue_errors_total", by="errno"), "{{errno}}")),
        panel("Standstill", "1 where the queue takes no spans, with the reason.", "short", (f"{gauge(EXPORTER + 'queue_standstill')} == 1", "{{instance}} {{route}} {{reason}}")),
        panel("Dropped by reason", "Spans that were given up, a second.", "short", (rate(EXPORTER + "dropped_spans_total", by="reason"), "{{reason}}")),
        panel("Dead letters", "Dropped spans of which a copy is kept, went for newer ones, or could not be kept, a second.", "short",
              (rate(EXPORTER + "dead_letter_spans_total", by="job"), "kept"), (rate(EXPORTER + "dead_letter_evicted_spans_total", by="job"), "evicted"),
              (rate(EXPORTER + "dead_letter_missing_spans_total", by="job"), "no copy")),
        panel("Damage and recovery", "What was found on disk at the last start.", "short", (gauge(EXPORTER + "queue_damage_total", by="instance, kind"), "{{instance}} {{kind}}"),
              (gauge(EXPORTER + "recovered_spans_total", by="instance"), "{{instance}} recovered")),
    ],
    "Exporter": [
        panel("Attempts", "Uploads that have ended, a second, by what they came to.", "reqps", (rate(EXPORTER + "attempts_total", by="outcome"), "{{outcome}}")),
        panel("Time of an upload", "From the beginning of an attempt to its answer.", "s", (quantile(0.5, EXPORTER + "upload_seconds"), "median"),
              (quantile(0.95, EXPORTER + "upload_seconds"), "95 %")),
        panel("Spans a batch", "How full batches are, on average.", "short",
              (f"{rate(EXPORTER + 'sent_spans_total', by='job')} / {rate(EXPORTER + 'sent_batches_total', by='job')}", "spans")),
        panel("Bytes sent", "Bytes of JSON in delivered batches, a second.", "Bps", (rate(EXPORTER + "sent_bytes_total"), "{{instance}}")),
        panel("Under way", "Attempts under way, and spans in batches.", "short", (gauge(EXPORTER + "attempts_in_flight", by="instance"), "{{instance}} attempts"),
              (gauge(EXPORTER + "batched_spans", by="instance"), "{{instance}} spans in batches")),
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
                _variable("route", "Route", f"label_values(mastra_gateway_route_retired{{{WHERE}}}, route)"),
            ]
        },
        "panels": panels(),
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
