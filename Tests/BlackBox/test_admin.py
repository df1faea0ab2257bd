"""The admin listener: /metrics as Prometheus reads it, /livez, /readyz and the page at / (B13)."""

import json

import pytest

from support import metrics
from support.gateway import TOKEN
from support.http1 import Client, request
from support.otlp import export, export_of, span


@pytest.mark.requirement("B13")
def test_livez_and_readyz_say_yes(gateway):
    for path in ("/livez", "/livez?verbose"):
        response = gateway.admin_get(path)
        assert (response.status, response.body) == (200, b"alive\n")
    response = gateway.admin_get("/readyz")
    assert (response.status, response["content-type"]) == (200, "application/json")
    report = json.loads(response.body)
    assert report["ready"] is True and "reason" not in report
    [lane] = report["lanes"]
    assert (lane["name"], lane["state"], lane["queue"]) == ("default", "open", "ok")


def test_the_page_says_what_runs_and_no_secret(gateway, upstream):
    response = gateway.admin_get("/")
    text = response.body.decode()
    assert (response.status, response["content-type"]) == (200, "text/html; charset=utf-8")
    shown = text.replace("<wbr>", "")
    assert "mastra-gateway" in shown and upstream.url in shown and TOKEN not in text
    assert response["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/v1/traces"])
def test_other_paths_are_404(gateway, path):
    response = gateway.admin_get(path)
    assert response.status == 404 and b"/metrics" in response.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405_with_allow(gateway, method):
    response = gateway.admin_get("/metrics", method)
    assert (response.status, response["allow"]) == (405, "GET, HEAD")


def test_head_has_no_body(gateway):
    response = gateway.admin_get("/metrics", "HEAD")
    assert response.status == 200 and int(response["content-length"]) > 1000


def test_a_body_is_not_taken(gateway):
    with Client(gateway.admin) as client:
        client.send(request("GET", "/livez", body=b"x"))
        assert client.receive().status == 413


@pytest.mark.requirement("B13")
def test_metrics_are_well_formed_and_tell_what_happened(gateway, upstream):
    before = gateway.metrics()
    ids = gateway.accept(export_of(3))
    assert gateway.post(export(span(trace_id=b""), span())).status == 200
    assert gateway.post(b"\xff").status == 400
    assert gateway.post(path="/nowhere").status == 404
    upstream.record_of(ids[0])
    gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
    after = gateway.metrics()
    changes = {key: after[key] - before[key] for key in after if "seconds" not in key and "bytes" not in key}
    assert {key: change for key, change in changes.items() if change and "batches" not in key} == {
        "exporter_attempts_begun_total": changes["exporter_sent_batches_total"],
        "receiver_received_spans_total": 5,
        "receiver_accepted_spans_total": 4,
        "receiver_rejected_spans_total": 1,
        "exporter_sent_spans_total": 4,
        'receiver_answers_total{status="200"}': 2,
        'receiver_answers_total{status="400"}': 1,
        'receiver_answers_total{status="404"}': 1,
        'receiver_connections_accepted_total{listener="http"}': 4,
        'receiver_requests_total{protocol="http1"}': 4,
        'exporter_attempts_total{outcome="delivered"}': changes["exporter_sent_batches_total"],
    }
    assert after["receiver_body_bytes_total"] > before["receiver_body_bytes_total"]
    assert after["receiver_request_seconds_count"] - before["receiver_request_seconds_count"] == 3
    assert metrics.posture(after) == "open"
    assert after['build_info{version="0.1.0"}'] == 1


def test_nothing_of_a_span_becomes_a_label(gateway):
    gateway.accept(export(span('evil"name\n'), service='evil"service'))
    assert b"evil" not in gateway.admin_get("/metrics").body


GOOD = "# HELP mastra_gateway_a_total A.\n# TYPE mastra_gateway_a_total counter\nmastra_gateway_a_total 1\n"
HISTOGRAM = (
    "# HELP mastra_gateway_h H.\n# TYPE mastra_gateway_h histogram\n"
    'mastra_gateway_h_bucket{le="1"} 2\nmastra_gateway_h_bucket{le="+Inf"} 3\n'
    "mastra_gateway_h_sum 4\nmastra_gateway_h_count 3\n"
)
FAULTS = {
    "no end of line": GOOD.removesuffix("\n"),
    "no type": "# HELP mastra_gateway_a_total A.\nmastra_gateway_a_total 1\n",
    "no help": "# TYPE mastra_gateway_a_total counter\nmastra_gateway_a_total 1\n",
    "twice": GOOD + "mastra_gateway_a_total 2\n",
    "help twice": GOOD + GOOD,
    "a counter without _total": GOOD.replace("_total", ""),
    "a gauge with _total": GOOD.replace(" counter", " gauge"),
    "no number": GOOD.replace(" 1\n", " one\n"),
    "a negative counter": GOOD.replace(" 1\n", " -1\n"),
    "a stranger in the family": GOOD + "mastra_gateway_b_total 1\n",
    "an empty line": GOOD + "\n",
    "an unescaped label": GOOD + 'mastra_gateway_a_total{l="a"b"} 1\n',
    "buckets that are not cumulative": HISTOGRAM.replace("} 2", "} 5"),
    "buckets without infinity": HISTOGRAM.replace("+Inf", "2"),
    "a count of its own": HISTOGRAM.replace("count 3", "count 4"),
}


def test_the_checker_passes_what_is_right():
    assert metrics.parse(GOOD + HISTOGRAM)["a_total"] == 1


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
def test_the_checker_finds(text):
    with pytest.raises(AssertionError):
        metrics.parse(text)
