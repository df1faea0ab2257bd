"""What becomes of accepted spans when the upstream answers this or that (B1-B11, MASTRA-CONTRACT 1.8-1.9)."""

import re
import socket
import threading

import pytest

from support.gateway import TOKEN, Gateway
from support.metrics import dropped, posture
from support.otlp import export, export_of, span
from support.upstream import CLOSE, HALF_A_BODY, HALF_A_HEAD, HANG, OK, PATH, PROBE, RESET, Answer, Upstream


def send_and_let_it_grow_old(gateway, upstream, seconds=1):
    """Offers more spans and lets them grow so old that an eager lane would have sent them ten times over."""
    ids = gateway.accept(export_of(1))
    gateway.wait_for_metric("exporter_queue_oldest_span_age_seconds", lambda age: age > seconds)
    return ids


# Success


@pytest.mark.requirement("B1")
def test_requests_have_the_headers_of_the_contract():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        upstream.delivered(gateway.accept(export_of(3)))
        [publish] = upstream.publishes
    assert publish.path == PATH
    assert publish.headers["authorization"] == f"Bearer {TOKEN}"
    assert set(publish.headers) - {"accept"} == {
        "host", "authorization", "content-type", "user-agent", "content-length",
        "x-mastra-observability-capabilities",
    }  # fmt: skip


def test_an_endpoint_that_is_a_whole_url_is_taken_as_it_is():
    with Upstream() as upstream:
        with Gateway(upstream, f"--endpoint={upstream.url}/own/spans/publish", "--project-id=p") as gateway:
            upstream.delivered(gateway.accept(export_of(1)))
            assert gateway.start_line["destination"] == f"{upstream.url}/own/spans/publish"
        assert upstream.publishes[0].path == "/own/spans/publish"


SUCCESS = {
    "200 with an acknowledgement": OK,
    "200 with HTML": Answer(200, body=b"<html>no JSON"),
    "200 without a body": Answer(200, body=b""),
    "201": Answer(201),
    "202": Answer(202, body=b"later"),
    "204": Answer(204),
}


@pytest.mark.requirement("B9")
@pytest.mark.parametrize("answer", SUCCESS.values(), ids=SUCCESS)
def test_every_2xx_is_success(answer):
    with Upstream(answer) as upstream, Gateway(upstream) as gateway:
        upstream.delivered(gateway.accept(export_of(2)))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 2)
        assert gateway.metric("exporter_attempts_total", outcome="delivered") == 1
        assert len(upstream.publishes) == 1


@pytest.mark.requirement("B9")
def test_a_slow_200_is_success():
    release = threading.Event()
    with Upstream(Answer(when=release)) as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(1))
        upstream.attempts(1)
        assert gateway.metric("exporter_sent_spans_total") == 0
        assert gateway.metric("exporter_attempts_in_flight") == 1
        release.set()
        upstream.delivered(ids)
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 1)


@pytest.mark.requirement("B10")
def test_a_2xx_whose_body_is_cut_off_is_success():
    """The status has told; sending again would publish twice."""
    with Upstream(HALF_A_BODY) as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(2))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 2)
        assert gateway.metric("exporter_attempts_total", outcome="delivered") == 1


# Trouble that passes


TROUBLE = {
    "429": (Answer(429), "throttled"),
    "408": (Answer(408), "unavailable"),
    "500": (Answer(500), "unavailable"),
    "502": (Answer(502, body=b"<html>Bad gateway</html>"), "unavailable"),
    "503": (Answer(503), "unavailable"),
    "504": (Answer(504), "unavailable"),
    "a reset": (RESET, "unavailable"),
    "half a head": (HALF_A_HEAD, "unavailable"),
    "an end before the answer": (CLOSE, "unavailable"),
    "an answer that is not HTTP": (Answer(deed="answer", status=99), "unavailable"),
}


@pytest.mark.requirement("B4", "B10")
@pytest.mark.parametrize("answer, outcome", TROUBLE.values(), ids=TROUBLE)
def test_a_batch_is_sent_again_with_identical_bytes(answer, outcome):
    with Upstream(answer, answer) as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(3))
        upstream.delivered(ids)
        first, second, third = upstream.attempts(3)
        assert first.body == second.body == third.body
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 3)
        assert gateway.metric("exporter_attempts_total", outcome=outcome) == 2
        assert posture(gateway.metrics()) == "open"
        assert len(gateway.log("The upstream cannot take spans; uploads are retried")) == 1
        assert gateway.log("Uploads go on")


@pytest.mark.requirement("B8")
def test_a_silent_upstream_is_given_up_on_while_requests_are_still_taken():
    flags = ["--upload-timeout=500ms", "--upload-concurrency=1"]
    with Upstream(HANG) as upstream, Gateway(upstream, *flags) as gateway:
        ids = gateway.accept(export_of(1))
        upstream.attempts(1)
        ids += gateway.accept(export_of(1))
        upstream.delivered(ids)
        first, second = upstream.attempts(2)
        assert 0.45 < second.at - first.at < 5


@pytest.mark.requirement("B8")
def test_a_refused_connection_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with Gateway(f"http://127.0.0.1:{port}") as gateway:
        ids = gateway.accept(export_of(2))
        gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 2, outcome="unavailable")
        with Upstream(port=port) as upstream:
            upstream.delivered(ids)


@pytest.mark.requirement("B5")
def test_retry_after_in_seconds_is_honoured():
    with Upstream(Answer(429, {"Retry-After": "1"})) as upstream, Gateway(upstream) as gateway:
        upstream.delivered(gateway.accept(export_of(1)))
        first, second = upstream.attempts(2)
        assert 0.99 < second.at - first.at < 10


@pytest.mark.requirement("B5")
@pytest.mark.parametrize("status", [429, 503])
def test_a_date_in_retry_after_counts_from_the_answers_own_date(status):
    headers = {"Date": "Wed, 01 Jan 2020 00:00:00 GMT", "Retry-After": "Wed, 01 Jan 2020 00:00:01 GMT"}
    with Upstream(Answer(status, headers)) as upstream, Gateway(upstream) as gateway:
        upstream.delivered(gateway.accept(export_of(1)))
        first, second = upstream.attempts(2)
        assert 0.99 < second.at - first.at < 10


@pytest.mark.requirement("B5")
@pytest.mark.parametrize("value", ["soon", "-5", "1.5", "", "Wed, 01 Jan 2020 00:00:00 GMT"])
def test_a_delay_that_is_none_leaves_it_to_backoff(value):
    answer = Answer(503, {"Retry-After": value})
    with Upstream(answer) as upstream, Gateway(upstream) as gateway:
        upstream.delivered(gateway.accept(export_of(1)))


@pytest.mark.requirement("B7")
def test_delays_grow():
    with Upstream(*[Answer(503)] * 8) as upstream:
        flags = ["--retry-on-failure-initial-interval=100ms", "--retry-on-failure-max-interval=400ms"]
        with Gateway(upstream, *flags) as gateway:
            upstream.delivered(gateway.accept(export_of(1)))
        times = [publish.at for publish in upstream.publishes]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        # Full jitter between the floor of 50 ms and a limit that doubles up to 400 ms.
        assert all(gap > 0.045 for gap in gaps), gaps
        assert sum(gaps) > 0.5, gaps


@pytest.mark.requirement("B7")
def test_several_batches_do_not_hammer_a_wounded_upstream_each():
    with Upstream(*[Answer(503)] * 7) as upstream, Gateway(upstream, "--max-batch-size=1") as gateway:
        ids = [id for _ in range(20) for id in gateway.accept(export_of(1))]
        upstream.delivered(ids, seconds=30)
        # The four that were under way together, and then one at a time.
        assert upstream.publishes[6].at - upstream.publishes[3].at > 0.14


@pytest.mark.requirement("B11")
def test_all_that_was_acknowledged_is_delivered_through_a_flapping_upstream():
    flapping = [Answer(503), OK, RESET, OK, HALF_A_BODY, Answer(429), OK, CLOSE, Answer(502), HALF_A_HEAD, OK] * 3
    with Upstream(*flapping) as upstream, Gateway(upstream, "--max-batch-size=20") as gateway:
        ids = [id for _ in range(60) for id in gateway.accept(export_of(5))]
        upstream.delivered(ids, seconds=40)
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 300)
        assert dropped(gateway.metrics()) == {}


def test_spans_are_given_up_after_max_elapsed_time():
    with Upstream(then=Answer(503)) as upstream:
        with Gateway(upstream, "--retry-on-failure-max-elapsed-time=300ms") as gateway:
            gateway.accept(export_of(3))
            gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count == 3, reason="elapsed")
            assert gateway.log("Dropped spans after retrying for max_elapsed_time")[0]["spans"] == "3"


# Trouble that a person has to mend


COOL_DOWNS = {
    "401": (Answer(401), "unauthorized", "The access token is not accepted; spans are held"),
    "403": (Answer(403), "unauthorized", "The access token is not accepted; spans are held"),
    "404": (Answer(404), "misdirected", "There is no publish route at the endpoint; spans are held"),
    "405": (Answer(405), "misdirected", "There is no publish route at the endpoint; spans are held"),
}


@pytest.mark.requirement("B6")
@pytest.mark.parametrize("answer, cause, message", COOL_DOWNS.values(), ids=COOL_DOWNS)
def test_a_final_refusal_cools_down_and_drops_nothing(answer, cause, message):
    with Upstream(answer) as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(2))
        gateway.wait_for_posture(f"cooling_down_{cause}")
        line = gateway.wait_for_log(message)
        assert line["level"] == "error" and line["http.status"] == str(answer.status)
        assert 55 <= int(line["next_attempt_seconds"]) <= 66
        send_and_let_it_grow_old(gateway, upstream)
        assert len(upstream.publishes) == 1, "the upstream was hammered"
        assert gateway.metric("exporter_queue_size_spans") == 3
        assert dropped(gateway.metrics()) == {}


@pytest.mark.requirement("B10")
def test_redirects_are_not_followed():
    with Upstream() as elsewhere:
        moved = {"Location": f"{elsewhere.url}{PATH}"}
        with Upstream(Answer(307, moved)) as upstream, Gateway(upstream) as gateway:
            gateway.accept(export_of(1))
            gateway.wait_for_posture("cooling_down_misdirected")
            send_and_let_it_grow_old(gateway, upstream)
            assert len(upstream.publishes) == 1
        assert elsewhere.publishes == []


# Quota

DISABLED = {"x-mastra-observability": "disabled", "x-mastra-observability-retry-after": "1"}


@pytest.mark.requirement("B6")
@pytest.mark.parametrize("status", [402, 200, 503])
def test_a_spent_quota_pauses_asks_with_an_empty_batch_and_then_delivers(status):
    with Upstream(Answer(status, DISABLED)) as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(2))
        gateway.wait_for_posture("paused_quota")
        assert gateway.log("The quota is spent; spans are held until it is renewed")
        more = gateway.accept(export_of(1))
        upstream.delivered(ids + more)
        refused, probe = upstream.attempts(2)
        assert probe.body == PROBE
        assert 0.99 < probe.at - refused.at < 10
        assert [id for publish in upstream.publishes[2:] for id in publish.ids] == [*ids, *more]
        gateway.wait_for_posture("open")
        assert gateway.metric("exporter_sent_spans_total") == 3


@pytest.mark.requirement("B6")
def test_a_quota_that_is_still_spent_keeps_the_pause():
    with Upstream(Answer(402, DISABLED), Answer(402, DISABLED)) as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(2))
        upstream.delivered(ids)
        assert [publish.body == PROBE for publish in upstream.publishes] == [False, True, True, False]


@pytest.mark.requirement("B6")
def test_a_pause_without_a_hint_is_long():
    with Upstream(Answer(402)) as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(1))
        gateway.wait_for_posture("paused_quota")
        line = gateway.wait_for_log("The quota is spent; spans are held until it is renewed")
        assert 295 <= int(line["next_attempt_seconds"]) <= 330
        send_and_let_it_grow_old(gateway, upstream)
        assert len(upstream.publishes) == 1


# Batches that the upstream will not have


@pytest.mark.requirement("B6", "B12")
def test_a_batch_that_is_too_large_is_split_until_it_fits():
    def at_most_three(publish):
        return OK if len(publish.records) <= 3 else Answer(413)

    with Upstream(at_most_three) as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(20))
        upstream.delivered(ids)
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 20)
        assert dropped(gateway.metrics()) == {}


@pytest.mark.requirement("B6", "B12")
def test_a_span_that_is_too_large_by_itself_is_dropped_alone():
    large = span(text="x" * 10_000)

    def small(publish):
        return Answer(413) if large.span_id.hex() in publish.ids else OK

    with Upstream(small) as upstream, Gateway(upstream) as gateway:
        first, last = span(), span()
        gateway.accept(export(first, large, last))
        upstream.delivered([first.span_id.hex(), last.span_id.hex()])
        gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count == 1, reason="too_large")
        assert gateway.log("Dropped a span whose record is larger than the upstream takes")


def refusing(*bad):
    """400 for a batch with one of these spans."""
    ids = {each.span_id.hex() for each in bad}
    return lambda publish: Answer(400, body=b"spans[0].name is bad") if ids & set(publish.ids) else OK


@pytest.mark.requirement("B1", "B10")
def test_one_bad_record_costs_itself_alone():
    bad = span("bad")
    with Upstream(refusing(bad)) as upstream, Gateway(upstream) as gateway:
        good = gateway.accept(export_of(5))
        upstream.delivered(good)
        around = [span() for _ in range(10)]
        gateway.accept(export(*around[:4], bad, *around[4:]))
        upstream.delivered([*good, *(each.span_id.hex() for each in around)])
        gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count == 1, reason="rejected")
        line = gateway.wait_for_log("Dropped spans that the upstream refuses")
        assert (line["spans"], line["http.status"], line["answer"]) == ("1", "400", "spans[0].name is bad")
        assert dropped(gateway.metrics()) == {"rejected": 1}


@pytest.mark.requirement("B6")
@pytest.mark.parametrize("status", [400, 422])
def test_an_upstream_that_refuses_everything_loses_nothing(status):
    with Upstream(then=Answer(status)) as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(8))
        gateway.wait_for_posture("cooling_down_contract")
        gateway.wait_for_log("The upstream refuses all records; spans are held")
        gateway.wait_for_metric("exporter_attempts_in_flight", lambda count: count == 0)
        before = len(upstream.publishes)
        send_and_let_it_grow_old(gateway, upstream)
        assert len(upstream.publishes) == before < 64
        assert dropped(gateway.metrics()) == {}
        assert gateway.metric("exporter_queue_size_spans") == 9


# Batches


@pytest.mark.requirement("B3")
def test_a_batch_is_cut_at_its_size_and_the_rest_waits():
    with Upstream() as upstream:
        with Gateway(upstream, "--max-batch-size=10", "--max-batch-wait=5m") as gateway:
            sent = export_of(25)
            gateway.accept(sent)
            upstream.delivered(sent.ids[:20])
            gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 5)
            assert [len(publish.records) for publish in upstream.publishes] == [10, 10]
            assert gateway.stop() == (0, {"accepted": 25, "sent": 25, "dropped": 0, "held": 0})
        assert upstream.publishes[2].ids == list(sent.ids[20:])


@pytest.mark.requirement("B3")
def test_a_batch_has_a_thousand_records_by_default():
    with Upstream() as upstream, Gateway(upstream, "--max-batch-wait=5m") as gateway:
        sent = export_of(1500)
        gateway.accept(sent)
        upstream.delivered(sent.ids[:1000])
        assert [len(publish.records) for publish in upstream.publishes] == [1000]


@pytest.mark.requirement("B3")
def test_a_batch_is_cut_when_its_first_span_has_waited_long_enough():
    with Upstream() as upstream, Gateway(upstream, "--max-batch-wait=500ms") as gateway:
        ids = []
        for _ in range(5):
            ids += gateway.accept(export_of(1))
        upstream.delivered(ids)
        assert len(upstream.publishes) == 1
        assert upstream.publishes[0].ids == ids


@pytest.mark.requirement("B3")
@pytest.mark.parametrize("flag", ["--max-batch-wait=0", "--max-batch-wait-ms=0"])
def test_without_a_wait_spans_leave_at_once(flag):
    with Upstream() as upstream:
        gateway = Gateway(upstream, flag)
        gateway.flags.remove("--max-batch-wait=100ms")
        with gateway:
            upstream.delivered(gateway.accept(export_of(1)))


@pytest.mark.requirement("B12")
def test_a_batch_is_cut_at_its_bytes():
    with Upstream() as upstream, Gateway(upstream, "--max-batch-bytes=64KiB") as gateway:
        upstream.delivered(gateway.accept(export_of(50, "x" * 5000)))
        sizes = [len(publish.body) for publish in upstream.publishes]
        assert max(sizes) <= 64 * 1024 and len(sizes) >= 4


def test_uploads_at_once_are_bounded():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream:
        with Gateway(upstream, "--upload-concurrency=2", "--max-batch-size=5") as gateway:
            ids = gateway.accept(export_of(50))
            upstream.attempts(2)
            assert gateway.metric("exporter_attempts_in_flight") == 2
            release.set()
            upstream.delivered(ids)
        assert upstream.most_in_flight == 2


def test_createdat_is_the_time_of_reception_and_stays_so_over_attempts():
    with Upstream(Answer(503, {"Retry-After": "1"})) as upstream, Gateway(upstream) as gateway:
        upstream.delivered(gateway.accept(export_of(1)))
        first, second = (publish.records[0]["createdAt"] for publish in upstream.attempts(2))
        assert first == second and re.fullmatch(r"20\d\d-.*Z", first)


@pytest.mark.requirement("D12")
def test_spans_of_every_resource_and_scope_are_taken():
    one, two = export(span("a"), service="first"), export(span("b"), service="second")
    with Upstream() as upstream, Gateway(upstream) as gateway:
        assert gateway.post(one.body + two.body).status == 200
        names = [upstream.record_of(id)["metadata"]["serviceName"] for id in one.ids + two.ids]
    assert names == ["first", "second"]
