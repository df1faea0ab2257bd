"""Many teams on one gateway: a credential decides the route, and nothing that one team does reaches another."""

import base64
import re
import threading

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPExporter
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from support.certificates import Certificates
from support.grpc_calls import Calls
from support.http1 import Client
from support.otlp import export, export_of, is_full_success, refusal, span
from support.program import run
from support.routes import RoutedGateway, Team, check_isolation, digest, part
from support.upstream import HANG, OK, Answer, Upstream
from support.waiting import wait_until

A, B = Team("checkout"), Team("search")
BASIC = Team("support", settings={"credentials": f"basic:sha256:{digest('frieda:correct horse battery')}"})


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A gateway with three teams, for tests that leave it as it was."""
    with Upstream() as upstream, RoutedGateway(tmp_path_factory.mktemp("routes"), upstream, [A, B, BASIC]) as gateway:
        gateway.secrets.append("correct horse battery")
        yield gateway


# A credential decides the route

WAYS = {
    "bearer": lambda team: {"authorization": f"Bearer {team.key}"},
    "bearer in another case": lambda team: {"authorization": f"bEaReR {team.key}"},
    "API key": lambda team: {"x_api_key": team.key},
    "both, of one team": lambda team: {"authorization": f"Bearer {team.key}", "x_api_key": team.key},
}


@pytest.mark.parametrize("way", WAYS)
def test_a_key_leads_to_its_route(shared, way):
    ids = {}
    for team in (A, B):
        sent = export_of(3)
        assert is_full_success(shared.post(sent, **WAYS[way](team)))
        ids[team] = sent.ids
    for id in ids[A] + ids[B]:
        shared.upstream.record_of(id)
    check_isolation(part(shared.upstream, ids[A] + ids[B]), ids)


def test_a_user_with_a_password_leads_to_a_route(shared):
    pair = base64.b64encode(b"frieda:correct horse battery").decode()
    sent = export_of(2)
    assert is_full_success(shared.post(sent, authorization=f"Basic {pair}"))
    for id in sent.ids:
        assert shared.upstream.record_of(id)["projectId"] == "project-support"


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_an_sdk_with_its_headers_leads_to_a_route(shared, protocol):
    if protocol == "http":
        host, port = shared.address
        exporter = HTTPExporter(f"http://{host}:{port}/v1/traces", headers={"authorization": A.authorization})
    else:
        host, port = shared.grpc_address
        exporter = GRPCExporter(f"{host}:{port}", insecure=True, headers={"authorization": A.authorization})
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("t").start_as_current_span("work") as work:
        pass
    provider.shutdown()
    id = format(work.get_span_context().span_id, "016x")
    assert shared.upstream.record_of(id)["projectId"] == "project-checkout"


def test_a_client_certificate_leads_to_a_route(tmp_path):
    made = Certificates(tmp_path)
    for name in ("collector", "agent", "other"):
        made.certificate(name, f"subjectAltName=DNS:{name}.example")
    teams = [
        Team("by-name", settings={"credentials": "certificate:collector.example"}),
        Team("by-star", settings={"credentials": "certificate:*.agents.example,certificate:agent.example"}),
    ]
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, teams, *made.flags(client_ca="ca")) as gateway:
        ids = {}
        for team, name in zip(teams, ("collector", "agent")):
            sent, more = export_of(2), export_of(1)
            with Client(gateway.address, tls=made.client(showing=name)) as client:
                assert is_full_success(client.post(sent.body))
                # One more on the same connection, and a header changes nothing.
                assert is_full_success(client.post(more.body, x_client_cert="collector.example"))
            ids[team] = sent.ids + more.ids
        upstream.delivered([id for each in ids.values() for id in each])
        check_isolation(upstream, ids)
        with Client(gateway.address, tls=made.client(showing="other")) as client:
            response = client.post(export_of(1).body)
            assert response.status == 403 and refusal(response).code == 7


# Nothing else does

SPOOFS = {
    "x_mastra_project": "project-search", "x_project_id": "project-search", "x_scope_orgid": "search",
    "x_tenant_id": "search", "x_forwarded_for": "10.0.0.1", "x_forwarded_user": "search", "forwarded": "for=search",
    "x_client_cert": "CN=search", "x_ssl_client_s_dn": "CN=search", "x_forwarded_client_cert": "Subject=CN=search",
    "baggage": "mastra.project_id=project-search", "tracestate": "mastra=search", "cookie": "route=search",
    "mastra_route": "search", "x_original_url": "/projects/project-search", "proxy_authorization": f"Bearer {B.key}",
}  # fmt: skip


def test_neither_headers_nor_attributes_lead_elsewhere(shared):
    """Each alone and all of them together, with a body that says the same everywhere it can."""
    names = ["mastra.project_id", "projectId", "project_id", "mastra.metadata.projectId", "tenant", "service.namespace"]
    attributes = [KeyValue(key=name, value=AnyValue(string_value="project-search")) for name in names]
    ids = []
    for headers in [*({name: value} for name, value in SPOOFS.items()), SPOOFS]:
        spoofed = span()
        spoofed.attributes.extend(attributes)
        sent = export(spoofed, service="search")
        assert is_full_success(shared.send(A, sent, **headers)), headers
        ids += sent.ids
    for id in ids:
        assert shared.upstream.record_of(id)["projectId"] == "project-checkout"
    check_isolation(part(shared.upstream, ids), {A: ids})


# Who is not let in

BAD = {
    "nothing": {}, "a wrong key": {"authorization": "Bearer mgw_" + "x" * 43},
    "a part of a key": {"authorization": f"Bearer {A.key[:-1]}"}, "a key and more": {"authorization": f"Bearer {A.key}x"},
    "a key in another case": {"authorization": f"Bearer {A.key.swapcase()}"},
    "an empty key": {"authorization": "Bearer "}, "a scheme alone": {"authorization": "Bearer"},
    "another scheme": {"authorization": f"Digest {A.key}"}, "a key without a scheme": {"authorization": A.key},
    "a long key": {"authorization": "Bearer " + "x" * 9000}, "an empty API key": {"x_api_key": ""},
    "the digest": {"authorization": f"Bearer {digest(A.key)}"}, "the token": {"authorization": f"Bearer {A.token}"},
    "broken base64": {"authorization": "Basic !!!!"}, "a key as a password": {"authorization": f"Basic {A.key}"},
    "a good key and a bad one": {"authorization": A.authorization, "x_api_key": "nonsense"},
}  # fmt: skip


def test_whoever_is_not_known_is_told_the_same_whatever_is_wrong(shared):
    answers = set()
    before = sum(_unauthorized(shared).values())
    for headers in BAD.values():
        response = shared.post(export_of(1), **headers)
        challenges = [value for name, value in response.headers if name == "www-authenticate"]
        assert challenges == ['Bearer realm="mastra-gateway"', 'Basic realm="mastra-gateway", charset="UTF-8"']
        answers.add((response.status, response.body))
    [(status, body)] = answers
    assert status == 401 and b"checkout" not in body
    assert sum(_unauthorized(shared).values()) == before + len(BAD)


def test_two_credentials_of_two_teams_are_of_nobody(shared):
    response = shared.post(export_of(1), authorization=A.authorization, x_api_key=B.key)
    assert response.status == 403 and refusal(response).code == 7


def test_grpc_is_told_the_same(shared):
    for metadata, code in [
        ([], 16), ([("authorization", "Bearer nonsense")], 16), ([("x-api-key", "nonsense")], 16),
        ([("authorization", A.authorization), ("x-api-key", B.key)], 7),
    ]:  # fmt: skip
        with Calls(shared.grpc_address) as calls:
            outcome = calls.call(export_of(1).body, metadata=metadata)
            assert outcome.code == code and outcome.is_final
    with Calls(shared.grpc_address) as calls:
        sent = export_of(1)
        assert calls.call(sent.body, metadata=[("authorization", B.authorization)]).is_full_success
    assert shared.upstream.record_of(sent.ids[0])["projectId"] == "project-search"


def test_a_refusal_does_not_end_the_connection(shared):
    with shared.client() as client:
        assert client.post(export_of(1).body).status == 401
        assert is_full_success(client.post(export_of(1).body, authorization=A.authorization))


def test_the_log_tells_of_refusals_and_not_of_what_was_shown(shared):
    shared.post(export_of(1), authorization="Bearer a-typo-in-a-key-of-somebody")
    lines = wait_until(lambda: shared.log("Requests were not let in by any route"), "a line")
    assert lines[0]["level"] == "warn"
    assert "a-typo-in-a-key" not in "".join(shared.errors)


def _unauthorized(gateway):
    found = gateway.metrics(None)
    return {key: value for key, value in found.items() if key.startswith("receiver_unauthorized_requests_total")}


def test_no_secret_is_anywhere_that_somebody_may_look(tmp_path):
    """Log, metrics, status, readiness, what the queue and its dead letters have on disk, what a core dump would have."""
    queue = tmp_path / "queue"

    def answer(publish):
        # It says again what it was sent, as proxies do.
        echo = publish.headers["authorization"].encode()
        return Answer(422, body=b"refused: " + echo) if b"poison" in publish.body else OK

    teams = [Team("one"), Team("two")]
    with Upstream(answer) as upstream, RoutedGateway(tmp_path, upstream, teams, f"--queue-directory={queue}") as gateway:
        for team in teams:
            good, bad = export_of(50), export(span("poison"))
            for sent in (good, bad):
                assert is_full_success(gateway.send(team, sent, x_api_key=team.key))
            gateway.send(team, export_of(1), x_api_key=team.key + "x")
            upstream.record_of(good.ids[0])
            wait_until(
                lambda: gateway.metric("exporter_dead_letter_spans_total", team.name) == 1, "a dead letter"
            )
        gateway.reload()
        shown = [gateway.admin_get(path).body for path in ("/", "/status.json", "/metrics", "/readyz", "/livez")]
        shown += ["".join(gateway.errors).encode(), "".join(gateway.output).encode()]
        shown += [run("check", f"--config={gateway.path}").stdout.encode(), run("queue", "inspect", queue, "--lane=one",
                  "--dead-letters").stdout.encode()]  # fmt: skip
        kept = [path for path in queue.rglob("*") if path.is_file()]
        assert any("deadletter" in str(path) for path in kept)
        shown += [path.read_bytes() for path in kept]
        for team in teams:
            for secret in (team.key, team.token, digest(team.key)):
                assert not [text for text in shown if secret.encode() in text], secret
        limits = open(f"/proc/{gateway.process.pid}/limits").read()
        assert re.search(r"Max core file size +0 +0 ", limits)


# Who is let in without

def test_beside_routes_the_open_one_takes_those_who_show_nothing(tmp_path):
    top = {"allow_unauthenticated": True, "access_token": "mst_open", "project_id": "project-open"}
    with Upstream() as upstream:
        top["endpoint"] = upstream.url
        with RoutedGateway(tmp_path, upstream, [A], top=top) as gateway:
            shown, open_ = export_of(1), export_of(1)
            assert is_full_success(gateway.send(A, shown))
            assert is_full_success(gateway.post(open_))
            assert gateway.post(export_of(1), authorization="Bearer nonsense").status == 401
            assert upstream.record_of(open_.ids[0])["projectId"] == "project-open"
            assert upstream.record_of(shown.ids[0])["projectId"] == "project-checkout"


# One team's trouble is its own

@pytest.mark.parametrize(
    "trouble", [Answer(401), Answer(402, {"retry-after": "3600"}), Answer(503), Answer(413), Answer(400), HANG], ids=str
)
def test_what_the_upstream_says_to_one_team_is_for_that_team(tmp_path, trouble):
    def answer(publish):
        return trouble if publish.headers["authorization"].endswith(A.token) and publish.records else OK

    with Upstream(answer) as upstream, RoutedGateway(tmp_path, upstream, [A, B], "--shutdown-timeout=0") as gateway:
        for _ in range(20):
            assert is_full_success(gateway.send(A, export_of(50)))
        wait_until(lambda: any(p.headers["authorization"].endswith(A.token) for p in upstream.publishes), "an attempt of A")
        ids = []
        for _ in range(20):
            sent = export_of(50)
            assert is_full_success(gateway.send(B, sent))
            ids += sent.ids
        upstream.delivered(ids)
        assert gateway.metric("exporter_sent_spans_total", "search") == 1000
        assert gateway.metric("exporter_posture", "search", posture="open") == 1
        assert gateway.metric("exporter_sent_spans_total", "checkout") == 0


def test_a_full_queue_of_one_team_leaves_that_of_another(tmp_path):
    def answer(publish):
        return HANG if publish.headers["authorization"].endswith(A.token) else OK

    flags = ["--queue-max-bytes=1MiB", "--shutdown-timeout=0"]
    with Upstream(answer) as upstream, RoutedGateway(tmp_path, upstream, [A, B], *flags) as gateway:
        while (response := gateway.send(A, export_of(20, "x" * 4000))).status == 200:
            pass
        assert response.status == 503 and int(response["retry-after"]) >= 1
        assert gateway.metric("exporter_queue_size_bytes", "checkout") <= 512 * 1024
        sent = export_of(20, "x" * 4000)
        assert is_full_success(gateway.send(B, sent))
        upstream.delivered(sent.ids)
        # One route that takes spans is enough.
        assert gateway.admin_get("/readyz").status == 200


# Limits

def test_a_team_over_its_rate_is_told_when_to_come_again(tmp_path):
    limited = Team("limited", settings={"spans_per_second": 10})
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [limited, B]) as gateway:
        # One request may go beyond, and is paid for by those after it.
        first = export_of(1000)
        assert is_full_success(gateway.send(limited, first))
        response = gateway.send(limited, export_of(1))
        assert response.status == 429
        assert 95 <= int(response["retry-after"]) <= 100
        assert refusal(response).code == 8 and "spans_per_second" in refusal(response).message
        with Calls(gateway.grpc_address) as calls:
            outcome = calls.call(export_of(1).body, metadata=[("authorization", limited.authorization)])
            assert outcome.code == 8 and 90 <= outcome.refusal.retry_seconds <= 100
        assert gateway.metric("receiver_limited_requests_total", "limited", limit="spans") == 2
        sent = export_of(2000)
        assert is_full_success(gateway.send(B, sent))
        upstream.delivered(first.ids + sent.ids)


def test_a_team_over_its_bytes_is_told_the_same(tmp_path):
    limited = Team("limited", settings={"bytes_per_second": "1KiB"})
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [limited]) as gateway:
        assert is_full_success(gateway.send(limited, export_of(1, "x" * 10_000)))
        response = gateway.send(limited, export_of(1))
        assert response.status == 429 and "bytes_per_second" in refusal(response).message
        assert gateway.metric("receiver_limited_requests_total", "limited", limit="bytes") == 1


# Selection

def test_each_team_keeps_what_it_wants(tmp_path):
    picky = Team("picky", settings={"drop_spans": ["name=GET /health*", "service=noise"], "ai_only": False})
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [picky, B]) as gateway:
        health, work = span("GET /healthz"), span("work")
        for team, kept in [(picky, [work]), (B, [health, work])]:
            sent = export(health, work)
            assert is_full_success(gateway.send(team, sent))
            assert is_full_success(gateway.send(team, export(span("x"), service="noise")))
        wait_until(lambda: gateway.metric("exporter_queue_size_spans", "picky") == 0, "all of it")
        assert gateway.metric("exporter_dropped_spans_total", "picky", reason="filtered") == 2
        assert gateway.metric("exporter_sent_spans_total", "picky") == 1
        wait_until(lambda: gateway.metric("exporter_sent_spans_total", "search") == 3, "all of it")


# Commands

def test_a_new_credential_lets_its_holder_in(tmp_path):
    made = run("credential", "new").stdout
    key = re.search(r"mgw_[\w-]{43}", made)[0]
    line = re.search(r"sha256:[0-9a-f]{64}", made)[0]
    assert run("credential", "hash", stdin=key.encode() + b"\n").stdout.strip().endswith(line)
    team = Team("new", key=key, settings={"credentials": line})
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [team]) as gateway:
        sent = export_of(1)
        assert is_full_success(gateway.send(team, sent))
        upstream.delivered(sent.ids)


def test_map_maps_as_a_route_does(tmp_path):
    team = Team("mapped", settings={"project_id": "its-own"})
    with Upstream() as upstream:
        gateway = RoutedGateway(tmp_path, upstream, [team])
        path = tmp_path / "request.pb"
        path.write_bytes(export_of(1).body)
        assert '"projectId":"its-own"' in run("map", f"--config={gateway.path}", "--route=mapped", path).stdout
        assert "projectId" not in run("map", f"--config={gateway.path}", path).stdout
        done = run("map", f"--config={gateway.path}", "--route=none", path)
        assert done.returncode == 78 and "there are: mapped" in done.stderr


def test_many_routes_at_full_load_stay_within_the_memory_limit(tmp_path):
    """64 teams, each with a full queue and an upstream that hangs; then all is delivered."""
    gate = threading.Event()
    teams = [Team(f"team-{number}") for number in range(64)]
    flags = [
        "--max-batch-bytes=256KiB", "--queue-max-bytes=32MiB", "--memory-limit=32MiB", "--max-body-bytes=512KiB",
        "--max-connections=64", "--process-memory-limit=192MiB", "--upload-timeout=10m",
    ]  # fmt: skip
    with Upstream(then=Answer(when=gate)) as upstream, RoutedGateway(tmp_path, upstream, teams, *flags) as gateway:
        accepted = {team.name: [] for team in teams}
        full = set()

        def fill(part):
            for team in part:
                with gateway.client() as client:
                    while True:
                        sent = export_of(20, "x" * 2000)
                        response = client.post(sent.body, authorization=team.authorization)
                        if response.status != 200:
                            assert response.status == 503
                            full.add(team.name)
                            break
                        accepted[team.name] += sent.ids

        threads = [threading.Thread(target=fill, args=[teams[start::8]]) for start in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(full) == 64
        held = sum(gateway.metric("exporter_queue_size_bytes", team.name) for team in teams[::8])
        assert held > 8 * 400 * 1024, "the queues are not full"
        gate.set()
        ids = [id for each in accepted.values() for id in each]
        upstream.delivered(ids, seconds=60)
        check_isolation(upstream, {team: accepted[team.name] for team in teams})
        assert gateway.metric("process_peak_resident_bytes") <= 192 << 20
