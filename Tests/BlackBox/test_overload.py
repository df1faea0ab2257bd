"""More than fits: refusals with a delay, nothing accepted is lost, and the books close all along (H29, H32, B8)."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from support.gateway import Gateway
from support.http1 import request
from support.metrics import dropped
from support.otlp import UNAVAILABLE, export_of, is_full_success, refusal
from support.upstream import OK, Answer, Upstream

KIB = 1024


@contextmanager
def scraping(gateway):
    """Scrapes without a pause; each scrape is checked for balance."""
    stop = threading.Event()

    def scrape():
        count = 0
        while not stop.is_set():
            gateway.metrics()
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        scraper = pool.submit(scrape)
        try:
            yield
        finally:
            stop.set()
        assert scraper.result() > 3


def is_refused_with_a_delay(response):
    if response.status != 503:
        return False
    seconds = int(response["retry-after"])
    assert 1 <= seconds <= 30
    status = refusal(response)
    assert (status.code, status.retry_seconds) == (UNAVAILABLE, seconds)
    return True


def fill(gateway, text="x" * 1000):
    """Sends until the queue is full; the ids that were accepted, and the request that was refused."""
    accepted = []
    while True:
        sent = export_of(5, text)
        response = gateway.post(sent)
        if is_refused_with_a_delay(response):
            assert refusal(response).message.startswith("the sending queue is full; retry after ")
            return accepted, sent
        assert is_full_success(response)
        accepted += sent.ids


@pytest.mark.requirement("H29", "H32")
def test_a_full_queue_answers_503_with_a_delay_and_loses_nothing():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream:
        with Gateway(upstream, "--queue-max-bytes=64KiB") as gateway, scraping(gateway):
            accepted, refused = fill(gateway)
            assert 10 * 5 <= len(accepted) <= 13 * 5
            assert gateway.metric("exporter_queue_capacity_bytes") == 64 * KIB
            assert gateway.metric("exporter_queue_size_bytes") <= 64 * KIB
            assert gateway.metric("receiver_answers_total", status="503") == 1
            assert gateway.admin_get("/livez").status == 200
            release.set()
            upstream.delivered(accepted)
            gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
            accepted += gateway.accept(refused)
            upstream.delivered(accepted)


@pytest.mark.requirement("H32")
def test_a_queue_may_be_full_of_spans_too():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream:
        with Gateway(upstream, "--queue-max-spans=12") as gateway:
            accepted, _ = fill(gateway, text="")
            assert len(accepted) == 10
            release.set()
            upstream.delivered(accepted)


def test_an_empty_request_is_taken_by_a_full_queue():
    with Upstream(then=Answer(503)) as upstream, Gateway(upstream, "--queue-max-spans=1") as gateway:
        gateway.accept(export_of(1))
        assert gateway.post(export_of(1)).status == 503
        assert is_full_success(gateway.post())


def test_readiness_tells_of_a_full_queue():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream:
        with Gateway(upstream, "--queue-max-spans=5") as gateway:
            assert gateway.admin_get("/readyz").status == 200
            ids = gateway.accept(export_of(5))
            response = gateway.admin_get("/readyz")
            assert response.status == 503
            assert json.loads(response.body)["reason"] == "queue_full"
            release.set()
            upstream.delivered(ids)
            gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
            assert gateway.admin_get("/readyz").status == 200


@pytest.mark.requirement("B11")
def test_the_books_close_at_every_scrape_of_an_overloaded_gateway():
    """Eight clients that do not wait, a queue that is too small, an upstream that stumbles."""

    def stumbling(publish):
        return Answer(503) if publish.number % 5 == 0 else OK

    def client(gateway):
        accepted, answers = [], Counter()
        with gateway.client() as connection:
            for _ in range(100):
                sent = export_of(5, "x" * 200)
                response = connection.post(sent.body)
                answers[response.status] += 1
                if not is_refused_with_a_delay(response):
                    assert is_full_success(response)
                    accepted += sent.ids
        return accepted, answers

    flags = ["--queue-max-bytes=64KiB", "--max-batch-wait-ms=20", "--max-batch-size=50"]
    with Upstream(stumbling) as upstream:
        gateway = Gateway(upstream, *flags)
        gateway.flags.remove("--max-batch-wait=100ms")
        with gateway, ThreadPoolExecutor(8) as pool, scraping(gateway):
            results = [future.result() for future in [pool.submit(client, gateway) for _ in range(8)]]
            accepted = [id for ids, _ in results for id in ids]
            answers = sum((counts for _, counts in results), Counter())
            upstream.delivered(accepted, seconds=40)
            gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
            assert answers[200] * 5 == len(accepted) and answers[503] > 0 and answers.total() == 800
            found = gateway.metrics()
        # A request that is refused before its body is read counts as an answer only: its spans are unknown.
        assert found["receiver_refused_spans_total"] <= answers[503] * 5
        assert found["receiver_accepted_spans_total"] == found["exporter_sent_spans_total"] == len(accepted)
        assert found['receiver_answers_total{status="200"}'] == answers[200]
        assert found['receiver_answers_total{status="503"}'] == answers[503]
        assert dropped(found) == {}


@pytest.mark.requirement("H29", "H32")
def test_a_spent_memory_limit_answers_503_until_it_is_free_again(upstream):
    with Gateway(upstream, "--memory-limit=1MiB", "--max-body-bytes=1MiB") as gateway:
        body = export_of(1).body
        padding = 900 * KIB - len(body)
        # A field that nobody knows fills the body up.
        body += b"\xc2\x3e" + bytes([padding & 127 | 128, padding >> 7 & 127 | 128, padding >> 14]) + bytes(padding)
        with gateway.client() as holder:
            holder.send(request(body=body)[:-1000])
            gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == len(body))
            refused = gateway.post(export_of(500, "x" * 500))
            assert is_refused_with_a_delay(refused) and refused["retry-after"] == "1"
            limit = "requests in flight take all of memory_limit, which is 1048576 bytes; retry after 1 s"
            assert refusal(refused).message == limit
            assert is_full_success(gateway.post(export_of(1))), "what fits is taken"
            holder.send(request(body=body)[-1000:])
            assert is_full_success(holder.receive())
        gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == 0)
        assert is_full_success(gateway.post(export_of(500, "x" * 500)))
        assert gateway.metric("receiver_problems_total", kind="out_of_memory") == 1
