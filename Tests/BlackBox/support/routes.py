"""Gateways with routes: teams with a key, a token and a project each, and an upstream that knows who sent what."""

import hashlib
import json
import secrets
import signal
from dataclasses import dataclass, field
from types import SimpleNamespace

from support.gateway import Gateway
from support.waiting import wait_until


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(eq=False)
class Team:
    """A route, and who sends to it."""

    name: str
    key: str = field(default_factory=lambda: "mgw_" + secrets.token_urlsafe(32))
    token: str = field(default_factory=lambda: "mst_" + secrets.token_urlsafe(24))
    settings: dict = field(default_factory=dict)

    @property
    def authorization(self):
        return f"Bearer {self.key}"

    def yaml(self, upstream):
        lines = {
            "credentials": f"sha256:{digest(self.key)}", "access_token": self.token, "project_id": f"project-{self.name}",
            "endpoint": upstream.url,
        } | self.settings  # fmt: skip
        return f"  {self.name}: {json.dumps(lines)}\n"


class RoutedGateway(Gateway):
    """A gateway whose configuration file a test may change while it runs."""

    def __init__(self, folder, upstream, teams, *flags, top=None):
        self.path = folder / "gateway.yaml"
        self.upstream = upstream
        self.teams = list(teams)
        self.top = {"reload_interval": "0"} | (top or {})
        self.write()
        super().__init__(None, f"--config={self.path}", *flags)
        for team in teams:
            self.secrets += [team.key, team.token]

    def write(self, text=None):
        """Puts the file in its place in one step, as an editor or an orchestrator does."""
        if text is None:
            top = "".join(f"{key}: {json.dumps(value)}\n" for key, value in self.top.items())
            routes = "".join(team.yaml(self.upstream) for team in self.teams)
            text = top + (f"routes:\n{routes}" if self.teams else "")
        new = self.path.with_suffix(".new")
        new.write_text(text)
        new.rename(self.path)

    def reload(self, is_applied=True):
        """SIGHUP, and waits for what comes of it."""
        outcome = "applied" if is_applied else "failed"
        before = self.gateway_metric("config_reloads_total", outcome)
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.gateway_metric("config_reloads_total", outcome) > before, f"a reload that was {outcome}")

    def have(self, teams):
        """Has the gateway serve these teams from now on."""
        self.teams = list(teams)
        for team in teams:
            self.secrets += [team.key, team.token]
        self.write()
        self.reload()

    def gateway_metric(self, name, outcome):
        return self.metrics(None)[f'{name}{{outcome="{outcome}"}}']

    def status(self):
        response = self.admin_get("/status.json")
        assert (response.status, response["content-type"]) == (200, "application/json")
        return json.loads(response.body)

    def route(self, name):
        """Of the status, or None."""
        return next((route for route in self.status()["routes"] if route["name"] == name), None)

    def send(self, team, export, **headers):
        """One request on a connection of its own."""
        return self.post(export, authorization=team.authorization, **headers)


def part(upstream, ids):
    """What came of some spans: an upstream's requests with one of them."""
    wanted = set(ids)
    return SimpleNamespace(publishes=[publish for publish in list(upstream.publishes) if wanted & set(publish.ids)])


def check_isolation(upstream, ids_of):
    """Spans came as those of their team and of nobody else, in the record as well. `ids_of`: `{team: ids}`."""
    owners = {id: team for team, ids in ids_of.items() for id in ids}
    for publish in list(upstream.publishes):
        token = publish.headers["authorization"].removeprefix("Bearer ")
        for record in publish.records:
            team = owners.get(record["spanId"])
            if team is None:
                continue
            assert token == team.token, f"a span of {team.name} came with another token"
            assert publish.path == f"/projects/project-{team.name}/ai/spans/publish"
            assert record["projectId"] == f"project-{team.name}"
