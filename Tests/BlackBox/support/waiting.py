"""Waiting for something to become true. No test sleeps to let time pass."""

import threading
import time

# Generous, since two cores may be shared with a build: it is only ever spent by a failing test.
DEADLINE = 20.0


def wait_until(condition, what, seconds=DEADLINE, every=0.01):
    """The first truthy value of `condition`, which is asked again and again until the deadline.

    `what` names it, or is a function that does, for what is known at the deadline alone.
    """
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}"
        pause.wait(every)
