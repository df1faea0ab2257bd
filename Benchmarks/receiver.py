"""Figures of the receiver: CPU a request by protocol, size and coding, memory of idle connections, goodput under
overload, and the time in which dawdling connections are ended. Compare figures of one run alone.

Needs h2load and zstd, and the built program. CPU is that of receiving alone, the walk included: every span is rejected, so
that nothing is queued or mapped.
"""

import argparse
import gzip
import json
import os
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from make_payload import otlp_json, protobuf  # noqa: E402

PROGRAM = Path(__file__).parent.parent / ".build/release/mastra-gateway"
TRACES = "/v1/traces"
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
TICKS = os.sysconf("SC_CLK_TCK")
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


class Gateway:
    def __init__(self, *flags, endpoint="http://127.0.0.1:1"):
        self.log = tempfile.NamedTemporaryFile("w+")
        self.process = subprocess.Popen(
            [
                PROGRAM, "--http-listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0",
                f"--endpoint={endpoint}", "--log-format=json", "--queue-max-bytes=8GiB", "--max-connections=4096",
                "--max-connections-per-ip=4096", *flags,
            ],
            env={"MASTRA_CLOUD_ACCESS_TOKEN": "bench"}, stderr=self.log, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        while not (started := self._started()):
            assert self.process.poll() is None, "the gateway ended at its start"
            time.sleep(0.01)
        self.port, self.grpc, self.admin = (
            int(started[key].split(":")[2].split("/")[0]) for key in ("http.listen", "grpc.listen", "admin.listen")
        )

    def _started(self):
        lines = [json.loads(line) for line in Path(self.log.name).read_text().splitlines()]
        return next((line for line in lines if line["message"] == "Started"), None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def cpu(self):
        """Microseconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS * 1e6

    @property
    def memory(self):
        """Bytes of its own that are resident."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) * 1024

    def metric(self, name):
        with socket.create_connection(("127.0.0.1", self.admin)) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("mastra_gateway_" + name))


# CPU a request


def framed(body, flag=0):
    return struct.pack(">BI", flag, len(body)) + body


def zstd(body):
    return subprocess.run(["zstd", "-q", "-c"], input=body, capture_output=True, check=True).stdout


def cases(body, as_json, tls):
    """Name, whether HTTP/1, URL's path, body and headers."""
    protobuf = {"content-type": "application/x-protobuf"}
    call = {"content-type": "application/grpc", "te": "trailers"}
    yield "HTTP/1.1", True, TRACES, body, protobuf
    yield "HTTP/2", False, TRACES, body, protobuf
    yield "gRPC", False, EXPORT, framed(body), call
    if tls:
        return
    yield "HTTP/1.1 JSON", True, TRACES, as_json, {"content-type": "application/json"}
    yield "HTTP/2 JSON", False, TRACES, as_json, {"content-type": "application/json"}
    for coding, encode in [("gzip", gzip.compress), ("zstd", zstd)]:
        yield f"HTTP/1.1 {coding}", True, TRACES, encode(body), protobuf | {"content-encoding": coding}
        yield f"gRPC {coding}", False, EXPORT, framed(encode(body), 1), call | {"grpc-encoding": coding}


def load(port, count, is_http1, path, body, headers, tls):
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        command = ["h2load", f"-n{count}", "-c4", "-m1" if is_http1 else "-m4", f"-d{file.name}"]
        command += ["--h1"] if is_http1 else []
        command += [f"-H{name}: {value}" for name, value in headers.items()]
        command.append(f"{'https' if tls else 'http'}://127.0.0.1:{port}{path}")
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{count} succeeded" in output or f" {count} 2xx" in output, output


def cpu(sizes, rounds, tls=()):
    for name, spans, count in sizes:
        body = protobuf(spans, rejected=True)
        as_json = otlp_json(spans, rejected=True)
        print(f"{name}: {spans} spans, {len(body)} bytes of protobuf, {len(as_json)} of JSON")
        for case, *rest in cases(body, as_json, tls):
            figures = []
            for _ in range(rounds):
                with Gateway(*tls) as gateway:
                    load(gateway.port, max(8, count // 10), *rest, tls)
                    before = gateway.cpu
                    load(gateway.port, count, *rest, tls)
                    figures.append((gateway.cpu - before) / count)
            print(f"  {case + (' TLS' if tls else ''):18} {min(figures):8.1f} us, median {statistics.median(figures):8.1f}")


# Idle connections


def idle(count, tls=()):
    kinds = [("HTTP/1.1", http1), ("HTTP/2 and gRPC", http2)]
    for name, greet in kinds:
        with Gateway(*tls) as gateway:
            # What the first connections make stays, and is none of the others'.
            for _ in range(20):
                greet(connect(gateway.port, tls)).close()
            time.sleep(0.5)
            before = gateway.memory
            open_ones = [greet(connect(gateway.port, tls)) for _ in range(count)]
            time.sleep(0.5)
            each = (gateway.memory - before) / count
            print(f"  {name + (' TLS' if tls else ''):18} {each / 1024:6.1f} KiB a connection, of {len(open_ones)}")
            for one in open_ones:
                one.close()


def connect(port, tls):
    plain = socket.create_connection(("127.0.0.1", port))
    if not tls:
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain)


def http1(client):
    body = protobuf(1)
    head = f"POST {TRACES} HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: {len(body)}"
    client.sendall(head.encode() + b"\r\n\r\n" + body)
    assert client.recv(4096).startswith(b"HTTP/1.1 200")
    return client


def http2(client):
    fields = {":method": "POST", ":scheme": "http", ":path": EXPORT, ":authority": "a", "content-type": "application/grpc"}
    block = b"".join(
        b"\0" + bytes([len(key)]) + key.encode() + bytes([len(value)]) + value.encode() for key, value in fields.items()
    )
    body = framed(protobuf(1))
    client.sendall(PREFACE + frame(1, 4, 1, block) + frame(0, 1, 1, body))
    received = b""
    while b"grpc-status" not in received and b"\x01\x05\0\0\0\x01" not in received:
        chunk = client.recv(4096)
        assert chunk, "the connection was closed"
        received += chunk
    return client


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


# Overload


class SlowUpstream(BaseHTTPRequestHandler):
    """Takes a batch each tenth of a second on each of four connections, whatever is in it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = int(self.headers["content-length"])
        while left > 0:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        time.sleep(0.1)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def overload(seconds):
    """Delivered spans a second with as much as the upstream takes, and with all that a client can send."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowUpstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    body, goodput = protobuf(100), {}
    for name, arguments in [("1x", ["--rps=100", "-c4"]), ("10x", ["-c64", "-m1"])]:
        with Gateway("--queue-max-bytes=8MiB", "--max-batch-wait=100ms", endpoint=endpoint) as gateway:
            with tempfile.NamedTemporaryFile() as file:
                file.write(body)
                file.flush()
                command = ["h2load", "--h1", f"-D{seconds}", "--warm-up-time=3", f"-d{file.name}", *arguments]
                command += ["-Hcontent-type: application/x-protobuf", f"http://127.0.0.1:{gateway.port}{TRACES}"]
                client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
                time.sleep(3)
                begin, sent = time.monotonic(), gateway.metric("exporter_sent_spans_total")
                time.sleep(seconds - 1)
                sent = gateway.metric("exporter_sent_spans_total") - sent
                goodput[name] = sent / (time.monotonic() - begin)
                output = client.communicate()[0]
            answers = next(line for line in output.splitlines() if line.startswith("status codes"))
            print(f"  {name:4} {goodput[name]:8.0f} spans a second delivered; {answers}")
    print(f"  10x : 1x = {goodput['10x'] / goodput['1x']:.2f}")


# Dawdlers


def dawdle(count):
    with Gateway() as gateway:
        begin = time.monotonic()
        clients = [connect(gateway.port, ()) for _ in range(count)]
        for client in clients:
            client.sendall(b"POST /v1/traces HTTP/1.1\r\nhost")
        waits = []
        for _ in range(50):
            started = time.monotonic()
            http1(connect(gateway.port, ())).close()
            waits.append(time.monotonic() - started)
        for client in clients:
            while client.recv(4096):
                pass
        print(f"  {count} were ended after {time.monotonic() - begin:.1f} s; a request beside them took", end=" ")
        print(f"{statistics.median(waits) * 1e3:.1f} ms, {max(waits) * 1e3:.1f} at most")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", choices=["cpu", "tls", "idle", "overload", "dawdle"])
    options.add_argument("--certificate", nargs=2, metavar=("CERTIFICATE", "KEY"), help="for figures over TLS")
    given = options.parse_args()
    sizes = [("small", 2, 20_000), ("medium", 104, 8_000), ("large", 3_650, 300)]
    tls = [f"--listen-tls-cert-file={given.certificate[0]}", f"--listen-tls-key-file={given.certificate[1]}"] if given.certificate else []
    if given.only in (None, "cpu"):
        print("## CPU a request: received, decoded, walked, answered")
        cpu(sizes, given.rounds)
    if tls and given.only in (None, "tls"):
        print("## The same over TLS")
        cpu(sizes[1:2], given.rounds, tls)
    if given.only in (None, "idle"):
        print("## Memory of 1,000 idle connections that had one request")
        idle(1000)
        if tls:
            idle(1000, tls)
    if given.only in (None, "overload"):
        print("## Goodput under overload")
        overload(10)
    if given.only in (None, "dawdle"):
        print("## 200 connections that never finish their heads")
        dawdle(200)


if __name__ == "__main__":
    main()
