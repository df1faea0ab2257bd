"""The commands of the program, and the console that records go to without a token."""

import json
import socket

import pytest

from support.gateway import Gateway
from support.otlp import export, export_of, span
from support.program import run
from support.upstream import Upstream, check_shape
from support.waiting import wait_until


def url(address):
    return "http://{}:{}".format(*address)


def console_records(gateway, count):
    wait_until(lambda: len(gateway.output) >= count, f"{count} lines on the console")
    return [json.loads(line) for line in gateway.output]


# Without a token


def test_without_a_token_records_go_to_the_console_as_json_lines():
    with Gateway() as gateway:
        assert gateway.start_line["destination"] == (
            "console (no access token; set MASTRA_CLOUD_ACCESS_TOKEN to export)"
        )
        sent = export_of(2, "a \"text\"\nof two lines")
        gateway.accept(sent)
        records = console_records(gateway, 2)
        gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count == 2)
        assert gateway.stop()[0] == 0
    assert [record["spanId"] for record in records] == list(sent.ids)
    for record in records:
        check_shape(record)
        assert record["attributes"] == {"text": "a \"text\"\nof two lines"}


def test_the_start_is_one_line_that_says_what_runs():
    with Gateway() as gateway:
        assert gateway.start_line.keys() == {
            "time", "level", "component", "message", "version", "http.listen", "grpc.listen", "admin.listen", "destination", "queue",
        }  # fmt: skip
        assert gateway.start_line["level"] == "info"
        assert gateway.start_line["queue"] == "memory, 256MiB; lost if the process ends"
        assert len(gateway.errors) == 1


def test_text_logs_are_for_people():
    with Gateway() as gateway:
        done = run("run", "--log-format=text", "--local-store=off", f"--http-listen={'{}:{}'.format(*gateway.address)}")
    assert done.returncode == 69
    [line] = done.stderr.splitlines()
    assert " error The gateway cannot start  cause=" in line


# send


def test_send_a_sample(gateway, upstream):
    done = run("send", "--sample", "--to", url(gateway.address))
    assert (done.returncode, done.stderr) == (0, "")
    trace = done.stdout.rsplit(" ", 1)[1].strip()
    assert done.stdout == f"{url(gateway.address)}/v1/traces took 3 spans of trace {trace}\n"

    def arrived():
        records = [r for publish in upstream.publishes for r in publish.records if r["traceId"] == trace]
        return records if len(records) == 3 else None

    records = wait_until(arrived, "the sample at the upstream")
    assert [record["spanType"] for record in records] == ["agent_run", "model_generation", "tool_call"]
    assert [record["parentSpanId"] for record in records] == [None, records[0]["spanId"], records[0]["spanId"]]
    assert records[1]["attributes"]["usage"] == {"inputTokens": 30, "outputTokens": 12}


def test_send_files(gateway, upstream, tmp_path):
    sent = [export_of(2), export_of(1)]
    for number, each in enumerate(sent):
        (tmp_path / f"{number}.pb").write_bytes(each.body)
    done = run("send", f"--to={url(gateway.address)}/", *map(str, sorted(tmp_path.iterdir())))
    assert done.returncode == 0
    assert [line.split(" took ")[1].split(" of ")[0] for line in done.stdout.splitlines()] == ["2 spans", "1 spans"]
    for id in sent[0].ids + sent[1].ids:
        upstream.record_of(id)


def test_send_to_nobody_is_69():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        address = reserved.getsockname()
    done = run("send", "--sample", f"--to={url(address)}")
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr.startswith(f"{url(address)}/v1/traces cannot be reached: ")


def test_send_to_something_that_refuses_is_69(gateway):
    done = run("send", "--sample", f"--to={url(gateway.admin)}")
    assert done.returncode == 69 and "/v1/traces answered 405: " in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--sample", "file"]])
def test_send_asks_for_one_of_both(arguments):
    done = run("send", *arguments)
    assert done.returncode == 64 and "give either --sample or files" in done.stderr


# map


@pytest.mark.parametrize("dialect, fields", [("platform", 18), ("cloud", 14)])
def test_map_prints_the_records_of_a_file(tmp_path, dialect, fields):
    sent = export_of(2)
    file = tmp_path / "spans.pb"
    file.write_bytes(sent.body)
    done = run("map", f"--dialect={dialect}", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["spanId"] for record in records] == list(sent.ids)
    for record in records:
        check_shape(record)
        assert len(record) == fields


def test_map_reads_standard_input_and_tells_of_rejected_spans():
    good = span()
    done = run("map", "-", stdin=export(span(trace_id=b"short"), good).body)
    assert done.returncode == 0
    [line] = done.stdout.splitlines()
    assert json.loads(line)["spanId"] == good.span_id.hex()
    assert done.stderr == "-: 1 rejected: trace_id is not 16 bytes or all zero\n"


@pytest.mark.parametrize(
    "stdin, start",
    [
        (b"\x0a\x05\x01", "- is no ExportTraceServiceRequest: "),
        (b"garbage", "- is no ExportTraceServiceRequest: "),
        (b'{"resourceSpans": 5}', "- is no ExportTraceServiceRequest in JSON: resourceSpans, at byte 18: "),
        (b'{"resourceSpans": [}', "- is no ExportTraceServiceRequest in JSON: "),
    ],
)  # fmt: skip
def test_map_of_garbage_is_65(stdin, start):
    done = run("map", "-", stdin=stdin)
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr.startswith(start)


def test_map_of_an_unknown_dialect_is_78_as_for_every_command_with_settings():
    done = run("map", "--dialect=klingon", "-")
    assert done.returncode == 78
    assert 'dialect (flag --dialect) is "klingon": expected one of platform, cloud' in done.stderr


def test_map_of_a_file_that_is_not_there_is_65():
    done = run("map", "/nowhere/spans.pb")
    assert done.returncode == 65
    assert done.stderr == "/nowhere/spans.pb cannot be read: No such file or directory\n"


# healthcheck, version, help


def test_healthcheck_of_a_gateway_that_lives_is_0(gateway):
    address = "{}:{}".format(*gateway.admin)
    for arguments, env in [([f"--admin={address}"], {}), ([], {"MASTRA_GATEWAY_ADMIN_LISTEN": address})]:
        done = run("healthcheck", *arguments, env=env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_healthcheck_of_nobody_is_69():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        address = "{}:{}".format(*reserved.getsockname())
    done = run("healthcheck", f"--admin={address}")
    assert (done.returncode, done.stderr) == (69, f"nothing listens at {address}\n")


def test_healthcheck_of_readiness_follows_it():
    with Upstream() as upstream, Gateway(upstream, "--queue-max-spans=1", "--max-batch-wait=5m") as gateway:
        command = ["healthcheck", "--path=/readyz", "--admin={}:{}".format(*gateway.admin)]
        assert run(*command).returncode == 0
        gateway.accept(export_of(1))
        done = run(*command)
        assert done.returncode == 69 and "/readyz answered: HTTP/1.1 503" in done.stderr


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_version(arguments):
    done = run(*arguments)
    assert done.returncode == 0 and "0.1.0" in done.stdout.splitlines()[0]


def test_help_names_the_commands_and_unknown_ones_are_64():
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("run", "check", "map", "send", "healthcheck", "version"))
    assert run("run", "--no-such-flag").returncode == 64


# Listeners


@pytest.mark.parametrize("taken", ["http", "admin"])
def test_a_listener_whose_port_is_taken_is_69_with_a_sentence(gateway, taken):
    address = "{}:{}".format(*gateway.address)
    flags = {"http": "127.0.0.1:0", "admin": "127.0.0.1:0"} | {taken: address}
    done = run("run", "--log-format=json", *(f"--{name}-listen={value}" for name, value in flags.items()))
    assert done.returncode == 69
    line = json.loads(done.stderr.splitlines()[-1])
    assert (line["level"], line["message"]) == ("error", "The gateway cannot start")
    assert address in line["cause"]


def test_ipv6_loopback_is_served(upstream):
    with Gateway(upstream, "--http-listen=[::1]:0") as gateway:
        assert gateway.address[0] == "::1"
        upstream.record_of(gateway.accept(export_of(1))[0])
        assert run("send", "--sample", f"--to=http://[::1]:{gateway.address[1]}").returncode == 0


def test_the_admin_listener_can_be_off(upstream):
    with Gateway(upstream, "--admin-listen=off") as gateway:
        assert gateway.admin is None and "admin.listen" not in gateway.start_line
        upstream.record_of(gateway.accept(export_of(1))[0])
