"""Where settings come from, and what is said of those that cannot be used."""

import re

import pytest

from support.gateway import TOKEN, Gateway
from support.otlp import export_of
from support.program import run
from support.upstream import Upstream


def settings(*arguments, env=None):
    """`check` of a configuration that is valid: `{key: (value, source)}`."""
    done = run("check", *arguments, env=env)
    assert (done.returncode, done.stderr) == (0, ""), done
    rows = [re.fullmatch(r"(\w+) +(.*?)  \((.*)\)", line).groups() for line in done.stdout.splitlines()]
    return {key: (value, source) for key, value, source in rows}


def complaints(*arguments, env=None, command="check"):
    """`check` of one that is not: its lines behind the heading."""
    done = run(command, *arguments, env=env)
    assert (done.returncode, done.stdout) == (78, ""), done
    heading, *lines = done.stderr.splitlines()
    assert heading == "The configuration cannot be used:"
    return [line.strip() for line in lines]


@pytest.fixture
def file(tmp_path):
    """Writes a YAML file and answers the option for it."""

    def write(text):
        path = tmp_path / "gateway.yaml"
        path.write_text(text)
        return f"--config={path}"

    return write


# Valid


def test_defaults_are_shown():
    found = settings()
    assert found["http_listen"] == ("127.0.0.1:4318", "default")
    assert found["admin_listen"] == ("127.0.0.1:8888", "default")
    assert found["max_body_bytes"] == ("64MiB", "default")
    assert found["access_token"] == ("unset", "default")
    assert found["endpoint"] == ("https://observability.mastra.ai/ai/spans/publish", "default")


def test_flag_over_environment_over_file_over_default(file):
    option = file("max_batch_size: 10\nmax_batch_wait: 1s\nproject_id: of-the-file\n")
    env = {"MASTRA_GATEWAY_MAX_BATCH_SIZE": "20", "MASTRA_GATEWAY_MAX_BATCH_WAIT": "2s"}
    found = settings(option, "--max-batch-size=30", env=env)
    assert found["max_batch_size"] == ("30", "flag --max-batch-size")
    assert found["max_batch_wait"] == ("2s", "environment MASTRA_GATEWAY_MAX_BATCH_WAIT")
    assert found["project_id"][0] == "of-the-file"
    assert re.fullmatch(r"file .*gateway\.yaml line 3", found["project_id"][1])
    assert found["log_level"] == ("info", "default")
    assert found["endpoint"][0] == "https://observability.mastra.ai/projects/of-the-file/ai/spans/publish"


def test_the_file_may_be_named_in_the_environment(file):
    path = file("max_batch_size: 10\n").removeprefix("--config=")
    assert settings(env={"MASTRA_GATEWAY_CONFIG": path})["max_batch_size"][0] == "10"


def test_nested_keys_join(file):
    found = settings(file("retry_on_failure:\n  initial_interval: 2s\n  max_interval: 1m\ntls:\n  insecure: true\n"))
    assert found["retry_on_failure_initial_interval"][0] == "2s"
    assert found["retry_on_failure_max_interval"][0] == "1m"
    assert found["tls_insecure"][0] == "true"


def test_the_file_reads_the_environment(file):
    option = file('project_id: "${env:TEAM}-${env:STAGE:-dev}"\nmax_batch_wait: ${env:WAIT:-3s}\n')
    found = settings(option, env={"TEAM": "blue"})
    assert (found["project_id"][0], found["max_batch_wait"][0]) == ("blue-dev", "3s")
    [line] = complaints(option)
    assert line.startswith("project_id (file ") and line.endswith("expected the environment to have TEAM")


@pytest.mark.parametrize(
    "name", ["MASTRA_GATEWAY_ACCESS_TOKEN", "MASTRA_CLOUD_ACCESS_TOKEN", "MASTRA_PLATFORM_ACCESS_TOKEN"]
)
def test_a_token_is_shown_as_stars_and_may_come_from_a_file(name, tmp_path):
    assert settings(env={name: TOKEN})["access_token"] == ("****", f"environment {name}")
    secret = tmp_path / "token"
    secret.write_text(TOKEN + "\n")
    found = settings(env={f"{name}_FILE": str(secret)})
    assert found["access_token"] == ("****", f"file named by {name}_FILE")


def test_the_first_name_that_is_set_wins():
    env = {"MASTRA_GATEWAY_ACCESS_TOKEN": "", "MASTRA_CLOUD_ACCESS_TOKEN": "a", "MASTRA_PLATFORM_ACCESS_TOKEN": "b"}
    assert settings(env=env)["access_token"][1] == "environment MASTRA_CLOUD_ACCESS_TOKEN"


def test_a_token_from_a_file_is_used(tmp_path):
    secret = tmp_path / "token"
    secret.write_text("mst_of_the_file\n")
    env = {"MASTRA_CLOUD_ACCESS_TOKEN": "", "MASTRA_CLOUD_ACCESS_TOKEN_FILE": str(secret)}
    with Upstream() as upstream, Gateway(upstream, env=env) as gateway:
        gateway.secrets.append("mst_of_the_file")
        upstream.delivered(gateway.accept(export_of(1)))
        assert upstream.publishes[0].headers["authorization"] == "Bearer mst_of_the_file"


def test_a_token_in_the_configuration_file_is_used_and_not_shown(file):
    assert settings(file("access_token: ${env:TOKEN}\n"), env={"TOKEN": TOKEN})["access_token"][0] == "****"


@pytest.mark.parametrize(
    "env, url",
    [
        ({"MASTRA_CLOUD_TRACES_ENDPOINT": "https://a.test"}, "https://a.test/ai/spans/publish"),
        ({"MASTRA_PLATFORM_OBSERVABILITY_ENDPOINT": "https://b.test/"}, "https://b.test/ai/spans/publish"),
        ({"MASTRA_CLOUD_AI_TRACES_ENDPOINT": "https://c.test/x/spans/publish"}, "https://c.test/x/spans/publish"),
        ({"MASTRA_GATEWAY_DIALECT": "cloud"}, "https://api.mastra.ai/ai/spans/publish"),
        ({"MASTRA_GATEWAY_DIALECT": "cloud", "MASTRA_PROJECT_ID": "p"}, "https://api.mastra.ai/ai/spans/publish"),
        ({"MASTRA_GATEWAY_ENDPOINT": "http://[::1]:80"}, "http://[::1]:80/ai/spans/publish"),
    ],
)
def test_the_endpoint_comes_from_mastras_own_names_too(env, url):
    assert settings(env=env)["endpoint"][0] == url


# Not valid


BAD_VALUES = {
    "--max-batch-size=many": "a whole number from 1 to 100000",
    "--max-batch-size=0": "a whole number from 1 to 100000",
    "--max-batch-wait=5": "a duration from 0s to 5m, such as 5s, 500ms or 1m30s",
    "--max-body-bytes=1KiB7": "a size from 1KiB to 256MiB, such as 4MiB or 1048576",
    "--http-listen=:4318": "an address and a port, such as 127.0.0.1:4318, [::1]:4318 or 0.0.0.0:4318; "
    "port 0 is any free one",
    "--dialect=klingon": "one of platform, cloud",
    "--log-level=loud": "one of debug, info, warn, error",
    "--project-id=a/b": "letters, digits, _ and -",
    "--tls-insecure=perhaps": "true or false",
    "--traces-path=v1": "paths of ASCII that begin with /, such as /v1/traces",
}


@pytest.mark.parametrize("option, expected", BAD_VALUES.items(), ids=BAD_VALUES)
def test_a_bad_value_is_78_and_said_with_key_source_value_and_expectation(option, expected):
    flag, value = option.split("=")
    key = flag.removeprefix("--").replace("-", "_")
    assert complaints(option) == [f'{key} (flag {flag}) is "{value}": expected {expected}']


def test_all_that_is_wrong_is_said_at_once_and_run_says_it_too(file):
    option = file("max_batch_size: x\nqueue:\n  max_bytes: 1\n")
    env = {"MASTRA_GATEWAY_UPLOAD_CONCURRENCY": "100"}
    for command in ("check", "run"):
        lines = complaints(option, "--log-format=xml", env=env, command=command)
        assert sorted(line.split(" ")[0] for line in lines) == [
            "log_format", "max_batch_size", "queue_max_bytes", "upload_concurrency",
        ]  # fmt: skip


def test_an_unknown_key_is_78_with_a_hint(file):
    [line] = complaints(file("max_batch_sise: 10\n"))
    assert re.fullmatch(
        r"max_batch_sise \(file .*gateway\.yaml line 1\): is no setting; did you mean max_batch_size\?", line
    )
    [line] = complaints(env={"MASTRA_GATEWAY_MAX_BATCH_SISE": "10"})
    assert line == (
        "MASTRA_GATEWAY_MAX_BATCH_SISE (environment): is no setting; did you mean MASTRA_GATEWAY_MAX_BATCH_SIZE?"
    )
    [line] = complaints(env={"MASTRA_GATEWAY_FLUX": "10"})
    assert line == "MASTRA_GATEWAY_FLUX (environment): is no setting"


def test_a_bad_token_is_not_repeated(file):
    [line] = complaints(env={"MASTRA_CLOUD_ACCESS_TOKEN": "mst secret"})
    assert line == (
        "access_token (environment MASTRA_CLOUD_ACCESS_TOKEN): expected a token of printable ASCII without spaces"
    )
    [line] = complaints(file("access_token: mst secret\n"))
    assert line.startswith("access_token (file ") and "secret" not in line.split("):")[1]


def test_a_secret_file_that_is_missing_is_said():
    [line] = complaints(env={"MASTRA_CLOUD_ACCESS_TOKEN_FILE": "/nowhere/token"})
    assert line == (
        'access_token (MASTRA_CLOUD_ACCESS_TOKEN_FILE) is "/nowhere/token": expected a readable file: '
        "/nowhere/token cannot be read: No such file or directory"
    )


@pytest.mark.parametrize(
    "endpoint, expected",
    [
        ("observability.test", "has no scheme; it has to begin with https:// or http://"),
        ("ftp://a.test", 'has the scheme "ftp"; use https or http'),
        (
            "https://a.test/v1",
            'has the path "/v1"; give an origin such as https://host, or a URL that ends in /spans/publish',
        ),
        ("https://a.test:99999", 'has the port "99999"; ports run to 65535'),
        ("https://", "has no host"),
    ],
)
def test_an_endpoint_that_is_none_is_said(endpoint, expected):
    assert complaints(f"--endpoint={endpoint}") == [f'endpoint (flag --endpoint) is "{endpoint}": {expected}']


def test_a_query_in_the_endpoint_is_refused_and_not_repeated():
    [line] = complaints("--endpoint=https://a.test?key=hunter2")
    assert line == "endpoint (flag --endpoint): has a query or a fragment, which it must not have"


def test_a_password_in_the_endpoint_is_refused_and_not_repeated():
    [line] = complaints("--endpoint=https://user:hunter2@a.test")
    assert "user information" in line
    assert "hunter2" not in line


def test_a_token_is_not_sent_in_clear_text_to_another_host():
    env = {"MASTRA_CLOUD_ACCESS_TOKEN": TOKEN}
    expected = (
        "endpoint (flag --endpoint): would send the access token in clear text; use https, or set tls_insecure to true"
    )
    assert complaints("--endpoint=http://mastra.test", env=env) == [expected]
    assert complaints("--endpoint=http://10.0.0.1:80", env=env) == [expected]
    for allowed in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]", "https://mastra.test"]:
        settings(f"--endpoint={allowed}", env=env)
    settings("--endpoint=http://mastra.test", "--tls-insecure=true", env=env)


@pytest.mark.parametrize("host", ["127.evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "localhostess:80"])
def test_a_name_that_begins_like_loopback_is_another_host(host):
    [line] = complaints(f"--endpoint=http://{host}", env={"MASTRA_CLOUD_ACCESS_TOKEN": TOKEN})
    assert "clear text" in line


CONTRADICTIONS = {
    "max_batch_wait_ms (flag --max-batch-wait-ms): max_batch_wait is set too; use one of them": [
        "--max-batch-wait=1s", "--max-batch-wait-ms=1000",
    ],
    "tls_cert_file (flag --tls-cert-file): tls_cert_file and tls_key_file go together; one of them is missing": [
        "--tls-cert-file=/nowhere",
    ],
    "max_body_bytes (flag --max-body-bytes): is larger than memory_limit (1048576 bytes), so that the largest body "
    "could never be taken": ["--max-body-bytes=2MiB", "--memory-limit=1MiB"],
    "retry_on_failure_initial_interval (flag --retry-on-failure-initial-interval): is longer than "
    "retry_on_failure_max_interval": ["--retry-on-failure-initial-interval=1m"],
}  # fmt: skip


@pytest.mark.parametrize("expected, flags", CONTRADICTIONS.items(), ids=range(len(CONTRADICTIONS)))
def test_contradictions_are_said(expected, flags):
    assert expected in complaints(*flags)


@pytest.mark.parametrize("flags", [["--tls-ca-file=/nowhere"], ["--tls-cert-file=/nowhere", "--tls-key-file=/nowhere"]])
def test_a_tls_file_that_cannot_be_read_is_said_of_its_own_key(flags):
    flag = flags[0].removesuffix("=/nowhere")
    line = complaints(*flags)[0]
    assert line.startswith(f"{flag[2:].replace('-', '_')} (flag {flag}): ") and "No such file or directory" in line


PROXIES = ["ftp://user:hunter2@proxy.test:1", "hunter2 and nonsense", "http://user:hunter2@proxy.test/x y"]


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_that_is_none_is_said_of_its_own_key_and_not_repeated(proxy):
    [line] = complaints(env={"MASTRA_GATEWAY_PROXY_URL": proxy})
    assert "hunter2" not in line
    assert line.startswith("proxy_url (environment MASTRA_GATEWAY_PROXY_URL): ")


@pytest.mark.parametrize("text", ["max_batch_size: [", "just a text", "max_batch_size: *nothing"])
def test_a_file_that_is_no_settings_is_78(file, text):
    assert complaints(file(text))


def test_a_file_that_is_not_there_is_78():
    [line] = complaints("--config=/nowhere.yaml")
    assert line == "config (/nowhere.yaml): expected a readable file: /nowhere.yaml cannot be read: No such file or directory"


def test_a_key_that_stands_twice_in_the_file_is_78(file):
    assert complaints(file("max_batch_size: 10\nmax_batch_size: 20\n"))


def test_a_key_that_is_spelled_nested_and_flat_is_78(file):
    assert complaints(file("tls_insecure: true\ntls:\n  insecure: false\n"))
