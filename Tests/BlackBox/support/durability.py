"""What a durable queue promises, checked from outside: senders that keep a ledger of what was acknowledged to them,
and an account of it against what has come to the upstream."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from support.gateway import Gateway
from support.http1 import Client, Closed, request
from support.otlp import export_of
from support.program import BINARY
from support.upstream import OK, Answer
from support.waiting import DEADLINE, wait_until

LANE = "lane-default"
UNAVAILABLE = Answer(503)


def on_disk(directory, *flags):
    """Flags for a queue in that directory; the room on the machine's disk is not what is tested."""
    return [f"--queue-directory={directory}", "--queue-min-free=0", *flags]


def durable(upstream, directory, *flags, **options):
    """A gateway whose queue is in `directory`: small segments, and an upstream is tried often."""
    quick = ["--queue-max-bytes=8MiB", "--retry-on-failure-max-interval=200ms"]
    return Gateway(upstream, *on_disk(directory, *quick, *flags), **options)


class Switch:
    """How an upstream behaves, changed as a test goes: an answer or a function; `chance` of refusing in between."""

    def __init__(self, answer=OK, chance=0.0):
        self.answer = answer
        self.chance = chance

    def __call__(self, publish):
        publish.is_refused = random.random() < self.chance
        if publish.is_refused:
            return UNAVAILABLE
        return self.answer(publish) if callable(self.answer) else self.answer


# Who sends


class Ledger:
    """What was offered and what was acknowledged, by the ids of spans."""

    def __init__(self):
        self.lock = threading.Lock()
        self.offered = set()
        self.acknowledged = set()
        # Offered more than once: an answer other than 200, or none, may have hidden that it was taken.
        self.repeated = set()
        self.answers = Counter()

    def note(self, ids, answer):
        with self.lock:
            self.answers[answer] += 1
            if answer == 200:
                self.acknowledged.update(ids)

    def offer(self, ids):
        with self.lock:
            self.repeated.update(self.offered.intersection(ids))
            self.offered.update(ids)

    def accept(self, gateway, sent):
        """Has the gateway take a request, which is noted."""
        self.offer(sent.ids)
        gateway.accept(sent)
        self.note(sent.ids, 200)
        return sent.ids

    def wait_for(self, count, seconds=DEADLINE):
        """Until so many more spans are acknowledged."""
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted, f"{count} more acknowledged spans", seconds)

    def wait_for_answers(self, answer, count=1, seconds=DEADLINE):
        wanted = self.answers[answer] + count
        wait_until(lambda: self.answers[answer] >= wanted, f"{count} more answers {answer}: {self.answers}", seconds)


class Producers:
    """Threads that send as SDKs do: what was not acknowledged is sent again, the same spans with the same ids.

    Use as a context manager; where they send is set with `to`, and None lets them wait.
    """

    def __init__(self, ledger, threads=4, spans=5, text=None, pause=0.0):
        self.ledger = ledger
        self.spans = spans
        self.text = text
        self.pause = pause
        # The longest that an answer has taken, in seconds.
        self.slowest = 0.0
        self._faults = []
        self._address = None
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def to(self, gateway):
        """A gateway, or the address of one."""
        self._address = getattr(gateway, "address", gateway)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stop()
        assert kind or not self._faults, self._faults

    def stop(self):
        """Lets requests under way end; what is not acknowledged by then is given up."""
        self._ending.set()
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive(), "a producer hangs"

    def _run(self):
        sent = None
        while not self._ending.is_set():
            address = self._address
            if address is None:
                self._ending.wait(0.005)
                continue
            try:
                with Client(address) as client:
                    while not self._ending.is_set() and address == self._address:
                        sent = sent or export_of(self.spans, self.text)
                        if self._send(client, sent):
                            sent = None
                            self._ending.wait(self.pause)
                        else:
                            self._ending.wait(0.02)
            except (Closed, OSError) as error:
                self.ledger.note((), type(error).__name__)
                self._ending.wait(0.01)

    def _send(self, client, sent):
        self.ledger.offer(sent.ids)
        begun = time.monotonic()
        try:
            client.send(request(body=sent.body))
        except OSError:
            pass  # It may have been answered before it was read.
        response = client.receive()
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.ledger.note(sent.ids, response.status)
        if response.status != 200 and (response.status != 503 or not 1 <= int(response["retry-after"] or 0) <= 30):
            self._faults.append(response)
        if response["connection"] == "close":
            raise Closed(b"")
        return response.status == 200


# What came of it


@dataclass
class Account:
    acknowledged: int
    delivered: int
    lost: set
    # Spans that came again though nobody had sent them again.
    duplicates: int

    def __str__(self):
        return (
            f"{self.acknowledged} acknowledged, {self.delivered} delivered, {len(self.lost)} lost, "
            f"{self.duplicates} duplicates"
        )


def account(ledger, *upstreams):
    """How things stand now. What was never sent must not have come."""
    deliveries = Counter()
    for upstream in upstreams:
        deliveries += upstream.deliveries
    unknown = deliveries.keys() - ledger.offered
    assert not unknown, f"{len(unknown)} spans came that nobody has sent"
    own = sum(count - 1 for id, count in deliveries.items() if id not in ledger.repeated)
    lost = ledger.acknowledged - deliveries.keys()
    return Account(len(ledger.acknowledged), len(deliveries), lost, own)


def settle(ledger, *upstreams, seconds=30):
    """Waits until every acknowledged span has come; the account. Says what is missing where some never does."""
    found = []

    def is_complete():
        found[:] = [account(ledger, *upstreams)]
        return not found[0].lost

    wait_until(is_complete, lambda: f"all acknowledged spans at the upstream: {found[0]}", seconds, every=0.05)
    return found[0]


def deliveries_since(upstream, moment):
    """Spans that the upstream, which has a `Switch`, has taken since then: what may come again after a crash."""
    publishes = [publish for publish in list(upstream.publishes) if publish.at >= moment]
    return sum(len(publish.ids) for publish in publishes if not getattr(publish, "is_refused", False))


# Looking at a process


def status_kib(process, name):
    """A number of /proc/…/status, such as VmHWM, the most memory that was ever resident."""
    with open(f"/proc/{process.pid}/status") as file:
        [line] = [line for line in file if line.startswith(name + ":")]
    return int(line.split()[1])


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill(gateway):
    """kill -9, and waits for the end."""
    gateway.signal(signal.SIGKILL)
    assert gateway.wait() == -signal.SIGKILL


def leave(gateway):
    """An orderly stop, up to its last word; what the process does then is of no interest to the queue."""
    gateway.signal()
    gateway.wait_for_log("Stopped")
    gateway.kill()


@contextmanager
def frozen(gateway, seconds):
    """Stopped by SIGSTOP, for longer than a sender waits for an answer that does not come."""
    with gateway.client() as client:
        gateway.signal(signal.SIGSTOP)
        wait_until(lambda: _is_stopped(gateway.process.pid), "a stop of every thread")
        yield
        client.socket.settimeout(seconds)
        with pytest.raises(TimeoutError):
            client.post(export_of(0).body)
        gateway.signal(signal.SIGCONT)


def _is_stopped(pid):
    """Whether each thread is: one that waits for the disk goes on until it has its answer."""
    states = [path.read_text().rsplit(")", 1)[1].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) == {"T"}


@contextmanager
def starting(gateway):
    """The process of a gateway that is not entered, from its first moment on; ended at the end."""
    process = subprocess.Popen(
        [BINARY, "run", *gateway.flags], env=gateway.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address_of(process):
    """Where such a process listens, or None where it ends before."""
    for line in process.stderr:
        if b'"message":"Started"' in line:
            parts = urlsplit(json.loads(line)["http.listen"])
            return parts.hostname, parts.port
    return None


def refused_start(gateway, seconds=DEADLINE):
    """The exit code and the output of a gateway that is not to start."""
    with starting(gateway) as process:
        _, errors = process.communicate(timeout=seconds)
        return process.returncode, errors.decode()
