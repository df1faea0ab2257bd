"""A network that loses, resets and cannot name things, and a clock that jumps: the durable queue outlasts all of it.

Packets are lost in a network of the test's own, in which there is nothing but its loopback.
"""

import re
import time

import pytest

from support.durability import Switch, on_disk
from support.faults import (
    DAY,
    Machine,
    Rule,
    Surrounded,
    at_least_once,
    is_patient,
    lane_of,
    own_network,
    repeats,
    taken,
    wait_for_state,
)
from support.gateway import Gateway
from support.metrics import dropped
from support.otlp import export_of
from support.program import SOAK
from support.upstream import Answer, Upstream
from support.waiting import wait_until

QUICK = ["--upload-timeout=500ms", "--retry-on-failure-max-interval=500ms"]


@pytest.fixture
def network():
    with own_network():
        yield


def all_is_delivered(gateway, upstream, ids):
    at_least_once(ids, upstream)
    gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
    assert dropped(gateway.metrics()) == {}
    return repeats(ids, upstream)


# Packets


def test_a_network_that_swallows_all_in_the_middle_of_a_connection_delays_and_loses_nothing(network, tmp_path):
    with Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue", *QUICK)) as gateway:
        ids = taken(gateway, 4)
        # So that there is a connection which is used again.
        all_is_delivered(gateway, upstream, ids)
        before = len(upstream.publishes)
        with Rule(upstream.port, "-j", "DROP") as rule:
            ids += taken(gateway, 20)
            gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 3, outcome="unavailable")
            lane = wait_for_state(gateway, "backing_off")
            assert (lane["queued_spans"], lane["dropped_spans"]) == (100, 0)
            [line] = gateway.log("The upstream cannot take spans; uploads are retried")
            assert "timed out" in line["cause"].lower() or "timeout" in line["cause"].lower(), line
            # One at a time, each for as long as an upload may take.
            is_patient(gateway, 3 + int(SOAK), least_seconds=1 + SOAK / 2)
            assert rule.packets > 0 and len(upstream.publishes) == before
        assert all_is_delivered(gateway, upstream, ids) == 0


def test_a_blackhole_outlives_the_gateway_and_the_next_life_delivers(network, tmp_path):
    with Upstream() as upstream:
        with Rule(upstream.port, "-j", "DROP") as rule:
            with Gateway(upstream, *on_disk(tmp_path / "queue", *QUICK)) as gateway:
                ids = taken(gateway, 10)
                gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 1, outcome="unavailable")
                # With an attempt under way that nobody will answer.
                gateway.wait_for_metric("exporter_attempts_in_flight", lambda count: count == 1)
                begun = time.monotonic()
                assert gateway.stop()[1]["held"] == 50
                assert time.monotonic() - begun < 5
            assert rule.packets > 0
        with Gateway(upstream, *on_disk(tmp_path / "queue", *QUICK)) as gateway:
            assert all_is_delivered(gateway, upstream, ids) == 0


def test_answers_that_are_lost_cost_repeats_and_no_spans(network, tmp_path):
    """The requests come through, what the upstream says to them does not."""
    with Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue", *QUICK)) as gateway:
        ids = taken(gateway, 4)
        all_is_delivered(gateway, upstream, ids)
        # Of the packets that come from the upstream those with data, whose flags include PSH.
        with Rule(upstream.port, "--tcp-flags", "PSH", "PSH", "-j", "DROP", flag="--sport") as rule:
            ids += taken(gateway, 4)
            gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 2, outcome="unavailable")
            assert rule.packets > 0
            assert gateway.metric("exporter_queue_size_spans") == 20
            assert set(ids) <= set(upstream.deliveries), "the requests have not come either"
        assert all_is_delivered(gateway, upstream, ids) > 0
        bodies = [publish.body for publish in upstream.publishes]
        assert len(set(bodies)) < len(bodies), "what is sent again is not what was sent"


def test_connections_that_are_reset_at_any_moment_lose_nothing(network, tmp_path):
    with Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue", *QUICK)) as gateway:
        ids = taken(gateway, 4)
        all_is_delivered(gateway, upstream, ids)
        for _ in range(3):
            with Rule(upstream.port, "-j", "REJECT", "--reject-with", "tcp-reset") as rule:
                ids += taken(gateway, 4)
                wait_until(lambda: rule.packets >= 2, "packets that are answered with a reset")
                wait_for_state(gateway, "backing_off")
            all_is_delivered(gateway, upstream, ids)


def test_a_third_of_all_packets_lost_loses_nothing(network, tmp_path):
    """TCP repeats what is lost after 200 ms, 400 ms and so on: attempts that take longer than they may are repeated."""
    flags = ["--upload-timeout=2s", "--retry-on-failure-max-interval=200ms", "--max-batch-size=20"]
    with Upstream() as upstream, Gateway(upstream, *on_disk(tmp_path / "queue", *flags)) as gateway:
        loss = ["-m", "statistic", "--mode", "random", "--probability", "0.3", "-j", "DROP"]
        with Rule(upstream.port, *loss) as there, Rule(upstream.port, *loss, flag="--sport") as back:
            ids = taken(gateway, 20)
            at_least_once(ids, upstream, seconds=60)
            assert there.packets > 0 and back.packets >= 0
        all_is_delivered(gateway, upstream, ids)


# Names


def test_a_name_that_nobody_knows_for_a_while_holds_everything(tmp_path):
    hosts, servers = tmp_path / "hosts", tmp_path / "servers"
    hosts.write_text("127.0.0.1 localhost\n")
    # A resolver that is not there.
    servers.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    setup = f"""
        if [ -z "$INSIDE" ]; then INSIDE=1 exec unshare --mount "$0" "$@"; fi
        unset INSIDE
        mount --bind {hosts} /etc/hosts
        mount --bind {servers} /etc/resolv.conf
    """
    with Upstream() as upstream:
        url = f"http://upstream.invalid:{upstream.port}"
        flags = on_disk(tmp_path / "queue", *QUICK, "--tls-insecure=true")
        with Surrounded(url, *flags, setup=setup) as gateway:
            ids = taken(gateway, 4)
            gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 3, outcome="unavailable")
            [line] = gateway.log("The upstream cannot take spans; uploads are retried")
            assert "resolve" in line["cause"].lower()
            ids += taken(gateway, 4)
            gateway.kill()
        with Surrounded(url, *flags, setup=setup) as gateway:
            gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 2, outcome="unavailable")
            assert lane_of(gateway)["queued_spans"] == 40
            hosts.write_text("127.0.0.1 localhost upstream.invalid\n")
            assert all_is_delivered(gateway, upstream, ids) == 0


# The clock


def stamps(upstream):
    """For each span the times of its acceptance that its records have told, over all attempts."""
    found = {}
    for publish in upstream.publishes:
        for record in publish.records:
            found.setdefault(record["spanId"], set()).add(record["createdAt"])
    return found


@pytest.mark.parametrize("days", [3, -400, 3652])
def test_a_clock_that_jumps_drops_nothing_and_changes_nothing_that_is_queued(tmp_path, days):
    clock = Machine(tmp_path)
    flags = on_disk(tmp_path / "queue", "--queue-max-age=1h", "--retry-on-failure-max-interval=200ms")
    script = Switch(Answer(503))
    year_before = time.gmtime(clock.now()).tm_year
    with Upstream(script) as upstream:
        with Gateway(upstream, *flags, env=clock.env) as gateway:
            old = taken(gateway, 4)
            upstream.attempts(2)
            clock.set_clock(days * DAY)
            attempts = len(upstream.publishes)
            new = taken(gateway, 4)
            # Retries go on, and expiry has been looked at: once a second.
            upstream.attempts(attempts + 5)
            gateway.outlive(1.2)
            assert gateway.metric("exporter_queue_size_spans") == 40
            gateway.kill()
        # The next life begins with the clock as it is, and sets it back.
        with Gateway(upstream, *flags, env=clock.env) as gateway:
            upstream.attempts(len(upstream.publishes) + 2)
            gateway.outlive(1.2)
            clock.set_clock(0)
            gateway.outlive(1.2)
            assert lane_of(gateway)["dropped_spans"] == 0
            script.answer = Answer(200)
            assert all_is_delivered(gateway, upstream, old + new) == 0
        found = stamps(upstream)
    assert all(len(times) == 1 for times in found.values()), "an acceptance has moved"
    years = {name: {next(iter(found[id]))[:4] for id in ids} for name, ids in (("old", old), ("new", new))}
    assert years["old"] == {str(year_before)}
    assert years["new"] == {str(time.gmtime(time.time() + days * DAY).tm_year)}
    assert all(re.fullmatch(r"\d{4}-.*Z", next(iter(times))) for times in found.values())


def test_what_is_too_old_by_both_clocks_is_dropped_and_counted(tmp_path):
    """The other side of the test before: the limit does hold, in whole segments."""
    flags = on_disk(tmp_path / "queue", "--queue-max-age=2s", "--retry-on-failure-max-interval=200ms")
    with Upstream(then=Answer(503)) as upstream, Gateway(upstream, *flags) as gateway:
        taken(gateway, 300, spans=1, text="x" * 100_000)
        # Those that are next to be sent are in memory, and do not expire.
        assert gateway.metric("exporter_queue_unread_spans") > 0
        gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count > 0, reason="expired")


def test_a_clock_that_is_set_back_does_not_make_the_watchdog_end_an_idle_gateway(tmp_path):
    """Waiting has to be by a clock that cannot be set: nothing wakes the queue's thread here but its own patience."""
    clock = Machine(tmp_path, DAY)
    with Upstream() as upstream:
        with Gateway(upstream, *on_disk(tmp_path / "queue", "--watchdog-timeout=5s"), env=clock.env) as gateway:
            ids = taken(gateway, 4)
            all_is_delivered(gateway, upstream, ids)
            clock.set_clock(0)
            ends_at = gateway.metric("uptime_seconds") + 6.5

            def has_gone_on():
                found = gateway.metrics()
                assert found["watchdog_age_seconds"] < 4, "a thread waits for the clock to come back"
                return found["uptime_seconds"] > ends_at

            wait_until(has_gone_on, "a life longer than the watchdog's patience", every=0.2)


def test_the_start_is_with_a_clock_of_before_1970s_end_and_of_far_away(tmp_path):
    """A machine without a battery for its clock: what it accepts is delivered once the clock is right."""
    for number, offset in enumerate([1_000_000 - int(time.time()), 100 * 365 * DAY]):
        clock = Machine(tmp_path, offset)
        script = Switch(Answer(503))
        directory = tmp_path / f"queue-{number}"
        with Upstream(script) as upstream:
            with Gateway(upstream, *on_disk(directory, "--queue-max-age=1h"), env=clock.env) as gateway:
                ids = list(gateway.accept(export_of(5)))
                upstream.attempts(1)
                gateway.kill()
            clock.set_clock(0)
            script.answer = Answer(200)
            with Gateway(upstream, *on_disk(directory, "--queue-max-age=1h"), env=clock.env) as gateway:
                assert all_is_delivered(gateway, upstream, ids) == 0
