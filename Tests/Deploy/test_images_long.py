"""The whole of deploy/docker/Dockerfile, compiler included: minutes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.program import REPOSITORY

from tools import containers
from tools.containers import HARDENED, podman
from tools.programs import call

SWIFT = "docker.io/library/swift:6.3-bookworm"
# What Swift's own image has of Debian's packages, beside the toolchain, which is mounted.
BUILDER = "ca-certificates,git,binutils,libc6-dev,libgcc-12-dev,libstdc++-12-dev,libncurses6,libedit2,libxml2,libpython3.11"


def toolchain():
    """The folder with this machine's toolchain, as `usr/bin/swift` or `bin/swift` in it."""
    if not (swift := shutil.which("swift")):
        pytest.skip("no Swift toolchain is on the PATH")
    return Path(swift).resolve().parent.parent


def mirrors():
    """Folders in which this machine's git looks for what a manifest names by its address."""
    listed = subprocess.run(
        ["git", "config", "--system", "--get-regexp", r"^url\..*\.insteadof$"], capture_output=True, text=True, check=False
    ).stdout
    bases = {line.split()[0].removeprefix("url.").removesuffix(".insteadof") for line in listed.splitlines()}
    return sorted(base for base in bases if os.path.isdir(base))


@pytest.mark.long
def test_the_dockerfile_builds_the_program_and_twice_the_same():
    containers.debootstrap(containers.DEBIAN)
    root = toolchain()
    base = f"{SWIFT}-packages"
    containers.debootstrap(base, include=BUILDER)
    container = containers.buildah("from", base).stdout.strip()
    containers.buildah("config", f"--env=PATH={root}/bin:/usr/sbin:/usr/bin:/sbin:/bin", container)
    containers.buildah("commit", "--quiet", container, SWIFT)
    containers.buildah("rm", container)

    mounts = [root, *mirrors()]
    volumes = [f"--volume={path}:{path}:ro" for path in mounts]
    if os.path.exists("/etc/gitconfig"):
        volumes.append("--volume=/etc/gitconfig:/etc/gitconfig:ro")
    names = []
    for turn in "ab":
        names.append(f"localhost/mastra-gateway:whole-{turn}")
        call(
            "buildah", "bud", "--format=docker", "--network=host", "--isolation=chroot", "--no-cache", "--timestamp=0",
            # Else the addresses of the compiler's memory, and with them what it makes, would be random.
            "--security-opt=seccomp=unconfined",
            f"--ignorefile={REPOSITORY}/.dockerignore", f"--tag={names[-1]}", *volumes,
            f"--file={REPOSITORY}/deploy/docker/Dockerfile", REPOSITORY,
            env=containers.environment(), timeout=1800,
        )  # fmt: skip
    for name in names:
        assert "mastra-gateway" in podman("run", "--rm", "--network=none", *HARDENED, name, "version").stdout
    layers = [podman("image", "inspect", "--format={{.RootFS.Layers}}", name).stdout for name in names]
    assert layers[0] == layers[1], "what the compiler makes differs from one build to the next"
