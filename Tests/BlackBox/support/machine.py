"""Faults of a machine, staged for one process: file systems of its own, and system calls that fail."""

import os
import re
import shutil
import subprocess
import tempfile
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
            # It waits for threads that it delays, even where their process has ended.
            self.tracer.wait(2)
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
        """How many calls were, and have ended."""
        return len(re.findall(r"\((?:INJECTED|DELAYED)", self._text))

    @property
    def calls(self):
        """How many calls of the kind were begun."""
        names = "|".join(injection.split(":")[0] for injection in self.injections)
        return len(re.findall(rf"\b(?:{names})\(", self._text))

    @property
    def _text(self):
        return Path(self.path).read_text(errors="replace")

    def wait_until_tampered(self, count=1, seconds=DEADLINE):
        wait_until(lambda: self.tampered >= count, f"{count} calls were tampered with", seconds)


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

// Stands before the calls that change files. TAMPER says what becomes of them: "kill" ends the process before call
// number TAMPER_AT, "fail" fails it with EIO, and "cut" interrupts a third of all pwrites and cuts a third short. The
// file TAMPER_LOG gets a letter for each that was met.
static const char *deed = "";
static int at;
static int calls;

__attribute__((constructor)) static void begin(void) {
    deed = getenv("TAMPER");
    at = atoi(getenv("TAMPER_AT"));
}

static void tell(char letter) {
    int log = open(getenv("TAMPER_LOG"), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log < 0 || write(log, &letter, 1) < 0) abort();
    close(log);
}

static int fails(void) {
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != at) return 0;
    if (strcmp(deed, "kill") == 0) {
        tell('k');
        kill(getpid(), SIGKILL);
        pause();
    }
    if (strcmp(deed, "fail") != 0) return 0;
    tell('f');
    errno = EIO;
    return 1;
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))
#define WRAP(name, parameters, arguments) \
    int name parameters { return fails() ? -1 : REAL(name) arguments; }

WRAP(fsync, (int fd), (fd))
WRAP(fdatasync, (int fd), (fd))
WRAP(unlinkat, (int fd, const char *name, int flags), (fd, name, flags))
WRAP(renameat, (int fd, const char *name, int other, const char *to), (fd, name, other, to))
WRAP(ftruncate, (int fd, off_t size), (fd, size))
WRAP(ftruncate64, (int fd, off64_t size), (fd, size))
WRAP(fallocate, (int fd, int mode, off_t offset, off_t size), (fd, mode, offset, size))
WRAP(fallocate64, (int fd, int mode, off64_t offset, off64_t size), (fd, mode, offset, size))

static int cut(size_t *count) {
    static unsigned writes;
    if (strcmp(deed, "cut") != 0) return 0;
    unsigned turn = __atomic_fetch_add(&writes, 1, __ATOMIC_RELAXED) % 3;
    if (turn == 0) { tell('i'); errno = EINTR; return 1; }
    if (turn == 1 && *count > 1) { tell('s'); *count = 1 + rand() % (*count - 1); }
    return 0;
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) {
    return fails() || cut(&count) ? -1 : REAL(pwrite)(fd, data, count, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset) {
    return fails() || cut(&count) ? -1 : REAL(pwrite64)(fd, data, count, offset);
}
"""


class Shim:
    """A library that stands between a process and the calls that change its files; see `SHIM`."""

    def __init__(self, directory):
        source, self.library, self.log = (Path(directory) / f"shim.{end}" for end in ("c", "so", "log"))
        source.write_text(SHIM)
        call("cc", "-shared", "-fPIC", "-O1", "-w", "-o", self.library, source, "-ldl")
        self.log.touch()

    def environment(self, deed, at=0):
        return {"LD_PRELOAD": str(self.library), "TAMPER": deed, "TAMPER_AT": str(at), "TAMPER_LOG": str(self.log)}

    def met(self, letter):
        """How often it has done that."""
        return self.log.read_text().count(letter)
