"""Figures of the queue on disk: acknowledgements a second and their times by number of senders and size, CPU a span beside
the queue in memory, the drain of 100,000 spans, and the start on a backlog. Compare figures of one run alone.

Needs h2load and the built program. The directory (--directory) has to be on the disk that is asked about.
"""

import argparse
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from make_payload import protobuf
from receiver import TRACES, Gateway

NOWHERE = "http://127.0.0.1:1"


class Sink:
    """Takes whatever is posted, on as many connections as there are."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        buffer = bytearray(1 << 20)
        rest = b""
        while True:
            while b"\r\n\r\n" not in rest:
                received = connection.recv(65536)
                if not received:
                    return
                rest += received
            head, rest = rest.split(b"\r\n\r\n", 1)
            left = int(re.search(rb"(?i)content-length: *(\d+)", head)[1]) - len(rest)
            rest = b""
            while left > 0:
                left -= connection.recv_into(buffer, min(left, len(buffer)))
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


def load(port, body, connections, *, count=None, seconds=None, http1=True):
    """h2load's own line on rates and on times."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        amount = [f"-n{count}"] if count else [f"-D{seconds}", "--warm-up-time=1"]
        command = ["h2load", *amount, f"-c{connections}", "-m1", f"-d{file.name}", *(["--h1"] if http1 else [])]
        command += ["-Hcontent-type: application/x-protobuf", f"http://127.0.0.1:{port}{TRACES}"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    statuses = next(line for line in output.splitlines() if line.startswith("status codes"))
    assert " 0 4xx, 0 5xx" in statuses, statuses
    return output


def body_of(size):
    spans = 1
    while len(protobuf(spans)) < size:
        spans = max(spans + 1, int(spans * size / len(protobuf(spans))))
    return protobuf(spans), spans


def acknowledgements(root, seconds):
    print("Acknowledgements a second, each after a sync; upstream away")
    for size in (8 << 10, 100 << 10):
        body, _ = body_of(size)
        for senders in (1, 16, 64):
            with queue(root, "--queue-max-bytes=16GiB") as gateway:
                output = load(gateway.port, body, senders, seconds=seconds)
                rate = float(re.search(r"finished in .*?, ([\d.]+) req/s", output)[1])
                times = re.search(r"time for request: +(\S+) +(\S+) +(\S+)", output)
                syncs = gateway.metric("exporter_queue_syncs_total")
                requests = gateway.metric("receiver_answers_total")
                print(
                    f"  {senders:3} senders of {len(body) / 1024:4.0f} KiB {rate:8.0f} /s {rate * len(body) / 1e6:7.1f} MB/s,"
                    f" mean {times[3]}, longest {times[2]}, {requests / max(1, syncs):5.1f} requests a sync"
                )


def queue(root, *flags, endpoint=NOWHERE, fresh=True):
    directory = Path(root) / "queue"
    if fresh:
        shutil.rmtree(directory, ignore_errors=True)
    return Gateway(f"--queue-directory={directory}", "--queue-min-free=0", "--queue-max-spans=1000000000", *flags, endpoint=endpoint)


def cpu(root, rounds):
    """All of the way: received, queued, mapped, sent."""
    print("CPU a span, all of the way over loopback, HTTP/2, 100 spans a request")
    body, count = protobuf(100), 3000
    sink = Sink()
    for name, make in [
        ("memory", lambda: Gateway("--max-batch-wait=100ms", endpoint=sink.url)),
        ("disk", lambda: queue(root, "--max-batch-wait=100ms", endpoint=sink.url)),
    ]:
        figures = []
        for _ in range(rounds):
            with make() as gateway:
                load(gateway.port, body, 16, count=count // 10, http1=False)
                wait_for(lambda: gateway.metric("exporter_sent_spans_total") >= count * 10)
                before = gateway.cpu
                load(gateway.port, body, 16, count=count, http1=False)
                wait_for(lambda: gateway.metric("exporter_sent_spans_total") >= count * 110)
                figures.append((gateway.cpu - before) / (count * 100))
        print(f"  {name:7} {min(figures):6.2f} us, {', '.join(f'{figure:.2f}' for figure in sorted(figures))}")


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def drain(root):
    sink = Sink()
    with queue(root) as gateway:
        load(gateway.port, protobuf(100), 16, count=1000)
    begin = time.monotonic()
    with queue(root, endpoint=sink.url, fresh=False) as gateway:
        wait_for(lambda: gateway.metric("exporter_sent_spans_total") == 100_000)
        print(f"Drain of 100,000 spans after a kill: {time.monotonic() - begin:.2f} s from the start of the process,")
        print(f"  {gateway.memory / 1e6:.0f} MB of memory of its own, {gateway.cpu / 100_000:.2f} us of CPU a span")


def start(root, size):
    body, spans = body_of(100 << 10)
    with queue(root, "--queue-max-bytes=16GiB") as gateway:
        load(gateway.port, body, 64, count=size // len(body))
    for expected in (size, 0):
        begin = time.monotonic()
        with queue(root, "--queue-max-bytes=16GiB", fresh=False) as gateway:
            took = time.monotonic() - begin
            assert gateway.metric("exporter_recovered_spans_total") == expected // len(body) * spans
            print(f"Start on a backlog of {expected >> 20} MiB: {took * 1e3:.0f} ms,", end=" ")
            print(f"{gateway.memory / 1e6:.0f} MB of memory of its own")
        shutil.rmtree(Path(root) / "queue")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", default=tempfile.gettempdir())
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backlog", type=int, default=1 << 30, help="bytes")
    options = parser.parse_args()
    root = tempfile.mkdtemp(dir=options.directory)
    try:
        acknowledgements(root, options.seconds)
        cpu(root, options.rounds)
        drain(root)
        start(root, options.backlog)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
