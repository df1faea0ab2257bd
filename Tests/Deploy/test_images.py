"""The images of deploy/docker, built of the program and run as they are meant to be: read-only, without rights."""

import json
import os
import re
import signal

import pytest
from support.certificates import Certificates
from support.gateway import TOKEN
from support.http1 import Client
from support.otlp import export, export_of, is_full_success, span
from support.tls_upstream import TLSUpstream
from support.upstream import Answer, Upstream
from support.waiting import wait_until

from tools import containers
from tools.containers import DEBUG, HARDENED, MINIMAL, NONROOT, VERSION, Container, podman
from tools.programs import call

LOOPBACK = ["--http-listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"]


@pytest.fixture(scope="module", autouse=True)
def images():
    containers.images()


class Gateway(Container):
    """The minimal image, hardened, on free ports of this machine's loopback."""

    def __init__(self, upstream, *flags, options=(), image=MINIMAL):
        env = {"MASTRA_CLOUD_ACCESS_TOKEN": TOKEN, "MASTRA_GATEWAY_ENDPOINT": upstream.url}
        flags = [*LOOPBACK, "--max-batch-wait=100ms", "--retry-on-failure-initial-interval=20ms", *flags]
        super().__init__(image, *flags, options=[*HARDENED, *options], env=env)

    def wait_until_ready(self):
        self.start_line = self.wait_for_line("Started")

    def __exit__(self, *arguments):
        assert TOKEN not in self.logs()
        super().__exit__(*arguments)

    def address(self, listener):
        host, port = re.fullmatch(r"http://(.*):(\d+)(/.*)?", self.start_line[f"{listener}.listen"]).group(1, 2)
        return host, int(port)

    def post(self, body):
        with Client(self.address("http")) as client:
            return client.post(body)

    def accept(self, sent):
        assert is_full_success(self.post(sent.body))
        return sent.ids

    def metric(self, name):
        with Client(self.address("admin")) as client:
            client.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            text = client.receive().body.decode()
        return float(re.search(rf"^mastra_gateway_{name} (\S+)$", text, re.M).group(1))


# What is in them


def test_the_minimal_image_has_the_program_its_libraries_and_no_shell():
    lines = containers.export_tree(MINIMAL).splitlines()
    files = {line.split(maxsplit=5)[5] for line in lines if not line.startswith("d")}
    programs = {path for path in files if "/bin/" in path or "/sbin/" in path}
    assert programs == {"usr/bin/mastra-gateway"}
    others = {path for path in files if not re.match(r"(lib|lib64|usr/share/doc)/", path)} - programs
    assert others == {"etc/passwd", "etc/group", "etc/nsswitch.conf", "etc/ssl/certs/ca-certificates.crt"}
    assert all(re.search(r"\.so(\.\d+)*$", path) for path in files if path.startswith("lib"))
    modes = {line.split()[0] for line in lines}
    assert not [mode for mode in modes if "s" in mode], "nothing changes who runs it"
    writable = [line for line in lines if line[8] == "w"]
    assert writable == [], "nothing may be written by everybody"


def test_the_libraries_are_those_that_the_loader_asks_for_and_their_packages_are_listed():
    tree = containers.export_tree(MINIMAL)
    carried = set(re.findall(r"\S+/([^/\s]+\.so[.\d]*)$", tree, re.M))
    needed = call("ldd", containers.BINARY).stdout
    loaded = {os.path.basename(word) for word in re.findall(r"(?:=> )?(/\S+\.so\S*) \(", needed)}
    assert carried == loaded
    listed = containers.file_in(MINIMAL, "/usr/share/doc/mastra-gateway/packages").splitlines()
    packages = {line.split("\t")[0] for line in listed}
    assert packages >= {"libc6", "libcurl4", "libdeflate0", "libnghttp2-14", "libprotobuf-c1", "libsqlite3-0", "libzstd1", "ca-certificates"}
    assert packages == set(re.findall(r"usr/share/doc/([^/]+)/copyright$", tree, re.M)), "each comes with its licence"


@pytest.mark.parametrize("image", [MINIMAL, DEBUG])
def test_an_image_says_what_it_is_and_where_it_is_from(image):
    description = json.loads(containers.buildah("inspect", "--type=image", image).stdout)["Docker"]
    configuration = description["config"]
    labels = {name.removeprefix("org.opencontainers.image."): text for name, text in configuration["Labels"].items()}
    assert labels["version"] == VERSION
    assert labels["revision"] == "abc"
    assert labels["created"] == "2026-01-02T03:04:05Z"
    assert labels["licenses"] == "Apache-2.0"
    for name in ("title", "description", "source", "documentation", "vendor"):
        assert labels[name]
    assert (image == DEBUG) == (labels.get("base.name") == containers.DEBIAN)
    assert configuration["User"] == f"{NONROOT}:{NONROOT}"
    assert configuration["Entrypoint"] == ["/usr/bin/mastra-gateway"]
    assert set(configuration["ExposedPorts"]) == {"4317/tcp", "4318/tcp", "4319/tcp", "8888/tcp"}
    assert configuration["Healthcheck"]["Test"] == ["CMD", "/usr/bin/mastra-gateway", "healthcheck"]


def test_the_labels_of_both_are_the_same_but_for_the_base():
    labels = [json.loads(podman("image", "inspect", image).stdout)[0]["Labels"] for image in (MINIMAL, DEBUG)]
    without = [{name: text for name, text in each.items() if ".base." not in name} for each in labels]
    assert without[0] == without[1]


def test_two_builds_give_one_image():
    """In OCI's format; buildah writes names of its containers into those of Docker's, whose layers are the same."""
    first, second = (
        containers.build("minimal", f"localhost/mastra-gateway:again-{turn}", "--no-cache", format="oci") for turn in "ab"
    )
    assert first == second


# Each command


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["version"], 0, "mastra-gateway "),
        (["--help"], 0, "USAGE"),
        (["check"], 0, "http_listen                        0.0.0.0:4318  (environment MASTRA_GATEWAY_HTTP_LISTEN)"),
        (["doctor"], 0, "ok        http_listen           0.0.0.0:4318 is free"),
        (["healthcheck"], 69, "nothing listens at 0.0.0.0:8888"),
        (["send", "--sample"], 69, "cannot be reached"),
        (["queue", "ls", "/var/lib/mastra-gateway/none"], 78, "No such file"),
        (["map", "/none"], 65, "No such file"),
        (["--generate-completion-script", "bash"], 0, "complete"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_command_works_without_rights_on_a_read_only_root(arguments, code, text):
    done = podman("run", "--rm", "--network=none", *HARDENED, MINIMAL, *arguments, check=False)
    assert done.returncode == code, done.stderr
    assert text in done.stdout + done.stderr


# Running


def test_it_runs_without_rights_and_delivers():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        ids = gateway.accept(export_of(3))
        upstream.delivered(ids)
        status = containers.status_of(gateway.pid())
    assert status["Uid"].split() == [str(NONROOT)] * 4
    assert set(status[f"Cap{name}"] for name in ("Prm", "Eff", "Bnd", "Amb")) == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_a_stop_delivers_what_is_held():
    with Upstream() as upstream, Gateway(upstream, "--max-batch-wait=5m") as gateway:
        ids = gateway.accept(export_of(7))
        assert upstream.publishes == []
        assert gateway.stop() == 0
        upstream.delivered(ids)
        [last] = gateway.lines("Stopped")
        assert (last["accepted"], last["sent"], last["held"]) == ("7", "7", "0")


def test_the_health_check_of_the_image_tells_health():
    with Upstream() as upstream:
        gateway = Gateway(upstream)
        # The image's check asks where the image's environment says that the admin listener is.
        port = containers.free_port()
        gateway.options += [f"--env=MASTRA_GATEWAY_ADMIN_LISTEN=127.0.0.1:{port}"]
        gateway.arguments = [flag for flag in gateway.arguments if not flag.startswith("--admin-listen")]
        with gateway:
            assert podman("healthcheck", "run", gateway.name).stdout.strip() in ("", "healthy")
            assert gateway.state["Health"]["Status"] == "healthy"
            # A process that is frozen answers nobody.
            os.kill(gateway.pid(), signal.SIGSTOP)
            try:
                assert podman("healthcheck", "run", gateway.name, check=False).returncode != 0
            finally:
                os.kill(gateway.pid(), signal.SIGCONT)


def test_names_are_resolved():
    with Upstream() as upstream, Gateway(upstream) as gateway:
        by_name = f"--endpoint=http://localhost:{upstream.port}"
        done = gateway.exec("/usr/bin/mastra-gateway", "doctor", by_name, check=False)
    assert "ok        upload" in done.stdout


@pytest.mark.parametrize(("authority", "verdict"), [("ca", "ok"), ("other-ca", "failed")])
def test_uploads_trust_the_authorities_of_the_image(tmp_path, authority, verdict):
    """Others are mounted in the place of its own, and no setting names them."""
    certificates = Certificates(tmp_path)
    mounted = f"--volume={certificates.pem(authority)}:/etc/ssl/certs/ca-certificates.crt:ro"
    with TLSUpstream(certificates) as upstream:
        done = podman(
            "run", "--rm", "--network=host", *HARDENED, mounted, f"--env=MASTRA_CLOUD_ACCESS_TOKEN={TOKEN}", MINIMAL, "doctor",
            *LOOPBACK, f"--endpoint={upstream.url}", check=False,
        )  # fmt: skip
    assert f"{verdict:8}  upload" in done.stdout


# Memory


def test_limits_follow_the_memory_of_the_container():
    done = podman("run", "--rm", "--network=none", "--memory=256m", *HARDENED, MINIMAL, "doctor")
    assert "the control group allows 256MiB" in done.stdout


def test_limits_that_the_container_has_no_memory_for_end_the_start():
    done = podman(
        "run", "--rm", "--network=none", "--memory=128m", *HARDENED, MINIMAL, "--memory-limit=512MiB", check=False
    )
    assert done.returncode == 78
    assert "the control group allows" in done.stderr


def test_a_flood_stays_within_the_memory_of_the_container():
    flood = export(span(text="x" * 256 * 1024))
    with Upstream(then=Answer(503)) as upstream, Gateway(upstream, options=["--memory=192m"]) as gateway:
        statuses = {gateway.post(flood.body).status for _ in range(1000)}
        assert statuses == {200, 503}, "the flood was not more than it can hold"
        assert gateway.metric("process_peak_resident_bytes") < 192 << 20
        assert gateway.state["Running"]


# The queue


@pytest.fixture
def volume():
    name = f"mastra-gateway-test-{os.getpid()}"
    podman("volume", "create", name)
    yield f"{name}:/var/lib/mastra-gateway:U"
    podman("volume", "rm", "--force", name)


def test_a_volume_keeps_what_a_killed_container_had_acknowledged(volume):
    options, queue = [f"--volume={volume}"], "--queue-directory=/var/lib/mastra-gateway/queue"
    with Upstream(then=Answer(503)) as away, Gateway(away, queue, options=options) as gateway:
        ids = gateway.accept(export_of(5))
        podman("kill", "--signal=KILL", gateway.name)
        wait_until(lambda: not gateway.state["Running"], "the end", every=0.1)
        assert gateway.state["ExitCode"] == 137
    with Upstream() as upstream, Gateway(upstream, queue, options=options) as gateway:
        upstream.delivered(ids)
        assert gateway.lines("Found spans of lives before")[0]["spans"] == "5"
        assert not gateway.lines("The queue directory may not last")


def test_a_queue_in_the_containers_own_layer_is_warned_of():
    with Upstream() as upstream:
        gateway = Gateway(upstream, "--queue-directory=/var/lib/mastra-gateway/queue")
        gateway.options.remove("--read-only")
        with gateway:
            assert "container's own layer" in gateway.logs()


def test_a_queue_that_cannot_be_written_ends_the_start_with_the_reason():
    done = podman(
        "run", "--rm", "--network=none", *HARDENED, MINIMAL, "--queue-directory=/var/lib/mastra-gateway/queue",
        check=False,
    )  # fmt: skip
    assert done.returncode == 78
    assert "Read-only file system" in done.stderr


# With a shell


def test_the_debug_image_is_the_same_program_with_a_shell():
    with Upstream() as upstream, Gateway(upstream, image=DEBUG) as gateway:
        upstream.delivered(gateway.accept(export_of(2)))
        assert gateway.exec("sh", "-c", "id -u").stdout.strip() == str(NONROOT)
    programs = [
        podman("run", "--rm", "--network=none", image, "version").stdout for image in (MINIMAL, DEBUG)
    ]
    assert programs[0] == programs[1]
