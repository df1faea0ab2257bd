"""A queue on disk and the faults of its disk: full, slow, failing, damaged, without power. What was acknowledged is
delivered, and what cannot be kept is not acknowledged."""

import json
import os
import random
import resource
import shutil
import signal
import time

import pytest

from support import machine, queue_files
from support.durability import (
    UNAVAILABLE,
    Ledger,
    Producers,
    Switch,
    account,
    address_of,
    cpu_seconds,
    durable,
    kill,
    leave,
    refused_start,
    settle,
    starting,
)
from support.machine import Shim, Strace, needs
from support.metrics import dropped
from support.otlp import export_of
from support.program import SOAK
from support.upstream import OK, Upstream
from support.waiting import wait_until

# A request of which some hundred fill the segments that are used here.
LARGE = "x" * 40_000


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "queue"


def readiness(gateway):
    response = gateway.admin_get("/readyz")
    told = json.loads(response.body)
    assert (response.status == 200) == told["ready"], response
    assert [lane["name"] for lane in told["lanes"]] == ["default"]
    return told


def wait_until_unready(gateway, reason, seconds=20):
    wait_until(lambda: readiness(gateway).get("reason") == reason, f"not ready because of {reason}", seconds)
    # With a word on when to come again.
    response = gateway.post(export_of(1, LARGE))
    assert response.status == 503 and 1 <= int(response["retry-after"]) <= 30


def wait_until_ready(gateway, seconds=20):
    wait_until(lambda: readiness(gateway)["ready"], "ready again", seconds)


def wait_until_empty(gateway, seconds=20):
    wait_until(lambda: gateway.metric("exporter_queue_size_spans") == 0, "an empty queue", seconds)


# Full


@needs("mount")
def test_a_full_disk_refuses_and_sends_on_and_recovers_without_a_restart(tmp_path):
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    with machine.tmpfs(tmp_path / "disk", "size=6m") as disk, Upstream(switch) as upstream:
        with durable(upstream, disk / "queue", "--queue-max-bytes=8MiB") as gateway:
            with Producers(ledger, text=LARGE, spans=1) as producers:
                producers.to(gateway)
                ledger.wait_for_answers(503, 5)
                assert gateway.metric("exporter_queue_errors_total", errno="ENOSPC") > 0
                wait_until_unready(gateway, "disk_full")
                held = gateway.metric("exporter_queue_size_spans")
                assert held > 50
                # The segments are removed as they are sent, and that needs no room.
                switch.answer = OK
                ledger.wait_for(200)
                wait_until_ready(gateway)
            found = settle(ledger, upstream)
            wait_until_empty(gateway)
            assert gateway.log("The queue takes spans again")
    print(f"{held:.0f} held when full, {found}")
    assert found.duplicates == 0


@needs("mount")
def test_a_disk_that_others_fill_and_a_kill_in_the_middle_of_it(tmp_path):
    ledger, switch = Ledger(), Switch()
    with machine.tmpfs(tmp_path / "disk", "size=8m") as disk, Upstream(switch) as upstream:
        with durable(upstream, disk / "queue") as gateway, Producers(ledger, text=LARGE, spans=1) as producers:
            producers.to(gateway)
            ledger.wait_for(100)
            filler = machine.fill(disk / "filler")
            wait_until_unready(gateway, "disk_full")
            switch.answer = UNAVAILABLE
            kill(gateway)
            producers.to(None)
            held = len(queue_files.stored_ids(disk / "queue"))
            # It starts, listens, refuses, and sends what is there.
            with durable(upstream, disk / "queue") as gateway:
                producers.to(gateway)
                assert gateway.metric("exporter_recovered_spans_total") == held > 0
                machine.fill(disk / "more")
                wait_until_unready(gateway, "disk_full")
                assert os.statvfs(disk).f_bavail * 4096 < 1 << 20, "the disk is not full"
                switch.answer = OK
                filler.unlink()
                wait_until_ready(gateway)
                ledger.wait_for(100)
                producers.stop()
                found = settle(ledger, upstream)
                wait_until_empty(gateway)
    print(f"{held} held when killed, {found}")


@needs("mount")
@pytest.mark.parametrize("cursor", ["sound", "gone"])
def test_what_is_held_is_sent_where_a_disk_is_full_from_the_start_on(tmp_path, cursor):
    ledger = Ledger()
    with machine.tmpfs(tmp_path / "disk", "size=8m") as disk:
        with Upstream(then=UNAVAILABLE) as upstream, durable(upstream, disk / "queue") as gateway:
            for _ in range(60):
                ledger.accept(gateway, export_of(1, LARGE))
            leave(gateway)
        if cursor == "gone":
            (queue_files.lane(disk / "queue") / "cursor").unlink()
        machine.fill(disk / "filler")
        assert os.statvfs(disk).f_bavail == 0
        with Upstream() as upstream, durable(upstream, disk / "queue") as gateway:
            found = settle(ledger, upstream)
            # The room of a segment that is sent is free again, and taken: the one way to any.
            with Producers(ledger) as producers:
                producers.to(gateway)
                ledger.wait_for(100)
            settle(ledger, upstream)
    assert found.duplicates == 0


@needs("mount")
def test_a_first_start_on_a_full_disk_waits_for_room(tmp_path):
    ledger = Ledger()
    with machine.tmpfs(tmp_path / "disk", "size=4m") as disk, Upstream() as upstream:
        filler = machine.fill(disk / "filler")
        with durable(upstream, disk / "queue") as gateway, Producers(ledger) as producers:
            producers.to(gateway)
            ledger.wait_for_answers(503, 3)
            assert not ledger.acknowledged
            wait_until_unready(gateway, "disk_full")
            filler.unlink()
            ledger.wait_for(100)
            producers.stop()
            settle(ledger, upstream)


@needs("mount")
def test_a_directory_without_inodes_refuses_and_recovers(tmp_path):
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    # The mount's own, the directory, LOCK, the lane, deadletter, mapping, cursor: some are left for segments.
    with machine.tmpfs(tmp_path / "disk", "size=64m,nr_inodes=12") as disk, Upstream(switch) as upstream:
        with durable(upstream, disk / "queue", "--queue-max-bytes=32MiB") as gateway:
            with Producers(ledger, text=LARGE, spans=5) as producers:
                producers.to(gateway)
                ledger.wait_for_answers(503, 3)
                assert os.statvfs(disk).f_favail == 0 and os.statvfs(disk).f_bavail * 4096 > 8 << 20
                wait_until_unready(gateway, "disk_full")
                switch.answer = OK
                ledger.wait_for(200)
            settle(ledger, upstream)
            wait_until_empty(gateway)


def test_a_limit_of_the_size_of_files_refuses_and_recovers(directory):
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    with Upstream(switch) as upstream, durable(upstream, directory) as gateway:
        with Producers(ledger, text=LARGE, spans=1) as producers:
            producers.to(gateway)
            ledger.wait_for(5)
            # Inside of the segment that is written to: a write is cut short there, and the next one fails.
            resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
            ledger.wait_for_answers(503, 5)
            assert gateway.process.poll() is None
            assert gateway.metric("exporter_queue_errors_total", errno="EFBIG") > 0
            wait_until_unready(gateway, "disk_full")
            switch.answer = OK
            wait_until_empty(gateway)
            wait_until_unready(gateway, "disk_full")
            resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            ledger.wait_for(100)
        found = settle(ledger, upstream)
        wait_until_ready(gateway)
    assert found.duplicates == 0


@needs("mount")
def test_room_is_left_to_others(tmp_path):
    ledger = Ledger()
    with machine.tmpfs(tmp_path / "disk", "size=16m") as disk, Upstream() as upstream:
        with durable(upstream, disk / "queue", "--queue-min-free=8MiB") as gateway:
            ledger.accept(gateway, export_of(5))
            filler = machine.fill(disk / "filler", leave=7 << 20)
            wait_until_unready(gateway, "low_disk_space")
            assert readiness(gateway)["lanes"][0]["queue"] == "low_disk_space"
            settle(ledger, upstream)
            filler.unlink()
            wait_until_ready(gateway)
            ledger.accept(gateway, export_of(5))
            settle(ledger, upstream)


# Its own limit


def test_a_full_queue_refuses_and_drains(directory):
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    with Upstream(switch) as upstream, durable(upstream, directory, "--queue-max-bytes=2MiB") as gateway:
        with Producers(ledger, text=LARGE, spans=1) as producers:
            producers.to(gateway)
            ledger.wait_for_answers(503, 5)
            wait_until_unready(gateway, "queue_full")
            size = sum(path.stat().st_size for path in queue_files.lane(directory).glob("*.seg"))
            assert (1 << 20) < size <= (2 << 20) + 2 * (256 << 10)
            switch.answer = OK
            ledger.wait_for(100)
        found = settle(ledger, upstream)
        wait_until_empty(gateway)
        wait_until_ready(gateway)
    assert found.duplicates == 0


# Smaller and larger than what is in memory to be sent next.
@pytest.mark.parametrize("mebibytes", [2, 32])
def test_the_oldest_go_where_that_was_chosen_and_are_counted(directory, mebibytes):
    switch, ids = Switch(UNAVAILABLE), []
    flags = [f"--queue-max-bytes={mebibytes}MiB", "--queue-overflow=drop_oldest"]
    with Upstream(switch) as upstream, durable(upstream, directory, *flags) as gateway:
        for _ in range(mebibytes * 3):
            ids += gateway.accept(export_of(10, LARGE))
        gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count > 5, reason="overflow")
        switch.answer = OK
        wait_until_empty(gateway)
        lost = gateway.metric("exporter_dropped_spans_total", reason="overflow")
        assert dropped(gateway.metrics()) == {"overflow": lost}
        assert len(upstream.deliveries) == len(ids) - lost
        assert set(ids[-20:]) <= upstream.deliveries.keys(), "the newest are kept"


# Damaged


def seeded():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


def stored(directory, count=60, end="stop"):
    """A directory with a few segments, and the ledger of what is in it."""
    ledger = Ledger()
    with Upstream(then=UNAVAILABLE) as upstream, durable(upstream, directory) as gateway:
        for _ in range(count):
            ledger.accept(gateway, export_of(2, LARGE))
        leave(gateway) if end == "stop" else kill(gateway)
    segments = queue_files.segments(directory)
    assert len(segments) >= 3
    assert {id for segment in segments for id in segment.ids} == ledger.acknowledged
    return ledger, segments


def delivered_from(directory, ledger, lost=frozenset()):
    """Starts on a directory, and lets it send: exactly the lost do not come. The last metrics, and the deliveries."""
    with Upstream() as upstream, durable(upstream, directory) as gateway:
        wait_until(
            lambda: upstream.deliveries.keys() >= ledger.acknowledged - lost,
            f"{len(ledger.acknowledged) - len(lost)} spans at the upstream",
        )
        more = gateway.accept(export_of(1))
        wait_until(lambda: upstream.deliveries.keys() >= set(more), "a new span at the upstream")
        wait_until_empty(gateway)
        metrics = gateway.metrics()
        leave(gateway)
        came = upstream.deliveries
    assert came.keys() == ledger.acknowledged - lost | set(more)
    return metrics, came


def damage(metrics, kind):
    return metrics[f'exporter_queue_damage_total{{kind="{kind}"}}']


@pytest.mark.parametrize("end", ["stop", "kill -9"])
@pytest.mark.parametrize("round", range(3 + int(SOAK / 2)))
def test_flipped_bytes_cost_the_records_that_they_are_in(directory, end, round):
    generator = seeded()
    ledger, segments = stored(directory, end=end)
    lost, spans = set(), 0
    for _ in range(8):
        segment = generator.choice(segments)
        record = generator.choice(segment.records)
        if record.ids[0] in lost:
            continue
        # Half of them in the header, which is small.
        place = generator.randrange(queue_files.RECORD_HEADER.size if generator.random() < 0.5 else record.size)
        queue_files.flip(segment.path, record.offset + place, 1 << generator.randrange(8))
        lost.update(record.ids)
        spans += record.spans
    metrics, _ = delivered_from(directory, ledger, lost)
    assert damage(metrics, "corrupt_record") > 0
    corrupt = dropped(metrics).get("corrupt", 0)
    if end == "stop":
        assert corrupt == spans and metrics["exporter_recovered_spans_total"] == len(ledger.acknowledged)
    else:
        # Of a segment without a footer nobody knows what a damaged header has stood for.
        assert corrupt <= spans
        assert metrics["exporter_recovered_spans_total"] - corrupt == len(ledger.acknowledged) - len(lost)


@pytest.mark.parametrize("end", ["stop", "kill -9"])
def test_a_segment_that_is_cut_off_costs_what_was_behind(directory, end):
    generator = seeded()
    ledger, segments = stored(directory, end=end)
    lost = set()
    for segment in (segments[0], segments[-1]):
        place = generator.randrange(queue_files.HEADER_SIZE + 1, segment.end)
        os.truncate(segment.path, place)
        lost.update(id for record in segment.records if record.end > place for id in record.ids)
    metrics, _ = delivered_from(directory, ledger, lost)
    assert lost and metrics["exporter_recovered_spans_total"] == len(ledger.acknowledged) - len(lost)
    assert damage(metrics, "missing_record") > 0, "the segment behind tells what is missing"


@pytest.mark.parametrize("garbage", [b"\xff", b"MGRC", b"\x00\x01"], ids=["ones", "magics", "patterns"])
def test_a_torn_tail_costs_nothing(directory, garbage):
    ledger, segments = stored(directory, end="kill -9")
    last = segments[-1]
    assert not last.is_closed
    queue_files.overwrite(last.path, last.end, garbage * (3000 // len(garbage)))
    metrics, _ = delivered_from(directory, ledger)
    assert damage(metrics, "torn_tail") == 1
    assert dropped(metrics) == {}


def partly_sent(directory):
    """A directory of which some is sent; the upstream that knows which, and the ledger."""
    ledger, switch = Ledger(), Switch()
    with Upstream(switch) as upstream, durable(upstream, directory) as gateway:
        for _ in range(5):
            ledger.accept(gateway, export_of(2, LARGE))
        settle(ledger, upstream)
        wait_until_empty(gateway)
        switch.answer = UNAVAILABLE
        for _ in range(60):
            ledger.accept(gateway, export_of(2, LARGE))
        leave(gateway)
        sent = set(upstream.deliveries)
    return ledger, sent


def started_again(directory, ledger, sent):
    """What comes of a new life: metrics, and how many of those that were sent come again."""
    with Upstream() as upstream, durable(upstream, directory) as gateway:
        wait_until(lambda: ledger.acknowledged <= sent | upstream.deliveries.keys(), "all that was not sent yet")
        wait_until_empty(gateway)
        metrics = gateway.metrics()
        leave(gateway)
        came = upstream.deliveries
    assert came.keys() <= ledger.acknowledged and set(came.values()) == {1}
    return metrics, len(came.keys() & sent)


def test_a_sound_cursor_lets_nothing_come_again(directory):
    ledger, sent = partly_sent(directory)
    _, again = started_again(directory, ledger, sent)
    assert again == 0


def test_a_cursor_that_is_gone_lets_spans_come_again_and_loses_none(directory):
    ledger, sent = partly_sent(directory)
    (queue_files.lane(directory) / "cursor").unlink()
    metrics, again = started_again(directory, ledger, sent)
    assert again > 0 and dropped(metrics) == {}


def test_a_cursor_that_is_damaged_lets_spans_come_again_and_loses_none(directory):
    generator = seeded()
    ledger, sent = partly_sent(directory)
    path = queue_files.lane(directory) / "cursor"
    assert path.stat().st_size == 8192
    for slot in range(2):
        queue_files.flip(path, slot * 4096 + generator.choice([0, 16, 24, 4095]))
    metrics, again = started_again(directory, ledger, sent)
    assert damage(metrics, "cursor_reset") == 1
    assert again > 0 and dropped(metrics) == {}


def test_one_damaged_slot_of_the_cursor_leaves_the_other(directory):
    ledger, sent = partly_sent(directory)
    path = queue_files.lane(directory) / "cursor"
    generations = [int.from_bytes(path.read_bytes()[slot * 4096 + 16 :][:8], "little") for slot in range(2)]
    queue_files.flip(path, generations.index(min(generations)) * 4096 + 30)
    metrics, again = started_again(directory, ledger, sent)
    assert damage(metrics, "cursor_reset") == 0 and again == 0


@pytest.mark.parametrize("size", [0, 1, 4096, 8191, 100_000])
def test_a_cursor_of_another_size_loses_nothing(directory, size):
    ledger, sent = partly_sent(directory)
    os.truncate(queue_files.lane(directory) / "cursor", size)
    metrics, _ = started_again(directory, ledger, sent)
    assert dropped(metrics) == {}


def test_a_segment_that_is_gone_is_counted_and_the_others_are_sent(directory):
    ledger, segments = stored(directory)
    gone = segments[1]
    gone.path.unlink()
    metrics, _ = delivered_from(directory, ledger, gone.ids)
    assert damage(metrics, "missing_record") >= len(gone.records)
    assert metrics["exporter_recovered_spans_total"] == len(ledger.acknowledged) - len(gone.ids)


@pytest.mark.parametrize("offset", [0, 20, 40, 61], ids=["magic", "lane", "salt", "checksum"])
def test_a_segment_with_a_damaged_header_is_set_aside(directory, offset):
    ledger, segments = stored(directory)
    bad = segments[1]
    queue_files.flip(bad.path, offset)
    content = bad.path.read_bytes()
    metrics, _ = delivered_from(directory, ledger, bad.ids)
    assert damage(metrics, "bad_segment") == 1
    assert not bad.path.exists() and bad.path.with_name(bad.path.name + ".bad").read_bytes() == content


def test_a_damaged_footer_costs_nothing(directory):
    ledger, segments = stored(directory)
    for segment in segments:
        assert segment.is_closed
        queue_files.flip(segment.path, segment.end + 20)
    metrics, _ = delivered_from(directory, ledger)
    assert damage(metrics, "torn_tail") == len(segments)
    assert dropped(metrics) == {}


def test_a_segment_of_a_later_version_is_left_alone(directory):
    ledger, segments = stored(directory)
    later = segments[1]
    queue_files.overwrite(later.path, queue_files.VERSION_OFFSET, b"\x02\x00")
    content = later.path.read_bytes()
    metrics, came = delivered_from(directory, ledger, later.ids)
    assert metrics["exporter_queue_foreign_files"] == 1
    assert later.path.read_bytes() == content
    ledger.acknowledged.update(came)
    # What understands it finds it, and nothing else comes again.
    queue_files.overwrite(later.path, queue_files.VERSION_OFFSET, b"\x01\x00")
    with Upstream() as upstream, durable(upstream, directory) as gateway:
        settle_of(later.ids, upstream)
        wait_until_empty(gateway)
        assert upstream.deliveries.keys() == later.ids


def settle_of(ids, upstream):
    wait_until(lambda: upstream.deliveries.keys() >= set(ids), "spans at the upstream")


def test_a_segment_that_is_taken_away_while_it_waits_costs_itself_alone(directory):
    """Somebody tidies up under a gateway that runs; what is left is sent, and its room is given back."""
    switch, ledger = Switch(UNAVAILABLE), Ledger()
    with Upstream(switch) as upstream, durable(upstream, directory, "--queue-max-bytes=64MiB") as gateway:
        # More than is in memory to be sent next.
        for _ in range(50):
            ledger.accept(gateway, export_of(20, LARGE))
        segments = queue_files.segments(directory)
        assert len(segments) >= 4 and gateway.metric("exporter_queue_unread_spans") > 0
        gone = segments[-2]
        gone.path.unlink()
        switch.answer = OK
        wait_until_empty(gateway)
        assert upstream.deliveries.keys() == ledger.acknowledged - gone.ids
        assert dropped(gateway.metrics()) == {"corrupt": len(gone.ids)}
        # The last one is still written to.
        gateway.wait_for_metric("exporter_queue_disk_segments", lambda count: count <= 1)
        assert len(queue_files.segments(directory)) <= 1


# Files of others


def test_files_of_others_are_ignored_and_never_deleted(directory):
    ledger, segments = stored(directory)
    lane = queue_files.lane(directory)
    name = segments[0].path.name
    strays = {
        lane / "notes.txt": b"mine", lane / f"{name}~": b"a backup", lane / f".{name}.swp": b"an editor's",
        lane / f"{name}.tmp": b"", lane / "cursor.bak": b"", lane / "1.seg": b"short", lane / "lost+found.seg": b"",
        directory / "README": b"", directory / "lane.txt": b"",
    }  # fmt: skip
    for path, content in strays.items():
        path.write_bytes(content)
    (lane / "backup").mkdir()
    shutil.copy(segments[0].path, lane / "backup" / name)
    (directory / "lane-other").mkdir()
    metrics, _ = delivered_from(directory, ledger)
    assert {path: path.read_bytes() for path in strays} == strays
    assert (lane / "backup" / name).exists() and (directory / "lane-other").exists()
    assert all(value == 0 for key, value in metrics.items() if key.startswith("exporter_queue_damage_total"))


def _link(path):
    """To another file of the same user."""
    other = path.parent.parent / "notes"
    other.write_bytes(b"notes")
    os.link(other, path)


PLANTED = {
    "a directory": lambda path: path.mkdir(),
    "a symbolic link": lambda path: path.symlink_to("/etc/passwd"),
    "a hard link": lambda path: _link(path),
    "a pipe": lambda path: os.mkfifo(path),
    "a socket": lambda path: os.mknod(path, 0o600 | 0o140000),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
def test_what_is_planted_under_the_name_of_a_segment_holds_up_nothing(directory, plant):
    ledger, _ = stored(directory)
    plant(queue_files.lane(directory) / "00000000000000ff.seg")
    metrics, _ = delivered_from(directory, ledger)
    assert dropped(metrics) == {}


def test_a_lock_that_is_a_link_is_refused(directory):
    """Whoever made it could let two gateways run, or have a file of ours emptied."""
    stored(directory)
    other = directory / "notes"
    other.write_bytes(b"notes")
    (directory / "LOCK").unlink()
    os.link(other, directory / "LOCK")
    code, errors = refused_start(durable("http://127.0.0.1:9", directory))
    assert code == 78 and "open LOCK" in errors
    assert other.read_bytes() == b"notes"


@pytest.mark.parametrize("number", [2**64 - 1, 2**64 - 2**40, 2**63, 0], ids="{:x}".format)
def test_a_name_of_an_absurd_sequence_holds_up_nothing(directory, number):
    ledger, segments = stored(directory)
    (queue_files.lane(directory) / f"{number:016x}.seg").write_bytes(segments[0].path.read_bytes())
    for _ in range(2):
        metrics, came = delivered_from(directory, ledger)
        ledger.acknowledged.clear()
        assert dropped(metrics) == {}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("name", ["cursor", "mapping"])
def test_what_is_planted_under_the_name_of_a_file_holds_up_nothing(directory, plant, name):
    ledger, _ = stored(directory)
    path = queue_files.lane(directory) / name
    path.unlink()
    plant(path)
    with Upstream() as upstream, durable(upstream, directory) as gateway:
        settle(ledger, upstream)
        # Nor does the room of what is sent stay taken.
        gateway.wait_for_metric("exporter_queue_disk_segments", lambda count: count == 0)
        ledger.accept(gateway, export_of(1))
        settle(ledger, upstream)
    assert os.stat("/etc/passwd").st_size > 0


# Without power


@needs("mount", "mkfs.ext4", "dumpe2fs", "findmnt")
@pytest.mark.parametrize("cut", range(2 + int(SOAK / 4)))
def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path, cut):
    lost, found = power_cut(tmp_path, "fsync")
    print(found)
    assert not lost


@needs("mount", "mkfs.ext4", "dumpe2fs", "findmnt")
def test_the_power_cut_of_these_tests_takes_what_was_not_synced(tmp_path):
    """The test before this one has teeth: what only the system had is gone after it."""
    for attempt in range(3):
        lost, found = power_cut(tmp_path, "write", str(attempt))
        print(found)
        if lost:
            return
    pytest.skip("the system had written everything back by itself")


def power_cut(tmp_path, durability, name=""):
    """Load, a cut, and a new life on what the disk had; the acknowledged spans that never come."""
    ledger, switch = Ledger(), Switch(chance=0.3)
    disk = machine.make_image(tmp_path / f"disk{name}", 64)
    flags = [f"--queue-durability={durability}", "--queue-max-bytes=16MiB"]
    with Upstream(switch) as upstream, Producers(ledger, text="x" * 500) as producers:
        with machine.image(disk, tmp_path / f"before{name}") as mount:
            with durable(upstream, mount / "queue", *flags) as gateway:
                producers.to(gateway)
                ledger.wait_for(random.randrange(1000, 5000))
                # So that most of it is on disk alone.
                switch.answer = UNAVAILABLE
                ledger.wait_for(500)
                kill(gateway)
                producers.to(None)
                producers.stop()
            copy = machine.copy_of_disk(disk, tmp_path / f"copy{name}")
        with machine.image(copy, tmp_path / f"after{name}") as mount:
            switch.answer, switch.chance = OK, 0
            with durable(upstream, mount / "queue", *flags) as gateway:
                recovered = gateway.metric("exporter_recovered_spans_total")
                wait_until_empty(gateway)
                assert dropped(gateway.metrics()) == {}
                found = account(ledger, upstream)
                assert durability == "write" or recovered > 500, "nothing was left to recover"
    return found.lost, f"{durability}: {recovered:.0f} recovered, {found}"


# Failing


@needs("strace")
def test_a_failed_sync_acknowledges_nothing_and_the_queue_goes_on_in_a_new_segment(directory):
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    with Upstream(switch) as upstream, durable(upstream, directory) as gateway:
        ids = set(ledger.accept(gateway, export_of(3)))
        [before] = queue_files.segments(directory)
        with Strace(gateway.process, "fdatasync:error=EIO:when=1") as strace:
            refused = export_of(3)
            response = gateway.post(refused.body)
            assert response.status == 503 and int(response["retry-after"]) >= 1
            assert strace.tampered == 1
            wait_until_ready(gateway)
        assert gateway.metric("exporter_queue_errors_total", errno="EIO") == 1
        ids |= set(ledger.accept(gateway, export_of(3)))
        [old, new] = queue_files.segments(directory)
        assert old.path == before.path and old.size == before.end, "it is cut back, and not written to again"
        assert new.ids == ids - old.ids
        switch.answer = OK
        found = settle(ledger, upstream)
        # Whether the refused ones come is left open; that they are not counted twice is not.
        wait_until_empty(gateway)
    assert found.duplicates == 0


@needs("strace")
def test_a_disk_that_fails_again_and_again_refuses_and_sends_on_and_recovers(directory):
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    with Upstream(switch) as upstream, durable(upstream, directory) as gateway:
        with Producers(ledger) as producers:
            producers.to(gateway)
            ledger.wait_for(100)
            with Strace(gateway.process, "fdatasync:error=EIO:when=1..2") as strace:
                ledger.wait_for_answers(503, 2)
                wait_until_unready(gateway, "disk_failed")
                switch.answer = OK
                settle(ledger, upstream)
                strace.wait_until_tampered(2)
                wait_until_ready(gateway)
                ledger.wait_for(100)
        found = settle(ledger, upstream)
        assert gateway.metric("exporter_queue_errors_total", errno="EIO") >= 2
    print(found)


@needs("strace")
@pytest.mark.skipif(SOAK < 40, reason="takes 40 s: MASTRA_GATEWAY_SOAK")
def test_a_disk_that_has_failed_often_is_tried_every_half_minute(directory):
    ledger = Ledger()
    with Upstream() as upstream, durable(upstream, directory) as gateway, Producers(ledger) as producers:
        producers.to(gateway)
        ledger.wait_for(100)
        with Strace(gateway.process, "fdatasync:error=EIO") as strace:
            wait_until_unready(gateway, "disk_failed")
            strace.wait_until_tampered(3)
            gateway.outlive(5)
            assert strace.tampered < 10, "it is hammered"
        wait_until_ready(gateway, seconds=40)
        ledger.wait_for(100)
        producers.stop()
        settle(ledger, upstream)


@needs("strace")
def test_kill_9_at_a_failed_sync_loses_nothing(directory):
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    with Upstream(switch) as upstream, Producers(ledger) as producers:
        for _ in range(3):
            with durable(upstream, directory) as gateway:
                producers.to(gateway)
                ledger.wait_for(100)
                with Strace(gateway.process, "fdatasync:error=EIO:when=2+3") as strace:
                    strace.wait_until_tampered()
                    kill(gateway)
                producers.to(None)
        producers.stop()
        switch.answer = OK
        with durable(upstream, directory) as gateway:
            found = settle(ledger, upstream)
            wait_until_empty(gateway)
    print(found)


@needs("strace")
def test_where_it_was_chosen_a_failed_sync_ends_the_process(directory):
    ledger = Ledger()
    with Upstream(then=UNAVAILABLE) as upstream:
        gateway = durable(upstream, directory, "--queue-exit-on-sync-error=true")
        gateway.expected_ends.add(74)
        with gateway:
            ledger.accept(gateway, export_of(3))
            with Strace(gateway.process, "fdatasync:error=EIO"):
                with Producers(ledger, threads=1) as producers:
                    producers.to(gateway)
                    assert gateway.wait() == 74
            assert gateway.log("Ending, since the disk did not keep what it was given")
    with Upstream() as upstream, durable(upstream, directory):
        settle(ledger, upstream)


@needs("strace")
def test_a_disk_that_hangs_is_not_waited_for_longer_than_ten_seconds(directory):
    ledger = Ledger()
    with Upstream() as upstream, durable(upstream, directory) as gateway:
        ledger.accept(gateway, export_of(1))
        late = export_of(3)
        with Strace(gateway.process, "fdatasync:delay_enter=13000000:when=1") as strace:
            begun = time.monotonic()
            ledger.offer(late.ids)
            assert gateway.post(late.body).status == 503
            took = time.monotonic() - begun
            # It is not known, and may come all the same: it was written.
            settle_of(late.ids, upstream)
            assert strace.tampered == 1
        assert 9 < took < 12.9, took
        wait_until_empty(gateway)
        metrics = gateway.metrics()
        assert metrics["exporter_recovered_spans_total"] == 3 and metrics["receiver_refused_spans_total"] == 3
        ledger.accept(gateway, export_of(1))
        assert settle(ledger, upstream).duplicates == 0


@needs("strace")
def test_a_disk_that_hangs_for_ever_is_met_by_the_watchdog(directory):
    ledger = Ledger()
    with Upstream(then=UNAVAILABLE) as upstream:
        gateway = durable(upstream, directory, "--watchdog-timeout=5s")
        gateway.expected_ends.add(-signal.SIGABRT)
        with gateway:
            ledger.accept(gateway, export_of(3))
            with Producers(ledger, threads=1) as producers:
                # A thread that strace delays cannot end.
                with Strace(gateway.process, "fdatasync:delay_enter=30000000") as strace:
                    producers.to(gateway)
                    line = gateway.wait_for_log("Ending, since a part of the gateway makes no progress")
                    assert line["part"] == "queue"
                    assert strace.calls == 1
                assert gateway.wait() == -signal.SIGABRT
    with Upstream() as upstream, durable(upstream, directory):
        settle(ledger, upstream)


@needs("cc", root=False)
def test_writes_that_are_interrupted_or_cut_short_are_carried_on(tmp_path, directory):
    ledger, switch, shim = Ledger(), Switch(UNAVAILABLE), Shim(tmp_path)
    environment = shim.environment("cut")
    with Upstream(switch) as upstream:
        with durable(upstream, directory, env=environment) as gateway, Producers(ledger, text=LARGE) as producers:
            producers.to(gateway)
            ledger.wait_for(100)
            producers.stop()
            kill(gateway)
        assert shim.met("i") > 5 and shim.met("s") > 5, "no write was tampered with"
        switch.answer = OK
        with durable(upstream, directory, env=environment) as gateway:
            found = settle(ledger, upstream)
            wait_until_empty(gateway)
            assert dropped(gateway.metrics()) == {}
    print(f"{shim.met('i')} interrupted, {shim.met('s')} cut short, {found}")


@needs("cc", root=False)
def test_kill_9_before_each_call_that_changes_a_file_loses_nothing(tmp_path, directory):
    """One life after the other on one directory, each of which comes a call further than the one before."""
    ledger, switch, shim = Ledger(), Switch(chance=0.3), Shim(tmp_path)
    lives, starts = 40 + int(SOAK), 0
    flags = ["--queue-max-bytes=2MiB"]
    with Upstream(switch) as upstream, Producers(ledger, text=LARGE, spans=1) as producers:
        for number in range(1, lives + 1):
            life = durable(upstream, directory, *flags, env=shim.environment("kill", number))
            with starting(life) as process:
                address = address_of(process)
                producers.to(address)
                starts += address is not None
                assert process.wait(20) == -signal.SIGKILL
                producers.to(None)
            assert shim.met("k") == number
        producers.stop()
        switch.chance = 0
        with durable(upstream, directory, *flags) as gateway:
            found = settle(ledger, upstream)
            wait_until_empty(gateway)
            assert dropped(gateway.metrics()) == {}
    print(f"{lives} lives, {starts} of them listened, {found}")
    assert 0 < starts < lives


@needs("cc", root=False)
def test_a_failure_of_any_call_that_changes_a_file_loses_nothing(tmp_path, directory):
    ledger, switch, shim = Ledger(), Switch(chance=0.3), Shim(tmp_path)
    generator = seeded()
    flags = ["--queue-max-bytes=2MiB"]
    lives, refused = 6 + int(SOAK / 2), 0
    with Upstream(switch) as upstream, Producers(ledger, text=LARGE, spans=1) as producers:
        for life in range(1, lives + 1):
            failing = durable(upstream, directory, *flags, env=shim.environment("fail", generator.randrange(1, 60)))
            with starting(failing) as process:
                address = address_of(process)
                if address:
                    producers.to(address)
                    wait_until(lambda: shim.met("f") == life or process.poll(), "a call has failed")
                    ledger.wait_for(20)
                    producers.to(None)
                    assert process.poll() is None
                else:
                    # It says so where it cannot use its directory.
                    assert process.wait(20) == 78
                    refused += 1
            assert shim.met("f") == life
        producers.stop()
        switch.chance = 0
        with durable(upstream, directory, *flags) as gateway:
            found = settle(ledger, upstream)
            wait_until_empty(gateway)
            assert dropped(gateway.metrics()) == {}
    print(f"{lives} failures, {refused} of them at a start, {found}")


@needs("mount", "mkfs.ext4", "findmnt")
def test_a_disk_that_is_gone_refuses_and_sends_on(tmp_path):
    """The file system finds itself broken, and lets nothing be written to it any more."""
    ledger, switch = Ledger(), Switch(UNAVAILABLE)
    disk = machine.make_image(tmp_path / "image", 64)
    with Upstream(switch) as upstream:
        with machine.image(disk, tmp_path / "disk", "errors=remount-ro") as mount:
            trigger = f"/sys/fs/ext4/{machine.loop_device(mount)}/trigger_fs_error"
            if not os.path.exists(trigger):
                pytest.skip("this kernel cannot be told to find a file system broken")
            with durable(upstream, mount / "queue") as gateway, Producers(ledger) as producers:
                producers.to(gateway)
                ledger.wait_for(100)
                # Whatever is only in memory now has to be written before it can be changed.
                machine.call("sync", "-f", mount)
                with open(trigger, "w") as file:
                    file.write("1\n")
                ledger.wait_for_answers(503, 2)
                wait_until_unready(gateway, "disk_failed")
                producers.stop()
                # It cannot write down what it sends, and sends it.
                switch.answer = OK
                settle(ledger, upstream)
                wait_until_empty(gateway)
                gateway.wait_for_log("What is delivered cannot be written down; it would be sent again after a crash")
                assert gateway.stop()[0] == 0
        machine.call("fsck.ext4", "-p", disk, check=False)
        with machine.image(disk, tmp_path / "disk") as mount, durable(upstream, mount / "queue") as gateway:
            wait_until_ready(gateway)
            ledger.accept(gateway, export_of(1))
            settle(ledger, upstream)


# Directories that cannot be used


def make_readable(path):
    path.mkdir(mode=0o755)
    return "has mode 755"


def make_link(path):
    (path.parent / "elsewhere").mkdir(mode=0o700)
    path.symlink_to(path.parent / "elsewhere")
    return "cannot be used"


def make_file(path):
    path.write_bytes(b"")
    return "cannot be used"


def make_foreign(path):
    if os.geteuid() != 0:
        pytest.skip("not root")
    path.mkdir(mode=0o700)
    os.chown(path, 65534, 65534)
    return "belongs to user 65534"


@pytest.mark.parametrize("make", [make_readable, make_link, make_file, make_foreign])
def test_a_directory_that_cannot_be_trusted_is_refused(directory, make):
    sentence = make(directory)
    code, errors = refused_start(durable("http://127.0.0.1:9", directory))
    [line] = [json.loads(line) for line in errors.splitlines()]
    assert code == 78
    assert line["cause"].startswith("queue_directory: ") and sentence in line["cause"]
    assert str(directory) in line["cause"]


@pytest.mark.parametrize("path", ["queue", "./queue", "~/queue"])
def test_a_directory_has_to_be_named_in_full(path):
    code, errors = refused_start(durable("http://127.0.0.1:9", path))
    assert code == 78
    assert "absolute path" in errors and "queue" in errors


def test_a_directory_in_one_that_does_not_exist_is_refused(directory):
    code, errors = refused_start(durable("http://127.0.0.1:9", directory / "more"))
    assert code == 78 and str(directory / "more") in errors.replace("\\/", "/")


@needs("mount")
def test_a_file_system_that_is_read_only_is_refused(tmp_path):
    with machine.tmpfs(tmp_path / "disk", "size=4m") as disk:
        (disk / "queue").mkdir(mode=0o700)
        machine.call("mount", "-o", "remount,ro", disk)
        code, errors = refused_start(durable("http://127.0.0.1:9", disk / "queue"))
    assert code == 78 and "Read-only file system" in errors


# Without descriptors


def is_crowded(gateway):
    if gateway.log("connections wait: none can be accepted now"):
        return True
    return gateway.metric("receiver_connections_refused_total", reason="max_connections") > 0


def test_without_descriptors_the_queue_and_the_sender_go_on(directory):
    ledger, switch = Ledger(), Switch()
    with Upstream(switch) as upstream, durable(upstream, directory, max_descriptors=128) as gateway:
        with gateway.client() as early:
            crowd = [gateway.client() for _ in range(200)]
            try:
                # More than there are descriptors for: they wait, or are closed, and the rest stays open and idle.
                wait_until(lambda: is_crowded(gateway), "a crowd for which there is no room")
                before = cpu_seconds(gateway.process)

                # More than a segment, so that files have to be opened and made.
                def has_taken_all():
                    sent = export_of(1, LARGE)
                    ledger.offer(sent.ids)
                    ledger.note(sent.ids, early.post(sent.body).status)
                    return ledger.answers[200] == 80

                wait_until(has_taken_all, lambda: f"80 requests taken: {ledger.answers}")
                settle(ledger, upstream)
                used, idle = cpu_seconds(gateway.process), time.monotonic()
                gateway.outlive(1)
                rate = (cpu_seconds(gateway.process) - used) / (time.monotonic() - idle)
                assert rate < 0.2, f"it spins: {rate:.2f} of a core"
            finally:
                for client in crowd:
                    client.socket.close()
        print(f"{ledger.answers}, {used - before:.2f} s of CPU")
        wait_until_ready(gateway)
        assert settle(ledger, upstream).duplicates == 0
