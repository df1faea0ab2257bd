"""Where the built program is, and how its commands are called."""

import os
import subprocess
from pathlib import Path

from support.waiting import DEADLINE

REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("MASTRA_GATEWAY_BINARY", REPOSITORY / ".build/release/mastra-gateway")).absolute()

# Seconds that the longer variants of tests may take; without it they are short, or are skipped.
SOAK = float(os.environ.get("MASTRA_GATEWAY_SOAK", 0))

SANITIZERS = {name: os.environ[name] for name in ("ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
# By which bounds of memory are wider: a sanitizer keeps a shadow of all of it, and for a while what was freed.
MEMORY_FACTOR = 10 if SANITIZERS else 1


def environment(more=None):
    """Nothing of ours leaks in: no proxies, no tokens, no MASTRA_GATEWAY_… of the machine."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"} | SANITIZERS | (more or {})


def run(*arguments, env=None, stdin=b""):
    """A command of the program, to its end; output is text."""
    done = subprocess.run(
        [BINARY, *arguments], env=environment(env), input=stdin, capture_output=True, timeout=DEADLINE
    )
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done
