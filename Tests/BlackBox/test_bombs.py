"""Little that becomes much: bombs of every coding are stopped at the limit, while others are served (H11, H14, X12)."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from support.codings import (
    MIB,
    deflate_bomb,
    gzip_bomb,
    many_frames_bomb,
    many_members_bomb,
    zstd_bomb,
)
from support.gateway import Gateway
from support.otlp import RESOURCE_EXHAUSTED, export_of, refusal
from support.soundness import unharmed
from support.upstream import Upstream

def naming(length):
    """The head of a zstd frame that says how much comes out, true or not."""
    return b"\xe0" + length.to_bytes(8, "little")


BOMBS = {
    "gzip": ("gzip", gzip_bomb),
    "gzip of many members": ("gzip", many_members_bomb),
    "gzip that names a small length": ("gzip", lambda: gzip_bomb()[:-4] + b"\x01\0\0\0"),
    "deflate": ("deflate", deflate_bomb),
    "zstd": ("zstd", zstd_bomb),
    "zstd of many frames": ("zstd", many_frames_bomb),
    "zstd that names its length": ("zstd", lambda: zstd_bomb(naming(1 << 30))),
    "zstd that names a small length": ("zstd", lambda: zstd_bomb(naming(1000))),
    "zstd that names an absurd length": ("zstd", lambda: zstd_bomb(naming(1 << 60))),
}


@pytest.fixture(scope="module")
def bombs():
    return {name: (coding, make()) for name, (coding, make) in BOMBS.items()}


@pytest.mark.requirement("H11", "H14", "X12", "X13")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_413_at_the_limit(gateway, bombs, name):
    coding, bomb = bombs[name]
    assert len(bomb) < 1.1 * MIB
    with unharmed(gateway, most_memory=320 * MIB):
        response = gateway.post(bomb, content_encoding=coding)
        assert response.status == 413
        assert refusal(response).code == RESOURCE_EXHAUSTED


@pytest.mark.requirement("X12", "X13")
@pytest.mark.parametrize("length", [1 << 26, 1 << 30, 1 << 40, 1 << 60])
def test_a_length_that_does_not_come_is_no_trouble(gateway, length):
    with unharmed(gateway):
        one_byte = b"\x28\xb5\x2f\xfd" + naming(length) + b"\x09\0\0x"
        assert gateway.post(one_byte, content_encoding="zstd").status in (400, 413)
        packed = gzip.compress(b"x")[:-4] + (length % (1 << 32)).to_bytes(4, "little")
        assert gateway.post(packed, content_encoding="gzip").status == 400


@pytest.mark.requirement("X12")
@pytest.mark.parametrize("content_type", ["application/x-protobuf", "application/json"])
def test_a_bomb_behind_either_encoding_is_413(gateway, bombs, content_type):
    coding, bomb = bombs["gzip"]
    with unharmed(gateway, most_memory=320 * MIB):
        response = gateway.post(bomb, content_encoding=coding, content_type=content_type)
        assert (response.status, response["content-type"]) == (413, content_type)


@contextmanager
def others_are_served(gateway, upstream, pool):
    """Requests of somebody else go through from beginning to end."""
    stop = threading.Event()

    def be_served():
        answers = []
        while not stop.is_set():
            sent = export_of(1)
            answers.append(gateway.post(sent).status)
            upstream.record_of(sent.ids[0])
        return answers

    other = pool.submit(be_served)
    try:
        yield
    finally:
        stop.set()
    answers = other.result()
    assert set(answers) == {200} and len(answers) > 1


@pytest.mark.requirement("X12")
def test_many_bombs_at_once_leave_room_for_others(bombs):
    """All that comes out is within `memory_limit`: a bomb that finds it spent is told to come later."""
    thrown = [*bombs.values()] * 2
    with Upstream() as upstream, Gateway(upstream) as gateway, unharmed(gateway, most_memory=512 * MIB):
        with ThreadPoolExecutor(len(thrown) + 1) as pool, others_are_served(gateway, upstream, pool):
            answers = list(pool.map(lambda one: gateway.post(one[1], content_encoding=one[0]).status, thrown))
        assert set(answers) <= {413, 503} and 413 in answers
