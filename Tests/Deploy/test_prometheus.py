"""A Prometheus with the configuration that is shipped, which scrapes a gateway. Grafana asks it what the panels ask here."""

import contextlib
import json
import subprocess
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml
from support.certificates import HERE, Certificates
from support.gateway import Gateway
from support.otlp import export, export_of, span
from support.routes import RoutedGateway, Team
from support.upstream import Answer, Upstream
from support.waiting import wait_until

from test_monitoring import leave_a_lane
from tools import dashboard
from tools.containers import free_port
from tools.programs import DEPLOY, program

FOLDER = DEPLOY / "prometheus"


class Prometheus:
    """Scrapes at once and often; the rest is as it is shipped."""

    def __init__(self, targets, folder):
        configuration = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
        configuration["global"] = {"scrape_interval": "200ms", "evaluation_interval": "200ms"}
        configuration["rule_files"] = [str(FOLDER / name) for name in configuration["rule_files"]]
        [job] = configuration["scrape_configs"]
        [group] = job["static_configs"]
        group["targets"] = targets
        self.file = folder / "prometheus.yaml"
        self.file.write_text(yaml.safe_dump(configuration))
        self.port = free_port()
        self.log = folder / "prometheus.log"
        self.arguments = [
            program("prometheus"), f"--config.file={self.file}", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]  # fmt: skip

    def __enter__(self):
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def get(self, path, **query):
        """What it answers, or None while it does not."""
        with contextlib.suppress(OSError):
            opener = build_opener(ProxyHandler({}))
            with opener.open(f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(query)}", timeout=10) as answer:
                return json.load(answer)["data"]
        assert self.process.poll() is None, self.log.read_text()
        return None

    def ask(self, expression):
        """Its series, without those that are no number."""
        found = self.get("query", query=expression) or {"result": []}
        return [each for each in found["result"] if each["value"][1] != "NaN"]

    def wait_for(self, expression):
        return wait_until(lambda: self.ask(expression), expression, every=0.1)

    def alerts(self):
        """Those that are pending or fire, by name."""
        found = self.get("alerts") or {"alerts": []}
        return {each["labels"]["alertname"]: each for each in found["alerts"]}


def address(gateway):
    return "{}:{}".format(*gateway.admin)


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    """A gateway with everything on, through which spans have gone, and a Prometheus that has seen it."""
    folder = tmp_path_factory.mktemp("prometheus")
    certificates = Certificates(folder)
    certificates.certificate("server", HERE, days=90)
    flags = ["--publish-metrics=true", f"--queue-directory={folder}/queue", *certificates.flags()]
    with Upstream() as upstream, Gateway(upstream, *flags) as gateway, Prometheus([address(gateway)], folder) as prometheus:
        prometheus.wait_for("count_over_time(mastra_gateway_uptime_seconds[1m]) > 2")
        model = span(name="chat")
        model.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
        with gateway.client(tls=certificates.client()) as client:
            assert client.post(export(model).body).status == 200
            assert client.post(export_of(3).body).status == 200
        gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count == 4)
        prometheus.wait_for("rate(mastra_gateway_exporter_sent_spans_total[5m]) > 0")
        yield prometheus


def test_all_rules_are_loaded_and_none_fails(well):
    rules = [rule for group in well.get("rules")["groups"] for rule in group["rules"]]
    shipped = [
        rule
        for name in ("alerts.yaml", "recording.yaml")
        for group in yaml.safe_load((FOLDER / name).read_text())["groups"]
        for rule in group["rules"]
    ]
    assert {rule["name"] for rule in rules} == {rule.get("alert") or rule["record"] for rule in shipped}
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []


def test_no_alert_is_even_pending_for_a_gateway_that_is_well(well):
    assert well.alerts() == {}


def test_every_recorded_series_is_there(well):
    for group in yaml.safe_load((FOLDER / "recording.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            well.wait_for(rule["record"])


# What a gateway that is well has none of.
EMPTY = {"Standstill", "Posture by route", "Retired routes", "Lanes of no route"}
PANELS = [panel for panel in dashboard.panels() if panel["type"] != "row"]


def asked(panel, route=".*"):
    for target in panel["targets"]:
        yield target["expr"].replace("$__rate_interval", "5m").replace("$job", ".*").replace("$instance", ".*").replace("$route", route)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_something(well, panel):
    for plain in asked(panel):
        if panel["title"] in EMPTY:
            assert well.ask(plain) == [], plain
        else:
            well.wait_for(plain)


def test_a_token_that_is_refused_raises_the_alert_that_names_it(tmp_path):
    with Upstream(then=Answer(401)) as upstream, Gateway(upstream) as gateway:
        with Prometheus([address(gateway)], tmp_path) as prometheus:
            gateway.accept(export_of(1))
            alert = wait_until(
                lambda: prometheus.alerts().get("MastraGatewayCoolingDown"), "the alert", every=0.1
            )
            assert alert["labels"]["posture"] == "cooling_down_unauthorized"
            assert alert["annotations"]["description"] == f"{address(gateway)}, route default: it holds its spans: cooling_down_unauthorized."


def test_a_gateway_that_is_gone_raises_the_alert_that_says_so(tmp_path):
    with Upstream() as upstream, Gateway(upstream) as gateway:
        with Prometheus([address(gateway)], tmp_path) as prometheus:
            prometheus.wait_for("up == 1")
            gateway.kill()
            wait_until(lambda: "MastraGatewayDown" in prometheus.alerts(), "the alert", every=0.1)


def test_routes_that_are_not_well_are_named_by_alerts_and_panels(tmp_path):
    """One is gone and cannot send, one is limited, and a reload has failed."""
    gone, limited = Team("gone"), Team("limited", settings={"spans_per_second": 1})
    leave_a_lane(tmp_path, tmp_path / "queue")
    flags = [f"--queue-directory={tmp_path}/queue"]
    with Upstream(then=Answer(401)) as upstream, RoutedGateway(tmp_path, upstream, [gone, limited], *flags) as gateway:
        with Prometheus([address(gateway)], tmp_path) as prometheus:
            prometheus.wait_for("mastra_gateway_route_retired")
            assert gateway.send(gone, export_of(3)).status == 200
            gateway.teams = [limited]
            gateway.write()
            gateway.reload()
            gateway.write("routes: {limited: {credentials: none}}")
            gateway.reload(is_applied=False)
            assert gateway.send(gone, export_of(1)).status == 401
            assert {gateway.send(limited, export_of(2)).status for _ in range(5)} == {200, 429}
            found = wait_until(
                lambda: (alerts := prometheus.alerts()).keys() >= NOT_WELL.keys() and alerts, "the alerts", every=0.1
            )
            for name, label in NOT_WELL.items():
                assert label.items() <= found[name]["labels"].items(), name
            titles = {"Posture by route": "gone", "Retired routes": "gone", "Over a limit by route": "limited", "Lanes of no route": ".*"}
            for panel in PANELS:
                for plain in asked(panel, titles.get(panel["title"])) if panel["title"] in titles else ():
                    prometheus.wait_for(plain)
            [held] = [plain for panel in PANELS if panel["title"] == "Held by route" for plain in asked(panel, "limited")]
            assert [each["metric"] for each in prometheus.wait_for(held)] == [{"route": "limited"}]


# Alerts that are pending, with what they name.
NOT_WELL = {
    "MastraGatewayReloadFailed": {},
    "MastraGatewaySenderUnknown": {"reason": "unknown"},
    "MastraGatewayRouteLimited": {"route": "limited", "limit": "spans"},
    "MastraGatewayRouteRetired": {"route": "gone"},
    "MastraGatewayLaneLeft": {"lane": "left"},
    "MastraGatewayCoolingDown": {"posture": "cooling_down_unauthorized"},
}
