"""Containers: podman and buildah with a store of their own, stand-ins for base images that cannot be pulled, and the
images of deploy/docker made of the built program."""

import json
import os
import shutil
import socket
import subprocess
import uuid
from functools import cache
from pathlib import Path

import pytest
from support.program import BINARY, REPOSITORY
from support.waiting import wait_until

from tools.programs import call, program

STORE = REPOSITORY / ".build-containers"
SHIM = Path(__file__).with_name("runtime_shim.py")
DEBIAN = "docker.io/library/debian:bookworm-slim"
MINIMAL, DEBUG = "localhost/mastra-gateway:test", "localhost/mastra-gateway:test-debug"
VERSION = "1.2.3"
NONROOT = 65532


@cache
def environment():
    """Names the store and the runtime; the configuration of the machine stays as it is."""
    if os.geteuid() != 0:
        pytest.skip("containers are started as root")
    for name in ("podman", "buildah", "runc", "mmdebstrap"):
        program(name)
    STORE.mkdir(exist_ok=True)
    storage, containers = STORE / "storage.conf", STORE / "containers.conf"
    storage.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{STORE}/images"\nrunroot = "{STORE}/run"\n'
    )
    containers.write_text(
        "[engine]\n"
        'runtime = "shim"\n'
        'cgroup_manager = "cgroupfs"\n'
        'events_logger = "file"\n'
        f'[engine.runtimes]\nshim = ["{SHIM}"]\n'
    )
    return os.environ | {"CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(containers)}


def podman(*arguments, **options):
    return call("podman", *arguments, env=environment(), **options)


def buildah(*arguments, **options):
    return call("buildah", *arguments, env=environment(), timeout=900, **options)


def has_image(name):
    return podman("image", "exists", name, check=False).returncode == 0


# Images


def debootstrap(name, suite="bookworm", include="ca-certificates"):
    """A stand-in for one of Debian's images, made of the same packages, under its name."""
    if has_image(name):
        return
    archive = STORE / "base.tar"
    options = [
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        '--aptopt=Acquire::Languages "none"',
    ]  # fmt: skip
    call("mmdebstrap", "--variant=minbase", f"--include={include}", *options, suite, archive, timeout=600)
    podman("import", archive, name, timeout=300)
    archive.unlink()


def build(target, tag, *arguments, format="docker"):
    """A target of deploy/docker/Dockerfile, with the program that was built on this machine; its id."""
    done = buildah(
        "bud", f"--format={format}", "--network=host", "--isolation=chroot", f"--target={target}", f"--tag={tag}",
        f"--ignorefile={REPOSITORY}/.dockerignore", f"--build-context=build={STORE}/context",
        f"--build-arg=VERSION={VERSION}", "--build-arg=REVISION=abc", "--build-arg=CREATED=2026-01-02T03:04:05Z",
        "--timestamp=0", *arguments, f"--file={REPOSITORY}/deploy/docker/Dockerfile", REPOSITORY,
    )  # fmt: skip
    return done.stdout.split()[-1]


def program_context():
    """A folder with the program, in the place of the stage that builds it."""
    target = STORE / "context/program/mastra-gateway"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(BINARY, target)


@cache
def images():
    """Both images, built once a run."""
    debootstrap(DEBIAN)
    program_context()
    build("debug", DEBUG)
    build("minimal", MINIMAL)


# Containers

# As docs/kubernetes.md and the compose files ask for it.
HARDENED = [
    "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", f"--user={NONROOT}:{NONROOT}",
]  # fmt: skip


class Container:
    """Runs until the test's end. It shares the machine's network, on ports of its own choice."""

    def __init__(self, image, *arguments, options=(), env=None, network="host"):
        self.name = f"mastra-gateway-test-{uuid.uuid4().hex[:12]}"
        self.options = [*options, f"--network={network}"]
        self.options += [f"--env={name}={value}" for name, value in (env or {}).items()]
        self.image, self.arguments = image, arguments

    def __enter__(self):
        podman("run", "--detach", f"--name={self.name}", *self.options, self.image, *self.arguments)
        try:
            self.wait_until_ready()
        except BaseException:
            Container.__exit__(self)
            raise
        return self

    def wait_until_ready(self):
        """What a kind of container waits for."""

    def __exit__(self, *_):
        podman("rm", "--force", "--time=0", self.name, check=False)

    def inspect(self):
        return json.loads(podman("inspect", self.name).stdout)[0]

    @property
    def state(self):
        return self.inspect()["State"]

    def logs(self):
        done = podman("logs", self.name)
        return done.stdout + done.stderr

    def lines(self, message):
        """Log lines with that message."""
        found = [json.loads(line) for line in self.logs().splitlines() if line.startswith('{"time"')]
        return [line for line in found if line["message"] == message]

    def wait_for_line(self, message):
        return wait_until(lambda: self.lines(message), f"the line {message!r}: {self.logs()}", every=0.1)[0]

    def exec(self, *arguments, check=True):
        return podman("exec", self.name, *arguments, check=check)

    def stop(self, seconds=30):
        """SIGTERM; the exit code."""
        podman("stop", f"--time={seconds}", self.name)
        return self.state["ExitCode"]

    def pid(self):
        return self.state["Pid"]


def status_of(pid):
    """/proc/PID/status by its names."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def export_tree(image):
    """Paths in an image."""
    container = podman("create", image).stdout.strip()
    try:
        with subprocess.Popen([program("podman"), "export", container], stdout=subprocess.PIPE, env=environment()) as tar:
            listed = subprocess.run(["tar", "-tv"], stdin=tar.stdout, capture_output=True, text=True, check=True)
    finally:
        podman("rm", container)
    return listed.stdout


def file_in(image, path):
    """The text of a file in an image."""
    container = podman("create", image).stdout.strip()
    copy = STORE / "copy"
    try:
        podman("cp", f"{container}:{path}", copy)
        return copy.read_text()
    finally:
        podman("rm", container)
        copy.unlink(missing_ok=True)


def free_port():
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
