"""`doctor`: what it finds, and that it says what to do about it."""

import email.utils
import json
import socket
import time

import pytest

from support.certificates import Certificates
from support.gateway import TOKEN, Gateway
from support.otlp import export_of
from support.program import run
from support.tls_upstream import TLSUpstream
from support.upstream import PROBE, Answer, Upstream
from support.waiting import wait_until

FREE = ["--http-listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", "--viewer-listen=127.0.0.1:0"]


def doctor(*flags, upstream=None, env=None):
    """Its exit code, and its diagnoses by their subject; the last one of a subject counts."""
    cloud = {"MASTRA_CLOUD_ACCESS_TOKEN": TOKEN, "MASTRA_GATEWAY_ENDPOINT": upstream} if upstream else {}
    done = run("doctor", "--json", *FREE, *flags, env=cloud | (env or {}))
    assert done.stderr == ""
    assert TOKEN not in done.stdout
    diagnoses = [json.loads(line) for line in done.stdout.splitlines()]
    for diagnosis in diagnoses:
        assert diagnosis["verdict"] != "failed" or done.returncode == 69
        assert diagnosis["verdict"] not in ("failed", "warning") or diagnosis["advice"], diagnosis
    return done.returncode, {diagnosis["subject"]: diagnosis for diagnosis in diagnoses}


# The upstream


def test_without_a_token_it_says_where_records_go():
    code, found = doctor()
    assert code == 0
    assert found["destination"]["verdict"] == "note"
    assert "MASTRA_CLOUD_ACCESS_TOKEN" in found["destination"]["advice"]
    assert "upload" not in found


def test_a_good_upstream_gets_one_batch_without_spans():
    date = {"Date": email.utils.formatdate(usegmt=True)}
    with Upstream(then=Answer(200, date)) as upstream:
        code, found = doctor(upstream=upstream.url)
        [publish] = upstream.publishes
    assert code == 0
    assert publish.body == PROBE
    assert publish.headers["authorization"] == f"Bearer {TOKEN}"
    assert {name: found[name]["verdict"] for name in ("name", "connection", "tls", "upload", "clock")} == {
        "name": "ok", "connection": "ok", "tls": "warning", "upload": "ok", "clock": "ok",
    }  # fmt: skip
    assert "127.0.0.1" in found["connection"]["text"]


@pytest.mark.parametrize(
    ("status", "headers", "verdict", "text", "advice"),
    [
        (401, {}, "failed", "the access token is not accepted (401)", "make a new token"),
        (403, {}, "failed", "the access token is not accepted (403)", "make a new token"),
        (404, {}, "failed", "there is no publish route at the endpoint (404)", "project_id"),
        (402, {}, "warning", "quota is spent", "raise the quota"),
        (200, {"x-mastra-observability": "disabled"}, "warning", "quota is spent", "raise the quota"),
        (429, {}, "failed", "the upstream cannot take spans now (429)", "retried"),
        (503, {}, "failed", "the upstream cannot take spans now (HTTP 503)", "retried"),
        (400, {}, "failed", "a batch without spans was refused (400: no)", "endpoint"),
    ],
)
def test_an_answer_of_the_upstream_is_explained(status, headers, verdict, text, advice):
    with Upstream(then=Answer(status, headers, body=b"no")) as upstream:
        code, found = doctor(upstream=upstream.url)
    assert code == (69 if verdict == "failed" else 0)
    assert found["upload"]["verdict"] == verdict
    assert text in found["upload"]["text"]
    assert advice in found["upload"]["advice"]


def test_the_project_is_named_or_said_to_be_that_of_the_token():
    with Upstream() as upstream:
        _, found = doctor(upstream=upstream.url)
        assert found["project"]["verdict"] == "note" and "MASTRA_PROJECT_ID" in found["project"]["advice"]
        _, found = doctor("--project-id=shop", upstream=upstream.url)
        assert found["project"]["text"] == "shop, in the route and in each record"
        assert [publish.path for publish in upstream.publishes][1] == "/projects/shop/ai/spans/publish"
        _, found = doctor("--dialect=cloud", upstream=upstream.url)
        assert "project" not in found


def test_a_name_that_is_not_found_ends_the_way_there():
    # No resolver asks for a label of more than 63 letters.
    code, found = doctor(upstream=f"https://{'x' * 64}.invalid")
    assert code == 69
    assert found["name"]["verdict"] == "failed"
    assert "DNS" in found["name"]["advice"]
    assert found["upload"]["verdict"] == "skipped"
    assert "connection" not in found


def test_a_port_where_nobody_listens_ends_the_way_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    code, found = doctor(upstream=f"https://127.0.0.1:{port}")
    assert code == 69
    assert (found["connection"]["verdict"], found["upload"]["verdict"]) == ("failed", "skipped")
    assert "network policy" in found["connection"]["advice"]


def test_a_port_that_does_not_speak_tls_is_said():
    with Upstream() as upstream:
        code, found = doctor("--connect-timeout=500ms", upstream=upstream.url.replace("http:", "https:"))
        assert upstream.publishes == []
    assert code == 69
    assert (found["connection"]["verdict"], found["tls"]["verdict"]) == ("ok", "failed")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("doctor"))


def test_a_certificate_that_is_not_trusted_is_shown_and_the_token_kept(certificates):
    with TLSUpstream(certificates) as upstream:
        code, found = doctor(upstream=upstream.url)
        assert upstream.bodies == []
    assert code == 69
    assert found["tls"]["verdict"] == "note"
    assert "CN = Test server, issued by CN = Test ca; expires" in found["tls"]["text"]
    assert found["upload"]["verdict"] == "failed"
    assert "tls_ca_file" in found["upload"]["advice"]


def test_a_certificate_of_a_named_authority_is_trusted(certificates):
    with TLSUpstream(certificates) as upstream:
        code, found = doctor(f"--tls-ca-file={certificates.pem('ca')}", upstream=upstream.url)
        assert upstream.bodies == [PROBE]
    assert code == 0
    assert found["upload"]["verdict"] == "ok"


@pytest.mark.parametrize(("seconds", "text"), [(3600, "behind"), (-3600, "ahead of")])
def test_a_clock_that_is_wrong_is_said(seconds, text):
    date = {"Date": email.utils.formatdate(time.time() + seconds, usegmt=True)}
    with Upstream(then=Answer(200, date)) as upstream:
        _, found = doctor(upstream=upstream.url)
    assert found["clock"]["verdict"] == "warning"
    amount, rest = found["clock"]["text"].split(" s ", 1)
    assert 3598 <= int(amount) <= 3602
    assert rest == f"{text} the upstream's"


def test_a_sample_is_delivered_where_that_is_asked_for():
    with Upstream() as upstream:
        code, found = doctor("--sample", upstream=upstream.url)
        probe, sample = upstream.publishes
    assert code == 0
    assert probe.records == []
    [trace] = {record["traceId"] for record in sample.records}
    assert found["sample"]["text"] == f"delivered: look for trace {trace}"
    assert {record["type"] for record in sample.records} >= {"agent_run", "model_generation", "tool_call"}


def test_a_password_of_a_proxy_is_not_shown():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    code, found = doctor(
        upstream="https://192.0.2.1", env={"MASTRA_GATEWAY_PROXY_URL": f"http://user:hunter2hunter2@127.0.0.1:{port}"}
    )
    assert code == 69
    assert found["connection"]["text"].endswith(f"by the proxy http://****@127.0.0.1:{port}")
    assert "hunter2" not in json.dumps(found)


# The queue


def test_a_queue_in_memory_is_said():
    assert doctor()[1]["queue"]["verdict"] == "note"


def test_a_directory_that_works_is_left_as_it_was(tmp_path):
    directory = tmp_path / "queue"
    directory.mkdir(mode=0o700)
    _, found = doctor(f"--queue-directory={directory}", "--queue-max-bytes=1MiB")
    assert found["queue"]["verdict"] == "ok"
    assert "keeps 4 KiB within" in found["queue"]["text"]
    assert [path.name for path in directory.iterdir()] == ["LOCK"]


def test_a_directory_that_is_not_there_is_made_later(tmp_path):
    _, found = doctor(f"--queue-directory={tmp_path}/queue")
    assert found["queue"]["text"].endswith("is not there yet; the gateway makes it")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_said(tmp_path):
    code, found = doctor(f"--queue-directory={tmp_path}/a/queue")
    assert code == 69
    assert found["queue"]["advice"].startswith(f"make {tmp_path}/a, writable for user")


def test_a_directory_that_others_may_read_is_said(tmp_path):
    directory = tmp_path / "queue"
    directory.mkdir()
    directory.chmod(0o755)
    code, found = doctor(f"--queue-directory={directory}")
    assert code == 69
    assert "chmod 700" in found["queue"]["text"]


def test_a_quota_that_the_disk_has_no_room_for_is_said(tmp_path):
    directory = tmp_path / "queue"
    directory.mkdir(mode=0o700)
    _, found = doctor(f"--queue-directory={directory}", "--queue-max-bytes=1TiB")
    assert found["room"]["verdict"] == "warning"


def test_no_room_beyond_what_is_left_to_others_is_a_failure(tmp_path):
    directory = tmp_path / "queue"
    directory.mkdir(mode=0o700)
    code, found = doctor(f"--queue-directory={directory}", "--queue-min-free=1TiB")
    assert (code, found["room"]["verdict"]) == (69, "failed")


def test_what_waits_and_what_was_given_up_is_counted_beside_the_gateway(tmp_path):
    refused = export_of(1)
    script = lambda publish: Answer(400, body=b"bad") if set(publish.ids) & set(refused.ids) else Answer()  # noqa: E731
    with Upstream(script) as upstream, Gateway(upstream, f"--queue-directory={tmp_path}/queue") as gateway:
        gateway.accept(export_of(1))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count == 1)
        gateway.accept(refused)
        gateway.wait_for_metric("exporter_dead_letter_spans_total", lambda count: count == 1)
        # What has ended is written down once a second.
        wait_until(
            lambda: doctor(f"--queue-directory={tmp_path}/queue")[1]["lane default"]["text"] == "0 spans wait, 1 dead letters",
            "nothing to wait", every=0.1,
        )  # fmt: skip
        _, found = doctor(f"--queue-directory={tmp_path}/queue")
        assert found["queue"]["text"] == f"{tmp_path}/queue is in use by pid {gateway.process.pid}"
    assert found["lane default"]["verdict"] == "note"
    assert "queue inspect" in found["lane default"]["advice"]


# Ports, and a gateway that runs


def listen_flags(gateway):
    return [
        f"--http-listen={':'.join(map(str, gateway.address))}",
        f"--grpc-listen={':'.join(map(str, gateway.grpc_address))}",
        f"--admin-listen={':'.join(map(str, gateway.admin))}",
    ]


def test_a_port_of_another_program_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code, found = doctor(f"--http-listen=127.0.0.1:{port}")
    assert code == 69
    assert found["http_listen"]["text"] == f"127.0.0.1:{port} is in use by another program"
    assert f"sport = :{port}" in found["http_listen"]["advice"]
    assert "running gateway" not in found


def test_an_address_that_the_machine_does_not_have_is_said():
    code, found = doctor("--http-listen=192.0.2.1:4318")
    assert (code, found["http_listen"]["verdict"]) == (69, "failed")


def test_a_gateway_that_nothing_has_come_to_is_said():
    with Gateway() as gateway:
        code, found = doctor(*listen_flags(gateway))
    assert code == 0
    for listener in ("http_listen", "grpc_listen", "admin_listen"):
        assert found[listener]["text"].endswith("is in use, and a gateway runs")
    assert found["running gateway"]["verdict"] == "note"
    assert "none has come" in found["running gateway"]["text"]
    assert "send --sample" in found["running gateway"]["advice"]


def test_a_gateway_that_works_tells_its_books():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(3))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count == 3)
        code, found = doctor(*listen_flags(gateway))
    assert code == 0
    assert found["running gateway"]["verdict"] == "ok"
    assert found["spans"]["text"] == "3 received, 3 accepted, 3 sent, 0 held, 0 dropped"
    assert "lane" not in found
    assert "senders" not in found


def test_a_gateway_that_cannot_send_and_senders_that_were_refused_are_said():
    with Upstream(then=Answer(401)) as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(2))
        gateway.post(b"{}", content_type="text/plain")
        gateway.wait_for_posture("cooling_down_unauthorized")
        code, found = doctor(*listen_flags(gateway))
    assert code == 0
    assert found["lane"]["text"] == "does not send: cooling_down_unauthorized"
    assert found["spans"]["text"] == "2 received, 2 accepted, 0 sent, 2 held, 0 dropped"
    assert found["senders"]["text"] == "requests were answered 1 with 415"


def test_dropped_spans_are_told_with_their_reason():
    refused = export_of(1)
    script = lambda publish: Answer(400) if set(publish.ids) & set(refused.ids) else Answer()  # noqa: E731
    with Upstream(script) as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(1))
        gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count == 1)
        gateway.accept(refused)
        gateway.wait_for_metric("exporter_dropped_spans_total", lambda count: count == 1, reason="rejected")
        _, found = doctor(*listen_flags(gateway))
    assert found["spans"]["text"] == "2 received, 2 accepted, 1 sent, 0 held, 1 dropped: rejected 1"


# TLS of the listener


def test_a_certificate_that_soon_expires_is_said(certificates):
    _, found = doctor(
        f"--listen-tls-cert-file={certificates.pem('server')}", f"--listen-tls-key-file={certificates.key('server')}"
    )
    assert found["certificate"]["verdict"] == "warning"
    assert found["certificate"]["text"].endswith("expires in 1 days")


def test_text_is_for_people():
    done = run("doctor", *FREE)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == (
        "ok        configuration         4 settings are set; mastra-gateway check prints them"
    )
    assert "\n" + " " * 32 + "set MASTRA_CLOUD_ACCESS_TOKEN" in done.stdout


def test_a_configuration_that_cannot_be_used_is_said_first():
    done = run("doctor", "--max-batch-size=0")
    assert done.returncode == 78
    assert done.stdout == ""
