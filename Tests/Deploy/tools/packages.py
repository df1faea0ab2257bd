"""The Debian package, and machines that boot systemd in a container to install it on."""

import shutil
from functools import cache
from pathlib import Path

from support.program import BINARY, REPOSITORY
from support.waiting import wait_until

from tools import containers
from tools.containers import Container
from tools.programs import DEPLOY, call

BUILD = DEPLOY / "debian/build.sh"


def build(directory, program=BINARY, source=None):
    """The path of the package."""
    script = (source or DEPLOY) / "debian/build.sh"
    return Path(call("sh", script, program, directory).stdout.strip())


@cache
def version():
    return call("sh", DEPLOY / "version.sh").stdout.strip()


def of_version(directory, number):
    """The package of another version, made of the same program and a copy of deploy/."""
    source = directory / "source"
    shutil.copytree(DEPLOY, source / "deploy")
    shutil.copytree(REPOSITORY / "Sources/Gateway", source / "Sources/Gateway", ignore=lambda *_: [])
    stated = source / "Sources/Gateway/GatewayVersion.swift"
    stated.write_text(stated.read_text().replace(f'"{version()}"', f'"{number}"'))
    done = call(
        "sh", source / "deploy/debian/build.sh", BINARY, directory / "packages",
        env=containers.environment() | {"SOURCE_DATE_EPOCH": "1"},
    )  # fmt: skip
    return Path(done.stdout.strip())


class Machine(Container):
    """Debian with systemd as its first process, on the network of this machine."""

    def __init__(self, suite, packages):
        image = f"localhost/machine:{suite}"
        containers.debootstrap(
            image, suite, "systemd,systemd-sysv,dbus,ca-certificates,curl,libcurl4,libdeflate0,libnghttp2-14,libprotobuf-c1,libsqlite3-0,libzstd1"
            if suite == "bookworm"
            else "systemd,systemd-sysv,dbus,ca-certificates,curl",
        )
        # What a unit that shuts itself in needs of the container around it.
        rights = ["SYS_ADMIN", "SYS_PTRACE", "SETPCAP", "MKNOD", "NET_ADMIN"]
        options = ["--systemd=always", "--security-opt=seccomp=unconfined", f"--volume={packages}:/packages:ro"]
        options += [f"--cap-add={right}" for right in rights]
        super().__init__(image, "/sbin/init", options=options)

    def wait_until_ready(self):
        wait_until(
            lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"),
            "the machine's start", 60, every=0.2,
        )  # fmt: skip

    def run(self, *arguments, check=True, timeout=300):
        return containers.podman("exec", self.name, *arguments, check=check, timeout=timeout)

    def shell(self, text, check=True):
        return self.run("sh", "-c", text, check=check).stdout

    def unit(self, name):
        """A property of the service."""
        return self.shell(f"systemctl show mastra-gateway.service --property={name} --value").strip()

    def wait_for_unit(self, name, value):
        wait_until(lambda: self.unit(name) == value, lambda: f"{name}={value}: {self.journal()}", every=0.2)

    def journal(self):
        return self.shell("journalctl --no-pager --unit mastra-gateway.service --output=cat")
