"""`mastra-gateway queue …` on a directory that a gateway has used or is using."""

import json
import os
import signal
import time

import pytest

from support import program
from support.gateway import TOKEN, Gateway
from support.otlp import export, export_of, span
from support.upstream import OK, Answer, Upstream
from support.waiting import wait_until

HELD = Answer(503)


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "queue"


def gateway_on(directory, upstream, *flags):
    return Gateway(upstream, f"--queue-directory={directory}", "--queue-min-free=0", *flags)


def queue(command, directory, *arguments):
    return program.run("queue", command, str(directory), *arguments)


def lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def refusing(*names):
    """Refuses each batch in which one of these spans is."""

    def answer(publish):
        found = any(record["name"] in names for record in publish.records)
        return Answer(422, body=b'{"error":"not that one"}') if found else OK

    return answer


def fill(directory, requests=3):
    """Requests that wait, left by a gateway that was killed; their ids."""
    with Upstream(then=HELD) as upstream, gateway_on(directory, upstream) as gateway:
        ids = [gateway.accept(export_of(count + 1)) for count in range(requests)]
        gateway.signal(signal.SIGKILL)
        gateway.wait()
    return ids


def test_ls_tells_what_waits_beside_a_running_gateway(directory):
    with Upstream(then=HELD) as upstream, gateway_on(directory, upstream) as gateway:
        gateway.accept(export_of(3))
        gateway.accept(export_of(4))
        [lane] = lines(queue("ls", directory, "--json"))
        assert (lane["lane"], lane["requests"], lane["spans"]) == ("default", 2, 7)
        header, row = queue("ls", directory).stdout.splitlines()
        assert header.split()[:3] == ["LANE", "REQUESTS", "SPANS"]
        assert row.split()[:3] == ["default", "2", "7"]


def test_inspect_shows_requests_oldest_first_and_their_bytes(directory):
    fill(directory)
    found = lines(queue("inspect", directory, "--json"))
    assert [each["spans"] for each in found] == [1, 2, 3]
    assert [each["sequence"] for each in found] == sorted(each["sequence"] for each in found)
    assert len(queue("inspect", directory, "--limit=1").stdout.splitlines()) == 2
    mapped = program.run(
        "map", "-", stdin=raw("inspect", directory, "--payload", str(found[1]["sequence"]))
    )  # fmt: skip
    assert len(mapped.stdout.splitlines()) == 2


def raw(command, directory, *arguments):
    done = program.subprocess.run(
        [program.BINARY, "queue", command, directory, *arguments], env=program.environment(), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_sequence_that_is_not_there_is_said(directory):
    fill(directory, 1)
    done = queue("inspect", directory, "--payload=999")
    assert done.returncode == 69
    assert "999" in done.stderr


def test_drain_sends_all_and_ends(directory):
    ids = [each for request in fill(directory) for each in request]
    with Upstream() as upstream:
        done = program.run(
            "queue", "drain", f"--queue-directory={directory}", "--queue-min-free=0", "--log-format=json",
            env={"MASTRA_CLOUD_ACCESS_TOKEN": TOKEN, "MASTRA_GATEWAY_ENDPOINT": upstream.url},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        upstream.delivered(ids)
    last = json.loads(done.stderr.splitlines()[-1])
    assert (last["message"], last["sent"], last["left"]) == ("Draining", str(len(ids)), "0")
    assert lines(queue("ls", directory, "--json"))[0]["requests"] == 0


def test_a_drain_that_is_interrupted_says_that_something_is_left(directory):
    fill(directory)
    with Upstream(then=HELD) as upstream:
        process = program.subprocess.Popen(
            [program.BINARY, "queue", "drain", f"--queue-directory={directory}", "--log-format=json"],
            env=program.environment({"MASTRA_CLOUD_ACCESS_TOKEN": TOKEN, "MASTRA_GATEWAY_ENDPOINT": upstream.url}),
            stderr=program.subprocess.DEVNULL,
        )
        wait_until(lambda: upstream.publishes, "an attempt")
        process.send_signal(signal.SIGTERM)
        assert process.wait(program.DEADLINE) == 75
    assert lines(queue("ls", directory, "--json"))[0]["requests"] == 3


def test_drain_without_a_token_prints_the_records(directory):
    fill(directory)
    done = program.run("queue", "drain", f"--queue-directory={directory}", "--queue-min-free=0", "--log-format=json")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 6
    assert all(json.loads(line)["spanId"] for line in done.stdout.splitlines())


def test_dead_letters_are_shown_and_replayed(directory):
    with Upstream(refusing("bad")) as upstream, gateway_on(directory, upstream) as gateway:
        gateway.accept(export_of(3))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda sent: sent == 3)
        bad = span("bad")
        gateway.accept(export(span("good"), bad, span("good")))
        gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count == 1, reason="rejected")
        [letter] = lines(queue("inspect", directory, "--dead-letters", "--json"))
        assert (letter["reason"], letter["status"], letter["spans"]) == ("rejected", 422, 1)
        assert letter["answer"] == '{"error":"not that one"}'
        assert queue("replay", directory).returncode == 75
        assert gateway.stop()[0] == 0
    assert queue("replay", directory, "--reason=crash").stdout == "put back 0 spans\n"
    assert queue("replay", directory, "--reason=rejected").stdout == "put back 1 spans\n"
    assert queue("replay", directory).stdout == "put back 0 spans\n"
    with Upstream() as upstream, gateway_on(directory, upstream):
        upstream.delivered([bad.span_id.hex()])


def test_commands_that_change_a_directory_respect_its_gateway(directory):
    with Upstream(then=HELD) as upstream, gateway_on(directory, upstream) as gateway:
        gateway.accept(export_of(1))
        holder = f"is in use by pid {gateway.process.pid}"
        for done in (
            queue("replay", directory),
            program.run("queue", "drain", f"--queue-directory={directory}"),
        ):
            assert done.returncode == 75
            assert holder in done.stderr
        for command in ("ls", "inspect", "verify"):
            assert queue(command, directory).returncode == 0


def test_looks_beside_a_busy_gateway_change_nothing_and_break_nothing(directory):
    """Segments come and go while they are read."""
    with Upstream() as upstream, gateway_on(directory, upstream, "--queue-max-bytes=2MiB") as gateway:
        ids, looks, end = [], 0, time.monotonic() + 3
        while time.monotonic() < end:
            ids += gateway.accept(export(*(span("work", "x" * 20_000) for _ in range(10))))
            for command in ("ls", "verify", "inspect"):
                done = queue(command, directory)
                assert done.returncode == 0, (command, done.stdout, done.stderr)
                looks += 1
        assert looks > 10
        upstream.delivered(ids)
        assert not list(directory.glob("**/*.bad"))


def test_verify_finds_damage(directory):
    fill(directory)
    assert queue("verify", directory).stdout == "3 requests with 6 spans can be read\n"
    [segment] = (directory / "lane-default").glob("*.seg")
    content = bytearray(segment.read_bytes())
    first = content.index(b"MGRC")
    content[first + 50] ^= 1
    segment.write_bytes(content)
    done = queue("verify", directory)
    assert done.returncode == 65
    assert done.stdout.splitlines()[0] == "2 requests with 5 spans can be read"
    assert done.stdout.splitlines()[-1] == "1 spans are lost"


@pytest.mark.parametrize("command", ["ls", "inspect", "verify", "replay"])
def test_a_directory_that_is_none_is_said(command, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for path in ((tmp_path / "missing" / "queue"), file):
        done = queue(command, path)
        assert done.returncode == 78
        assert str(path) in done.stderr


def test_a_look_makes_nothing(tmp_path):
    assert queue("ls", tmp_path).stdout.splitlines()[1:] == []
    assert os.listdir(tmp_path) == []


def test_the_directory_may_be_named_by_the_environment(directory):
    fill(directory, 1)
    done = program.run("queue", "ls", "--json", env={"MASTRA_GATEWAY_QUEUE_DIRECTORY": str(directory)})
    assert lines(done)[0]["requests"] == 1
    done = program.run("queue", "ls")
    assert done.returncode == 64
    assert "name the queue directory" in done.stderr
