"""Alert rules, recording rules and the dashboard: each rule fires and stays silent, and all that they name is there."""

import json
import os
import re

import pytest
import yaml
from support.certificates import Certificates
from support.gateway import Gateway
from support.otlp import export_of
from support.program import REPOSITORY
from support.routes import RoutedGateway, Team
from support.upstream import Answer, Upstream

from tools import dashboard
from tools.programs import DEPLOY, call

ALERTS = DEPLOY / "prometheus/alerts.yaml"
RECORDING = DEPLOY / "prometheus/recording.yaml"
RUNBOOK = REPOSITORY / "docs/runbook.md"
ADDRESS = "https://github.com/mastra-gateway/mastra-gateway/blob/main/docs/runbook.md"

EXPORTER, RECEIVER = "mastra_gateway_exporter_", "mastra_gateway_receiver_"
# Spans of which the mapping makes no record are dropped, and nothing is lost.
BY_DESIGN = ["pending_span", "model_chunk", "filtered", "sampled", "not_ai"]
RULES = {rule["alert"]: rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]}


# Alerts


def posture(name, values):
    return {f'{EXPORTER}posture{{posture="{name}"}}': values}


def dropped(values, uptime="9000+60x60", reason="rejected"):
    return {f'{EXPORTER}dropped_spans_total{{reason="{reason}"}}': values, "mastra_gateway_uptime_seconds": uptime}


def queue(size, capacity="1000x60", kind="bytes"):
    other = "spans" if kind == "bytes" else "bytes"
    return {
        f"{EXPORTER}queue_size_{kind}": size, f"{EXPORTER}queue_capacity_{kind}": capacity,
        f"{EXPORTER}queue_size_{other}": "0x60", f"{EXPORTER}queue_capacity_{other}": "1000x60",
    }  # fmt: skip


def books(sent, queued, dropped, route="default"):
    route = f'route="{route}"'
    return {
        f"{RECEIVER}accepted_spans_total{{{route}}}": "100x60", f"{EXPORTER}recovered_spans_total{{{route}}}": "10x60",
        f"{EXPORTER}sent_spans_total{{{route}}}": f"{sent}x60", f"{EXPORTER}queue_size_spans{{{route}}}": f"{queued}x60",
        f'{EXPORTER}dropped_spans_total{{{route},reason="rejected"}}': f"{dropped}x60",
        f'{EXPORTER}dropped_spans_total{{{route},reason="elapsed"}}': "0x60",
        f"{EXPORTER}queue_selfcheck_mismatches_total{{{route}}}": "0x60",
    }  # fmt: skip


def full(size, dropped="0x60", standstill="0x60"):
    """On disk files may take all room before spans do."""
    return queue(size) | {
        f'{EXPORTER}dropped_spans_total{{reason="overflow"}}': dropped, f'{EXPORTER}queue_standstill{{reason="queue_full"}}': standstill,
    }  # fmt: skip


def retired(values, held):
    return {"mastra_gateway_route_retired": values, f"{EXPORTER}queue_size_spans": held}


def unknown(values, reason="unknown"):
    return {f'{RECEIVER}unauthorized_requests_total{{reason="{reason}"}}': values}


def limited(values, limit="spans"):
    return {f'{RECEIVER}limited_requests_total{{limit="{limit}"}}': values}


def reloads(failed, done):
    name = f"{RECEIVER}tls_reloads_total"
    return {f'{name}{{outcome="failed"}}': failed, f'{name}{{outcome="done"}}': done}


def certificate(days):
    return {f"{RECEIVER}tls_certificate_expiry_timestamp_seconds": f"{days * 86_400}x240"}


def answers(refused, taken="0+100x60", status="503", code="UNAVAILABLE", calls="0x60", over="0x60"):
    """A gateway has every status and every code from its start."""
    found = {f'{RECEIVER}answers_total{{status="{each}"}}': "0x60" for each in ("401", "404", "415", "429", "503")}
    codes = ("OK", "UNAVAILABLE", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED")
    found |= {f'{RECEIVER}grpc_answers_total{{code="{each}"}}': "0x60" for each in codes}
    found |= limited(over)
    return found | {
        f'{RECEIVER}answers_total{{status="{status}"}}': refused, f'{RECEIVER}answers_total{{status="200"}}': taken,
        f'{RECEIVER}grpc_answers_total{{code="{code}"}}': calls,
    }  # fmt: skip


# For each alert: series in which it fires, and others in which it does not, a sample a minute; asked after 45 minutes.
CASES = {
    "Down": (
        {"up": "1x10 0x50"},
        [{"up": "1x60"}, {"up": "1x44 0x16"}, {'up{job="node"}': "0x60"}],
    ),
    "Absent": ({"up": "1x20 stale"}, [{"up": "0x60"}, {"up": "1x40 stale"}]),
    "Restarts": (
        {"mastra_gateway_uptime_seconds": "600 660 5 65 5 65 5 65x50"},
        [{"mastra_gateway_uptime_seconds": "0+60x30 5+60x30"}],
    ),
    "Hangs": ({"mastra_gateway_watchdog_age_seconds": "1x40 20x20"}, [{"mastra_gateway_watchdog_age_seconds": "1x60"}]),
    "SpansDropped": (
        dropped("0x40 1+0x20"),
        [dropped("7x60"), *(dropped("0+5x60", reason=reason) for reason in BY_DESIGN)],
    ),
    "CoolingDown": (
        posture("cooling_down_unauthorized", "0x30 1x30"),
        [posture("cooling_down_unauthorized", "0x43 1x17"), posture("open", "1x60")],
    ),
    "QuotaSpent": (posture("paused_quota", "0x20 1x40"), [posture("paused_quota", "0x40 1x20"), posture("paused_quota", "_x40 1x20"), posture("open", "1x60")]),
    "BackingOff": (posture("backing_off", "0x20 1x40"), [posture("backing_off", "0x40 1x20"), posture("backing_off", "_x40 1x20"), posture("open", "1x60")]),
    "DeliveryDelayed": (
        {f"{EXPORTER}queue_oldest_span_age_seconds": "0+60x60"}, [{f"{EXPORTER}queue_oldest_span_age_seconds": "4x60"}],
    ),
    "BooksDoNotClose": (books(90, 10, 9), [books(90, 10, 10), books(90, 10, 10) | books(80, 20, 10, "other")]),
    "MetricsDropped": (
        {f'{EXPORTER}dropped_metrics_total{{reason="elapsed"}}': "0x40 3x20"},
        [{f'{EXPORTER}dropped_metrics_total{{reason="elapsed"}}': "3x60"}],
    ),
    "MetricsHeld": (
        {f'{EXPORTER}metrics_posture{{posture="cooling_down_misdirected"}}': "1x60"},
        [{f'{EXPORTER}metrics_posture{{posture="cooling_down_misdirected"}}': "0x60"}],
    ),
    "QueueFilling": (queue("600x60"), [queue("400x60"), queue("0x40 600x20")]),
    "QueueFullSoon": (queue("100+10x60", "2500x60"), [queue("300x60", "1000x60"), queue("0+0.1x60", "1000x60")]),
    "QueueFull": (
        full("0x10 980x50"),
        [full("800x60"), full("0x43 980x17"), full("980x60", dropped="0+9x60")],
    ),
    "Refusing": (answers("0+5x60"), [answers("0+1x60", "0+200x60"), answers("0+5x60", status="404")]),
    "QueueStandsStill": (
        {f'{EXPORTER}queue_standstill{{reason="disk_full"}}': "0x40 1x20"},
        [{f'{EXPORTER}queue_standstill{{reason="queue_full"}}': "1x60"}, {f'{EXPORTER}queue_standstill{{reason="disk_full"}}': "0x60"}],
    ),
    "QueueErrors": (
        {f'{EXPORTER}queue_errors_total{{errno="EIO"}}': "0x40 1x20"}, [{f'{EXPORTER}queue_errors_total{{errno="EIO"}}': "1x60"}],
    ),
    "QueueDamaged": (
        {f'{EXPORTER}queue_damage_total{{kind="corrupt_record"}}': "1x60"},
        [{f'{EXPORTER}queue_damage_total{{kind="torn_tail"}}': "1x60"}, {f'{EXPORTER}queue_damage_total{{kind="bad_segment"}}': "0x60"}],
    ),
    "ForeignFiles": ({f"{EXPORTER}queue_foreign_files": "1x60"}, [{f"{EXPORTER}queue_foreign_files": "0x60"}]),
    "DeadLettersLost": (
        {f"{EXPORTER}dead_letter_evicted_spans_total": "0x40 5x20", f"{EXPORTER}dead_letter_missing_spans_total": "0x60"},
        [{f"{EXPORTER}dead_letter_evicted_spans_total": "5x60", f"{EXPORTER}dead_letter_missing_spans_total": "0x60"}],
    ),
    "SpansRejected": (
        {f"{RECEIVER}rejected_spans_total": "0+10x60", f"{RECEIVER}received_spans_total": "0+100x60"},
        [{f"{RECEIVER}rejected_spans_total": "0+1x60", f"{RECEIVER}received_spans_total": "0+100x60"}],
    ),
    "RequestsInvalid": (
        answers("0+20x60", status="415"),
        [answers("0+5x60", status="415"), *(answers("0+50x60", status=status) for status in ("401", "503")),
         answers("0+50x60", status="429", over="0+50x60"),
         answers("0x60", code="RESOURCE_EXHAUSTED", calls="0+50x60", over="0+50x60"),
         answers("0x60", code="UNAUTHENTICATED", calls="0+50x60")],
    ),
    "MemoryShort": (
        {f"{RECEIVER}reserved_bytes": "95x60", f"{RECEIVER}reserved_limit_bytes": "100x60"},
        [{f"{RECEIVER}reserved_bytes": "50x60", f"{RECEIVER}reserved_limit_bytes": "100x60"}],
    ),
    "ConnectionsRefused": (
        {f'{RECEIVER}connections_refused_total{{reason="max_connections"}}': "0+1x60"},
        [{f'{RECEIVER}connections_refused_total{{reason="max_connections"}}': "9x60"}],
    ),
    "CertificateExpires": (certificate(10), [certificate(30)]),
    "CertificateExpiresNow": (certificate(1), [certificate(10)]),
    "CertificateNotTaken": (reloads("0x33 1x30", "0x60"), [reloads("0x33 1x30", "0x34 1x30"), reloads("1x60", "0x60")]),
    "ReloadFailed": (
        {"mastra_gateway_config_last_reload_successful": "1x30 0x30"},
        [{"mastra_gateway_config_last_reload_successful": "1x60"}, {"mastra_gateway_config_last_reload_successful": "1x42 0x18"}],
    ),
    "SenderUnknown": (unknown("0x10 0+2x50"), [unknown("9x60"), unknown("0x20 3x40"), unknown("0x40 0+2x20")]),
    "RouteLimited": (limited("0+1x60"), [limited("9x60"), limited("0x30 0+5x30"), limited("0+5x10 50x50")]),
    "RouteRetired": (
        retired("0x10 1x50", "50x60"), [retired("0x60", "50x60"), retired("1x60", "0x60"), retired("0x20 1x40", "50x60"), retired("1x20 stale", "9x20 stale")],
    ),
    "LaneLeft": (
        {'mastra_gateway_left_lane_spans{lane="search"}': "7x60"},
        [{'mastra_gateway_left_lane_spans{lane="search"}': "7x20 stale"}, {'mastra_gateway_left_lane_spans{lane="search"}': "_x35 7x20"}],
    ),
}  # fmt: skip


def fires(name, series, tmp_path, after="45m"):
    """Whether an alert fires, which promtool says by a test that expects nothing."""
    labelled = [
        {"series": re.sub(r"^(\w+)(?:\{(.*)\})?$", lambda match: _labelled(match[1], match[2]), each), "values": values}
        for each, values in series.items()
    ]
    if name == "CertificateExpires":
        after = "70m"
    test = {
        "rule_files": [str(ALERTS), str(RECORDING)],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m", "input_series": labelled,
            "alert_rule_test": [{"eval_time": after, "alertname": f"MastraGateway{name}", "exp_alerts": []}],
        }],
    }  # fmt: skip
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(test))
    done = call("promtool", "test", "rules", file, check=False)
    assert done.returncode == 0 or "exp:[" in done.stderr + done.stdout, done.stderr
    return done.returncode != 0


# Of which a route has its own.
OF_ROUTES = re.compile(r"mastra_gateway_(exporter_\w+|route_retired|receiver_(received|accepted|rejected|refused)_spans_total|receiver_limited_\w+)$")


def _labelled(name, labels):
    job = [] if "job=" in (labels or "") else ['job="mastra-gateway"']
    if OF_ROUTES.match(name) and "route=" not in (labels or ""):
        job.append('route="default"')
    return name + "{" + ",".join([*job, 'instance="a:8888"', *([labels] if labels else [])]) + "}"


def test_every_alert_has_a_case_in_which_it_fires_and_some_in_which_it_does_not():
    assert {f"MastraGateway{name}" for name in CASES} == set(RULES)
    assert all(silent for _, silent in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_an_alert_fires(name, tmp_path):
    assert fires(name, CASES[name][0], tmp_path)


# In other ways than those above.
MORE = {
    "before the first scrape": ("SpansDropped", dropped("_x40 4x20", uptime="_x40 5+60x20", reason="crash")),
    "as a reload brings its route": ("SpansDropped", dropped("_x40 4x20", reason="corrupt")),
    "in the books of one route of several": ("BooksDoNotClose", books(90, 10, 10) | books(90, 10, 9, "other")),
    "with files that take all room": ("QueueFull", full("100x60", standstill="0x10 1x50")),
    "without a credential": ("SenderUnknown", unknown("0+1x60", reason="missing")),
    "by its bytes": ("RouteLimited", limited("0+1x60", limit="bytes")),
    "over gRPC, also with rates": ("RequestsInvalid", answers("0x60", code="RESOURCE_EXHAUSTED", calls="0+50x60", over="0+20x60")),
    "by its number of spans": ("QueueFullSoon", queue("100+10x60", "2500x60", kind="spans")),
    "over gRPC": ("Refusing", answers("0x60", calls="0+5x60")),
    "for calls that are no requests": ("RequestsInvalid", answers("0x60", code="INVALID_ARGUMENT", calls="0+20x60")),
    "once it has expired": ("CertificateExpiresNow", certificate(0)),
}


@pytest.mark.parametrize(("name", "series"), MORE.values(), ids=MORE)
def test_an_alert_fires_also(name, series, tmp_path):
    assert fires(name, series, tmp_path)


@pytest.mark.parametrize(("name", "number"), [(name, number) for name in CASES for number in range(len(CASES[name][1]))])
def test_an_alert_is_silent(name, number, tmp_path):
    assert not fires(name, CASES[name][1][number], tmp_path)


def test_rules_have_no_finding():
    call("promtool", "check", "rules", "--lint=all", "--lint-fatal", ALERTS, RECORDING)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_grave_it_is_where_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"] and ("{{ $labels.instance }}" in rule["annotations"]["description"] or "absent(" in rule["expr"])
    assert rule["annotations"]["runbook_url"] == f"{ADDRESS}#{rule['alert'].lower()}"


# Of those that are about the metrics of routes, the ones that add them up: all routes have one disk, one listener.
OF_THE_GATEWAY = {"QueueStandsStill", "QueueErrors", "RequestsInvalid"}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule["alert"])
def test_an_alert_on_a_route_names_it(rule):
    of_route = any(OF_ROUTES.match(name) for name in names_in(rule["expr"]))
    of_gateway = rule["alert"].removeprefix("MastraGateway") in OF_THE_GATEWAY
    assert ("route {{ $labels.route }}" in rule["annotations"]["description"]) == (of_route and not of_gateway)


def test_an_alert_says_of_which_route_it_is(tmp_path):
    """Of two, one is well."""
    series = {f'{EXPORTER}posture{{posture="cooling_down_unauthorized",route="{route}"}}': value for route, value in (("a", "1x60"), ("b", "0x60"))}
    test = {
        "rule_files": [str(ALERTS)], "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": name.replace("{", '{job="mastra-gateway",instance="x",'), "values": values} for name, values in series.items()],
            "alert_rule_test": [{"eval_time": "45m", "alertname": "MastraGatewayCoolingDown", "exp_alerts": [{
                "exp_labels": {"severity": "critical", "job": "mastra-gateway", "instance": "x", "route": "a", "posture": "cooling_down_unauthorized"},
                "exp_annotations": RULES["MastraGatewayCoolingDown"]["annotations"] | {
                    "description": "x, route a: it holds its spans: cooling_down_unauthorized."},
            }]}],
        }],
    }  # fmt: skip
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(test))
    call("promtool", "test", "rules", file)


def test_the_runbook_has_a_section_for_each_alert_and_no_other():
    sections = re.split(r"^## ", RUNBOOK.read_text(), flags=re.M)[1:]
    assert [section.split("\n")[0] for section in sections] == list(RULES)
    for section in sections:
        for part in ("**Means**", "**Look at**", "**Do**"):
            assert part in section, section.split("\n")[0]


# Recording rules


def test_the_queue_is_as_full_as_its_nearer_limit(tmp_path):
    series = {
        "queue_size_bytes": "600", "queue_capacity_bytes": "1000", "queue_size_spans": "10", "queue_capacity_spans": "100",
    }  # fmt: skip
    for spans, ratio in ((10, 0.6), (90, 0.9)):
        series["queue_size_spans"] = str(spans)
        test = {
            "rule_files": [str(RECORDING)], "evaluation_interval": "1m",
            "tests": [{
                "interval": "1m",
                "input_series": [
                    {"series": f'{EXPORTER}{name}{{instance="a",route="{route}"}}', "values": f"{value}x5"}
                    for route, each in (("full", series), ("empty", series | {"queue_size_bytes": "0", "queue_size_spans": "0"}))
                    for name, value in each.items()
                ],
                "promql_expr_test": [{
                    "expr": "instance:mastra_gateway_queue_use:ratio", "eval_time": "3m",
                    "exp_samples": [{"labels": 'instance:mastra_gateway_queue_use:ratio{instance="a"}', "value": ratio}],
                }, {
                    "expr": 'instance_route:mastra_gateway_queue_use:ratio', "eval_time": "3m",
                    "exp_samples": [
                        {"labels": f'instance_route:mastra_gateway_queue_use:ratio{{instance="a",route="{route}"}}', "value": value}
                        for route, value in (("full", ratio), ("empty", 0))
                    ],
                }],
            }],
        }  # fmt: skip
        file = tmp_path / "test.yaml"
        file.write_text(yaml.safe_dump(test))
        call("promtool", "test", "rules", file)


# What they name


def leave_a_lane(folder, queue):
    """Spans on disk of a route that a later configuration has not."""
    team = Team("left")
    with Upstream(then=Answer(401)) as upstream, RoutedGateway(folder, upstream, [team], f"--queue-directory={queue}") as gateway:
        assert gateway.send(team, export_of(2)).status == 200


@pytest.fixture(scope="module")
def scrape(tmp_path_factory):
    """A gateway with everything on that has metrics of its own."""
    folder = tmp_path_factory.mktemp("scrape")
    certificates = Certificates(folder)
    flags = ["--publish-metrics=true", f"--queue-directory={folder}/queue", *certificates.flags()]
    leave_a_lane(folder, folder / "queue")
    with Upstream() as upstream, Gateway(upstream, *flags) as gateway:
        with gateway.client(tls=certificates.client()) as client:
            client.post(export_of(3).body)
        gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count == 3)
        yield gateway.admin_get("/metrics").body.decode()


def names_in(expression):
    """Metrics of ours, and recorded ones."""
    return set(re.findall(r"\b(?:\w+:)?mastra_gateway_\w+(?::\w+)?", expression))


def expressions():
    for file in (ALERTS, RECORDING):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in panels():
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def panels():
    return [panel for panel in json.loads(dashboard.FILE.read_text())["panels"] if panel["type"] != "row"]


def test_every_metric_that_a_rule_or_a_panel_names_is_in_a_scrape(scrape):
    there = set(re.findall(r"^(\w+)", scrape, re.M))
    recorded = {rule["record"] for group in yaml.safe_load(RECORDING.read_text())["groups"] for rule in group["rules"]}
    missing = {(where, name) for where, text in expressions() for name in names_in(text) if name not in there | recorded}
    assert missing == set()


def test_every_value_of_a_label_that_a_rule_or_a_panel_names_is_in_a_scrape(scrape):
    absent = []
    for where, text in expressions():
        for name, operator, value in re.findall(r'\b(posture|reason|kind|outcome|status|code|errno|listener|limit|lane)(=~|!~|=|!=)"([^"$]+)"', text):
            values = re.findall(rf'[{{,]{name}="([^"]+)"', scrape)
            for each in value.split("|"):
                if not any(re.fullmatch(each, found) for found in values):
                    absent.append((where, name, each))
    assert absent == []


def test_prometheus_has_no_finding_on_a_scrape(scrape):
    done = call("promtool", "check", "metrics", check=False, input=scrape)
    assert done.returncode == 0, done.stderr + done.stdout


# The dashboard


def test_the_dashboard_is_what_its_source_says():
    written = dashboard.text()
    if os.environ.get("UPDATE_GOLDEN") == "1":
        dashboard.FILE.write_text(written)
    assert dashboard.FILE.read_text() == written, "UPDATE_GOLDEN=1 writes it"


def test_every_panel_says_what_it_shows_in_which_unit():
    for panel in panels():
        assert panel["title"] and panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    everything = json.loads(dashboard.FILE.read_text())["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    taken = set()
    for panel in everything:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


def test_every_expression_of_a_panel_can_be_parsed(tmp_path):
    rules = []
    for number, (_, text) in enumerate(expressions()):
        plain = text.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$instance", ".*").replace("$route", ".*")
        assert "$" not in plain, text
        rules.append({"record": f"expression:{number}", "expr": plain})
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]}))
    call("promtool", "check", "rules", file)


def test_provisioning_leads_to_the_dashboard():
    folder = DEPLOY / "grafana/provisioning"
    [provider] = yaml.safe_load((folder / "dashboards/mastra-gateway.yaml").read_text())["providers"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    [source] = yaml.safe_load((folder / "datasources/prometheus.yaml").read_text())["datasources"]
    assert source["type"] == "prometheus" and source["isDefault"]
