"""HTTP/2 in clear with prior knowledge, by clients that are not ours (H2)."""

import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.gateway import Gateway
from support.http1 import Response
from support.otlp import export_of, partial_success, refusal
from support.program import environment
from support.upstream import Upstream
from support.waiting import wait_until


def run(*command, succeeds=True):
    done = subprocess.run(command, capture_output=True, timeout=120, env=environment(), check=False)
    assert done.returncode == 0 or not succeeds, (done.returncode, done.stderr)
    return done.stdout


def curl(gateway, file, *options, path="/v1/traces"):
    """One POST of a file over HTTP/2, and its answer."""
    host, port = gateway.address
    output = run(
        "curl", "--silent", "--include", "--max-time", "20", "--http2-prior-knowledge",
        "--header", "content-type: application/x-protobuf", "--data-binary", f"@{file}", *options,
        f"http://{host}:{port}{path}",
    )  # fmt: skip
    head, body = output.split(b"\r\n\r\n", 1)
    status, *lines = head.decode().split("\r\n")
    assert status.startswith("HTTP/2 ")
    return Response(int(status.split(" ")[1]), [tuple(line.split(": ", 1)) for line in lines], body)


def h2load(gateway, file, requests, connections=4, streams=10):
    """Starts so many POSTs of a file; answers how many succeeded, and what was printed."""
    host, port = gateway.address
    output = run(
        "h2load", "-n", str(requests), "-c", str(connections), "-m", str(streams), "-d", str(file),
        "-H", "content-type: application/x-protobuf", f"http://{host}:{port}/v1/traces", succeeds=False,
    ).decode()  # fmt: skip
    return int(re.search(r"status codes: (\d+) 2xx", output)[1]), output


def h2load_all(gateway, file, requests, **options):
    """So many POSTs of a file, each of which has to be answered with 2xx."""
    succeeded, output = h2load(gateway, file, requests, **options)
    assert succeeded == requests, output
    assert f"{requests} succeeded, 0 failed, 0 errored, 0 timeout" in output, output


@pytest.fixture
def file(tmp_path):
    """Writes a request into a file."""

    def write(export):
        path = tmp_path / f"{export.ids[0]}.pb"
        path.write_bytes(export.body)
        return path

    return write


@pytest.mark.requirement("H2")
def test_a_request_is_answered_as_over_http_1(gateway, upstream, file):
    sent = export_of(3)
    assert partial_success(curl(gateway, file(sent))) is None
    for id in sent.ids:
        upstream.record_of(id)


@pytest.mark.requirement("H2", "H25")
def test_refusals_have_their_status(gateway, file, tmp_path):
    sent = file(export_of(1))
    assert refusal(curl(gateway, sent, path="/nowhere")).message.startswith("no resource at /nowhere;")
    wrong = curl(gateway, sent, "--request", "PUT")
    assert (wrong.status, wrong["allow"]) == (405, "OPTIONS, POST")
    broken = tmp_path / "broken.pb"
    broken.write_bytes(b"\x0a\xff")
    assert curl(gateway, broken).status == 400
    assert curl(gateway, sent, "--header", "content-encoding: gzip").status == 400


@pytest.mark.requirement("H2", "H14")
def test_a_large_body_is_413(upstream, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(bytes(1024 * 1024))
    with Gateway(upstream, "--max-body-bytes=64KiB") as gateway:
        assert curl(gateway, large).status == 413


@pytest.mark.requirement("H2")
def test_thousands_of_requests_lose_and_double_nothing(file):
    sent = export_of(3)
    with Upstream() as upstream, Gateway(upstream) as gateway:
        h2load_all(gateway, file(sent), 3000)
        upstream.delivered({id: 3000 for id in sent.ids})
        assert gateway.metric("receiver_requests_total", protocol="http2") == 3000
        assert gateway.metric("receiver_accepted_spans_total") == 9000


@pytest.mark.requirement("H2")
def test_both_protocols_are_served_at_once(file):
    two, one = export_of(2), [export_of(1) for _ in range(500)]

    def http1(gateway):
        with gateway.client() as client:
            return Counter(client.post(each.body).status for each in one)

    with Upstream() as upstream, Gateway(upstream) as gateway, ThreadPoolExecutor(2) as pool:
        other = pool.submit(http1, gateway)
        h2load_all(gateway, file(two), 1000, connections=2)
        assert other.result() == {200: 500}
        upstream.delivered({id: 1000 for id in two.ids} | {each.ids[0]: 1 for each in one})
        assert gateway.metric("receiver_requests_total", protocol="http1") == 500
        assert gateway.metric("receiver_requests_total", protocol="http2") == 1000
        wait_until(lambda: gateway.metric("receiver_connections", listener="http") == 0, "no connection left")


@pytest.mark.requirement("H2")
def test_a_shutdown_under_load_delivers_what_was_acknowledged(file):
    sent = export_of(3)
    with Upstream() as upstream, Gateway(upstream) as gateway, ThreadPoolExecutor(1) as pool:
        load = pool.submit(h2load, gateway, file(sent), 200_000)
        gateway.wait_for_metric("receiver_accepted_spans_total", lambda count: count > 1000)
        code, books = gateway.stop()
        succeeded, _ = load.result()
    assert code == 0
    assert books == {"accepted": books["accepted"], "sent": books["accepted"], "dropped": 0, "held": 0}
    assert upstream.deliveries.total() == books["sent"] >= 3 * succeeded > 1000
