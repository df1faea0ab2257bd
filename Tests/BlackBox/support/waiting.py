"""Waiting for something to become true. No test sleeps to let time pass."""

import threading
import time

# Generous, since two cores may be shared with a build: it is only ever spent by a failing test.
DEADLINE = 20.0


def wait_until(condition, what, seconds=DEADLINE):
    """The first truthy value of `condition`, which is asked again and again until the deadline."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        pause.wait(0.01)
