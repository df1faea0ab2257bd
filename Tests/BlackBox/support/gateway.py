"""A running gateway: the built program with an upstream, listening on ports of its own choice."""

import json
import os
import resource
import signal
import subprocess
import threading
from urllib.parse import urlsplit

from support import metrics
from support.http1 import Client, request
from support.program import BINARY, environment
from support.waiting import DEADLINE, wait_until

TOKEN = "mst_secret_of_the_tests_7f3a"


class Gateway:
    """Use as a context manager. Extra flags come last and win over the harness's own.

    At its end, whatever the test did: the process has not crashed, no secret was printed, and where
    the metrics can be read they are well-formed and the books close.
    """

    def __init__(self, upstream=None, *flags, env=None, max_descriptors=None, close_stdout=False, read_stdout=True):
        self.secrets = [TOKEN]
        cloud = {"MASTRA_CLOUD_ACCESS_TOKEN": TOKEN} if upstream else {}
        if upstream:
            cloud["MASTRA_GATEWAY_ENDPOINT"] = getattr(upstream, "url", upstream)
        self.environment = environment(cloud | (env or {}))
        self.flags = [
            "--http-listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", "--log-format=json",
            # Tests of the viewer turn it on.
            "--local-store=off",
            "--max-batch-wait=100ms", "--retry-on-failure-initial-interval=20ms", *flags,
        ]  # fmt: skip
        self.max_descriptors = max_descriptors
        self.close_stdout = close_stdout
        self.read_stdout = read_stdout
        self.output = []
        self.errors = []
        self._started = threading.Event()
        # Exit codes that are no crash; a test that sends other signals adds them.
        self.expected_ends = {0, -signal.SIGKILL}

    def __enter__(self):
        self.process = subprocess.Popen(
            [BINARY, "run", *self.flags], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # Without it no handler of grpcio, which may hang, runs between fork and exec.
            preexec_fn=self._limit if self.max_descriptors else None,
        )  # fmt: skip
        self._readers = [self._read(self.process.stderr, self.errors)]
        if self.close_stdout:
            self.process.stdout.close()
        elif self.read_stdout:
            self._readers.append(self._read(self.process.stdout, self.output))
        if not self._started.wait(DEADLINE):
            self.kill()
            raise AssertionError("the gateway did not start: " + "".join(self.errors))
        [line] = self.log("Started")
        self.start_line = line
        self.address = _address(line["http.listen"])
        self.grpc_address = _address(line["grpc.listen"])
        # Off by a flag in one test.
        self.admin = _address(line["admin.listen"]) if "admin.listen" in line else None
        return self

    def __exit__(self, kind, *_):
        scraped = ""
        if kind is None and self.process.poll() is None and self.admin:
            scraped = self.admin_get("/metrics").body.decode()
        was_running = self.process.poll() is None
        self.kill()
        if kind is not None:
            return
        assert was_running or self.process.returncode in self.expected_ends, self.process.returncode
        self._check(scraped)

    def _check(self, scraped):
        for secret in self.secrets:
            for text in ("".join(self.errors), "".join(self.output), scraped):
                assert secret not in text
        for line in self.errors:
            json.loads(line)
        if scraped:
            metrics.check_all_books(scraped)

    def _limit(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.max_descriptors, self.max_descriptors))

    def _read(self, stream, lines):
        def read():
            for line in stream:
                lines.append(line.decode())
                if b'"message":"Started"' in line:
                    self._started.set()

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    # Talking to it

    def client(self, **options):
        return Client(self.address, **options)

    def post(self, export=b"", **headers):
        """One request on a connection of its own."""
        with self.client() as client:
            return client.post(getattr(export, "body", export), **headers)

    def accept(self, export):
        """Has the gateway take a request; answers the ids in it."""
        response = self.post(export)
        assert (response.status, response.body) == (200, b"")
        return export.ids

    def admin_get(self, path, method="GET"):
        with Client(self.admin) as client:
            client.send(request(method, path, content_type=None, content_length=None))
            return client.receive(to_head=method == "HEAD")

    # Looking at it

    def metrics(self, route="default"):
        """One scrape, of the gateway and of one route; the books of all close in each."""
        response = self.admin_get("/metrics")
        assert response["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = response.body.decode()
        metrics.check_all_books(text)
        return metrics.parse(text, route)

    def metric(self, name, route="default", **labels):
        text = ",".join(f'{key}="{value}"' for key, value in labels.items())
        return self.metrics(route)[f"{name}{{{text}}}" if text else name]

    def wait_for_metric(self, name, condition, route="default", **labels):
        shown = []

        def holds():
            shown[:] = [self.metric(name, route, **labels)]
            return condition(shown[0])

        wait_until(holds, f"{name} {labels} (last {shown})")

    def outlive(self, seconds):
        """Waits until the gateway says that it has run for so much longer: whatever it looks at each second, it has."""
        until = self.metric("uptime_seconds") + seconds
        wait_until(
            lambda: self.metric("uptime_seconds") >= until, f"{seconds} s of life", seconds + DEADLINE, every=0.1
        )

    def wait_for_posture(self, wanted):
        wait_until(lambda: metrics.posture(self.metrics()) == wanted, f"posture {wanted}")

    def log(self, message):
        """The log lines with that message."""
        lines = [json.loads(line) for line in list(self.errors)]
        return [line for line in lines if line["message"] == message]

    def wait_for_log(self, message):
        return wait_until(lambda: self.log(message), f"log line {message!r}")[0]

    # Ending it

    def signal(self, number=signal.SIGTERM):
        os.kill(self.process.pid, number)

    def wait(self, seconds=DEADLINE):
        """Waits for the process's own end; its exit code."""
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(DEADLINE)
        return code

    def stop(self):
        """SIGTERM and what comes of it: the exit code and the last line's figures."""
        self.signal()
        code = self.wait()
        [last] = self.log("Stopped")
        return code, {name: int(last[name]) for name in ("accepted", "sent", "dropped", "held")}

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()


def _address(url):
    parts = urlsplit(url)
    return parts.hostname, parts.port
