"""What the pages show is run as it stands there, against a gateway, and the records that come of it are looked at."""

import hashlib
import http.client
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.gateway import Gateway
from support.openai_server import (
    PROMPT_TOKENS_OF_A_MESSAGE, SERVED_MODEL_SUFFIX, TEXT, TEXT_TOKENS, OpenAIServer,
)  # fmt: skip
from support.otlp import export_of
from support.program import BINARY, REPOSITORY, environment
from support.program import run as program
from support.upstream import Upstream
from support.waiting import wait_until

from tools.documents import blocks, pages, snippet

# Importing these libraries takes seconds of one core, and much longer beside a build.
DEADLINE = 120


@pytest.fixture
def upstream():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def gateway(upstream):
    with Gateway(upstream) as gateway:
        yield gateway


@pytest.fixture
def play(gateway, tmp_path):
    """Runs a block of shell commands against the gateway; see `run`."""

    def play(commands, files=None, **variables):
        return run(commands, gateway, tmp_path, files, variables)

    return play


def run(commands, gateway, folder, files=None, variables=None):
    """Runs a block of shell commands in a folder with the files beside it, which are blocks too. What it prints."""
    for name, block in (files or {}).items():
        (folder / name).write_text(block.for_gateway(gateway))
    done = subprocess.run(
        [*SHELL, commands.for_gateway(gateway)], cwd=folder, env=variables_of(folder) | (variables or {}),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
    )  # fmt: skip
    assert done.returncode == 0, f"{commands.where}\n{done.stdout}\n{done.stderr}"
    return done.stdout


SHELL = ["bash", "-euo", "pipefail", "-c"]


def variables_of(folder):
    return environment({"PATH": programs(folder), "HOME": str(folder)})


def programs(folder):
    """A PATH on which Python and its tools are those of the tests, and the gateway is the one that was built; it is
    also where a build puts it."""
    for name in ("bin/mastra-gateway", ".build/release/mastra-gateway"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            (folder / name).symlink_to(BINARY)
    return f"{folder}/bin:{Path(sys.executable).parent}:/usr/bin:/bin"


def records(upstream, name):
    """The records of that name, once there is one."""

    def found():
        return [each for publish in list(upstream.publishes) for each in publish.records if each["name"] == name]

    return wait_until(found, f"a record {name}")


def record(upstream, name):
    [only] = records(upstream, name)
    return only


def facts(record):
    """What matters of a model call."""
    attributes = record["attributes"]
    usage = attributes.get("usage", {})
    return {
        "service": record["metadata"].get("serviceName"), "type": record["spanType"], "model": attributes.get("model"),
        "tokens": (usage.get("inputTokens"), usage.get("outputTokens")),
    }  # fmt: skip


def text_of(messages):
    """The texts of an input, or of an output."""
    if "text" in messages:
        return [messages["text"]]
    contents = [message["content"] for message in messages["messages"]]
    return [content if isinstance(content, str) else "".join(part["text"] for part in content) for content in contents]


CHAT = "chat gpt-4o-mini"
WEATHER_CALL = {"service": "weather", "type": "model_generation", "model": "gpt-4o-mini", "tokens": (18, 5)}
QUESTION, ANSWER = "How is the weather in Paris?", "It is sunny."


def check_weather_call(upstream, has_messages=True):
    """The call that every page of docs/sdk shows."""
    found = record(upstream, CHAT)
    assert facts(found) == WEATHER_CALL
    if has_messages:
        assert (text_of(found["input"]), text_of(found["output"])) == ([QUESTION], [ANSWER])


# docs/quickstart.md and README.md


class Terminal:
    """A gateway as a person starts it, on ports of its own choice: what it writes to a terminal."""

    LISTEN = {f"MASTRA_GATEWAY_{name}_LISTEN": "127.0.0.1:0" for name in ("HTTP", "GRPC", "ADMIN", "VIEWER")}

    def __init__(self, *command, cwd=None, env=None):
        self.command, self.cwd, self.env = command, cwd, (env or environment()) | self.LISTEN
        self.text = ""

    def __enter__(self):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            self.command, cwd=self.cwd, env=self.env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for("look at")
        self.address, self.grpc_address = map(self.address_behind, (r"receiving +(\S+)", r"and gRPC +(\S+)"))
        return self

    def __exit__(self, *_):
        # The group is ours alone: the shell, where there is one, and the gateway.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.ours)

    def _read(self):
        try:
            while data := os.read(self.ours, 65536):
                self.text += data.decode().replace("\r\n", "\n")
        except OSError:
            """The other side is closed."""

    def address_behind(self, pattern):
        parts = urlsplit(re.search(pattern, self.text)[1])
        return parts.hostname, parts.port

    def wait_for(self, text):
        wait_until(lambda: text in self.text, lambda: f"{text!r} on the terminal: {self.text}")


def without_accidents(text):
    """Times, ports and ids differ from run to run."""
    text = re.sub(r"\b\d\d:\d\d:\d\d\.\d{3}\b", "TIME", text)
    text = re.sub(r"(kept in +)\S+/mastra-gateway/mastra.db", r"\1FILE", text)
    return re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", re.sub(r"\b[0-9a-f]{32}\b", "TRACE", text))


@pytest.fixture
def terminal(tmp_path):
    with Terminal(str(BINARY), env=environment({"HOME": str(tmp_path)})) as terminal:
        yield terminal


def test_the_start_without_a_token_looks_as_shown(terminal):
    [shown] = [block for block in blocks(snippet("quickstart-curl").page) if "receiving" in block.text]
    wait_until(lambda: terminal.text.endswith("/\n"), lambda: f"the last line of the start: {terminal.text}")
    assert without_accidents(terminal.text) == without_accidents(shown.text)


def check_first_span(commands, terminal, folder):
    start = len(terminal.text)
    assert run(commands, terminal, folder) == "{}"
    check_printed(terminal, start, "tokens 18 in 5 out", commands.output)


def check_printed(terminal, start, last, shown):
    """What has come since, up to the end of the line with the text `last`."""
    wait_until(
        lambda: last in terminal.text[start:] and terminal.text.endswith("\n"), lambda: f"{last!r}: {terminal.text}"
    )
    assert without_accidents(terminal.text[start:]) == without_accidents(shown)


def test_the_first_span_is_printed_as_shown(terminal, tmp_path):
    check_first_span(snippet("quickstart-curl"), terminal, tmp_path)


def test_the_readmes_first_span_is_printed_as_shown(terminal, tmp_path):
    check_first_span(snippet("readme-curl"), terminal, tmp_path)


def test_the_sample_is_printed_as_shown(terminal, tmp_path):
    start = len(terminal.text)
    run(snippet("quickstart-sample"), terminal, tmp_path)
    check_printed(terminal, start, "execute_tool", snippet("quickstart-sample").output)


def check_delivery(commands, upstream, folder):
    """The gateway that the commands start delivers the sample with the token that they set, and does not show it."""
    variables = variables_of(folder) | {
        "MASTRA_GATEWAY_ENDPOINT": upstream.url, "MASTRA_GATEWAY_MAX_BATCH_WAIT": "100ms"
    }  # fmt: skip
    with Terminal(*SHELL, commands.text, cwd=folder, env=variables) as terminal:
        run(snippet("quickstart-sample"), terminal, folder)
        assert record(upstream, "invoke_agent weather-agent")["spanType"] == "agent_run"
        assert {publish.headers["authorization"] for publish in upstream.publishes} == {"Bearer put-your-token-here"}
        assert "put-your-token-here" not in terminal.text


def test_with_a_token_the_sample_is_delivered(upstream, tmp_path):
    check_delivery(snippet("quickstart-cloud"), upstream, tmp_path)


def test_with_a_token_as_in_the_readme_the_sample_is_delivered(upstream, tmp_path):
    check_delivery(snippet("readme-cloud"), upstream, tmp_path)


# docs/viewer.md


def test_the_viewer_is_where_the_page_says(tmp_path):
    with Terminal(*SHELL, snippet("viewer-start").text, cwd=tmp_path, env=variables_of(tmp_path)) as terminal:
        host, port = terminal.address_behind(r"traces at +(\S+)")
        connection = http.client.HTTPConnection(host, port, timeout=DEADLINE)
        connection.request("GET", "/")
        assert b"mastra-gateway" in connection.getresponse().read()
        connection.close()
    assert (tmp_path / ".local/state/mastra-gateway/mastra.db").exists()


def test_a_password_for_the_viewer_is_made_as_shown(tmp_path):
    digest = hashlib.sha256(b"viewer:a long password of many words").hexdigest()
    done = subprocess.run(
        [*SHELL, snippet("viewer-credential").text], env=variables_of(tmp_path), capture_output=True, text=True, timeout=DEADLINE
    )
    assert done.stdout == f"basic:sha256:{digest}\n"


# docs/tenancy.md


NO_KEY = "mgw_of_nobody_0123456789abcdefghijklmnopqrstuv"


@dataclass
class Team:
    """What `credential new` prints for a team of the page, and the header that comes of it."""

    name: str
    secret: str
    header: str
    credential: str

    @property
    def authorization(self):
        return unquote(self.header.removeprefix("authorization="))

    @property
    def path(self):
        return f"/projects/{self.name}/ai/spans/publish"


def new_team(name, *arguments):
    printed = program("credential", "new", *arguments).stdout
    [secret, header, credential] = re.fullmatch(
        r'(\S+)\n.*OTEL_EXPORTER_OTLP_HEADERS="(\S+)"\n.*\n    (\S+)\n', printed, re.S
    ).groups()
    return Team(name, secret, header, credential)


@pytest.fixture
def teams():
    return [new_team("search"), new_team("support"), new_team("nightly", "--basic", "nightly")]


@pytest.fixture
def tenancy(upstream, teams, tmp_path):
    """A gateway with the file of the page, in which folders and digests are those of the test."""
    text = snippet("tenancy-file").text
    assert len(text.splitlines()) < 30
    for folder in ("/etc/mastra-gateway", "/var/lib/mastra-gateway"):
        text = text.replace(folder, str(tmp_path))
    for shown, team in zip(re.findall(r"(?:basic:)?sha256:[0-9a-f]{64}", text), teams, strict=True):
        text = text.replace(shown, team.credential)
        (tmp_path / f"{team.name}.token").write_text(f"token-of-{team.name}\n")
    (tmp_path / "gateway.yaml").write_text(text)
    flags = f"--config={tmp_path}/gateway.yaml"
    with Gateway(None, flags, env={"MASTRA_GATEWAY_ENDPOINT": upstream.url}) as gateway:
        gateway.secrets += [team.secret for team in teams] + [f"token-of-{team.name}" for team in teams]
        yield gateway
        assert gateway.stop()[0] == 0


def taken_with(upstream, ids):
    """Path and authorization of the request that delivered these spans."""
    wait_until(lambda: set(ids) <= set(upstream.deliveries), "the spans of a team")
    [publish] = [publish for publish in upstream.publishes if set(ids) <= set(publish.ids)]
    return publish.path, publish.headers["authorization"]


def test_each_credential_of_the_file_lands_on_its_route(tenancy, upstream, teams):
    for team in teams:
        export = export_of(3)
        assert tenancy.post(export, authorization=team.authorization).status == 200
        assert taken_with(upstream, export.ids) == (team.path, f"Bearer token-of-{team.name}")


def test_the_routes_of_the_file_have_the_limits_that_it_says(tenancy):
    routes = {route["name"]: route for route in json.loads(tenancy.admin_get("/status.json").body)["routes"]}
    assert list(routes) == ["search", "support", "nightly"]
    assert routes["support"]["limits"] == {"spans_per_second": "2000"}
    assert routes["search"]["capacity_bytes"] > 1.9 * routes["support"]["capacity_bytes"]


def test_a_wrong_key_and_none_are_refused_with_one_answer(tenancy, upstream, teams):
    answers = [
        tenancy.post(export_of(1), **fields)
        for fields in ({"authorization": f"Bearer {NO_KEY}"}, {"x_api_key": NO_KEY}, {})
    ]
    assert [answer.status for answer in answers] == [401] * 3
    assert len({answer.body for answer in answers}) == 1
    two = tenancy.post(export_of(1), authorization=teams[0].authorization, x_api_key=teams[1].secret)
    assert two.status == 403
    assert upstream.publishes == []


def test_a_key_is_taken_from_the_variable_of_an_sdk(tenancy, upstream, teams, tmp_path):
    [search, *_] = teams
    files = {"example.py": snippet("sdk-python-http-code")}
    run(snippet("tenancy-sdk"), tenancy, tmp_path, files, {"GATEWAY_KEY": search.secret})
    check_weather_call(upstream)
    assert {publish.path for publish in upstream.publishes} == {search.path}


def test_over_grpc_it_is_the_same_variable(tenancy, upstream, teams, tmp_path):
    files = {"example.py": snippet("sdk-python-http-code")}
    nightly = teams[2]
    run(snippet("sdk-python-grpc"), tenancy, tmp_path, files, {"OTEL_EXPORTER_OTLP_HEADERS": nightly.header})
    check_weather_call(upstream)
    assert {publish.path for publish in upstream.publishes} == {nightly.path}


def test_curl_shows_a_key(tenancy, teams, tmp_path):
    assert run(snippet("tenancy-curl"), tenancy, tmp_path, None, {"GATEWAY_KEY": teams[0].secret}) == "{}"


def test_a_new_key_is_printed_as_shown(tmp_path):
    def without_chance(text):
        return re.sub(r"[0-9a-f]{64}", "HEX", re.sub(r"mgw_[\w-]{43}", "KEY", text))

    done = subprocess.run(
        [*SHELL, snippet("tenancy-key").text], env=variables_of(tmp_path), capture_output=True, text=True, check=True
    )
    assert without_chance(done.stdout) == without_chance(snippet("tenancy-key").output)
    assert "KEY" in without_chance(done.stdout)


def test_the_credentials_of_the_page_let_nobody_in():
    """Whoever copies the file as it stands has not opened a door to its readers."""
    shown = program("credential", "hash", stdin=snippet("tenancy-key").output.splitlines()[0].encode()).stdout.strip()
    assert shown in snippet("tenancy-key").output
    assert shown not in snippet("tenancy-file").text


# docs/sdk



def test_python_exports_over_http(play, upstream):
    play(snippet("sdk-python-http"), {"example.py": snippet("sdk-python-http-code")})
    check_weather_call(upstream)


def test_python_exports_over_grpc(play, gateway, upstream):
    play(snippet("sdk-python-grpc"), {"example.py": snippet("sdk-python-http-code")})
    check_weather_call(upstream)
    assert gateway.metric("receiver_grpc_answers_total", code="OK") == 1


def test_python_exports_without_a_set_up_in_code(play, gateway, upstream):
    play(snippet("sdk-python-zero-code"), {"example.py": snippet("sdk-python-zero-code-code")})
    check_weather_call(upstream, has_messages=False)
    # One request, over HTTP: the default would be gRPC.
    assert gateway.metric("receiver_answers_total", status="200") == 1


def test_curl_sends_json(play, upstream):
    assert play(snippet("sdk-curl")) == snippet("sdk-curl").output.strip()
    check_weather_call(upstream)


def test_curl_sends_a_file_of_protobuf(play, upstream, tmp_path):
    payload = REPOSITORY / "Tests/Corpus/otel-openai-v2-latest-stream.pb"
    (tmp_path / "request.pb").write_bytes(payload.read_bytes())
    play(snippet("sdk-curl-protobuf"))
    wait_until(lambda: len(upstream.deliveries) == 3, "the three spans of the file")


def test_the_java_sdk_exports_over_http(play, upstream):
    """OTEL_JAVA_JAR as of Tests/BlackBox/test_foreign_clients.py."""
    jar = os.environ.get("OTEL_JAVA_JAR")
    if not jar:
        pytest.skip("OTEL_JAVA_JAR names no jar")
    play(snippet("sdk-java"), {"Example.java": snippet("sdk-java-code")}, CLASSPATH=f"{jar}:.")
    check_weather_call(upstream)


# docs/genai


@pytest.fixture(scope="module")
def openai_server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def ask(play, openai_server):
    """Runs a program that calls OpenAI's interface, which is served here."""

    def ask(commands, code):
        printed = play(
            commands, {"example.py": code}, OPENAI_BASE_URL=openai_server.url, OPENAI_API_KEY="sk-of-the-tests"
        )
        assert printed == TEXT + "\n"

    return ask


def call(**differences):
    """A call of the fake OpenAI with one message."""
    tokens = (PROMPT_TOKENS_OF_A_MESSAGE, TEXT_TOKENS)
    return {"service": "weather", "type": "model_generation", "model": "gpt-4o-mini", "tokens": tokens} | differences


def check_messages(record):
    assert (text_of(record["input"]), text_of(record["output"])) == ([QUESTION], [TEXT])


def test_openai_v2_puts_messages_on_the_span_with_two_variables(ask, upstream):
    ask(snippet("genai-opentelemetry"), snippet("genai-opentelemetry-code"))
    found = record(upstream, CHAT)
    assert facts(found) == call()
    check_messages(found)


def test_openinference_tells_the_messages_the_session_and_the_user(ask, upstream):
    ask(snippet("genai-openinference"), snippet("genai-openinference-code"))
    found = record(upstream, "ChatCompletion")
    assert facts(found) == call(model="gpt-4o-mini" + SERVED_MODEL_SUFFIX)
    check_messages(found)
    assert (found["metadata"]["sessionId"], found["metadata"]["userId"]) == ("session-1", "user-1")
    assert found["tags"] == ["example"]


def test_openllmetry_tells_the_messages(ask, upstream):
    ask(snippet("genai-openllmetry"), snippet("genai-openllmetry-code"))
    found = record(upstream, "openai.chat")
    assert facts(found) == call()
    check_messages(found)


def test_pydantic_ai_tells_the_agent_its_calls_and_its_tool(ask, upstream):
    ask(snippet("genai-pydantic-ai"), snippet("genai-pydantic-ai-code"))
    agent, tool = record(upstream, "invoke_agent weather_agent"), record(upstream, "execute_tool get_weather")
    assert (agent["spanType"], agent["entityName"], agent["output"]) == ("agent_run", "weather_agent", TEXT)
    assert (tool["spanType"], tool["input"], tool["output"]) == ("tool_call", {"city": "Paris"}, "sunny in Paris")
    calls = records(upstream, CHAT)
    assert [facts(each)["type"] for each in calls] == ["model_generation"] * 2
    assert {each["parentSpanId"] for each in [tool, *calls]} == {agent["spanId"]}


# What the pages say of packages and versions


def is_run(page):
    return any(block.state == "run" and block.language == "python" for block in blocks(page))


def installed_packages():
    """What each page with a program that is run installs first."""
    for page in filter(is_run, pages(["docs/sdk/*.md", "docs/genai/*.md"])):
        [install, *_] = [block.text for block in blocks(page) if block.text.startswith("pip install ")]
        for package in re.findall(r"[a-z][a-z0-9-]*[a-z0-9](?=[\s\"[])", install.removeprefix("pip install ")):
            yield pytest.param(package, id=f"{page.stem}-{package}")


@pytest.mark.parametrize("package", list(installed_packages()))
def test_a_page_that_is_run_installs_what_it_is_run_with(package):
    assert metadata.version(package)


def versions():
    """`NAME VERSION` in the sentence on the state of a page of docs/genai, where the tests' requirements are exact."""
    for page in filter(is_run, pages(["docs/genai/*.md"])):
        [state] = re.findall(r"^State: .*?\*\*executed\*\*.*?\.(?=\s)", page.read_text(), re.M | re.S)
        for package, version in re.findall(r"([a-z][a-z0-9-]+) (\d[\w.]*\w)", state):
            yield pytest.param(package, version, id=f"{page.stem}-{package}")


@pytest.mark.parametrize("package, version", list(versions()))
def test_the_version_that_a_page_names_is_the_one_it_is_run_with(package, version):
    assert metadata.version(package) == version
