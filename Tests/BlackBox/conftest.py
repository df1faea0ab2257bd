"""Black-box tests of the built program over real loopback sockets; see `support`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support.fixtures import gateway, upstream  # noqa: E402, F401
from support.program import BINARY  # noqa: E402
from support.requirements import REQUIREMENTS  # noqa: E402


def pytest_sessionstart():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: swift build -c release --product mastra-gateway", returncode=4)


def pytest_collection_modifyitems(items):
    """A number that no requirement has is an error, as an unknown marker is."""
    known = {row.number for row in REQUIREMENTS}
    for item in items:
        for mark in item.iter_markers("requirement"):
            if mark.kwargs or not mark.args or not known.issuperset(mark.args):
                raise pytest.UsageError(f"{item.nodeid}: no such requirement among {mark.args}")
