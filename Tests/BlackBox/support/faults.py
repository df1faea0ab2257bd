"""Faults from outside the gateway: an upstream that answers anything, the network, the clock, a disk that hangs.

Everything is on loopback, or in a namespace or a control group that is made here and gone with the test.
"""

import atexit
import ctypes
import fcntl
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

import support.durability as durability
import support.gateway
from support.durability import Ledger
from support.gateway import Gateway
from support.otlp import export_of, is_full_success
from support.program import BINARY
from support.upstream import OK, Answer, Upstream
from support.waiting import wait_until

KIB = 1024
MIB = 1024 * 1024


# Lives of a gateway on one queue directory


def taken(gateway, count, spans=5, text=None):
    """Has the gateway take so many requests on one connection; the ids in them."""
    ids = []
    with gateway.client() as client:
        for _ in range(count):
            sent = export_of(spans, text)
            assert is_full_success(client.post(sent.body))
            ids += sent.ids
    return ids


def at_least_once(ids, *upstreams, seconds=30):
    """Waits until each span has come, checks that nothing else has; how many came more than once."""

    def missing():
        return set(ids) - set(deliveries(*upstreams))

    wait_until(lambda: not missing(), "all acknowledged spans at the upstream", seconds)
    return repeats(ids, *upstreams)


def deliveries(*upstreams):
    return sum((upstream.deliveries for upstream in upstreams), Counter())


def repeats(ids, *upstreams):
    found = deliveries(*upstreams)
    assert set(found) <= set(ids), "spans came that nobody has sent"
    return found.total() - len(found)


def readiness(gateway):
    """What /readyz says: the status, and the JSON."""
    response = gateway.admin_get("/readyz")
    assert response["content-type"] == "application/json"
    return response.status, json.loads(response.body)


def lane_of(gateway):
    [lane] = readiness(gateway)[1]["lanes"]
    return lane


def wait_for_state(gateway, state):
    return wait_until(lambda: (lane := lane_of(gateway))["state"] == state and lane, f"the state {state}")


def attempts_ended(found):
    return sum(value for key, value in found.items() if key.startswith("exporter_attempts_total{"))


def is_patient(gateway, attempts, least_seconds, most_cpu=0.1):
    """Watches so many attempts that fail: they take their time, and next to nothing of a processor in between."""
    before, begun = gateway.metrics(), time.monotonic()
    wanted = attempts_ended(before) + attempts
    wait_until(lambda: attempts_ended(gateway.metrics()) >= wanted, f"{attempts} more attempts", 60, every=0.1)
    after, took = gateway.metrics(), time.monotonic() - begun
    assert took >= least_seconds, f"{attempts} attempts in {took:.1f} s"
    # The scrapes are in it as well.
    share = (after["process_cpu_seconds"] - before["process_cpu_seconds"]) / took
    assert share < most_cpu, f"{share:.0%} of a processor in vain"


class Producers(durability.Producers):
    """Senders to one gateway, with a ledger of their own."""

    def __init__(self, gateway, threads=2, **options):
        super().__init__(Ledger(), threads, **options)
        self.to(gateway)

    @property
    def answers(self):
        return self.ledger.answers

    @property
    def statuses(self):
        """Of the answers; the rest of them are ends of connections."""
        return {answer for answer in self.answers if isinstance(answer, int)}

    @property
    def acknowledged(self):
        """What was answered with success. Of what else was sent, some may have been taken all the same."""
        return list(self.ledger.acknowledged)

    @property
    def sent(self):
        return list(self.ledger.offered)


@contextmanager
def scraping(gateway):
    """Scrapes without a pause; the books close in each scrape."""
    stop, scrapes = threading.Event(), []

    def scrape():
        while not stop.is_set():
            gateway.metrics()
            scrapes.append(1)

    with ThreadPoolExecutor(1) as pool:
        scraper = pool.submit(scrape)
        try:
            yield
        finally:
            stop.set()
        scraper.result()
    assert len(scrapes) > 3


# What is on disk


def files_below(directory):
    return [path for path in Path(directory).rglob("*") if path.is_file()]


def files_with(directory, text):
    """Which files contain these bytes."""
    return [path.name for path in files_below(directory) if text in path.read_bytes()]


def dead_letters(directory):
    """The files of dead letters."""
    return sorted(Path(directory, "lane-default", "deadletter").glob("*.seg"))


# The upstream

GARBAGE = Answer(deed="garbage")
DRIP = Answer(deed="drip")
# The head at once, the body a byte at a time.
DRIP_A_BODY = Answer(deed="drip a body", body=b"x" * 1000)
# Takes the spans, and does not live to say so.
TAKE_AND_RESET = Answer(deed="take and reset")


class WildUpstream(Upstream):
    """An upstream that answers with more than HTTP. `chosen` counts what it did."""

    def __init__(self, *script, **options):
        self.chosen = Counter()
        super().__init__(*script, **options)

    def _choose(self, publish):
        # Asked twice for each attempt, and answered once.
        if not hasattr(publish, "choice"):
            publish.choice = answer = super()._choose(publish)
            with self._lock:
                self.chosen[answer.status if answer.deed == "answer" else answer.deed] += 1
        return publish.choice

    def _answer(self, connection, publish):
        answer = self._choose(publish)
        deeds = {
            "garbage": self._garble, "drip": self._drip, "drip a body": self._drip_a_body,
            "take and reset": self._take_and_reset,
        }  # fmt: skip
        if answer.deed not in deeds:
            return super()._answer(connection, publish)
        try:
            deeds[answer.deed](connection, publish, answer)
        finally:
            with self._lock:
                self.in_flight -= 1
        return False

    def _garble(self, connection, publish, answer):
        connection.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n" + bytes(range(256)) * 8)

    def _drip(self, connection, publish, answer):
        for byte in OK.bytes(publish):
            connection.sendall(bytes([byte]))
            if self._closing.wait(0.1):
                return

    def _drip_a_body(self, connection, publish, answer):
        self._note(publish)
        head, body = answer.bytes(publish).split(b"\r\n\r\n", 1)
        connection.sendall(head + b"\r\n\r\n")
        for byte in body:
            connection.sendall(bytes([byte]))
            if self._closing.wait(0.1):
                return

    def _take_and_reset(self, connection, publish, answer):
        self._note(publish)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def _note(self, publish):
        with self._lock:
            self._delivered.update(publish.ids)
            self._taken_records |= {record["spanId"]: record for record in publish.records}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        return reserved.getsockname()[1]


# Where the gateway runs


class Surrounded(Gateway):
    """A gateway that a shell starts, after it has carried out some lines; the process stays the same."""

    def __init__(self, upstream, *flags, setup, **options):
        super().__init__(upstream, *flags, **options)
        self._setup = setup

    def __enter__(self):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder, "start")
            script.write_text(f'#!/bin/sh\nset -e\n{self._setup}\nexec {BINARY} "$@"\n')
            script.chmod(0o700)
            support.gateway.BINARY = script
            try:
                return super().__enter__()
            finally:
                support.gateway.BINARY = BINARY


class Mortal(Gateway):
    """A gateway that may end in any way."""

    def __exit__(self, kind, *_):
        self.kill()
        if kind is None:
            self._check("")


# Tools


def need(tool, package=None):
    """Skips the test where a tool of the machine is missing."""
    return shutil.which(tool) or pytest.skip(f"there is no {tool}: apt-get install {package or tool}")


def need_root():
    if os.geteuid() != 0:
        pytest.skip("only root can do this")


CLONE_NEWNET = 0x40000000
HOME = os.readlink("/proc/thread-self/ns/net")
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def own_network():
    """Puts this thread, and what it starts, into a network of its own, where nothing else is."""
    need_root()
    need("ip", "iproute2")
    with open("/proc/thread-self/ns/net") as home:
        if _libc.unshare(CLONE_NEWNET):
            pytest.skip(f"no network namespace can be made: {os.strerror(ctypes.get_errno())}")
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            yield
        finally:
            assert _libc.setns(home.fileno(), CLONE_NEWNET) == 0


class Rule:
    """A rule of iptables for packets of a port, while the block lasts; inside of a network of its own."""

    def __init__(self, port, *target, flag="--dport"):
        self._rule = ["INPUT", "-p", "tcp", flag, str(port), *target]
        self._tool = need("iptables")

    def __enter__(self):
        assert os.readlink("/proc/thread-self/ns/net") != HOME, "the machine's own network"
        subprocess.run([self._tool, "-A", *self._rule], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run([self._tool, "-D", *self._rule], check=True)

    @property
    def packets(self):
        """That it has met."""
        text = subprocess.run([self._tool, "-vnxL", "INPUT"], check=True, capture_output=True).stdout.decode()
        return int(text.splitlines()[2].split()[0])


@cache
def _machine_library():
    compiler = need("cc", "gcc")
    library = Path(tempfile.mkdtemp(prefix="mastra-gateway-test-"), "machine.so")
    source = Path(__file__).with_suffix(".c")
    subprocess.run([compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    atexit.register(shutil.rmtree, library.parent)
    return library


DAY = 86_400


class Machine:
    """A gateway's wall clock and its disk, which can be set and stopped at any time; `env` is for the gateway."""

    def __init__(self, folder, clock_offset=0):
        self._path = Path(folder, "machine")
        self._path.write_bytes(bytes(16))
        self.set_clock(clock_offset)
        self.env = {"LD_PRELOAD": str(_machine_library()), "MACHINE_FILE": str(self._path)}

    def _write(self, place, value):
        # In the same file, which the gateway has mapped.
        with open(self._path, "r+b") as file:
            file.seek(place)
            file.write(int(value).to_bytes(8, "little", signed=True))

    def set_clock(self, offset):
        """So many seconds off."""
        self.clock_offset = offset
        self._write(0, offset)

    def now(self):
        """Seconds since 1970, as the gateway has them."""
        return time.time() + self.clock_offset

    @contextmanager
    def hanging_disk(self):
        """No sync returns before the end of the block."""
        self._write(8, 0)
        with open(self._path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @property
    def hung_syncs(self):
        """That have begun since the disk hangs, or hung the last time."""
        return int.from_bytes(self._path.read_bytes()[8:16], "little")


@contextmanager
def memory_group(limit):
    """A control group with that much memory; the lines for a shell to get into it."""
    need_root()
    root = Path("/sys/fs/cgroup/memory")
    if not (root / "memory.limit_in_bytes").exists():
        pytest.skip("there are no control groups of version 1 for memory")
    group = root / f"mastra-gateway-test-{os.getpid()}-{time.monotonic_ns()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(limit))
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    try:
        yield f"echo $$ > {group}/cgroup.procs"
    finally:
        wait_until(lambda: not (group / "cgroup.procs").read_text(), "nobody is in the control group")
        group.rmdir()
