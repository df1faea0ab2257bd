"""Fixtures of the black-box tests and of those of deploy/; a conftest imports them."""

import pytest

from support.gateway import Gateway
from support.upstream import Upstream


@pytest.fixture(scope="module")
def upstream():
    """An upstream that takes everything, for the tests of a file."""
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def gateway(upstream):
    """A gateway that sends there, for tests that leave it as it was."""
    with Gateway(upstream) as gateway:
        yield gateway
