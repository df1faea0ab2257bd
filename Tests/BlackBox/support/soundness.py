"""What has to hold after every attack: the gateway lives, serves, and has nothing left of it."""

import re
from contextlib import contextmanager
from pathlib import Path

from support.otlp import export_of, is_full_success
from support.program import MEMORY_FACTOR
from support.waiting import wait_until

MIB = 1024 * 1024


@contextmanager
def unharmed(gateway, most_memory=None):
    """Looks at the gateway when the block ends; `most_memory`: bytes that it may have had resident meanwhile."""
    begin_peak(gateway)
    yield
    if most_memory:
        assert peak(gateway) < most_memory * MEMORY_FACTOR, f"{peak(gateway) // MIB} MiB were resident"
    assert gateway.process.poll() is None, "the process has ended"
    assert is_full_success(gateway.post(export_of(1)))
    wait_until(lambda: is_at_rest(gateway), "no connection and no reserved byte left")


def is_at_rest(gateway):
    """No connection is open and no byte reserved."""
    found = gateway.metrics()
    connections = [value for key, value in found.items() if key.startswith("receiver_connections{")]
    assert connections, "no gauge of connections"
    return not any(connections) and found["receiver_reserved_bytes"] == 0


def begin_peak(gateway):
    """From now on `peak` tells of the time from now on (proc(5), clear_refs)."""
    Path(f"/proc/{gateway.process.pid}/clear_refs").write_text("5")


def peak(gateway):
    """The most bytes that were resident."""
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024
