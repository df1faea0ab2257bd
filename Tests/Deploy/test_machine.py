"""The package on machines that boot systemd: installed, killed, reloaded, upgraded, removed, purged. Minutes."""

import subprocess

import pytest
from support.gateway import TOKEN
from support.otlp import export_of
from support.upstream import Answer, Upstream
from support.waiting import wait_until

from tools import packages
from tools.containers import free_port
from tools.packages import Machine

pytestmark = pytest.mark.long

NEXT = "9.9.9"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with two versions of the package, and their names."""
    directory = tmp_path_factory.mktemp("packages")
    this = packages.build(directory / "packages")
    return directory / "packages", this.name, packages.of_version(directory, NEXT).name


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def machine(request, built):
    with Machine(request.param, built[0]) as machine:
        machine.suite = request.param
        yield machine


@pytest.fixture(scope="module")
def ports():
    return {"http": free_port(), "grpc": free_port(), "admin": free_port()}


@pytest.fixture(scope="module")
def service(machine, built, ports, upstream):
    """Installed, on free ports of this machine, sending to the upstream of the test."""
    # The machine shares this one's network, whose usual ports may be taken.
    machine.shell(
        "mkdir -p /etc/systemd/system/mastra-gateway.service.d;"
        "printf '[Service]\\nEnvironment="
        f"MASTRA_GATEWAY_HTTP_LISTEN=127.0.0.1:{ports['http']} MASTRA_GATEWAY_GRPC_LISTEN=127.0.0.1:{ports['grpc']} "
        f"MASTRA_GATEWAY_ADMIN_LISTEN=127.0.0.1:{ports['admin']} MASTRA_GATEWAY_ENDPOINT={upstream.url} "
        "MASTRA_GATEWAY_MAX_BATCH_WAIT=100ms\\n' > /etc/systemd/system/mastra-gateway.service.d/test.conf"
    )
    machine.shell(f"apt-get update -q && apt-get install -y -q --no-install-recommends /packages/{built[1]}")
    machine.wait_for_unit("ActiveState", "active")
    return machine


def delivered(upstream, ids):
    wait_until(lambda: set(upstream.deliveries) >= set(ids), "the spans at the upstream", 60)


def send(machine, ports, count=1):
    """Sends spans to the service; their ids."""
    sent = export_of(count)
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--header", "Content-Type: application/x-protobuf", "--data-binary", "@-",
         f"http://127.0.0.1:{ports['http']}/v1/traces"],
        input=sent.body, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stderr, machine.journal())
    return sent.ids


def test_the_installation_starts_and_enables_the_service(service):
    assert service.unit("UnitFileState") == "enabled"
    assert service.unit("SubState") == "running"
    assert service.unit("StatusText").startswith("Sending to console")


def test_it_runs_as_its_own_user_and_without_rights(service):
    pid = service.unit("MainPID")
    status = dict(line.split(":", 1) for line in service.shell(f"cat /proc/{pid}/status").splitlines())
    user = service.shell("id -u mastra-gateway").strip()
    assert status["Uid"].split() == [user] * 4
    assert status["CapEff"].strip() == status["CapBnd"].strip() == "0" * 16
    assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")


def test_without_a_token_spans_are_printed_and_with_one_they_are_delivered(service, ports, upstream):
    [id] = send(service, ports)
    wait_until(lambda: id in service.journal(), "the record in the journal", every=0.2)
    service.shell(f"echo MASTRA_CLOUD_ACCESS_TOKEN={TOKEN} >> /etc/default/mastra-gateway; systemctl restart mastra-gateway")
    delivered(upstream, send(service, ports, 3))
    assert TOKEN not in service.journal()


def test_doctor_is_for_the_user_of_the_service(service):
    text = service.shell(
        "runuser -u mastra-gateway -- mastra-gateway doctor --config /etc/mastra-gateway/mastra-gateway.yaml", check=False
    )
    assert "queue                 /var/lib/mastra-gateway/queue is in use by pid" in text


def test_a_kill_is_followed_by_a_start(service, ports, upstream):
    before = service.unit("MainPID")
    service.shell("systemctl kill --signal=KILL mastra-gateway")
    wait_until(lambda: service.unit("MainPID") not in (before, "0"), "another process", every=0.2)
    service.wait_for_unit("ActiveState", "active")
    assert service.unit("NRestarts") == "1"
    delivered(upstream, send(service, ports))


def test_a_hang_is_met_by_the_manager(service, ports, upstream):
    service.shell(
        "mkdir -p /run/systemd/system/mastra-gateway.service.d;"
        "printf '[Service]\\nWatchdogSec=3s\\n' > /run/systemd/system/mastra-gateway.service.d/quick.conf;"
        "systemctl daemon-reload; systemctl restart mastra-gateway"
    )
    service.wait_for_unit("ActiveState", "active")
    before = service.unit("MainPID")
    service.shell(f"kill -STOP {before}")
    wait_until(lambda: service.unit("MainPID") not in (before, "0"), "another process", 60, every=0.5)
    service.wait_for_unit("ActiveState", "active")
    assert "Watchdog timeout" in service.shell("journalctl --no-pager --output=cat _PID=1 | grep mastra-gateway")
    service.shell("rm /run/systemd/system/mastra-gateway.service.d/quick.conf; systemctl daemon-reload")
    delivered(upstream, send(service, ports))


def test_a_reload_is_waited_for_and_ends_nothing(service, ports, upstream):
    before = service.unit("MainPID")
    service.shell("systemctl reload mastra-gateway")
    wait_until(lambda: "The configuration was read again" in service.journal(), "the reload", every=0.2)
    assert (service.unit("MainPID"), service.unit("ActiveState")) == (before, "active")
    delivered(upstream, send(service, ports))


def test_a_changed_file_is_taken_without_a_restart_and_a_wrong_one_is_not(service, ports, upstream):
    before = service.unit("MainPID")
    file = "/etc/mastra-gateway/mastra-gateway.yaml"
    reads = service.journal().count("The configuration was read again")
    service.shell(f"cp -p {file} {file}.kept; echo 'max_batch_size: 500' >> {file}")
    wait_until(lambda: service.journal().count("The configuration was read again") > reads, "the reload", 30, every=0.5)
    service.shell(f"echo 'max_batch_size: none' > {file}; systemctl reload mastra-gateway")
    wait_until(lambda: "The configuration cannot be used; the one before goes on" in service.journal(), "the refusal", every=0.2)
    delivered(upstream, send(service, ports))
    service.shell(f"mv {file}.kept {file}; systemctl reload mastra-gateway")
    assert (service.unit("MainPID"), service.unit("ActiveState")) == (before, "active")


def test_a_configuration_that_cannot_be_used_is_not_tried_again_and_again(service):
    service.shell(
        "printf '[Service]\\nEnvironment=MASTRA_GATEWAY_MAX_BATCH_SIZE=0\\n'"
        " > /etc/systemd/system/mastra-gateway.service.d/wrong.conf; systemctl daemon-reload"
    )
    service.shell("systemctl reset-failed mastra-gateway; systemctl restart mastra-gateway", check=False)
    service.wait_for_unit("ActiveState", "failed")
    assert service.unit("NRestarts") == "0"
    assert service.unit("ExecMainStatus") == "78"
    assert "max_batch_size" in service.journal()
    service.shell("rm /etc/systemd/system/mastra-gateway.service.d/wrong.conf; systemctl daemon-reload")
    service.shell("systemctl restart mastra-gateway")
    service.wait_for_unit("ActiveState", "active")


def test_an_upgrade_keeps_the_queue_and_the_settings(service, built, ports, upstream):
    upstream.then = Answer(503)
    ids = send(service, ports, 5)
    service.shell("echo '# mine' >> /etc/mastra-gateway/mastra-gateway.yaml")
    before = service.unit("MainPID")
    service.shell(f"DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends /packages/{built[2]}")
    service.wait_for_unit("ActiveState", "active")
    assert service.unit("MainPID") != before
    assert service.shell("dpkg-query -W -f '${Version}' mastra-gateway") == NEXT
    assert "# mine" in service.shell("cat /etc/mastra-gateway/mastra-gateway.yaml")
    upstream.then = Answer()
    delivered(upstream, ids)


def test_a_removal_keeps_the_queue_and_a_purge_does_not(service, ports, upstream):
    upstream.then = Answer(503)
    send(service, ports, 2)
    service.shell("apt-get remove -y -q mastra-gateway")
    assert service.shell("systemctl is-active mastra-gateway", check=False).strip() != "active"
    assert service.shell("find /var/lib/mastra-gateway/queue -name '*.seg'").strip()
    assert TOKEN in service.shell("cat /etc/default/mastra-gateway")
    service.shell("apt-get purge -y -q mastra-gateway")
    left = "ls -d /var/lib/mastra-gateway /etc/mastra-gateway /etc/default/mastra-gateway /lib/systemd/system/mastra-gateway.service"
    assert service.shell(f"{left} 2>/dev/null", check=False).strip() == ""
    assert service.shell("getent passwd mastra-gateway", check=False).strip() == ""
    upstream.then = Answer()
