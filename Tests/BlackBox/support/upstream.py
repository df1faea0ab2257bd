"""A fake Mastra Cloud, told by attempt number how to behave, that remembers what it was sent."""

import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from support.waiting import wait_until

PATH = "/ai/spans/publish"
PROBE = b'{"spans":[]}'


@dataclass
class Publish:
    """One request, as it came."""

    number: int
    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @cached_property
    def metrics(self):
        """Of a request to the metrics route."""
        message = json.loads(self.body)
        assert set(message) == {"metrics"}
        return message["metrics"]

    @property
    def is_of_metrics(self):
        return self.path.endswith("/metrics/publish")

    @cached_property
    def records(self):
        if self.is_of_metrics:
            return []
        message = json.loads(self.body)
        assert set(message) == {"spans"}
        return message["spans"]

    @property
    def ids(self):
        return [record["spanId"] for record in self.records]


@dataclass
class Answer:
    """How to answer one attempt. `when`: the event to wait for before doing so. `deed`: what to do."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    when: threading.Event | None = None
    deed: str = "answer"

    def bytes(self, publish):
        body = self.body
        if body is None:
            body = acknowledgement(publish) if self.status == 200 else b""
        if self.status == 204:
            body = b""
        lines = [f"HTTP/1.1 {self.status} Scripted", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def acknowledgement(publish):
    return json.dumps({"ok": True, "data": {"spanCount": len(publish.records)}}).encode()


OK = Answer()
HANG = Answer(deed="hang")
RESET = Answer(deed="reset")
HALF_A_HEAD = Answer(deed="half a head")
HALF_A_BODY = Answer(deed="half a body")
CLOSE = Answer(deed="close")


class Upstream:
    """`script`: an answer for each attempt, `then` for those after; or a function of the request."""

    def __init__(self, *script, then=OK, port=0):
        self.script = script
        self.then = then
        self.publishes = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._delivered = Counter()
        self._taken_records = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._sockets = set()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self._closing.set()
        # Wakes the thread that accepts: in its call it would go on to accept what comes to the next one of that number.
        _quietly(self._listener.shutdown, socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for each in self._sockets:
                _quietly(each.shutdown, socket.SHUT_RDWR)
        if kind is None:
            self.check()

    # What it was sent

    @property
    def deliveries(self):
        """How often each span id came with an attempt that took it."""
        with self._lock:
            return Counter(self._delivered)

    def attempts(self, count):
        """Waits for so many attempts; answers the first ones."""
        wait_until(lambda: len(self.publishes) >= count, f"{count} attempts at the upstream")
        return self.publishes[:count]

    def delivered(self, ids, seconds=20):
        """Waits until each span has come, and checks that none came twice."""
        wanted = Counter(ids)
        wait_until(lambda: self.deliveries >= wanted, f"{len(wanted)} spans at the upstream", seconds)
        assert self.deliveries == wanted

    def record_of(self, id):
        """The record of a span, once it was delivered."""
        return wait_until(lambda: self._taken_records.get(id), f"span {id} at the upstream")

    def check(self):
        """Every request had the headers of the contract and records of its shape (B1)."""
        for publish in self.publishes:
            assert publish.method == "POST"
            assert publish.headers["content-type"] == "application/json"
            assert publish.headers["authorization"].startswith("Bearer ")
            assert publish.headers["x-mastra-observability-capabilities"] == "quota-pause-v1"
            assert re.fullmatch(r"mastra-gateway/\d+\.\d+\.\d+\S*", publish.headers["user-agent"])
            assert int(publish.headers["content-length"]) == len(publish.body)
            for record in publish.records:
                check_shape(record)

    # How it behaves

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.add(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                while (publish := self._read(connection, stream)) and self._answer(connection, publish):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._sockets.discard(connection)

    def _read(self, connection, stream):
        line = stream.readline()
        if not line:
            return None
        method, path, _ = line.decode().split(" ")
        headers = {}
        while (line := stream.readline().strip()):
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        if headers.get("expect") == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = stream.read(int(headers["content-length"]))
        if len(body) < int(headers["content-length"]):
            return None
        with self._lock:
            number = len(self.publishes) + 1
            publish = Publish(number, time.monotonic(), method, path, headers, body)
            self.publishes.append(publish)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return publish

    def _choose(self, publish):
        if self.script and callable(self.script[0]):
            return self.script[0](publish)
        return self.script[publish.number - 1] if publish.number <= len(self.script) else self.then

    def _answer(self, connection, publish):
        """Carries out the answer; true where the connection goes on."""
        answer = self._choose(publish)
        if answer.when:
            while not (answer.when.wait(0.02) or self._closing.is_set()):
                pass
        if answer.deed == "hang":
            self._closing.wait()
        with self._lock:
            self.in_flight -= 1
            disabled = answer.headers.get("x-mastra-observability") == "disabled"
            told = answer.deed in ("answer", "half a body")
            if told and 200 <= answer.status < 300 and not disabled:
                self._delivered.update(publish.ids)
                self._taken_records |= {record["spanId"]: record for record in publish.records}
        whole = answer.bytes(publish)
        match answer.deed:
            case "answer":
                connection.sendall(whole)
                return True
            case "half a head":
                connection.sendall(whole[:20])
            case "half a body":
                connection.sendall(whole[:-5])
            case "reset":
                # No lingering: closing sends RST.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if answer.deed != "reset":
            connection.shutdown(socket.SHUT_RDWR)
        return False


def check_shape(record):
    """What the publish route asks of a record, of either dialect (B1, MASTRA-CONTRACT 2.2-2.4)."""
    assert re.fullmatch("[0-9a-f]{32}", record["traceId"])
    assert re.fullmatch("[0-9a-f]{16}", record["spanId"])
    assert record["parentSpanId"] is None or re.fullmatch("[0-9a-f]{16}", record["parentSpanId"])
    assert record["name"].strip() and record["spanType"]
    assert isinstance(record["isEvent"], bool)
    assert isinstance(record["attributes"], dict) and isinstance(record["metadata"], dict)
    for name in ("startedAt", "createdAt"):
        assert DATE.fullmatch(record[name]), record[name]
    assert record["endedAt"] is None or record["endedAt"] >= record["startedAt"]
    assert record["updatedAt"] is None


DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def _quietly(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        pass
