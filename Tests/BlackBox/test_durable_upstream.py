"""A durable queue and an upstream that fails, for long and in changing ways: what was acknowledged arrives.

What each answer means is shown by test_upstream.py with the queue in memory. Here it is about lives: the gateway is
killed or stopped while it waits, and the next life goes on. A cool-down or a pause is not written down, so that a
restart asks at once.
"""

import os
import re
import threading
import time
from email.utils import formatdate

import pytest

from support.durability import Switch, on_disk
from support.faults import (
    DAY,
    DRIP,
    DRIP_A_BODY,
    GARBAGE,
    KIB,
    MIB,
    TAKE_AND_RESET,
    Machine,
    Producers,
    WildUpstream,
    at_least_once,
    attempts_ended,
    dead_letters,
    files_below,
    files_with,
    free_port,
    is_patient,
    lane_of,
    readiness,
    repeats,
    taken,
    wait_for_state,
)
from support.gateway import TOKEN, Gateway
from support.metrics import dropped
from support.otlp import export, export_of, span
from support.program import MEMORY_FACTOR, SOAK
from support.soundness import peak
from support.upstream import CLOSE, HALF_A_BODY, HALF_A_HEAD, HANG, OK, PROBE, RESET, Answer, Upstream
from support.waiting import wait_until

PATIENT = "--retry-on-failure-max-interval=1s"


def queue_is_empty(gateway):
    gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)


# Gone altogether


def test_an_outage_with_a_restart_in_its_middle_loses_nothing(tmp_path):
    """More is accepted meanwhile than the gateway keeps in memory."""
    port = free_port()
    url, flags = f"http://127.0.0.1:{port}", on_disk(tmp_path / "queue", PATIENT)
    with Gateway(url, *flags) as gateway:
        ids = taken(gateway, 250, spans=1, text="x" * 100 * KIB) + taken(gateway, 50)
        gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 8, outcome="unavailable")
        # Eight delays of up to a second each in so short a time are all but impossible: one in 40,000.
        is_patient(gateway, max(8, 2 * int(SOAK)), least_seconds=max(1, SOAK / 2))
        assert gateway.metric("exporter_queue_unread_spans") > 0, "not more than the gateway keeps in memory"
        assert readiness(gateway)[0] == 200
        gateway.kill()
    with Gateway(url, *flags) as gateway:
        assert gateway.metric("exporter_recovered_spans_total") == len(ids)
        ids += taken(gateway, 50)
        gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 5, outcome="unavailable")
        is_patient(gateway, 3, least_seconds=0)
        with Upstream(port=port) as upstream:
            assert at_least_once(ids, upstream) == 0
            queue_is_empty(gateway)
        assert gateway.metric("exporter_sent_spans_total") == len(ids)
        assert dropped(gateway.metrics()) == {}
        highest = peak(gateway)
        assert highest < 300 * MIB * MEMORY_FACTOR, f"{highest // MIB} MiB were resident"
        print(f"{len(ids)} spans, {highest // MIB} MiB")


# Changing its mind


def flapping(begun, answers, times_a_second=5):
    def choose(publish):
        return answers[int((time.monotonic() - begun) * times_a_second) % len(answers)]

    return choose


def answers_seen_as(answers):
    """Under which names the upstream notes them."""
    return {answer.status if answer.deed == "answer" else answer.deed for answer in answers}


def test_flapping_answers_and_kills_in_between_lose_nothing(tmp_path):
    answers = [
        OK, Answer(500), RESET, OK, HALF_A_HEAD, Answer(503, {"Retry-After": "0"}), TAKE_AND_RESET, OK, GARBAGE, HANG,
        HALF_A_BODY, Answer(429), CLOSE, DRIP, Answer(504),
    ]  # fmt: skip
    # The upstream is asked often, so that it gets to show all that it can do.
    flags = on_disk(tmp_path / "queue", "--upload-timeout=150ms", "--retry-on-failure-max-interval=100ms")
    flags += ["--max-batch-wait=20ms", "--max-batch-size=50"]
    script = Switch(flapping(time.monotonic(), answers))
    acknowledged, sent, attempts = [], [], 0
    with WildUpstream(script) as upstream:
        for life in range(1, max(3, int(SOAK / 3)) + 1):
            with Gateway(upstream, *flags) as gateway, Producers(gateway, pause=0.01) as producers:
                kinds = min(5 * life, len(answers_seen_as(answers)))
                wait_until(lambda: len(upstream.chosen) >= kinds, f"{kinds} kinds of answers")
                # The cursor is written once a second: a shorter life leaves all that it has sent to the next.
                gateway.outlive(3 if SOAK else 2)
                attempts += attempts_ended(gateway.metrics())
                gateway.kill()
            acknowledged += producers.acknowledged
            sent += producers.sent
            assert producers.statuses == {200}, "a queue that is far from full has refused spans"
        seen = dict(upstream.chosen)
        assert set(seen) == answers_seen_as(answers), seen
        assert attempts < len(upstream.publishes) * 1.2 + 50
        script.answer = OK
        with Gateway(upstream, *flags) as gateway:
            queue_is_empty(gateway)
            found = gateway.metrics()
        assert dropped(found) == {}
        missing = set(acknowledged) - set(upstream.deliveries)
        assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged spans are lost"
        doubled = repeats(sent, upstream)
        # What was taken and not answered, or under way when the gateway was killed: batches and not everything.
        assert doubled < len(acknowledged) / 2
        print(f"{len(acknowledged)} acknowledged, {doubled} twice, {len(upstream.publishes)} attempts: {seen}")


# Slow


def test_an_answer_that_drips_is_given_up_on_and_the_spans_are_sent_again(tmp_path):
    script = Switch(DRIP)
    with WildUpstream(script) as upstream:
        with Gateway(upstream, *on_disk(tmp_path / "queue", "--upload-timeout=500ms")) as gateway:
            ids = taken(gateway, 10)
            gateway.wait_for_metric("exporter_attempts_total", lambda count: count >= 2, outcome="unavailable")
            assert upstream.chosen["drip"] >= 2
            assert gateway.metric("exporter_queue_size_spans") == 50
            gateway.kill()
        script.answer = OK
        with Gateway(upstream, *on_disk(tmp_path / "queue")) as gateway:
            assert at_least_once(ids, upstream) == 0
            queue_is_empty(gateway)


def test_a_success_whose_body_drips_is_a_success(tmp_path):
    flags = on_disk(tmp_path / "queue", "--upload-timeout=500ms")
    with WildUpstream(DRIP_A_BODY) as upstream, Gateway(upstream, *flags) as gateway:
        ids = gateway.accept(export_of(5))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 5)
        assert at_least_once(ids, upstream) == 0 and len(upstream.publishes) == 1


def test_a_slow_upstream_slows_nobody_down_who_sends_to_the_gateway(tmp_path):
    release = threading.Event()
    with Upstream(then=Answer(when=release)) as upstream:
        with Gateway(upstream, *on_disk(tmp_path / "queue", "--max-batch-size=50")) as gateway:
            ids = taken(gateway, 100)
            upstream.attempts(1)
            assert upstream.deliveries.total() == 0, "the upstream was not slow"
            release.set()
            assert at_least_once(ids, upstream) == 0
            assert gateway.metric("exporter_attempts_total", outcome="unavailable") == 0


# Not before a person acts


HOLDING = {
    "401": (Answer(401), "unauthorized"),
    "403": (Answer(403, body=TOKEN.encode()), "unauthorized"),
    "404": (Answer(404), "misdirected"),
    "307": (Answer(307, {"Location": "http://127.0.0.1:9/elsewhere"}), "misdirected"),
}


@pytest.mark.parametrize("answer, cause", HOLDING.values(), ids=HOLDING)
def test_what_a_person_has_to_mend_holds_everything_over_restarts(tmp_path, answer, cause):
    script, flags = Switch(answer), on_disk(tmp_path / "queue")
    with Upstream(script) as upstream:
        with Gateway(upstream, *flags) as gateway:
            ids = taken(gateway, 4)
            lane = wait_for_state(gateway, f"cooling_down_{cause}")
            assert 50 <= lane["next_attempt_seconds"] <= 66
            assert (lane["queued_spans"], lane["dropped_spans"]) == (20, 0)
            assert readiness(gateway)[0] == 200, "spans are still taken"
            ids += taken(gateway, 4)
            gateway.kill()
        first = len(upstream.publishes)
        with Gateway(upstream, *flags) as gateway:
            wait_for_state(gateway, f"cooling_down_{cause}")
            assert len(upstream.publishes) == first + 1, "the upstream was hammered"
            ids += taken(gateway, 4)
            assert gateway.stop() == (0, {"accepted": 20, "sent": 0, "dropped": 0, "held": 60})
        assert upstream.deliveries.total() == 0
        script.answer = OK
        with Gateway(upstream, *flags) as gateway:
            assert at_least_once(ids, upstream) == 0
            queue_is_empty(gateway)
            assert dropped(gateway.metrics()) == {}


# Quota


@pytest.mark.parametrize("status", [402, 200])
def test_a_spent_quota_holds_everything_over_a_restart_and_asks_with_the_empty_batch(tmp_path, status):
    script = Switch(Answer(status, {"x-mastra-observability": "disabled", "x-mastra-observability-retry-after": "1"}))
    flags = on_disk(tmp_path / "queue")
    with Upstream(script) as upstream:
        with Gateway(upstream, *flags) as gateway:
            ids = taken(gateway, 4)
            upstream.attempts(2)
            assert lane_of(gateway)["state"] in ("paused_quota", "probing_quota")
            gateway.kill()
        assert [publish.body == PROBE for publish in upstream.publishes] == [False, True]
        before = len(upstream.publishes)
        with Gateway(upstream, *flags) as gateway:
            ids += taken(gateway, 4)
            upstream.attempts(before + 2)
            lane = lane_of(gateway)
            assert (lane["queued_spans"], lane["dropped_spans"]) == (40, 0)
            script.answer = OK
            assert at_least_once(ids, upstream) == 0
            queue_is_empty(gateway)
            assert dropped(gateway.metrics()) == {}
        assert [publish.body == PROBE for publish in upstream.publishes[before : before + 2]] == [False, True]
        assert upstream.publishes[-1].body != PROBE


# Records that the upstream will not have


def marked(word):
    return span(f"span-{word}", text=f"text-{word}")


def refusing(bad, answer):
    return lambda publish: answer if bad.span_id.hex() in publish.ids else OK


def set_aside(tmp_path, answer, reason, *flags, bad=None):
    """Sends a bad span among good ones, to an upstream that has taken some; the gateway is stopped at the end."""
    bad = bad or marked("bad")
    with Upstream(refusing(bad, answer)) as upstream:
        with Gateway(upstream, *on_disk(tmp_path / "queue", *flags)) as gateway:
            ids = list(gateway.accept(export_of(5)))
            at_least_once(ids, upstream)
            around = [marked(f"neighbour-{number}") for number in range(10)]
            gateway.accept(export(*around[:4], bad, *around[4:]))
            ids += [each.span_id.hex() for each in around]
            gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count == 1, reason=reason)
            assert at_least_once(ids, upstream) == 0
            queue_is_empty(gateway)
            found = gateway.metrics()
            assert dropped(found) == {reason: 1}
            assert gateway.stop()[0] == 0
        # The bad one, and what it took to find it.
        assert len(upstream.publishes) <= 2 + 2 * 4 + 4
        with Gateway(upstream, *on_disk(tmp_path / "queue", *flags)) as gateway:
            assert gateway.metric("exporter_recovered_spans_total") == 0, "what has ended begins anew"
    return found


def test_a_refused_span_is_kept_as_a_dead_letter_without_its_neighbours(tmp_path):
    answer = Answer(400, body=b"spans[0].name is bad")
    found = set_aside(tmp_path, answer, "rejected")
    assert found["exporter_dead_letter_spans_total"] == 1
    assert found["exporter_dead_letter_bytes"] > 0
    [letters] = dead_letters(tmp_path / "queue")
    content = letters.read_bytes()
    assert b"span-bad" in content and b"text-bad" in content and b"spans[0].name is bad" in content
    assert b"neighbour" not in content
    assert letters.stat().st_mode & 0o777 == 0o600 and letters.parent.stat().st_mode & 0o777 == 0o700
    assert files_with(tmp_path / "queue", TOKEN.encode()) == []


def test_a_record_that_is_too_large_by_itself_is_kept_as_a_dead_letter(tmp_path):
    large = span("span-large", text="y" * 50_000)
    found = set_aside(tmp_path, Answer(413), "too_large", bad=large)
    assert found["exporter_dead_letter_spans_total"] == 1
    [letters] = dead_letters(tmp_path / "queue")
    content = letters.read_bytes()
    assert b"span-large" in content and b"y" * 50_000 in content and b"neighbour" not in content


def test_where_no_dead_letters_are_kept_they_are_counted_alone(tmp_path):
    found = set_aside(tmp_path, Answer(400), "rejected", "--dead-letter-max-bytes=0")
    assert found["exporter_dead_letter_spans_total"] == 0
    assert dead_letters(tmp_path / "queue") == []
    assert files_with(tmp_path / "queue", b"span-bad") == [], "what has ended is still on disk"


ECHOES = {
    "in the middle": b"no: Bearer " + TOKEN.encode() + b" is not known",
    "alone": TOKEN.encode(),
    "many times": TOKEN.encode() * 40,
    "across the end of what is kept": b"x" * (1024 - len(TOKEN) // 2) + TOKEN.encode() + b" is not known",
    "in a page": b"<html>\n<pre>authorization: Bearer " + TOKEN.encode() + b"\n</pre>" + b" " * 2000,
    "after bytes that are no text": b"\xff\xfe\x00" * 300 + TOKEN.encode(),
}


@pytest.mark.parametrize("body", ECHOES.values(), ids=ECHOES)
def test_a_token_that_an_answer_repeats_is_nowhere_on_disk_nor_in_the_log(tmp_path, body):
    bad = marked("bad")
    header = {"WWW-Authenticate": f"Bearer {TOKEN}", "X-Echo": TOKEN}
    with Upstream(refusing(bad, Answer(400, header, body=body))) as upstream:
        with Gateway(upstream, *on_disk(tmp_path / "queue", "--log-level=debug")) as gateway:
            at_least_once(gateway.accept(export_of(3)), upstream)
            gateway.accept(export(bad))
            gateway.wait_for_metric("exporter_dead_letter_spans_total", lambda count: count == 1)
            gateway.stop()
        assert files_with(tmp_path / "queue", b"span-bad"), "there is no dead letter"
        # A good part of it is as bad as the whole.
        for part in (TOKEN, TOKEN[: len(TOKEN) // 2 - 1]):
            assert files_with(tmp_path / "queue", part.encode()) == []
            assert part not in "".join(gateway.errors + gateway.output)


def test_an_upstream_that_refuses_everything_loses_nothing_over_a_restart(tmp_path):
    script, flags = Switch(Answer(400, body=b"the schema has changed")), on_disk(tmp_path / "queue")
    with Upstream(script) as upstream:
        with Gateway(upstream, *flags) as gateway:
            ids = taken(gateway, 20)
            wait_for_state(gateway, "cooling_down_contract")
            assert gateway.metric("exporter_queue_size_spans") == 100
            assert 0 < len(upstream.publishes) <= 64 + 4
            gateway.kill()
        with Gateway(upstream, *flags) as gateway:
            ids += taken(gateway, 4)
            wait_for_state(gateway, "cooling_down_contract")
            assert lane_of(gateway)["dropped_spans"] == 0
            assert gateway.stop()[1] == {"accepted": 20, "sent": 0, "dropped": 0, "held": 120}
        assert files_with(tmp_path / "queue" / "lane-default" / "deadletter", b"test") == []
        script.answer = OK
        with Gateway(upstream, *flags) as gateway:
            assert at_least_once(ids, upstream) == 0
            queue_is_empty(gateway)
            assert dropped(gateway.metrics()) == {}


def test_what_is_given_up_before_a_changed_schema_is_noticed_is_kept(tmp_path):
    """An upstream that has taken spans and then refuses all: fewer than twenty are given up before it is believed."""
    script = Switch(OK)
    with Upstream(script) as upstream:
        with Gateway(upstream, *on_disk(tmp_path / "queue")) as gateway:
            at_least_once(taken(gateway, 4), upstream)
            script.answer = Answer(400)
            refused = [marked(f"late-{number}") for number in range(100)]
            # Of a request whose spans have not all ended, all are sent again by the next life.
            for each in refused:
                gateway.accept(export(each))
            wait_for_state(gateway, "cooling_down_contract")
            gateway.wait_for_metric("exporter_attempts_in_flight", lambda count: count == 0)

            def given_up():
                """Once each of them is kept, of which both metrics tell in turn."""
                found = gateway.metrics()
                kept = found["exporter_dead_letter_spans_total"]
                return kept if sum(dropped(found).values()) == kept else None

            count = wait_until(given_up, "dead letters")
            assert 0 < count < 20
            gateway.stop()
        letters = b"".join(path.read_bytes() for path in dead_letters(tmp_path / "queue"))
        kept = set(re.findall(rb"span-late-\d+", letters))
        assert len(kept) == count
        script.answer = OK
        with Gateway(upstream, *on_disk(tmp_path / "queue")) as gateway:
            queue_is_empty(gateway)
        late = {each.span_id.hex() for each in refused} & set(upstream.deliveries)
        assert len(late) == 100 - count


# Delays that the upstream asks for, by a clock that is wrong


@pytest.mark.parametrize("form, days", [("seconds", -400), ("date", 3), ("date", -400), ("date", 3652)])
def test_retry_after_is_kept_whatever_the_clock_says(tmp_path, form, days):
    clock = Machine(tmp_path, days * DAY)

    def busy(publish):
        if publish.number > 1:
            return OK
        now = int(time.time())
        value = "1" if form == "seconds" else formatdate(now + 1, usegmt=True)
        return Answer(503, {"Date": formatdate(now, usegmt=True), "Retry-After": value})

    with Upstream(busy) as upstream, Gateway(upstream, *on_disk(tmp_path / "queue"), env=clock.env) as gateway:
        ids = gateway.accept(export_of(3))
        upstream.attempts(1)
        lane = wait_for_state(gateway, "backing_off")
        assert lane["next_attempt_seconds"] <= 1
        # A jump in the middle of the wait makes it neither longer nor shorter.
        year = time.gmtime(clock.now()).tm_year
        clock.set_clock(-days * DAY)
        assert at_least_once(ids, upstream) == 0
        first, second = upstream.attempts(2)
        assert 0.98 < second.at - first.at < 4
        begun = {publish.records[0]["createdAt"][:4] for publish in (first, second)}
        assert begun == {str(year)}, "the clock of the gateway was not the one that was set"


def test_nothing_of_the_gateway_is_readable_by_others(tmp_path):
    with Upstream(then=Answer(503)) as upstream, Gateway(upstream, *on_disk(tmp_path / "queue")) as gateway:
        taken(gateway, 3)
        files = files_below(tmp_path / "queue")
        assert len(files) >= 2
        for path in files:
            assert os.stat(path).st_mode & 0o077 == 0, path
            assert os.stat(path.parent).st_mode & 0o077 == 0, path.parent
