"""How the gateway ends: what was acknowledged is delivered or counted, and it ends in time."""

import json
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.gateway import Gateway
from support.http1 import Closed, request
from support.otlp import UNAVAILABLE, export_of, is_full_success, refusal
from support.upstream import HANG, OK, Answer, Upstream
from support.waiting import wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_ends_at_once(number):
    with Upstream() as upstream, Gateway(upstream) as gateway:
        gateway.signal(number)
        assert gateway.wait(5) == 0
        assert gateway.log("Stopping: no new requests; what is held is delivered")
        [line] = gateway.log("Stopped")
        assert (line["accepted"], line["sent"], line["dropped"], line["held"]) == ("0", "0", "0", "0")


def test_what_is_held_is_delivered_without_waiting_for_a_batch_to_fill():
    with Upstream() as upstream, Gateway(upstream, "--max-batch-wait=5m") as gateway:
        ids = gateway.accept(export_of(7))
        assert gateway.stop() == (0, {"accepted": 7, "sent": 7, "dropped": 0, "held": 0})
        upstream.delivered(ids)


def test_under_load_every_acknowledged_span_is_delivered():
    enough = threading.Event()

    def client(gateway):
        accepted = []
        while True:
            try:
                with gateway.client() as connection:
                    while True:
                        sent = export_of(5)
                        response = connection.post(sent.body)
                        if response.status == 503:
                            assert refusal(response).code == UNAVAILABLE
                            return accepted
                        assert is_full_success(response)
                        accepted += sent.ids
                        if len(accepted) > 200:
                            enough.set()
                        if response["connection"] == "close":
                            break
            except (Closed, OSError):
                return accepted

    with Upstream() as upstream, Gateway(upstream) as gateway, ThreadPoolExecutor(6) as pool:
        clients = [pool.submit(client, gateway) for _ in range(6)]
        assert enough.wait(20)
        code, books = gateway.stop()
        accepted = [id for each in clients for id in each.result()]
        assert code == 0
        # A request may be accepted whose answer its client no longer reads.
        assert books["accepted"] >= len(accepted) > 200
        assert books == {"accepted": books["accepted"], "sent": books["accepted"], "dropped": 0, "held": 0}
        assert upstream.deliveries.total() == books["sent"] == len(upstream.deliveries)
        assert set(accepted) <= set(upstream.deliveries)


def test_an_upstream_that_recovers_in_time_gets_everything():
    release = threading.Event()

    def recovering(publish):
        return OK if release.is_set() else Answer(503)

    with Upstream(recovering) as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(5))
        upstream.attempts(1)
        gateway.signal()
        gateway.wait_for_log("Stopping: no new requests; what is held is delivered")
        release.set()
        assert gateway.wait() == 0
        upstream.delivered(ids)


@pytest.mark.parametrize("answer", [HANG, Answer(503)], ids=["hanging", "refusing"])
def test_what_cannot_be_delivered_in_time_is_dropped_and_counted(answer):
    with Upstream(then=answer) as upstream, Gateway(upstream, "--shutdown-timeout=500ms") as gateway:
        gateway.accept(export_of(6))
        upstream.attempts(1)
        gateway.accept(export_of(3))
        begun = time.monotonic()
        assert gateway.stop() == (0, {"accepted": 9, "sent": 0, "dropped": 9, "held": 0})
        assert 0.4 < time.monotonic() - begun < 5
        [line] = gateway.log("Dropped spans that could not be delivered before the shutdown")
        assert (line["level"], line["spans"]) == ("error", "9")


@pytest.mark.parametrize("answer", [Answer(401), Answer(402)], ids=["without authorization", "without quota"])
def test_where_waiting_is_in_vain_it_is_not_waited(answer):
    with Upstream(then=answer) as upstream, Gateway(upstream, "--shutdown-timeout=30s") as gateway:
        gateway.accept(export_of(2))
        wait_until(lambda: gateway.log("The access token is not accepted; spans are held")
                   or gateway.log("The quota is spent; spans are held until it is renewed"), "a pause")  # fmt: skip
        begun = time.monotonic()
        assert gateway.stop() == (0, {"accepted": 2, "sent": 0, "dropped": 2, "held": 0})
        assert time.monotonic() - begun < 5


def test_a_pause_that_ends_in_time_is_waited_for():
    headers = {"x-mastra-observability-retry-after": "1"}
    with Upstream(Answer(402, headers=headers)) as upstream, Gateway(upstream, "--shutdown-timeout=1m") as gateway:
        gateway.accept(export_of(2))
        wait_until(lambda: gateway.log("The quota is spent; spans are held until it is renewed"), "a pause")
        assert gateway.stop() == (0, {"accepted": 2, "sent": 2, "dropped": 0, "held": 0})


def test_a_second_signal_ends_at_once():
    with Upstream(HANG) as upstream, Gateway(upstream, "--shutdown-timeout=10m") as gateway:
        gateway.accept(export_of(4))
        upstream.attempts(1)
        gateway.signal()
        gateway.wait_for_log("Stopping: no new requests; what is held is delivered")
        begun = time.monotonic()
        assert gateway.stop() == (0, {"accepted": 4, "sent": 0, "dropped": 4, "held": 0})
        assert time.monotonic() - begun < 5
        assert gateway.log("Stopping at once")


def test_a_second_signal_does_not_wait_for_a_client_in_the_middle_of_its_body():
    with Upstream() as upstream, Gateway(upstream, "--shutdown-timeout=10m") as gateway:
        with gateway.client() as client:
            client.send(request(content_length=1000))
            gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == 1000)
            gateway.signal()
            gateway.wait_for_log("Stopping: no new requests; what is held is delivered")
            begun = time.monotonic()
            gateway.signal()
            assert gateway.wait() == 0
            assert time.monotonic() - begun < 4


def test_connections_that_are_kept_are_closed_and_requests_under_way_are_answered():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        sent = export_of(1)
        with gateway.client() as idle, gateway.client() as busy:
            assert is_full_success(idle.post())
            assert is_full_success(busy.post())
            busy.send(request(body=sent.body)[:-5])
            gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == len(sent.body))
            gateway.signal()
            assert idle.is_closed()
            busy.send(sent.body[-5:])
            assert is_full_success(busy.receive())
            assert busy.is_closed()
        assert gateway.wait() == 0
        upstream.delivered(sent.ids)


def test_nothing_listens_any_more_while_the_rest_is_delivered():
    release = threading.Event()
    with Upstream(Answer(when=release)) as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(1))
        upstream.attempts(1)
        gateway.signal()
        gateway.wait_for_log("Stopping: no new requests; what is held is delivered")

        def is_refused():
            try:
                return gateway.post().status == 503
            except (Closed, OSError):
                return True

        wait_until(is_refused, "requests are refused")
        response = gateway.admin_get("/readyz")
        assert response.status == 503
        report = json.loads(response.body)
        assert (report["ready"], report["reason"]) == (False, "stopping")
        assert gateway.admin_get("/livez").status == 200
        release.set()
        assert gateway.wait() == 0
        upstream.delivered(ids)


# What must not end it


def test_a_reader_of_the_console_that_is_gone_does_not_end_the_gateway():
    with Gateway(close_stdout=True) as gateway:
        gateway.accept(export_of(2))
        gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 2, outcome="unavailable")
        assert gateway.admin_get("/livez").status == 200
        assert gateway.metric("exporter_queue_size_spans") == 2
        line = gateway.wait_for_log("The upstream cannot take spans; uploads are retried")
        assert line["cause"] == "standard output cannot be written to"


def test_a_console_that_nobody_reads_holds_up_nothing_but_itself():
    """A terminal on hold, or a pipe that is full: more than it takes is waiting to be printed."""
    with Gateway(None, "--shutdown-timeout=500ms", read_stdout=False) as gateway:
        for _ in range(8):
            gateway.accept(export_of(100))
        assert gateway.admin_get("/livez").status == 200
        gateway.wait_for_metric("exporter_attempts_in_flight", lambda count: count == 1)
        code, books = gateway.stop()
        assert code == 0
        assert books["dropped"] > 0
        assert books["accepted"] == books["sent"] + books["dropped"] == 800


@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGWINCH])
def test_other_signals_do_not_end_it(gateway, number):
    gateway.signal(number)
    assert is_full_success(gateway.post(export_of(1)))


def test_exhausted_descriptors_are_survived():
    with Upstream() as upstream, Gateway(upstream, max_descriptors=64) as gateway:
        with gateway.client() as early:
            assert is_full_success(early.post())
            crowd = [gateway.client() for _ in range(100)]
            try:
                gateway.wait_for_metric(
                    "receiver_connections_refused_total", lambda count: count > 50, reason="max_connections"
                )
                sent = export_of(2)
                assert is_full_success(early.post(sent.body)), "an open connection is served on"
            finally:
                for client in crowd:
                    client.socket.close()
            assert is_full_success(early.post())
        ids = gateway.accept(export_of(1))
        upstream.delivered([*sent.ids, *ids])
        wait_until(lambda: gateway.metric("receiver_connections", listener="http") == 0, "no connection left")
