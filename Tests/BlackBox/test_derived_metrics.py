"""Metrics that are derived from records and published beside them (MASTRA-CONTRACT 1.12)."""

import re
import uuid
from collections import Counter

import pytest
from support.gateway import Gateway
from support.otlp import export, span
from support.program import run
from support.upstream import HANG, OK, Answer, Upstream
from support.waiting import wait_until

ON = "--publish-metrics=true"
PATH = "/ai/metrics/publish"


def model_call(tokens=1450, **fields):
    made = span("chat gpt", **fields)
    texts = {"operation.name": "chat", "request.model": "gpt-4o-mini", "provider.name": "openai"}
    for key, value in texts.items():
        made.attributes.add(key="gen_ai." + key).value.string_value = value
    for key, value in {"input_tokens": tokens, "output_tokens": 35}.items():
        made.attributes.add(key="gen_ai.usage." + key).value.int_value = value
    return made


def tool_call(failed=False):
    made = span("execute_tool weather")
    made.attributes.add(key="gen_ai.operation.name").value.string_value = "execute_tool"
    made.attributes.add(key="gen_ai.tool.name").value.string_value = "weather"
    if failed:
        made.status.code = 2
        made.status.message = "no"
    return made


def of_metrics(upstream):
    return [publish for publish in upstream.publishes if publish.is_of_metrics]


def of_spans(upstream):
    return [publish for publish in upstream.publishes if not publish.is_of_metrics]


def routes(metrics, spans=OK):
    """An upstream whose metrics route has answers of its own, the last of them for ever."""
    left = list(metrics)

    def choose(publish):
        if not publish.is_of_metrics:
            return spans
        return left.pop(0) if len(left) > 1 else left[0]

    return choose


def published(gateway, count):
    gateway.wait_for_metric("exporter_sent_metrics_total", lambda sent: sent == count)


def check_books(gateway):
    found = gateway.metrics()
    dropped = sum(value for key, value in found.items() if key.startswith("exporter_dropped_metrics_total{"))
    ended = found["exporter_sent_metrics_total"] + dropped
    assert found["exporter_derived_metrics_total"] == ended + found["exporter_held_metrics"]


@pytest.mark.parametrize("dialect", ["platform", "cloud"])
def test_durations_and_tokens_of_delivered_spans_are_published_once(dialect):
    with Upstream() as upstream, Gateway(upstream, ON, f"--dialect={dialect}") as gateway:
        assert gateway.start_line["metrics.destination"] == upstream.url + PATH
        ids = gateway.accept(export(model_call(), tool_call(failed=True), span("plain"), service="api"))
        upstream.delivered(ids)
        published(gateway, 4)
        check_books(gateway)
    [publish] = of_metrics(upstream)
    assert publish.path == PATH
    metrics = {metric["name"]: metric for metric in publish.metrics}
    assert {name: metric["value"] for name, metric in metrics.items()} == {
        "mastra_model_duration_ms": 1000,
        "mastra_model_total_input_tokens": 1450,
        "mastra_model_total_output_tokens": 35,
        "mastra_tool_duration_ms": 1000,
    }
    assert metrics["mastra_tool_duration_ms"]["labels"] == {"status": "error"}
    assert metrics["mastra_model_duration_ms"]["labels"] == {"status": "ok"}
    tokens = metrics["mastra_model_total_input_tokens"]
    assert tokens["labels"] == {}
    assert tokens["costContext"] == {"provider": "openai", "model": "gpt-4o-mini"}
    [record] = [record for each in of_spans(upstream) for record in each.records if record["spanId"] == ids[0]]
    assert tokens["timestamp"] == record["endedAt"]
    assert (tokens["traceId"], tokens["spanId"]) == (record["traceId"], ids[0])
    assert tokens["correlationContext"]["serviceName"] == "api"
    assert len({uuid.UUID(metric["metricId"]) for metric in publish.metrics}) == 4


def test_off_by_default():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        assert "metrics.destination" not in gateway.start_line
        upstream.delivered(gateway.accept(export(model_call())))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 1)
        assert gateway.metric("exporter_derived_metrics_total") == 0
        assert gateway.stop()[0] == 0
    assert not of_metrics(upstream)


def test_the_project_is_in_the_route_and_in_the_context():
    with Upstream() as upstream, Gateway(upstream, ON, "--project-id=p-1") as gateway:
        gateway.accept(export(model_call()))
        published(gateway, 3)
    [publish] = of_metrics(upstream)
    assert publish.path == "/projects/p-1/ai/metrics/publish"
    assert {metric["correlationContext"]["projectId"] for metric in publish.metrics} == {"p-1"}


def test_a_whole_url_has_its_sibling():
    with Upstream() as upstream:
        with Gateway(upstream, ON, f"--endpoint={upstream.url}/own/spans/publish") as gateway:
            gateway.accept(export(model_call()))
            published(gateway, 3)
    assert {publish.path for publish in upstream.publishes} == {"/own/spans/publish", "/own/metrics/publish"}


def test_an_endpoint_without_a_sibling_ends_the_start():
    result = run("check", ON, "--endpoint=https://example.com/own")
    assert result.returncode == 78
    assert re.search(r'endpoint \(flag --endpoint\) is "https://example.com/own": .*/spans/publish', result.stderr)


def test_metrics_are_retried_alone_with_identical_bytes():
    with Upstream(routes([Answer(503), Answer(429), OK])) as upstream, Gateway(upstream, ON) as gateway:
        ids = gateway.accept(export(model_call()))
        published(gateway, 3)
        assert gateway.metric("exporter_sent_spans_total") == 1
        assert gateway.metric("exporter_metrics_attempts_total", outcome="unavailable") == 1
        assert gateway.metric("exporter_metrics_attempts_total", outcome="throttled") == 1
        check_books(gateway)
        assert gateway.log("Metrics are published again")
    bodies = [publish.body for publish in of_metrics(upstream)]
    assert len(bodies) == 3 and len(set(bodies)) == 1
    assert upstream.deliveries == Counter({ids[0]: 1})


@pytest.mark.parametrize(
    "status, reason, sentence",
    [
        (400, "rejected", "Dropped metrics that the upstream refuses"),
        (422, "rejected", "Dropped metrics that the upstream refuses"),
        (404, "no_route", "Dropped metrics, since there is no metrics route at the endpoint"),
        (413, "too_large", "Dropped a metric that is larger than the upstream takes"),
    ],
)
def test_a_final_answer_drops_metrics_and_no_span(status, reason, sentence):
    with Upstream(routes([Answer(status)])) as upstream, Gateway(upstream, ON) as gateway:
        ids = gateway.accept(export(model_call()))
        upstream.delivered(ids)
        gateway.wait_for_metric("exporter_dropped_metrics_total", lambda dropped: dropped == 3, reason=reason)
        upstream.delivered(ids + gateway.accept(export(tool_call())))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 2)
        assert len(gateway.log(sentence)) == 1
        check_books(gateway)
    assert len(of_spans(upstream)) == 2


def test_a_metrics_route_that_hangs_does_not_hold_up_spans():
    with Upstream(routes([HANG])) as upstream, Gateway(upstream, ON, "--upload-concurrency=1") as gateway:
        ids = ()
        for _ in range(5):
            ids += gateway.accept(export(model_call()))
            upstream.delivered(ids)
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 5)
        assert gateway.metric("exporter_held_metrics") == 15


def test_a_quota_that_the_metrics_route_tells_of_pauses_both():
    spent = Answer(402, {"x-mastra-observability": "disabled", "x-mastra-observability-retry-after": "1"})
    with Upstream(routes([spent, OK])) as upstream, Gateway(upstream, ON) as gateway:
        ids = gateway.accept(export(model_call()))
        gateway.wait_for_posture("paused_quota")
        upstream.delivered(ids + gateway.accept(export(tool_call())))
        published(gateway, 4)
    probes = [publish for publish in upstream.publishes if publish.body == b'{"spans":[]}']
    assert len(probes) == 1


def test_metrics_are_published_before_the_gateway_ends():
    with Upstream(routes([Answer(503), OK])) as upstream, Gateway(upstream, ON, "--max-batch-wait=5m") as gateway:
        gateway.accept(export(model_call(), tool_call()))
        code, books = gateway.stop()
        assert (code, books["sent"]) == (0, 2)
    assert len(of_metrics(upstream)) == 2
    assert len(of_metrics(upstream)[-1].metrics) == 4


def test_without_a_token_records_are_printed_and_metrics_are_not():
    with Gateway(None, ON) as gateway:
        assert gateway.start_line["metrics.destination"] == "nowhere (no access token)"
        gateway.accept(export(model_call()))
        wait_until(lambda: gateway.output, "a record")
        assert gateway.stop()[1]["sent"] == 1
        assert "mastra_model" not in "".join(gateway.output)
