"""Sizes as Kubernetes and the gateway write them, and whether a queue fits into a volume."""

import re

POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}


def size(text):
    """Bytes of `8Gi` or `6GiB`."""
    number, letter = re.fullmatch(r"(\d+)([KMGT])iB?", text).groups()
    return int(number) * 1024 ** POWERS[letter]


def fits(settings, storage):
    """Whether the queue, dead letters, the room left free and a segment fit: of a file system of ext4, a twentieth is kept
    for root, and some more is tables."""
    defaults = {"queue_max_bytes": "1GiB", "dead_letter_max_bytes": "64MiB", "queue_min_free": "256MiB"}
    parts = [settings.get(key, default) for key, default in defaults.items()]
    return sum(size(part) for part in [*parts, "64MiB"]) < size(storage) * 0.93
