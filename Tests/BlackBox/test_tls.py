"""TLS on the listener for spans, with clients that are not ours: Python's ssl, curl, h2load, openssl."""

import re
import signal
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from support.certificates import Certificates, openssl
from support.gateway import Gateway
from support.http1 import request
from support.otlp import export_of, is_full_success, refusal
from support.program import environment, run
from support.upstream import Upstream
from support.waiting import DEADLINE, wait_until

BOTH = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("tls"))
    made.certificate("collector", "subjectAltName=DNS:collector.example\nextendedKeyUsage=clientAuth")
    made.certificate("agent", "subjectAltName=URI:spiffe://example/agent")
    made.certificate("other", "subjectAltName=DNS:other.example")
    made.certificate("stranger", "subjectAltName=DNS:collector.example", by="other-ca")
    made.lock_key("server", "locked")
    return made


@pytest.fixture(scope="module")
def secure(upstream, certificates):
    """A gateway with TLS, for tests that leave it as it was."""
    with Gateway(upstream, *certificates.flags()) as gateway:
        gateway.secrets += certificates.secrets("server")
        yield gateway


@pytest.fixture(scope="module")
def closed(upstream, certificates):
    """A gateway that serves collector.example and spiffe://example/agent alone."""
    names = "collector.example,spiffe://example/agent"
    with Gateway(upstream, *certificates.flags(client_ca="ca", names=names)) as gateway:
        yield gateway


@contextmanager
def counts(gateway, reason, by=1):
    """The block brings about so many failures for that reason, and no other."""

    def now():
        name = "receiver_tls_handshake_failures_total"
        return {key: value for key, value in gateway.metrics().items() if key.startswith(name)}

    wanted = now()
    wanted[f'receiver_tls_handshake_failures_total{{reason="{reason}"}}'] += by
    yield
    wait_until(lambda: now() == wanted, f"{reason} to be counted, and nothing else")


def url(gateway):
    return f"https://localhost:{gateway.address[1]}/v1/traces"


def s_client(gateway, *options):
    """What openssl tells of a handshake."""
    host, port = gateway.address
    return openssl(
        "s_client", "-connect", f"{host}:{port}", "-cipher", "DEFAULT:@SECLEVEL=0", *options, succeeds=False
    )


# Requests


@BOTH
def test_requests_on_one_connection_are_taken_and_delivered(secure, upstream, certificates, version):
    exports = [export_of(3, "x" * size) for size in (1, 5_000, 100_000)]
    with secure.client(tls=certificates.client(version=version)) as client:
        assert client.socket.version() == f"TLSv{version}"
        for export in exports * 2:
            assert is_full_success(client.post(export.body))
    for export in exports:
        for id in export.ids:
            upstream.record_of(id)


@pytest.mark.requirement("H2")
@pytest.mark.parametrize(("option", "spoken"), [("--http1.1", "1.1"), ("--http2", "2")])
def test_curl_speaks_the_protocol_that_alpn_chose(secure, certificates, tmp_path, option, spoken):
    body = tmp_path / "body"
    body.write_bytes(export_of(2).body)
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", certificates.pem("ca"), option,
         "--header", "content-type: application/x-protobuf", "--data-binary", f"@{body}",
         "--write-out", "%{http_code} %{http_version}", url(secure)],
        capture_output=True, env=environment(), check=False,
    )  # fmt: skip
    assert (done.stdout.decode(), done.stderr) == (f"200 {spoken}", b"")


def test_thousands_of_requests_over_http_2_lose_and_double_nothing(certificates, tmp_path):
    sent, file = export_of(3), tmp_path / "body"
    file.write_bytes(sent.body)
    with Upstream() as upstream, Gateway(upstream, *certificates.flags()) as gateway:
        host, port = gateway.address
        done = subprocess.run(
            ["h2load", "-n", "3000", "-c", "4", "-m", "10", "-d", file, "-H", "content-type: application/x-protobuf",
             f"https://{host}:{port}/v1/traces"],
            capture_output=True, timeout=120, env=environment(), check=True,
        )  # fmt: skip
        assert b"3000 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
        assert b"Application protocol: h2" in done.stdout
        upstream.delivered({id: 3000 for id in sent.ids})
        assert gateway.metric("receiver_requests_total", protocol="http2") == 3000


@pytest.mark.parametrize("chosen", ["h2", "http/1.1"])
def test_the_first_bytes_count_whatever_alpn_chose(secure, certificates, chosen):
    with secure.client(tls=certificates.client(alpn=[chosen])) as client:
        assert client.socket.selected_alpn_protocol() == chosen
        assert is_full_success(client.post(export_of(1).body))


def test_an_sdk_with_a_client_certificate_delivers(closed, upstream, certificates, monkeypatch):
    # Set on some machines, and stronger in requests than what the exporter is told.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    exporter = OTLPSpanExporter(
        endpoint=url(closed), certificate_file=str(certificates.pem("ca")),
        client_certificate_file=str(certificates.pem("collector")), client_key_file=str(certificates.key("collector")),
    )  # fmt: skip
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("tls").start_as_current_span("over mTLS") as span:
        id = f"{span.get_span_context().span_id:016x}"
    provider.shutdown()
    assert upstream.record_of(id)["name"] == "over mTLS"


# Versions


def test_tls_1_1_is_refused_with_an_alert_and_newer_versions_are_taken(secure):
    with counts(secure, "protocol"):
        assert "alert protocol version" in s_client(secure, "-tls1_1")
    for version, cipher in (("1_2", "ECDHE-ECDSA"), ("1_3", "TLS_AES")):
        assert f"TLSv1.{version[-1]}, Cipher is {cipher}" in s_client(secure, f"-tls{version}")


def test_tls_1_2_can_be_refused_too(upstream, certificates):
    with Gateway(upstream, *certificates.flags(), "--listen-tls-min-version=1.3") as gateway:
        with counts(gateway, "protocol"):
            assert "alert protocol version" in s_client(gateway, "-tls1_2")
        assert "TLSv1.3, Cipher is TLS_AES" in s_client(gateway, "-tls1_3")


@pytest.mark.parametrize("cipher", ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AECDH-NULL-SHA"])
def test_weak_ciphers_are_refused(secure, cipher):
    host, port = secure.address
    with counts(secure, "protocol"):
        told = openssl("s_client", "-connect", f"{host}:{port}", "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0",
                       succeeds=False)  # fmt: skip
        assert "alert handshake failure" in told


def test_renegotiation_ends_the_connection(secure):
    host, port = secure.address
    command = ["openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_2"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment()
    ) as client:
        client.stdin.write(b"R\n")
        client.stdin.flush()
        # Its input stays open, so that it ends with the connection alone.
        told = client.stdout.read()
        client.stdin.close()
    assert b"RENEGOTIATING" in told and b"error:" in told.split(b"RENEGOTIATING")[1]


# Clients' certificates


@BOTH
@pytest.mark.parametrize("name", ["collector", "agent"])
def test_a_client_in_the_list_is_served(closed, certificates, name, version):
    with closed.client(tls=certificates.client(showing=name, version=version)) as client:
        assert is_full_success(client.post(export_of(1).body))


def turned_away(gateway, context):
    """The error that a client with that context meets: in TLS 1.3 at its first read. Nothing is taken."""
    accepted = gateway.metric("receiver_accepted_spans_total")
    with pytest.raises(ssl.SSLError) as error, gateway.client(tls=context) as client:
        client.send(request(body=export_of(1).body))
        client.rest()
    assert gateway.metric("receiver_accepted_spans_total") == accepted
    return str(error.value)


@BOTH
def test_a_client_without_a_certificate_is_told_so_by_an_alert(closed, certificates, version):
    told = {"1.2": "SSLV3_ALERT_HANDSHAKE_FAILURE", "1.3": "TLSV13_ALERT_CERTIFICATE_REQUIRED"}[version]
    with counts(closed, "client_certificate"):
        assert told in turned_away(closed, certificates.client(version=version))


@BOTH
def test_a_client_of_another_authority_is_told_so_by_an_alert(closed, certificates, version):
    with counts(closed, "client_certificate"):
        assert "ALERT_UNKNOWN_CA" in turned_away(closed, certificates.client(showing="stranger", version=version))


@BOTH
def test_a_client_that_is_not_in_the_list_is_turned_away(closed, certificates, version):
    accepted = closed.metric("receiver_accepted_spans_total")
    with counts(closed, "client_name"):
        with closed.client(tls=certificates.client(showing="other", version=version)) as client:
            client.send(request(body=export_of(1).body))
            assert client.rest() == b"", "an end with the goodbye of TLS"
    assert closed.metric("receiver_accepted_spans_total") == accepted


@BOTH
def test_a_client_resumes_its_session(closed, certificates, version):
    context = certificates.client(showing="collector", version=version)
    with closed.client(tls=context) as client:
        assert is_full_success(client.post())
        session = client.socket.session
    with closed.client(tls=context, session=session) as client:
        assert is_full_success(client.post(export_of(1).body))
        assert client.socket.session_reused


@BOTH
def test_a_resumed_session_does_not_stand_for_a_name_in_the_list(closed, certificates, version):
    context, session = certificates.client(showing="other", version=version), None
    for _ in range(2):
        with counts(closed, "client_name"), closed.client(tls=context, session=session) as client:
            client.send(request(body=export_of(1).body))
            assert client.rest() == b""
            assert client.socket.session_reused == (session is not None)
            session = client.socket.session


def test_a_client_that_does_not_trust_the_certificate_is_counted(secure, certificates):
    for version in ("1.2", "1.3"):
        with counts(secure, "client_alert"), pytest.raises(ssl.SSLCertVerificationError):
            secure.client(tls=certificates.client(trusting="other-ca", version=version))


# Reloading


@pytest.fixture
def reloading(upstream, certificates):
    """A gateway whose certificate, called `current`, may be exchanged."""
    certificates.install("current", "server")
    certificates.certificate("renewed", "subjectAltName=IP:127.0.0.1,DNS:localhost", days=30)
    with Gateway(upstream, *certificates.flags("current"), "--listen-tls-reload-interval=100ms") as gateway:
        gateway.secrets += certificates.secrets("server", "renewed")
        yield gateway


def served(gateway, certificates):
    """The certificate that a new connection is shown."""
    with gateway.client(tls=certificates.client()) as client:
        return client.socket.getpeercert(binary_form=True)


def reloads(gateway, outcome):
    return gateway.metric("receiver_tls_reloads_total", outcome=outcome)


def test_the_expiry_is_a_gauge(secure, certificates):
    gauge = secure.metric("receiver_tls_certificate_expiry_timestamp_seconds")
    assert gauge == certificates.expiry("server")


def test_a_signal_has_the_files_looked_at_where_no_interval_does(upstream, certificates):
    certificates.install("signalled", "server")
    certificates.certificate("next", "subjectAltName=IP:127.0.0.1,DNS:localhost", days=30)
    with Gateway(upstream, *certificates.flags("signalled"), "--listen-tls-reload-interval=0") as gateway:
        certificates.install("signalled", "next")
        gateway.signal(signal.SIGHUP)
        gateway.wait_for_log("The TLS certificate was loaded anew")
        assert served(gateway, certificates) == certificates.der("next")


def test_a_changed_certificate_is_served_to_new_connections_while_old_ones_go_on(reloading, certificates):
    assert served(reloading, certificates) == certificates.der("server")
    with reloading.client(tls=certificates.client()) as old:
        assert is_full_success(old.post(export_of(1).body))
        certificates.install("current", "renewed")
        wait_until(lambda: served(reloading, certificates) == certificates.der("renewed"), "the new certificate")
        assert is_full_success(old.post(export_of(1).body))
    gauge = reloading.metric("receiver_tls_certificate_expiry_timestamp_seconds")
    assert gauge == certificates.expiry("renewed")
    # Both files are exchanged one after the other, and a look may fall between them.
    assert reloads(reloading, "done") == 1 and reloads(reloading, "failed") <= 1
    assert reloading.log("The TLS certificate was loaded anew")


def test_a_change_that_cannot_be_used_leaves_the_certificate_and_is_counted_once(reloading, certificates):
    certificates.pem("current").write_text("no certificate\n")
    wait_until(lambda: reloads(reloading, "failed") == 1, "a failed reload")
    assert served(reloading, certificates) == certificates.der("server")
    [line] = reloading.log("The changed TLS files cannot be used; new connections get the preceding ones")
    assert (line["level"], line["reason"]) == (
        "warn", f"{certificates.pem('current')} holds no certificate in PEM, or a broken one"
    )  # fmt: skip
    certificates.install("current", "renewed")
    wait_until(lambda: served(reloading, certificates) == certificates.der("renewed"), "the new certificate")
    assert reloads(reloading, "done") == 1


# What does not come to TLS


def test_http_in_clear_text_is_told_to_use_https(secure):
    with counts(secure, "not_tls"), secure.client() as client:
        answer = client.post(export_of(1).body)
        assert (answer.status, answer["connection"]) == (400, "close")
        assert refusal(answer).message == "this listener speaks TLS: use https"
        assert client.is_closed()


def test_http_2_in_clear_text_is_ended(secure):
    with counts(secure, "not_tls"), secure.client() as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert b"use https" in client.rest()


def test_other_bytes_are_closed_without_a_word(secure):
    with counts(secure, "not_tls"), secure.client() as client:
        client.send(bytes(100_000))
        client.end_sending()
        assert client.is_closed()


def test_a_tls_client_at_a_listener_in_clear_text_is_told_at_once(gateway, certificates):
    before = gateway.metric("receiver_problems_total", kind="tls_hello")
    with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
        gateway.client(tls=certificates.client())
    assert gateway.metric("receiver_problems_total", kind="tls_hello") == before + 1
    wait_until(lambda: gateway.metric("receiver_connections", listener="http") == 0, "no connection left")


@pytest.mark.parametrize("sent", [b"", b"\x16", b"\x16\x03\x01\x01\x00\x01"], ids=["nothing", "a byte", "a beginning"])
def test_a_handshake_that_does_not_come_is_ended(upstream, certificates, sent):
    with Gateway(upstream, *certificates.flags(), "--header-timeout=300ms") as gateway, counts(gateway, "timeout"):
        with gateway.client() as client:
            client.send(sent)
            assert client.is_closed()


def test_a_probe_that_only_connects_is_no_failure(secure):
    def accepted():
        return secure.metric("receiver_connections_accepted_total", listener="http")

    before = accepted()
    with counts(secure, "closed", by=0):
        for _ in range(3):
            secure.client().socket.close()
        wait_until(lambda: accepted() == before + 3, "three connections")


def test_two_hundred_dawdling_handshakes_slow_down_nobody(secure, certificates):
    dawdlers = [secure.client() for _ in range(200)]
    try:
        for client in dawdlers:
            client.send(b"\x16\x03\x01\x02\x00\x01")
        with secure.client(tls=certificates.client()) as client:
            assert all(is_full_success(client.post(export_of(1).body)) for _ in range(50))
    finally:
        for client in dawdlers:
            client.socket.close()


# Ends


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_413_reaches_a_client_that_is_still_writing(upstream, certificates, framing):
    size = 8 * 1024 * 1024
    with Gateway(upstream, *certificates.flags(), "--max-body-bytes=64KiB") as gateway:
        with gateway.client(tls=certificates.client()) as client:
            if framing == "length":
                client.send(request(content_length=size))
            else:
                client.send(request(content_length=None, transfer_encoding="chunked") + f"{size:x}\r\n".encode())
            for _ in range(size // 65536):
                client.send(bytes(65536))
            answer = client.receive()
            assert (answer.status, answer["connection"]) == (413, "close")
            assert client.rest() == b"", "what follows is the goodbye of TLS"


def test_an_answer_that_ends_the_connection_is_followed_by_the_goodbye_of_tls(secure, certificates):
    with secure.client(tls=certificates.client()) as client:
        client.send(request(connection="close"))
        assert client.receive()["connection"] == "close"
        assert client.rest() == b""


def test_an_idle_connection_is_ended_with_the_goodbye_of_tls(upstream, certificates):
    with Gateway(upstream, *certificates.flags(), "--idle-timeout=300ms") as gateway:
        with gateway.client(tls=certificates.client()) as never_used, gateway.client(tls=certificates.client()) as used:
            assert is_full_success(used.post())
            assert never_used.rest() == b"" and used.rest() == b""


def test_a_body_that_does_not_come_is_408(upstream, certificates):
    with Gateway(upstream, *certificates.flags(), "--body-timeout=300ms") as gateway:
        with gateway.client(tls=certificates.client()) as client:
            client.send(request(content_length=1000))
            assert client.receive().status == 408
            assert client.rest() == b""


def test_a_client_that_ends_without_a_goodbye_gets_its_answer(secure, certificates):
    """As some do: the socket's end stands for that of TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificates.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(secure.address, timeout=DEADLINE) as peer:

        def complete(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    if outgoing.pending:
                        peer.sendall(outgoing.read())
                    incoming.write(peer.recv(65536))

        complete(tls.do_handshake)
        tls.write(request(body=export_of(1).body))
        peer.sendall(outgoing.read())
        peer.shutdown(socket.SHUT_WR)
        assert complete(lambda: tls.read(65536)).startswith(b"HTTP/1.1 200 ")


def test_a_stop_answers_what_has_begun_and_says_goodbye(upstream, certificates):
    context = certificates.client()
    with Gateway(upstream, *certificates.flags()) as gateway:
        idle, busy, waiting = gateway.client(tls=context), gateway.client(tls=context), gateway.client()
        sent = export_of(1)
        data = request(body=sent.body)
        busy.send(data[:-1])
        assert is_full_success(idle.post())
        stopped = threading.Thread(target=gateway.stop)
        stopped.start()
        assert idle.rest() == b"" and waiting.is_closed()
        busy.send(data[-1:])
        assert busy.receive().status == 200
        assert busy.rest() == b""
        for client in (idle, busy, waiting):
            client.socket.close()
        stopped.join()
        assert gateway.process.returncode == 0
        upstream.record_of(sent.ids[0])


# The start


def test_the_start_line_says_https(secure):
    assert secure.start_line["http.listen"].startswith("https://127.0.0.1:")


def test_without_tls_there_is_no_expiry(gateway):
    assert not [name for name in gateway.metrics() if name.startswith("receiver_tls_")]


@pytest.mark.parametrize("client_ca", [None, "ca"])
def test_an_open_listener_is_warned_of_where_nobody_shows_a_certificate(certificates, client_ca):
    with Gateway(None, "--http-listen=0.0.0.0:0", *certificates.flags(client_ca=client_ca)) as gateway:
        gateway.stop()
        said = gateway.log("Anybody who reaches the listener may send spans: there is no authentication")
        assert len(said) == (0 if client_ca else 1)


def test_handshakes_that_fail_do_not_fill_the_log(certificates):
    with Gateway(None, *certificates.flags(client_ca="ca", names="collector.example")) as gateway:
        before = len(gateway.errors)
        turned_away(gateway, certificates.client())
        with gateway.client(tls=certificates.client(showing="other")) as client:
            assert client.rest() == b""
        with gateway.client() as client:
            client.send(b"GET / HTTP/1.1\r\n\r\n")
            client.rest()
        assert len(gateway.errors) == before


def start_error(*flags):
    done = run("run", "--http-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0", *flags)
    assert (done.returncode, done.stdout) == (78, ""), done
    heading, *lines = done.stderr.splitlines()
    assert heading == "The configuration cannot be used:"
    return [line.strip() for line in lines]


def test_a_start_with_files_that_cannot_be_used_names_file_and_setting(certificates):
    pem, key = certificates.pem("server"), certificates.key("server")
    cases = [
        ("cert_file", "/no/such.pem", "cannot be read: No such file or directory"),
        ("cert_file", key, "holds no certificate in PEM, or a broken one"),
        ("key_file", pem, "holds no private key in PEM, or a broken one"),
        ("key_file", certificates.key("other"), f"is not the key of the certificate in {pem}"),
        ("key_file", certificates.key("locked"),
         "is locked with a passphrase; only keys without one can be used"),
        ("client_ca_file", certificates.directory, "is not a file"),
    ]  # fmt: skip
    for setting, path, reason in cases:
        flag = f"--listen-tls-{setting.replace('_', '-')}"
        flags = [each for each in certificates.flags() if not each.startswith(flag + "=")]
        assert start_error(*flags, f"{flag}={path}") == [
            f"listen_tls_{setting} (flag {flag}): names {path}, which {reason}"
        ]


def test_a_start_with_one_half_says_so(certificates):
    assert start_error(certificates.flags()[0]) == [
        "listen_tls_cert_file (flag --listen-tls-cert-file): "
        "listen_tls_cert_file and listen_tls_key_file go together; one of them is missing"
    ]
