"""More than the durable queue, its disk or the machine can take: refusals at once, bounded memory, and no loss.

Memory is judged by its peak, against the limit that the gateway itself was told to stay within.
"""

import json
import gzip
import subprocess
import threading
import time

import pytest

from support.durability import Switch, on_disk
from support.faults import (
    KIB,
    MIB,
    Machine,
    Producers,
    Surrounded,
    at_least_once,
    free_port,
    memory_group,
    repeats,
    scraping,
    taken,
)
from support.gateway import Gateway
from support.http1 import request
from support.metrics import dropped
from support.otlp import export_of, is_full_success, refusal
from support.program import BINARY, MEMORY_FACTOR, SOAK, environment, run
from support.soundness import peak
from support.upstream import OK, Answer, Upstream
from support.waiting import DEADLINE, wait_until

# What all limits add up to is a little less.
SMALL = [
    "--process-memory-limit=128MiB", "--memory-limit=32MiB", "--max-body-bytes=5MiB", "--max-connections=128",
    "--max-batch-bytes=1MiB", "--upload-concurrency=2",
]  # fmt: skip
SMALL_LIMIT = 128 * MIB * MEMORY_FACTOR


def all_is_delivered(gateway, upstream, ids, sent):
    wait_until(lambda: set(ids) <= set(upstream.deliveries), "all acknowledged spans at the upstream", 60)
    gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
    assert dropped(gateway.metrics()) == {}
    return repeats(sent, upstream)


# Of requests


def test_ten_producers_of_large_requests_and_a_slow_upstream_are_told_at_once_and_lose_nothing(tmp_path):
    """The upstream takes 40 spans a second, of 100 KiB each, and is offered many times as many."""
    ended = threading.Event()

    def slow(publish):
        # Two connections, five spans a batch.
        ended.wait(0.25 * len(publish.records) / 5)
        return OK

    flags = on_disk(tmp_path / "queue", *SMALL, "--queue-max-bytes=4MiB", "--max-batch-size=5")
    spans = 40 * int(max(5, SOAK))
    with Upstream(slow) as upstream, Gateway(upstream, *flags) as gateway:
        # Full from here on.
        taken(gateway, 1)
        with scraping(gateway), Producers(gateway, 10, spans=1, text="x" * 100 * KIB, pause=0.01) as producers:
            wait_until(lambda: producers.answers[503] > 0, "a refusal")
            before, begun = gateway.metric("exporter_sent_spans_total"), time.monotonic()
            wait_until(
                lambda: gateway.metric("exporter_sent_spans_total") >= before + spans, f"{spans} spans", SOAK + 30
            )
            rate = spans / (time.monotonic() - begun)
        assert producers.slowest < 1, f"an answer took {producers.slowest:.2f} s"
        assert producers.answers[503] > 5 * producers.answers[200], "it was not much more than it could take"
        assert rate > 0.7 * 40, f"{rate:.0f} spans a second came through"
        highest = peak(gateway)
        assert highest < SMALL_LIMIT, f"{highest // MIB} MiB were resident"
        ids = producers.acknowledged
        at_most = gateway.metric("exporter_queue_disk_bytes")
        assert at_most <= 4 * MIB + 2 * 512 * KIB, "more is on disk than there may be"
        ended.set()
        wait_until(lambda: set(ids) <= set(upstream.deliveries), "all acknowledged spans at the upstream", 60)
        gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
        found = gateway.metrics()
        assert dropped(found) == {}
        assert found["exporter_sent_spans_total"] == found["receiver_accepted_spans_total"] >= len(ids)
        assert upstream.deliveries.total() == len(upstream.deliveries)
        print(f"{dict(producers.answers)}, slowest {producers.slowest:.3f} s, {rate:.0f} spans/s, {highest // MIB} MiB")


def test_a_queue_that_fills_in_an_outage_refuses_keeps_what_it_has_and_is_drained_by_the_next_life(tmp_path):
    port = free_port()
    flags = on_disk(tmp_path / "queue", *SMALL, "--queue-max-bytes=8MiB", "--retry-on-failure-max-interval=200ms")
    with Gateway(f"http://127.0.0.1:{port}", *flags) as gateway:
        with scraping(gateway), Producers(gateway, threads=4, spans=10, text="y" * 2000) as producers:
            wait_until(lambda: producers.answers[503] > 100, "a queue that is full")
        assert producers.slowest < 1
        response = gateway.post(export_of(10, "y" * 2000))
        assert response.status == 503 and refusal(response).message.startswith("the sending queue is full")
        assert gateway.metric("exporter_queue_size_spans") >= len(producers.acknowledged) > 2000
        assert peak(gateway) < SMALL_LIMIT
        gateway.kill()
    ids, sent = producers.acknowledged, producers.sent
    with Upstream(port=port) as upstream, Gateway(upstream, *flags) as gateway:
        with Producers(gateway, threads=2, spans=10, pause=0.01) as producers:
            wait_until(lambda: producers.answers[200] > 20, "a queue that takes spans again")
        assert all_is_delivered(gateway, upstream, ids + producers.acknowledged, sent + producers.sent) == 0


def test_a_full_queue_that_drops_the_oldest_counts_them_and_delivers_the_rest(tmp_path):
    flags = on_disk(tmp_path / "queue", *SMALL, "--queue-max-bytes=8MiB", "--queue-overflow=drop_oldest")
    flags += ["--retry-on-failure-max-interval=200ms", "--max-batch-size=50"]
    script = Switch(Answer(503))
    with Upstream(script) as upstream, Gateway(upstream, *flags) as gateway:
        with scraping(gateway):
            ids = taken(gateway, 300, spans=1, text="z" * 100 * KIB)
        lost = dropped(gateway.metrics())
        assert lost.keys() == {"overflow"} and 0 < lost["overflow"] < 300
        assert gateway.metric("exporter_queue_size_spans") == 300 - lost["overflow"]
        assert gateway.metric("exporter_queue_disk_bytes") <= 8 * MIB + 2 * MIB
        assert peak(gateway) < SMALL_LIMIT
        script.answer = OK
        gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
        assert len(set(ids) & set(upstream.deliveries)) == 300 - lost["overflow"]
        assert set(ids[-50:]) <= set(upstream.deliveries), "the newest are gone"


# Of a disk that hangs


def test_while_the_disk_hangs_senders_are_told_within_ten_seconds_and_what_was_acknowledged_arrives(tmp_path):
    machine = Machine(tmp_path)
    with Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue", *SMALL), env=machine.env) as gateway:
        ids = taken(gateway, 4)
        with Producers(gateway, threads=8) as producers, machine.hanging_disk():
            before = producers.answers[200]
            wait_until(lambda: machine.hung_syncs, "a sync that hangs")
            # The whole gateway is not held up by its disk.
            begun = time.monotonic()
            assert gateway.admin_get("/livez").status == 200 and gateway.admin_get("/readyz")
            assert time.monotonic() - begun < 1
            wait_until(lambda: producers.answers[503] >= 8, "refusals", 15)
            assert 9 < producers.slowest < 12.5
            response = gateway.admin_get("/readyz")
            assert response.status == 503 and json.loads(response.body)["reason"] == "disk_hangs"
            # Those that were on their way when it began.
            assert producers.answers[200] - before <= 8
        with Producers(gateway, pause=0.01) as after:
            wait_until(lambda: after.answers[200] > 10, "a queue that takes spans again")
        ids += producers.acknowledged + after.acknowledged
        # What had been refused may have become durable all the same.
        all_is_delivered(gateway, upstream, ids, ids + producers.sent + after.sent)
        assert gateway.metric("exporter_recovered_spans_total") <= len(producers.sent)
        assert peak(gateway) < SMALL_LIMIT


def test_what_waits_for_a_hanging_disk_is_bounded_also_where_it_came_compressed(tmp_path):
    """Each request has 4 KiB on the wire, and 4 MiB in memory for as long as it waits."""
    body = gzip.compress(export_of(1, "x" * 4 * MIB).body)
    wait_for_the_disk(tmp_path, body, count=60, content_encoding="gzip")


def test_what_waits_for_a_hanging_disk_is_bounded_also_where_its_sender_has_left(tmp_path):
    """A sender that gives up and comes again leaves behind what it has sent."""
    wait_for_the_disk(tmp_path, export_of(1, "x" * 2 * MIB).body, count=120, leaves=True)


def test_what_waits_for_a_hanging_disk_is_bounded_also_where_the_oldest_are_dropped(tmp_path):
    body = gzip.compress(export_of(1, "x" * 4 * MIB).body)
    flags = ["--queue-overflow=drop_oldest", "--queue-max-bytes=8MiB"]
    wait_for_the_disk(tmp_path, body, *flags, count=60, content_encoding="gzip")


def wait_for_the_disk(tmp_path, body, *flags, count, leaves=False, **headers):
    machine, clients = Machine(tmp_path), []
    flags = on_disk(tmp_path / "queue", *SMALL, *flags)
    with Upstream() as upstream, Gateway(upstream, *flags, env=machine.env) as gateway:
        taken(gateway, 1)
        with machine.hanging_disk():
            for number in range(count):
                clients.append(gateway.client())
                clients[-1].send(request(body=body, **headers))
                if leaves:
                    wait_until(lambda: bodies_seen(gateway, len(body)) > number, "the body was read or refused")
                    clients[-1].vanish()
            wait_until(lambda: bodies_seen(gateway, len(body)) >= count, "all bodies were read or refused")
            assert machine.hung_syncs > 0
            highest = peak(gateway)
            gateway.kill()
    for client in clients:
        client.socket.close()
    assert highest < SMALL_LIMIT, f"{highest // MIB} MiB were resident, and at most 128 are allowed"
    print(f"{highest // MIB} MiB while {count} requests waited or were refused")


def bodies_seen(gateway, size):
    """Bodies that were read whole, and those that were refused before."""
    found = gateway.metrics()
    refused = sum(value for key, value in found.items() if key.startswith('receiver_answers_total{status="5'))
    return found["receiver_body_bytes_total"] // size + refused


# Of limits that do not fit


def test_limits_that_add_up_to_more_than_the_process_may_have_end_the_start(tmp_path):
    done = run("run", *on_disk(tmp_path / "queue", "--process-memory-limit=128MiB", "--http-listen=127.0.0.1:0"))
    assert done.returncode == 78
    for part in ("memory_limit", "max_connections", "max_batch_bytes", "queue_directory", "process_memory_limit"):
        assert part in done.stderr, done.stderr
    assert not (tmp_path / "queue").exists() or not list((tmp_path / "queue").rglob("*.seg"))


@pytest.mark.parametrize("flag", ["--memory-limit=300MiB", "--max-batch-bytes=64MiB", "--max-connections=20000"])
def test_settings_that_are_too_large_for_the_control_group_end_the_start(tmp_path, flag):
    with memory_group(384 * MIB) as setup:
        command = [BINARY, "run", *on_disk(tmp_path / "queue", flag, "--http-listen=127.0.0.1:0")]
        shell = ["sh", "-c", f'{setup}; exec "$@"', "sh"]
        done = subprocess.run([*shell, *command], env=environment(), capture_output=True, timeout=DEADLINE)
    said = done.stderr.decode()
    assert done.returncode == 78 and "the control group allows 345 MiB" in said, said
    assert flag[2:].split("=")[0].replace("-", "_") in said


@pytest.mark.parametrize("mebibytes", [512, 384, 256])
def test_without_settings_the_limits_follow_a_small_control_group(tmp_path, mebibytes):
    """And it works there: a burst of large requests is not the end of it by the kernel."""
    with memory_group(mebibytes * MIB) as setup, Upstream() as upstream:
        with Surrounded(upstream, *on_disk(tmp_path / "queue"), setup=setup) as gateway:
            limit = gateway.metric("receiver_reserved_limit_bytes")
            assert limit <= mebibytes * MIB // 4 or limit == 64 * MIB, f"{limit // MIB} MiB for requests in flight"
            with Producers(gateway, threads=8, spans=1, text="x" * MIB) as producers:
                wait_until(lambda: producers.answers.total() > 200, "two hundred answers", 30)
            assert gateway.process.poll() is None
            at_least_once(producers.acknowledged, upstream)


def test_a_queue_in_memory_follows_a_small_control_group_too(tmp_path):
    with memory_group(512 * MIB) as setup, Upstream() as upstream:
        with Surrounded(upstream, setup=setup) as gateway:
            assert gateway.metric("exporter_queue_capacity_bytes") == 128 * MIB
            assert is_full_success(gateway.post(export_of(1)))
