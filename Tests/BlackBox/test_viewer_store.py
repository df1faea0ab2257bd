"""The file of the local store: Mastra's table, in the hands of other programs, and after all that may happen to a disk."""

import json
import os
import sqlite3
import subprocess

import libsql
import pytest

from support.gateway import Gateway
from support.machine import needs
from support.program import run
from support.viewer import Sent, viewing
from support.waiting import wait_until

# MASTRA-CONTRACT 6.2, in its order.
COLUMNS = """
    traceId spanId name spanType isEvent startedAt parentSpanId entityType entityId entityName parentEntityType
    parentEntityId parentEntityName rootEntityType rootEntityId rootEntityName userId organizationId resourceId runId
    sessionId threadId requestId environment serviceName scope entityVersionId parentEntityVersionId
    rootEntityVersionId experimentId source metadata tags attributes links input output error endedAt requestContext
    createdAt updatedAt
""".split()
REQUIRED = {"traceId", "spanId", "name", "spanType", "isEvent", "startedAt", "createdAt"}
JSON_COLUMNS = ["scope", "metadata", "tags", "attributes", "links", "input", "output", "error", "requestContext"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "deep" / "mastra.db"


def send(viewer, count=1, text="hello"):
    ids = []
    for _ in range(count):
        trace = Sent()
        trace.model(prompt=text)
        trace.to(viewer)
        ids.append(trace.id)
    for trace_id in ids:
        viewer.wait_for_spans(trace_id, 1)
    return ids


def rows(path, sql="SELECT * FROM mastra_ai_spans"):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(sql)]


def test_the_table_is_mastras_own(path):
    with viewing(store=path):
        columns = rows(path, "PRAGMA table_info(mastra_ai_spans)")
        assert [column["name"] for column in columns] == COLUMNS
        assert {column["name"] for column in columns if column["notnull"]} == REQUIRED
        assert all(column["type"] == ("INTEGER" if column["name"] == "isEvent" else "TEXT") for column in columns)
        [index] = [
            each for each in rows(path, "PRAGMA index_list(mastra_ai_spans)")
            if each["name"] == "mastra_ai_spans_spanid_traceid_idx"
        ]  # fmt: skip
        assert index["unique"] == 1
        indexed = rows(path, "PRAGMA index_info(mastra_ai_spans_spanid_traceid_idx)")
        # Mastra looks for the name, and replaces by both; the order is the gateway's own.
        assert sorted(column["name"] for column in indexed) == ["spanId", "traceId"]


def test_only_its_owner_reads_it(path):
    with viewing(store=path) as viewer:
        send(viewer)
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o077 == 0, file
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_row_has_what_mastra_would_have_written(path):
    with viewing(store=path) as viewer:
        trace = Sent()
        root = trace.span("POST /chat", error="it broke", gen_ai__conversation__id="t-7", user__id="u-1")
        trace.model(root, prompt="a \"quoted\" \\ word\n", start=5)
        trace.to(viewer)
        viewer.wait_for_spans(trace.id, 2)
        first, second = rows(path, "SELECT * FROM mastra_ai_spans ORDER BY startedAt")
        assert (first["traceId"], first["spanId"], first["parentSpanId"]) == (trace.id, f"{1:016x}", None)
        assert (first["name"], first["isEvent"], first["serviceName"], first["threadId"]) == ("POST /chat", 0, "shop", "t-7")
        assert (first["startedAt"], first["endedAt"]) == ("2026-05-28T20:26:40.000Z", "2026-05-28T20:26:40.010Z")
        assert json.loads(first["error"])["message"] == "it broke"
        assert second["error"] is None and second["tags"] is None
        assert json.loads(second["input"])["messages"][0]["content"][0]["text"] == "a \"quoted\" \\ word\n"
        # Mastra's reader asks for them so; text that is no JSON would fail the whole query.
        checked = rows(path, "SELECT " + ", ".join(f"json({name}) AS {name}" for name in JSON_COLUMNS) + " FROM mastra_ai_spans")
        assert len(checked) == 2


def test_libsql_reads_it_while_the_gateway_writes(path):
    with viewing(store=path) as viewer:
        send(viewer, 3)
        database = libsql.connect(str(path))
        for more in range(1, 4):
            send(viewer)
            [(count,)] = database.execute("SELECT count(*) FROM mastra_ai_spans").fetchall()
            assert count == 3 + more
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        database.execute("UPDATE mastra_ai_spans SET environment = 'by hand'")
        database.commit()
        database.close()
        send(viewer)
        assert [row["environment"] for row in rows(path)].count("by hand") == 6


def test_nothing_that_was_seen_is_lost_with_the_process(path):
    ids = []
    for _ in range(3):
        with viewing(store=path) as viewer:
            ids += send(viewer, 5)
            viewer.gateway.kill()
    with viewing(store=path) as viewer:
        assert {trace["traceId"] for trace in viewer.traces(limit=100)} == set(ids)
        assert rows(path, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert len(viewer.traces(text="hello", limit=100)) == 15


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"this is no database" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[: 16384 * 3 + 100]),
        lambda path: path.write_bytes(path.read_bytes()[:20] + os.urandom(4000) + path.read_bytes()[4020:]),
    ],
    ids=["not a database", "cut off", "overwritten"],
)
def test_a_damaged_file_is_set_aside_and_told_of(path, damage):
    with viewing(store=path) as viewer:
        send(viewer, 20)
        assert viewer.gateway.stop()[0] == 0
    for beside in path.parent.glob("mastra.db-*"):
        beside.unlink()
    damage(path)
    damaged = path.read_bytes()
    with viewing(store=path) as viewer:
        send(viewer)
        send(viewer, 40)
        assert len(viewer.traces(limit=100)) in (41, 61)
        notice = viewer.get("/api/viewer/state")["notice"]
        assert "damaged" in notice and "set aside" in notice
        [kept] = [file for file in path.parent.iterdir() if ".damaged-" in file.name and not file.name.endswith(("-wal", "-shm"))]
        assert str(kept) in notice
        assert len(kept.read_bytes()) >= min(len(damaged), 16384)
        assert any("damaged" in line for line in viewer.gateway.errors)


def test_the_oldest_traces_go_when_the_file_is_full(path):
    with viewing("--local-store-max-bytes=4MiB", store=path) as viewer:
        text = "lorem ipsum " * 500
        first = send(viewer, 1, text)[0]
        for number in range(60):
            trace = Sent()
            root = trace.span("root")
            for _ in range(20):
                trace.model(root, prompt=f"{number} {text}")
            trace.to(viewer)
        last = trace.id
        viewer.wait_for_spans(last, 21)
        # A batch is written first, and what is too much then goes in steps.
        def is_pruned():
            state = viewer.get("/api/viewer/state")
            return state["bytes"] <= 4 << 20 and state["spans"] == len(rows(path))

        wait_until(is_pruned, "the oldest to be pruned")
        assert not viewer.traces(trace=first)
        state = viewer.get("/api/viewer/state")
        assert state["pruned"] > 0
        assert path.stat().st_size <= 8 << 20


@needs("mount", "umount")
def test_a_full_disk_holds_spans_until_there_is_room(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=True)
    try:
        with viewing(store=disk / "mastra.db") as viewer:
            kept = send(viewer, 2)
            filler = disk / "filler"
            with filler.open("wb") as file:
                try:
                    while True:
                        file.write(bytes(65536))
                        file.flush()
                except OSError:
                    pass
            trace = Sent()
            trace.model(prompt="x" * 100_000)
            trace.to(viewer)
            viewer.gateway.wait_for_posture("backing_off")
            assert {each["traceId"] for each in viewer.traces()} == set(kept)
            filler.unlink()
            viewer.wait_for_spans(trace.id, 1)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_place_that_cannot_be_is_an_error_where_it_was_named_and_a_warning_else(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run("run", f"--local-store={blocked}/mastra.db", "--http-listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:0",
               "--admin-listen=127.0.0.1:0", "--viewer-listen=127.0.0.1:0", "--log-format=json")  # fmt: skip
    assert done.returncode != 0 and "local_store" in done.stderr and str(blocked) in done.stderr
    for variables in ({}, {"XDG_STATE_HOME": str(blocked)}):
        with default(variables) as line:
            assert line["local_store"] == "memory, up to 32MiB"
    with default({"XDG_STATE_HOME": str(tmp_path)}) as line:
        assert line["local_store"] == f"{tmp_path}/mastra-gateway/mastra.db, up to 1GiB"
    with default({"HOME": str(tmp_path)}) as line:
        assert line["local_store"] == f"{tmp_path}/.local/state/mastra-gateway/mastra.db, up to 1GiB"
    with default({"STATE_DIRECTORY": str(tmp_path / "a"), "HOME": "/nonexistent"}) as line:
        assert line["local_store"] == f"{tmp_path}/a/mastra.db, up to 1GiB"


class default:
    """The start line of a gateway that nobody has told where to keep anything."""

    def __init__(self, variables):
        self.gateway = Gateway(None, "--viewer-listen=127.0.0.1:0", env=variables)
        self.gateway.flags.remove("--local-store=off")

    def __enter__(self):
        return self.gateway.__enter__().start_line

    def __exit__(self, *problem):
        self.gateway.__exit__(*problem)


def test_metrics_tell_of_the_store(path):
    with viewing(store=path) as viewer:
        send(viewer, 3)
        gateway = viewer.gateway
        assert gateway.metric("local_store_spans") == 3
        assert gateway.metric("local_store_traces") == 3
        assert gateway.metric("local_store_written_spans_total") == 3
        assert 0 < gateway.metric("local_store_bytes") < gateway.metric("local_store_limit_bytes") == 1 << 30
        assert gateway.metric("local_store_pruned_spans_total") == 0


