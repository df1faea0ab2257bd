"""Tests of what `deploy/` ships and of what `docs/` shows; see `tools`. Gateways, upstreams and the rest come from
`support` of the black-box tests."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "Deploy"), str(TESTS / "BlackBox")]

from support.fixtures import gateway, upstream  # noqa: E402, F401
