"""What the gateway tells a service manager, and how it ends itself where it hangs (sd_notify(3), the watchdog)."""

import signal
import socket
import time

import pytest

from support.durability import frozen, on_disk
from support.faults import Machine, Mortal, Producers, at_least_once, repeats, taken
from support.gateway import Gateway
from support.otlp import export_of, is_full_success
from support.program import SOAK, run
from support.upstream import HANG, Upstream
from support.waiting import wait_until

QUICK = "--watchdog-timeout=5s"


class Manager:
    """A service manager's socket; `words` are what it was told, with the time."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0"))
        self.socket.setblocking(False)
        self.env = {"NOTIFY_SOCKET": name}
        self._words = []

    @property
    def words(self):
        while True:
            try:
                self._words += [(time.monotonic(), line) for line in self.socket.recv(4096).decode().split("\n")]
            except BlockingIOError:
                return list(self._words)

    def said(self, word):
        return [at for at, said in self.words if said == word]


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    name = str(tmp_path / "notify") if request.param == "path" else f"@mastra-gateway-test-{time.monotonic_ns()}"
    manager = Manager(name)
    with manager.socket:
        yield manager


# The service manager


def test_the_manager_is_told_of_the_start_of_life_and_of_the_end(manager, tmp_path):
    with Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue"), env=manager.env) as gateway:
        wait_until(lambda: manager.said("READY=1"), "READY=1")
        assert is_full_success(gateway.post(export_of(1))), "it is ready, and does not listen"
        wait_until(lambda: len(manager.said("WATCHDOG=1")) >= 2, "signs of life")
        times = manager.said("WATCHDOG=1")
        assert all(later - earlier < 3 for earlier, later in zip(times, times[1:]))
        assert not manager.said("STOPPING=1")
        assert gateway.stop()[0] == 0
        assert manager.said("STOPPING=1")
    words = [word for _, word in manager.words]
    assert words.count("READY=1") == words.count("STOPPING=1") == 1
    assert words.index("READY=1") < words.index("STOPPING=1")
    [status] = [word for word in words if word.startswith("STATUS=")]
    assert upstream.url in status


def test_a_reload_is_told_from_its_beginning_to_its_end_and_ends_nothing(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    with manager.socket, Upstream() as upstream, Gateway(upstream, env=manager.env) as gateway:
        wait_until(lambda: manager.said("READY=1"), "READY=1")
        before = time.monotonic_ns() // 1000
        gateway.signal(signal.SIGHUP)
        wait_until(lambda: len(manager.said("READY=1")) == 2, "READY=1 after the reload")
        words = [word for _, word in manager.words if not word.startswith("WATCHDOG")]
        at = words.index("RELOADING=1")
        assert before <= int(words[at + 1].removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
        assert words.index("READY=1", at) == at + 2
        assert is_full_success(gateway.post(export_of(1)))
        assert gateway.stop()[0] == 0


def test_the_manager_is_not_told_that_it_is_ready_where_it_cannot_start(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    with manager.socket, Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue")):
        second = run("run", *on_disk(tmp_path / "queue", "--http-listen=127.0.0.1:0"), env=manager.env)
        assert second.returncode == 75 and "is in use by" in second.stderr, "the directory is in use"
        assert manager.words == []


def test_signs_of_life_go_on_while_the_last_attempts_are_waited_for(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    with manager.socket, Upstream(HANG) as upstream:
        with Gateway(upstream, *on_disk(tmp_path / "queue", "--shutdown-timeout=3s"), env=manager.env) as gateway:
            gateway.accept(export_of(1))
            upstream.attempts(1)
            gateway.signal()
            wait_until(lambda: manager.said("STOPPING=1"), "STOPPING=1")
            assert gateway.wait() == 0
            [stopping] = manager.said("STOPPING=1")
            assert any(at > stopping for at in manager.said("WATCHDOG=1"))


@pytest.mark.parametrize("name", ["/nowhere/at/all", "@nobody-listens-there", "relative", "", "/" + "x" * 300])
def test_a_manager_that_is_not_there_is_no_reason_not_to_run(tmp_path, name):
    with Upstream() as upstream, Gateway(upstream, env={"NOTIFY_SOCKET": name}) as gateway:
        upstream.delivered(gateway.accept(export_of(2)))
        assert gateway.stop()[0] == 0


def test_a_manager_that_does_not_read_holds_up_nothing(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    with manager.socket, Upstream() as upstream:
        filler = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with filler:
            filler.setblocking(False)
            filler.connect(str(tmp_path / "notify"))
            with pytest.raises(BlockingIOError):
                while True:
                    filler.send(b"x")
            with Gateway(upstream, *on_disk(tmp_path / "queue"), env=manager.env) as gateway:
                upstream.delivered(gateway.accept(export_of(2)))
                assert gateway.stop()[0] == 0


# The watchdog


def ended_by_itself(gateway, part):
    assert gateway.wait() == -signal.SIGABRT
    [line] = gateway.log("Ending, since a part of the gateway makes no progress")
    assert (line["level"], line["part"]) == ("error", part), line
    assert int(line["seconds"]) >= 5


def test_a_disk_that_hangs_for_too_long_ends_the_process_and_the_next_life_delivers(tmp_path):
    """Again and again in the long run, which shows that nothing is taken for a request that crashes the gateway."""
    machine, flags = Machine(tmp_path), on_disk(tmp_path / "queue", QUICK)
    acknowledged, sent = [], []
    with Upstream() as upstream:
        for _ in range(3 if SOAK else 1):
            with Mortal(upstream, *flags, env=machine.env) as gateway:
                with Producers(gateway, threads=4, pause=0.005) as producers:
                    wait_until(lambda: producers.answers[200] > 20, "acknowledged requests")
                    with machine.hanging_disk():
                        begun = time.monotonic()
                        ended_by_itself(gateway, "queue")
                        assert 4 < time.monotonic() - begun < 9
                        assert machine.hung_syncs > 0
            acknowledged += producers.acknowledged
            sent += producers.sent
        with Gateway(upstream, *flags) as gateway:
            at_least_once_of(acknowledged, sent, upstream)
            gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
            assert gateway.metric("exporter_dropped_spans_total", reason="crash") == 0


def at_least_once_of(acknowledged, sent, upstream):
    wait_until(lambda: set(acknowledged) <= set(upstream.deliveries), "all acknowledged spans at the upstream")
    print(f"{len(acknowledged)} acknowledged, {repeats(sent, upstream)} twice")


def test_a_stop_that_waits_for_a_disk_that_hangs_has_an_end_too(tmp_path):
    machine, flags = Machine(tmp_path), on_disk(tmp_path / "queue", QUICK, "--shutdown-timeout=1s")
    with Upstream() as upstream:
        with Mortal(upstream, *flags, env=machine.env) as gateway:
            ids = taken(gateway, 4)
            with machine.hanging_disk():
                with gateway.client() as client:
                    client.socket.settimeout(0.2)
                    with pytest.raises(TimeoutError):
                        client.post(export_of(1).body)
                gateway.signal()
                # Two seconds for the disk, whatever shutdown_timeout says.
                assert gateway.wait(10) == 0
                assert machine.hung_syncs > 0
            assert gateway.log("The disk does not answer; what was delivered last may be sent again")
        with Gateway(upstream, *flags) as gateway:
            wait_until(lambda: set(ids) <= set(upstream.deliveries), "all acknowledged spans at the upstream")


def test_a_disk_that_hangs_for_less_does_not_end_the_process(tmp_path):
    machine, flags = Machine(tmp_path), on_disk(tmp_path / "queue", QUICK)
    with Upstream() as upstream, Gateway(upstream, *flags, env=machine.env) as gateway:
        with Producers(gateway, threads=4) as producers:
            wait_until(lambda: producers.answers[200] > 20, "acknowledged requests")
            with machine.hanging_disk():
                gateway.wait_for_metric("watchdog_age_seconds", lambda age: age >= 2)
            before = producers.answers[200]
            wait_until(lambda: producers.answers[200] > before + 20, "acknowledged requests")
        assert producers.statuses == {200}, "it was not long enough for a refusal"
        gateway.wait_for_metric("watchdog_age_seconds", lambda age: age <= 1)
        at_least_once_of(producers.acknowledged, producers.sent, upstream)


@pytest.mark.skipif(not SOAK, reason="long: MASTRA_GATEWAY_SOAK")
def test_without_a_watchdog_nothing_is_ended(tmp_path):
    machine = Machine(tmp_path)
    flags = on_disk(tmp_path / "queue", "--watchdog-timeout=0")
    with Upstream() as upstream, Gateway(upstream, *flags, env=machine.env) as gateway:
        ids = taken(gateway, 4)
        with machine.hanging_disk(), gateway.client() as client:
            client.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.post(export_of(1).body)
            gateway.wait_for_metric("watchdog_age_seconds", lambda age: age >= 7)
        assert gateway.process.poll() is None
        wait_until(lambda: set(ids) <= set(upstream.deliveries), "all acknowledged spans at the upstream")


def test_a_pause_of_the_whole_process_is_no_reason_to_end(tmp_path):
    """A machine that was suspended: everything is late, and nothing hangs."""
    with Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue", QUICK)) as gateway:
        ids = taken(gateway, 4)
        with frozen(gateway, 5.5):
            pass
        ids += taken(gateway, 4)
        gateway.outlive(2)
        assert at_least_once(ids, upstream) == 0


def test_an_idle_gateway_does_next_to_nothing(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    flags = on_disk(tmp_path / "queue")
    with manager.socket, Upstream() as upstream, Gateway(upstream, *flags, env=manager.env) as gateway:
        taken(gateway, 1)
        gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
        signs = len(manager.said("WATCHDOG=1"))
        before, begun = gateway.metric("process_cpu_seconds"), time.monotonic()
        # Each of them is a second; to ask for them costs the gateway nothing.
        wait_until(lambda: len(manager.said("WATCHDOG=1")) >= signs + 3, "signs of life")
        share = (gateway.metric("process_cpu_seconds") - before) / (time.monotonic() - begun)
        assert share < 0.02, f"{share:.1%} of a processor for nothing"
