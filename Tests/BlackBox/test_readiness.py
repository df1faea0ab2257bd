"""/readyz: whether spans are taken, and of the lane what it does and why, as JSON (B13).

A lane that cannot send is no reason not to be ready: spans are held for as long, and a load balancer that took the
gateway out for it would have them nowhere to go.
"""

import threading

import pytest

from support.durability import Switch, on_disk
from support.faults import Machine, readiness, taken, wait_for_state
from support.gateway import Gateway
from support.otlp import export_of, is_full_success
from support.upstream import HANG, OK, Answer, Upstream
from support.waiting import wait_until

ALWAYS = {"name", "state", "queue", "queued_spans", "queued_bytes", "dropped_spans"}


@pytest.fixture(params=["memory", "disk"])
def flags(request, tmp_path):
    return [] if request.param == "memory" else on_disk(tmp_path / "queue")


@pytest.fixture
def disk(tmp_path):
    return on_disk(tmp_path / "queue")


def check(gateway, status, reason, **lane):
    """The one lane, of which so much is as it should be."""
    found, report = readiness(gateway)
    assert (found, report["ready"], report.get("reason")) == (status, status == 200, reason), report
    [only] = report["lanes"]
    assert set(only) >= ALWAYS and only["name"] == "default"
    assert {key: only[key] for key in lane} == lane
    return only


def test_a_gateway_with_nothing_to_do_is_ready(flags):
    with Upstream() as upstream, Gateway(upstream, *flags) as gateway:
        lane = check(gateway, 200, None, state="open", queue="ok", queued_spans=0, queued_bytes=0, dropped_spans=0)
        assert set(lane) == ALWAYS, "there is no attempt to wait for, and no span that waits"


def test_head_and_the_memory_of_proxies_are_thought_of(flags):
    with Upstream() as upstream, Gateway(upstream, *flags) as gateway:
        response = gateway.admin_get("/readyz", "HEAD")
        assert response.status == 200 and int(response["content-length"]) > 50
        assert response["content-type"] == "application/json"


def test_while_the_upstream_is_down_it_is_ready_and_says_when_it_tries_again(flags):
    with Upstream(then=Answer(503, {"Retry-After": "60"})) as upstream, Gateway(upstream, *flags) as gateway:
        gateway.accept(export_of(3))
        wait_for_state(gateway, "backing_off")
        lane = check(gateway, 200, None, queue="ok", queued_spans=3, dropped_spans=0)
        assert 50 <= lane["next_attempt_seconds"] <= 60 and lane["queued_bytes"] > 0
        gateway.accept(export_of(2))
        lane = wait_until(lambda: "oldest_age_seconds" in (lane := check(gateway, 200, None)) and lane, "an age")
        assert lane["queued_spans"] == 5 and 0 <= lane["oldest_age_seconds"] < 20


STATES = {
    "401": (Answer(401), "cooling_down_unauthorized", range(50, 67)),
    "404": (Answer(404), "cooling_down_misdirected", range(50, 67)),
    "400": (Answer(400), "cooling_down_contract", range(50, 67)),
    "402": (Answer(402), "paused_quota", range(290, 331)),
}


@pytest.mark.parametrize("answer, state, seconds", STATES.values(), ids=STATES)
def test_each_state_of_the_lane_has_its_name_and_is_no_reason_to_be_unready(flags, answer, state, seconds):
    with Upstream(then=answer) as upstream, Gateway(upstream, *flags) as gateway:
        gateway.accept(export_of(3))
        wait_for_state(gateway, state)
        lane = check(gateway, 200, None, queue="ok", queued_spans=3, dropped_spans=0)
        assert lane["next_attempt_seconds"] in seconds
        assert is_full_success(gateway.post(export_of(1))), "it says that it is ready"


def test_what_was_dropped_is_told(disk):
    script = Switch(OK)
    with Upstream(script) as upstream, Gateway(upstream, *disk) as gateway:
        gateway.accept(export_of(5))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 5)
        bad = export_of(1)
        script.answer = lambda publish: Answer(400) if bad.ids[0] in publish.ids else OK
        gateway.accept(bad)
        wait_until(lambda: check(gateway, 200, None)["dropped_spans"] == 1, "the span that was dropped")


def test_a_queue_without_room_is_a_reason(flags):
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream:
        with Gateway(upstream, *flags, "--queue-max-spans=5") as gateway:
            ids = gateway.accept(export_of(5))
            check(gateway, 503, "queue_full", queued_spans=5)
            assert gateway.post(export_of(1)).status == 503, "it says that it is not ready"
            assert gateway.admin_get("/livez").status == 200
            release.set()
            upstream.delivered(ids)
            wait_until(lambda: readiness(gateway)[0] == 200, "room again")
            check(gateway, 200, None, queue="ok", queued_spans=0)


def test_a_queue_that_has_filled_its_files_is_a_reason(disk):
    script = Switch(Answer(503))
    with Upstream(script) as upstream, Gateway(upstream, *disk, "--queue-max-bytes=1MiB") as gateway:
        wait_until(lambda: gateway.post(export_of(1, "x" * 50_000)).status == 503, "a full queue")
        wait_until(lambda: readiness(gateway)[0] == 503, "it to be told")
        check(gateway, 503, "queue_full")
        script.answer = OK
        wait_until(lambda: readiness(gateway)[0] == 200, "room again")
        assert is_full_success(gateway.post(export_of(1)))


def test_a_disk_with_too_little_room_for_others_is_a_reason(disk):
    with Upstream() as upstream, Gateway(upstream, *disk, "--queue-min-free=1TiB") as gateway:
        wait_until(lambda: readiness(gateway)[0] == 503, "it to be told")
        check(gateway, 503, "low_disk_space", queue="low_disk_space", state="open")
        assert gateway.post(export_of(1)).status == 503
        assert gateway.metric("exporter_queue_standstill", reason="low_disk_space") == 1


def test_a_gateway_that_is_stopping_is_not_ready_and_says_so(flags):
    with Upstream(HANG) as upstream, Gateway(upstream, *flags, "--shutdown-timeout=3s") as gateway:
        gateway.accept(export_of(4))
        upstream.attempts(1)
        gateway.signal()
        wait_until(lambda: readiness(gateway)[0] == 503, "it to be told")
        check(gateway, 503, "stopping", queued_spans=4)
        assert gateway.admin_get("/livez").status == 200
        gateway.kill()


def test_a_restart_is_ready_at_once_and_tells_what_it_has_found(disk):
    with Upstream(then=Answer(401)) as upstream:
        with Gateway(upstream, *disk) as gateway:
            taken(gateway, 10)
            gateway.kill()
        with Gateway(upstream, *disk) as gateway:
            check(gateway, 200, None, queued_spans=50)
            lane = wait_for_state(gateway, "cooling_down_unauthorized")
            assert lane["queued_spans"] == 50 and lane["queued_bytes"] > 0


def test_the_answer_does_not_wait_for_a_disk_that_hangs(disk, tmp_path):
    machine = Machine(tmp_path)
    with Upstream() as upstream, Gateway(upstream, *disk, env=machine.env) as gateway:
        taken(gateway, 1)
        with machine.hanging_disk(), gateway.client() as client:
            client.socket.settimeout(0.5)
            with pytest.raises(TimeoutError):
                client.post(export_of(1).body)
            assert machine.hung_syncs > 0
            assert readiness(gateway)[0] in (200, 503)
