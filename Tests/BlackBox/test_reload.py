"""The configuration changes while spans come: nothing is lost, nothing comes twice, and a mistake changes nothing."""

import random
import signal
import threading
from collections import Counter

import pytest
from support.http1 import request
from support.otlp import export_of, is_full_success
from support.program import run
from support.routes import RoutedGateway, Team, check_isolation
from support.upstream import OK, Answer, Upstream
from support.waiting import wait_until


# What changes, and when

def test_a_new_route_and_a_new_key_count_from_the_reload_on(tmp_path):
    old, new = Team("old"), Team("new")
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [old]) as gateway:
        assert gateway.send(new, export_of(1)).status == 401
        gateway.have([old, new])
        first = export_of(1)
        assert is_full_success(gateway.send(new, first))
        rotated = Team("old", token=old.token)
        gateway.have([rotated, new])
        assert gateway.send(old, export_of(1)).status == 401
        second = export_of(1)
        assert is_full_success(gateway.send(rotated, second))
        upstream.delivered(first.ids + second.ids)
        check_isolation(upstream, {rotated: second.ids, new: first.ids})


@pytest.mark.parametrize("asks", [True, False])
def test_a_token_that_was_mended_is_used_at_once(tmp_path, asks):
    """By its file alone, or by SIGHUP where nobody looks at files."""
    token = tmp_path / "token"
    token.write_text("mst_old\n")
    team = Team("team", settings={"access_token": None, "access_token_file": str(token)})

    def answer(publish):
        return OK if publish.headers["authorization"] == "Bearer mst_new" else Answer(401)

    top = {"reload_interval": "0" if asks else "1s"}
    with Upstream(answer) as upstream, RoutedGateway(tmp_path, upstream, [team], top=top) as gateway:
        gateway.secrets += ["mst_old", "mst_new"]
        sent = export_of(10)
        assert is_full_success(gateway.send(team, sent))
        wait_until(lambda: gateway.route("team")["state"] == "cooling_down_unauthorized", "a cool-down")
        assert "not accepted" in gateway.route("team")["last_error"]["text"]
        new = tmp_path / "token.new"
        new.write_text("mst_new\n")
        new.rename(token)
        if asks:
            gateway.reload()
        upstream.delivered(sent.ids)
        assert gateway.route("team")["last_delivered"]


def test_a_token_file_that_is_gone_for_a_while_changes_nothing(tmp_path):
    token = tmp_path / "token"
    token.write_text("mst_kept")
    team = Team("team", settings={"access_token": None, "access_token_file": str(token)})
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [team], top={"reload_interval": "1s"}) as gateway:
        gateway.secrets.append("mst_kept")
        token.rename(tmp_path / "away")
        wait_until(lambda: gateway.log("The configuration cannot be used; the one before goes on"), "a line")
        sent = export_of(1)
        assert is_full_success(gateway.send(team, sent))
        upstream.delivered(sent.ids)
        (tmp_path / "away").rename(token)
        wait_until(lambda: gateway.gateway_metric("config_reloads_total", "applied") == 1, "a reload")
        assert len(gateway.log("The configuration cannot be used; the one before goes on")) == 1


def test_everything_but_listeners_follows(tmp_path):
    team = Team("team")
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [team]) as gateway:
        assert is_full_success(gateway.send(team, export_of(1, "x" * 5000)))
        # A flag wins over the file, which is why none of these is one of the harness.
        gateway.top |= {
            "max_body_bytes": "4KiB", "traces_path": "/elsewhere", "cors_allowed_origins": "https://a.example",
            "memory_limit": "8MiB", "log_level": "error", "queue_max_bytes": "4MiB", "max_connections": 7,
        }  # fmt: skip
        gateway.write()
        gateway.reload()
        assert gateway.send(team, export_of(1)).status == 404
        with gateway.client() as client:
            client.send(request("POST", "/elsewhere", export_of(1, "x" * 5000).body, authorization=team.authorization))
            assert client.receive().status == 413
        with gateway.client() as client:
            client.send(
                request("POST", "/elsewhere", b"", authorization=team.authorization, origin="https://a.example")
            )
            assert client.receive()["access-control-allow-origin"] == "https://a.example"
        assert gateway.metric("receiver_reserved_limit_bytes") == 8 << 20
        assert gateway.metric("exporter_queue_capacity_bytes", "team") == 4 << 20
        # Said before the level changed: one line with what waits for the next start.
        [line] = gateway.log("The configuration was read again")
        assert line["at_next_start"] == "max_connections"
        assert gateway.status()["reload"]["applied"] is True


# Mistakes

MISTAKES = {
    "no YAML": "routes: [",
    "an unknown key": "max_batch_sice: 1\n",
    "no credentials": "routes: {a: {}}\n",
    "a value out of bounds": "max_batch_size: 0\n",
    "limits that do not fit": "process_memory_limit: 64MiB\n",
    "an emptied file": "",
    "half a file": "routes:\n",
    "a route that would print": "routes: {team: {credentials: 'sha256:" + "0" * 64 + "'}}\n",
    "a file that is not there": "access_token_file: /no/such/file\n",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_leaves_the_configuration_before(tmp_path, mistake):
    team = Team("team")
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [team]) as gateway:
        gateway.write(MISTAKES[mistake])
        gateway.reload(is_applied=False)
        sent = export_of(1)
        assert is_full_success(gateway.send(team, sent))
        upstream.delivered(sent.ids)
        assert gateway.metric("config_last_reload_successful") == 0
        reload = gateway.status()["reload"]
        assert reload["applied"] is False and reload["message"]
        assert reload["message"] in gateway.log("The configuration cannot be used; the one before goes on")[0]["cause"]
        gateway.write()
        gateway.reload()
        assert gateway.metric("config_last_reload_successful") == 1


def test_an_open_gateway_does_not_begin_to_print_what_it_was_to_send(tmp_path):
    """A file that is being written may lack its token for a moment, and be a good one all the same."""
    with Upstream(then=Answer(503)) as upstream:
        top = {"access_token": "mst_of_the_file", "endpoint": upstream.url}
        with RoutedGateway(tmp_path, upstream, [], "--shutdown-timeout=0", top=top) as gateway:
            gateway.secrets.append("mst_of_the_file")
            assert is_full_success(gateway.post(export_of(10)))
            upstream.attempts(1)
            gateway.write("max_batch_size: 10\n")
            gateway.reload(is_applied=False)
            assert "no access token any more" in gateway.status()["reload"]["message"]
            assert gateway.metric("exporter_queue_size_spans") == 10 and not gateway.output


# Routes that go

def test_a_route_that_goes_sends_what_it_holds_and_comes_back_as_it_was(tmp_path):
    gate = threading.Event()
    going, staying = Team("going"), Team("staying")

    def answer(publish):
        return Answer(when=gate) if publish.headers["authorization"].endswith(going.token) else OK

    with Upstream(answer) as upstream, RoutedGateway(tmp_path, upstream, [going, staying]) as gateway:
        half = gateway.metric("exporter_queue_capacity_bytes", "staying")
        sent = export_of(50)
        assert is_full_success(gateway.send(going, sent))
        upstream.attempts(1)
        gateway.have([staying])
        assert gateway.send(going, export_of(1)).status == 401
        route = gateway.route("going")
        assert route["retired"] is True and route["held_spans"] == 50
        assert gateway.metric("route_retired", "going") == 1
        # Back before it has ended: the same queue and the same counts.
        gateway.have([going, staying])
        assert gateway.route("going")["retired"] is False
        more = export_of(5)
        assert is_full_success(gateway.send(going, more))
        assert gateway.metric("receiver_accepted_spans_total", "going") == 55
        gateway.have([staying])
        gate.set()
        upstream.delivered(sent.ids + more.ids)
        wait_until(lambda: gateway.route("going") is None, "the end of the route")
        # What it held is there for the others again.
        wait_until(lambda: gateway.metric("exporter_queue_capacity_bytes", "staying") == 2 * half, "all of the queue")
        [line] = gateway.log("A route that had left the configuration has ended")
        assert (line["route"], line["sent"], line["dropped"]) == ("going", "55", "0")


def test_a_request_under_way_ends_on_the_configuration_that_it_began_with(tmp_path):
    team, other = Team("team"), Team("other")
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, [team]) as gateway, gateway.client() as client:
        sent = export_of(1)
        whole = request("POST", "/v1/traces", sent.body, authorization=team.authorization)
        client.send(whole[:-10])
        # The head is there once a continuation is asked for; else nothing shows that it was read.
        wait_until(lambda: gateway.metric("receiver_reserved_bytes") > 0, "the head at the gateway")
        gateway.have([other])
        client.send(whole[-10:])
        assert is_full_success(client.receive())
        upstream.delivered(sent.ids)
        check_isolation(upstream, {team: sent.ids})
        assert client.post(export_of(1).body, authorization=team.authorization).status == 401
        wait_until(lambda: gateway.route("team") is None, "the end of the route")


def test_memory_of_routes_that_go_is_not_there_twice(tmp_path):
    """A rename a minute, while the upstream is away, must not let memory grow."""
    with Upstream(then=Answer(503)) as upstream:
        flags = ["--queue-max-bytes=256KiB", "--shutdown-timeout=0"]
        with RoutedGateway(tmp_path, upstream, [Team("r0")], *flags) as gateway:
            for number in range(1, 20):
                while gateway.send(gateway.teams[0], export_of(1, "x" * 20_000)).status == 200:
                    pass
                gateway.teams = [Team(f"r{number}")]
                gateway.write()
                before = gateway.gateway_metric("config_reloads_total", "failed")
                gateway.process.send_signal(signal.SIGHUP)
                wait_until(
                    lambda: gateway.gateway_metric("config_reloads_total", "applied") == number
                    or gateway.gateway_metric("config_reloads_total", "failed") > before, "a reload",
                )  # fmt: skip
                if gateway.gateway_metric("config_reloads_total", "failed") > before:
                    break
            held = sum(route["held_bytes"] for route in gateway.status()["routes"])
            assert number < 19 and held <= 300 * 1024
            assert "hold" in gateway.status()["reload"]["message"]


def test_lanes_of_routes_that_are_gone_are_kept_and_told_of(tmp_path):
    queue = tmp_path / "queue"
    going, staying = Team("going"), Team("staying")
    flags = [f"--queue-directory={queue}", "--shutdown-timeout=1s"]
    with Upstream(then=Answer(503)) as upstream:
        with RoutedGateway(tmp_path, upstream, [going, staying], *flags) as gateway:
            sent = export_of(20)
            assert is_full_success(gateway.send(going, sent))
            gateway.process.send_signal(signal.SIGTERM)
            gateway.process.wait(20)
    with Upstream() as upstream:
        with RoutedGateway(tmp_path, upstream, [staying], *flags) as gateway:
            [line] = gateway.log("A lane on disk is of no route in the configuration; its spans are kept and not sent")
            assert (line["lane"], line["spans"]) == ("going", "20")
            [lane] = gateway.status()["left_lanes"]
            assert (lane["name"], lane["spans"]) == ("going", 20)
            assert gateway.metrics(None)['left_lane_spans{lane="going"}'] == 20
            mine = export_of(1)
            assert is_full_success(gateway.send(staying, mine))
            upstream.delivered(mine.ids)
            # Put back, without a restart.
            gateway.have([going, staying])
            upstream.delivered(mine.ids + sent.ids)
            check_isolation(upstream, {going: sent.ids, staying: mine.ids})
            wait_until(lambda: not gateway.status()["left_lanes"], "no lane that is left")


def test_a_lane_that_nobody_wants_is_dropped_on_demand(tmp_path):
    queue = tmp_path / "queue"
    team = Team("team")
    flags = [f"--queue-directory={queue}", "--shutdown-timeout=0"]
    with Upstream(then=Answer(503)) as upstream, RoutedGateway(tmp_path, upstream, [team], *flags) as gateway:
        assert is_full_success(gateway.send(team, export_of(7)))
        busy = run("queue", "drop", "team", queue)
        assert busy.returncode == 75 and "in use" in busy.stderr
    refused = run("queue", "drop", "team", queue)
    assert refused.returncode == 75 and "7 spans" in refused.stderr and "--force" in refused.stderr
    assert (queue / "lane-team").exists()
    assert run("queue", "drop", "none", queue).returncode == 78
    done = run("queue", "drop", "team", queue, "--force")
    assert done.returncode == 0 and "7 spans" in done.stdout
    assert not (queue / "lane-team").exists()


# Under load

@pytest.mark.parametrize("durable", [False, True], ids=["in memory", "on disk"])
def test_a_thousand_reloads_under_load_lose_nothing_and_double_nothing(tmp_path, durable):
    """Keys, tokens, projects, batches, routes and limits change; each span that was acknowledged comes once, as its team's."""
    chance = random.Random(7)
    stable = [Team(f"stable-{number}") for number in range(3)]
    fleeting = [Team(f"fleeting-{number}") for number in range(3)]
    flags = ["--max-batch-wait=20ms"]
    flags += [f"--queue-directory={tmp_path}/queue", "--queue-max-bytes=64MiB"] if durable else []
    # Looks at the files come between.
    top = {"reload_interval": "1s"}
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, stable + fleeting, *flags, top=top) as gateway:
        over = threading.Event()
        accepted = {team: [] for team in stable + fleeting}
        answers = Counter()

        def load(team):
            with gateway.client() as client:
                while not over.is_set():
                    sent = export_of(3)
                    response = client.post(sent.body, authorization=team.authorization)
                    answers[response.status] += 1
                    if response.status == 200:
                        accepted[team] += sent.ids

        threads = [threading.Thread(target=load, args=[team]) for team in accepted]
        for thread in threads:
            thread.start()
        for _ in range(1000):
            gateway.teams = stable + chance.sample(fleeting, chance.randrange(4))
            for team in gateway.teams:
                team.settings = {
                    "max_batch_size": chance.choice([10, 100, 1000]), "upload_concurrency": chance.choice([1, 2, 4]),
                    "max_batch_wait": chance.choice(["0", "10ms", "50ms"]),
                }  # fmt: skip
            gateway.top["shared_uploads"] = chance.choice([0, 1, 8])
            gateway.write()
            before = _reloads(gateway)
            gateway.process.send_signal(signal.SIGHUP)
            wait_until(lambda: _reloads(gateway) > before, "a reload", every=0.001)
        over.set()
        for thread in threads:
            thread.join()
        assert set(answers) <= {200, 401, 503} and answers[200] > 1000
        # The fleeting ones come and go, and were there for some of the time.
        assert all(accepted[team] for team in fleeting)
        assert gateway.gateway_metric("config_reloads_total", "failed") == 0
        upstream.delivered([id for ids in accepted.values() for id in ids], seconds=60)
        check_isolation(upstream, accepted)


def _reloads(gateway):
    text = gateway.admin_get("/metrics").body.decode()
    [line] = [line for line in text.splitlines() if line.startswith('mastra_gateway_config_reloads_total{outcome="applied"}')]
    return float(line.split()[1])
