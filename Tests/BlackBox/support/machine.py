"""Faults of a machine, staged for one process: file systems of its own, and system calls that fail."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.waiting import DEADLINE, wait_until


def needs(*tools, root=True):
    """Skips a test, with the reason, where the machine lacks what it takes."""
    missing = [tool for tool in tools if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
    reasons = ["not root"] * (root and os.geteuid() != 0) + [f"no {tool}" for tool in missing]
    return pytest.mark.skipif(bool(reasons), reason=", ".join(reasons))


def call(*command, check=True):
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, timeout=60,
        env=os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"},
    )  # fmt: skip
    if check and done.returncode:
        raise AssertionError(f"{command}: {done.stderr}")
    return done


# File systems


@contextmanager
def mounted(path, *arguments):
    """Something mounted at a directory that is made for it."""
    path = Path(path)
    path.mkdir(exist_ok=True)
    done = call("mount", *arguments, path, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    try:
        yield path
    finally:
        # A process that still ends may hold it.
        if call("umount", path, check=False).returncode:
            call("umount", "-l", path)


def tmpfs(path, options):
    return mounted(path, "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs")


def make_image(path, mebibytes):
    """A file with an empty ext4."""
    with open(path, "wb") as file:
        file.truncate(mebibytes << 20)
    call("mkfs.ext4", "-q", "-F", "-m0", "-E", "lazy_itable_init=0,lazy_journal_init=0", path)
    return path


def image(path, at, options="defaults"):
    return mounted(at, "-o", f"loop,{options}", path)


def loop_device(at):
    """The name of the device that is mounted there."""
    return Path(call("findmnt", "-n", "-o", "SOURCE", at).stdout.strip()).name


def copy_of_disk(source, target):
    """What a disk held at the moment that its machine lost power: what the system had in memory is not in it."""
    call("cp", "--sparse=always", source, target)
    state = call("dumpe2fs", "-h", target).stdout
    assert "needs_recovery" in state, "the file system was not in use when it was copied"
    return target


def fill(path, leave=0):
    """Takes the room of a file system with a file, but for so many bytes."""
    status = os.statvfs(path.parent)
    with open(path, "wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, status.f_bavail * status.f_frsize - leave))
        except OSError:
            # As far as it goes.
            chunk = bytes(4096)
            try:
                while os.write(file.fileno(), chunk):
                    pass
            except OSError:
                pass
    return path


# System calls


class Strace:
    """Tampers with the system calls of a process: `Strace(process, "fdatasync:error=EIO:when=1..2")`.

    Use as a context manager; the process goes on untampered afterwards.
    """

    def __init__(self, process, *injections):
        self.process = process
        self.injections = injections

    def __enter__(self):
        descriptor, self.path = tempfile.mkstemp(prefix="strace-")
        os.close(descriptor)
        names = {injection.split(":")[0] for injection in self.injections}
        tampering = [f"--inject={injection}" for injection in self.injections]
        self.tracer = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", self.path, f"--trace={','.join(sorted(names))}", *tampering,
             "-p", str(self.process.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            wait_until(self._holds_all_threads, "strace has attached")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.tracer.terminate()
        try:
            self.tracer.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.tracer.kill()
            self.tracer.wait()
        self.tracer.stderr.close()
        os.unlink(self.path)

    def _holds_all_threads(self):
        if self.tracer.poll() is not None:
            pytest.skip("strace cannot attach: " + self.tracer.stderr.read().decode().strip())
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/status"):
            tracer = re.search(r"TracerPid:\s+(\d+)", path.read_text())[1]
            if int(tracer) != self.tracer.pid:
                return False
        return True

    @property
    def tampered(self):
        """How many calls were."""
        text = Path(self.path).read_text(errors="replace")
        return len(re.findall(r"\((?:INJECTED|DELAYED)", text))

    def wait_until_tampered(self, count=1, seconds=DEADLINE):
        wait_until(lambda: self.tampered >= count, f"{count} calls were tampered with", seconds)


SHORT_WRITES = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

// Of the calls of pwrite a third is interrupted, and a third writes a part; the file LOG gets a letter for each.
static void tell(char letter) {
    static int log = -1;
    if (log < 0) log = open(getenv("SHORT_WRITES_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (write(log, &letter, 1) < 0) abort();
}

static ssize_t tampered(const char *name, int fd, const void *data, size_t count, off_t offset) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    static unsigned calls;
    if (!real) real = dlsym(RTLD_NEXT, name);
    switch (calls++ % 3) {
    case 0: tell('i'); errno = EINTR; return -1;
    case 1: if (count > 1) { tell('s'); return real(fd, data, 1 + rand() % (count - 1), offset); }
    }
    return real(fd, data, count, offset);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) {
    return tampered("pwrite", fd, data, count, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off_t offset) {
    return tampered("pwrite64", fd, data, count, offset);
}
"""


def short_writes(directory):
    """The environment in which a process's writes are cut short and interrupted, and the file that tells of it."""
    source, library, log = (Path(directory) / f"short-writes.{end}" for end in ("c", "so", "log"))
    source.write_text(SHORT_WRITES)
    call("cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl")
    log.touch()
    return {"LD_PRELOAD": str(library), "SHORT_WRITES_LOG": str(log)}, log


def sleep_until(moment):
    """For a fault that has to last: only such a test lets time pass."""
    time.sleep(max(0, moment - time.monotonic()))
