"""A queue on disk and the ends of its process: what was acknowledged is delivered, whoever kills whom and when."""

import os
import random
import signal
import subprocess
import threading
import time

import pytest

from support import queue_files
from support.durability import (
    UNAVAILABLE,
    Ledger,
    Producers,
    Switch,
    deliveries_since,
    durable,
    frozen,
    kill,
    refused_start,
    settle,
    starting,
    status_kib,
)
from support.http1 import Closed
from support.metrics import dropped
from support.otlp import export, export_of, span
from support.program import MEMORY_FACTOR, SOAK
from support.upstream import OK, Upstream
from support.waiting import wait_until

# The cursor is written once a second; a busy machine may be late with it.
CURSOR_SECONDS = 1.5
STAYS = "Stopping: no new requests; what is held stays on disk"


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "queue"


# Killed


def test_kill_9_under_load_loses_nothing(directory):
    seed = random.randrange(1 << 32)
    random.seed(seed)
    ledger, switch = Ledger(), Switch(chance=0.2)
    allowed, recovered, killed_in_recovery, kills = 0, 0, 0, 0
    ends_at = time.monotonic() + SOAK
    # Spans that are acknowledged before each kill.
    lives = [10_000] + [random.randrange(50, 3000) for _ in range(5)]
    with Upstream(switch) as upstream, Producers(ledger) as producers:
        while lives or time.monotonic() < ends_at:
            count = lives.pop(0) if lives else random.randrange(50, 20_000)
            begun = time.monotonic()
            with durable(upstream, directory) as gateway:
                recovered += gateway.metric("exporter_recovered_spans_total")
                producers.to(gateway)
                ledger.wait_for(count)
                kill(gateway)
                kills += 1
                producers.to(None)
                allowed += deliveries_since(upstream, max(begun, time.monotonic() - CURSOR_SECONDS))
            for _ in range(2):
                begun = time.monotonic()
                killed_in_recovery += kill_while_starting(upstream, directory)
                allowed += deliveries_since(upstream, begun)
        producers.stop()
        switch.chance = 0
        with durable(upstream, directory) as gateway:
            found = settle(ledger, upstream)
            gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
            assert dropped(gateway.metrics()) == {}
    print(f"seed {seed}: {kills} kills, {killed_in_recovery} while starting, {recovered:.0f} recovered, {found}, "
          f"allowed {allowed}")  # fmt: skip
    assert recovered > 0, "no life has found anything"
    assert killed_in_recovery > 0, "no start was cut short"
    assert found.duplicates <= allowed


def kill_while_starting(upstream, directory):
    """kill -9 within 3 to 300 ms after the start; whether it came before the gateway listened."""
    with starting(durable(upstream, directory)) as process:
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
        reader.start()
        with pytest.raises(subprocess.TimeoutExpired):
            code = process.wait(0.003 * 100 ** random.random())
            raise AssertionError(f"it ended by itself: {code}")
        process.kill()
        process.wait()
        reader.join(5)
    return not any(b'"Started"' in line for line in lines)


def test_the_lock_is_free_after_kill_9(directory):
    with Upstream(then=UNAVAILABLE) as upstream:
        for _ in range(3):
            with durable(upstream, directory) as gateway:
                gateway.accept(export_of(1))
                kill(gateway)
        with durable(upstream, directory) as gateway:
            assert gateway.metric("exporter_recovered_spans_total") == 3


# Stopped


def test_sigterm_under_load_leaves_on_disk_what_is_held_and_nothing_comes_again(directory):
    ledger, switch = Ledger(), Switch(chance=0.2)
    with Upstream(switch) as upstream, Producers(ledger) as producers:
        held = 0
        for _ in range(3):
            with durable(upstream, directory) as gateway:
                producers.to(gateway)
                ledger.wait_for(400)
                code, books = gateway.stop()
                assert code == 0 and gateway.log(STAYS)
                assert books["dropped"] == 0
                held += books["held"]
        producers.to(None)
        producers.stop()
        with durable(upstream, directory) as gateway:
            found = settle(ledger, upstream)
            gateway.wait_for_metric("exporter_queue_size_spans", lambda left: left == 0)
    print(f"held over {held}, {found}")
    assert held > 0, "no stop has left anything"
    assert found.duplicates == 0


def test_a_stop_does_not_wait_for_an_upstream_that_is_gone(directory):
    with Upstream(then=UNAVAILABLE) as upstream:
        with durable(upstream, directory, "--shutdown-timeout=10m") as gateway:
            ids = gateway.accept(export_of(3))
            upstream.attempts(1)
            begun = time.monotonic()
            assert gateway.stop() == (0, {"accepted": 3, "sent": 0, "dropped": 0, "held": 3})
            assert time.monotonic() - begun < 5
    assert queue_files.stored_ids(directory) == set(ids)


# Two of them


@pytest.mark.parametrize("is_frozen", [False, True], ids=["that runs", "that is frozen"])
def test_a_second_gateway_leaves_the_directory_to_the_first(directory, is_frozen):
    with Upstream() as upstream, durable(upstream, directory) as gateway:
        if is_frozen:
            gateway.signal(signal.SIGSTOP)
        code, errors = refused_start(durable(upstream, directory))
        gateway.signal(signal.SIGCONT)
        assert code == 75
        assert f"{directory} is in use by pid {gateway.process.pid}" in errors.replace("\\/", "/")
        upstream.delivered(gateway.accept(export_of(1)))


# Frozen


def test_a_freeze_is_survived_and_the_watchdog_knows_it(directory):
    ledger = Ledger()
    with Upstream() as upstream, durable(upstream, directory, "--watchdog-timeout=5s") as gateway:
        with Producers(ledger) as producers:
            producers.to(gateway)
            ledger.wait_for(100)
            with frozen(gateway, 7):
                before = len(ledger.acknowledged)
            # Answers that were on their way may have come.
            assert len(ledger.acknowledged) <= before + 50, "it was not frozen"
            ledger.wait_for(500)
            # Longer than the watchdog needs to see what is late.
            gateway.outlive(2)
        found = settle(ledger, upstream)
        assert gateway.process.poll() is None
        assert not gateway.log("Ending, since a part of the gateway makes no progress")
    print(found)
    assert found.duplicates == 0


# Poison

MEMBER = '{"role":"user","parts":[{"type":"text","content":"\\u00e9\\n' + "word " * 20 + '"}]}'
POISONED_SPANS = 400
POISON_FLAGS = ["--queue-max-bytes=1GiB", "--max-batch-bytes=64MiB"]


def poison():
    """A request whose mapping takes a while: JSON in strings, which is parsed and written again, in one batch."""
    text = "[" + ",".join([MEMBER] * 700) + "]"
    spans = [span("poison") for _ in range(POISONED_SPANS)]
    for each in spans:
        each.attributes.add(key="gen_ai.input.messages").value.string_value = text
    return export(*spans)


class Watcher:
    """Signals a gateway at the moment at which it maps a request for longer than an ordinary one takes."""

    def __init__(self, gateway, directory, number):
        self.gateway, self.directory, self.number = gateway, directory, number

    def wait(self, seconds=20):
        """The sequence that was being mapped; the process has ended."""
        end = time.monotonic() + seconds
        with open(queue_files.lane(self.directory) / "mapping", "rb") as file:
            word, since = 0, 0.0
            while time.monotonic() < end:
                now = time.monotonic()
                current = int.from_bytes(os.pread(file.fileno(), 8, 8), "little")
                if current != word:
                    word, since = current, now
                elif word and now - since > 0.005:
                    self.gateway.signal(self.number)
                    assert self.gateway.wait() == -self.number
                    left = int.from_bytes(os.pread(file.fileno(), 8, 8), "little")
                    assert left == word, "it had just ended"
                    return word
        raise AssertionError("no request was mapped for long enough")


def post_in_background(gateway, sent):
    def post():
        try:
            gateway.post(sent.body)
        except (Closed, OSError):
            pass

    thread = threading.Thread(target=post, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("number, times", [(signal.SIGILL, 2), (signal.SIGKILL, 8)], ids=["crash", "kill -9"])
def test_a_request_that_ends_the_process_again_and_again_is_set_aside(directory, number, times):
    ledger, bad = Ledger(), poison()
    ledger.offer(bad.ids)
    sequences = set()
    with Upstream() as upstream:
        for life in range(times):
            gateway = durable(upstream, directory)
            gateway.expected_ends.add(-number)
            with gateway:
                watcher = Watcher(gateway, directory, number)
                if life == 0:
                    settle_of(ledger.accept(gateway, export_of(3)), upstream)
                    posting = post_in_background(gateway, bad)
                    sequences.add(watcher.wait())
                    posting.join(5)
                else:
                    # That it is mapped shows that it is not set aside yet.
                    sequences.add(watcher.wait())
        assert len(sequences) == 1, "it was not the same request each time"
        with durable(upstream, directory, *POISON_FLAGS) as gateway:
            gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count > 0, reason="crash")
            assert dropped(gateway.metrics()) == {"crash": POISONED_SPANS}
            gateway.wait_for_metric("exporter_dead_letter_spans_total", lambda count: count == POISONED_SPANS)
            assert gateway.log("Set aside a request whose mapping has crashed the gateway")
            ledger.accept(gateway, export_of(5))
            settle(ledger, upstream)
            assert gateway.stop()[0] == 0
        assert not upstream.deliveries.keys() & set(bad.ids)
        letters = [record for file in queue_files.dead_letters(directory) for record in file.records]
        assert [letter.spans for letter in letters] == [POISONED_SPANS]
        # And it does not come back.
        with durable(upstream, directory) as gateway:
            assert gateway.metric("exporter_recovered_spans_total") == 0


def settle_of(ids, upstream):
    wait_until(lambda: upstream.deliveries.keys() >= set(ids), "spans at the upstream")


# Backlogs


def test_an_empty_queue_is_started_with_at_once(directory):
    with Upstream() as upstream:
        begun = time.monotonic()
        with durable(upstream, directory) as gateway:
            took = time.monotonic() - begun
            upstream.delivered(gateway.accept(export_of(1)))
    print(f"listens after {took:.3f} s")
    assert took < 5


SIZES = [100] + [1024] * bool(SOAK)


@pytest.mark.parametrize("mebibytes", SIZES)
def test_a_backlog_is_started_with_at_once_and_in_little_memory(directory, mebibytes):
    flags = ["--queue-max-bytes=4GiB"]
    switch, ledger = Switch(UNAVAILABLE), Ledger()
    text = "x" * 95_000
    with Upstream(switch) as upstream:
        # Its memory is not that of this test.
        with durable(upstream, directory, *flags) as gateway, Producers(ledger, 8, 10, text) as producers:
            producers.to(gateway)
            ledger.wait_for(mebibytes * 11, seconds=30 + mebibytes / 5)
            producers.stop()
            kill(gateway)
        size = sum(path.stat().st_size for path in queue_files.lane(directory).glob("*.seg"))
        assert size > mebibytes << 20
        begun = time.monotonic()
        with durable(upstream, directory, *flags) as gateway:
            took = time.monotonic() - begun
            assert gateway.metric("exporter_recovered_spans_total") >= len(ledger.acknowledged)
            idle = status_kib(gateway.process, "VmHWM")
            upstream.publishes.clear()
            # What it takes to send it all: records are told apart, and not kept.
            switch.answer = OK
            settle(ledger, upstream, seconds=60 + mebibytes / 5)
            peak = status_kib(gateway.process, "VmHWM")
    print(f"{mebibytes} MiB: listens after {took:.3f} s, peak {idle >> 10} MiB at first, {peak >> 10} MiB at the end")
    assert took < 5
    assert idle < 160 * 1024 * MEMORY_FACTOR
    assert peak < 256 * 1024 * MEMORY_FACTOR
