"""The content codings, whole, in pieces, and as bombs: little that becomes 1 GiB."""

import gzip
import struct
import subprocess
import zlib

from support.program import environment

MIB = 1024 * 1024
GIB = 1024 * MIB


def zstd(data, *options):
    """By Debian's program. From standard input the length is not known beforehand, and no frame says it."""
    command = ["zstd", "--quiet", "--stdout", *options]
    return subprocess.run(command, input=data, capture_output=True, check=True, env=environment()).stdout


def zstd_with_length(data):
    """A frame whose head says how much comes out."""
    return zstd(data, f"--stream-size={len(data)}")


def skippable(content):
    """A frame of zstd that says nothing (RFC 8878 3.1.2)."""
    return struct.pack("<II", 0x184D2A50, len(content)) + content


PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd}


def damage(data, offset):
    """With every bit of one byte turned over."""
    offset %= len(data)
    return data[:offset] + bytes([data[offset] ^ 0xFF]) + data[offset + 1 :]


# Bombs. A flush forgets the window, so that the same bytes may follow each other.


def _zeros_deflated():
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    last_block = b"\x03\x00"
    return once * 64 + last_block


def gzip_bomb():
    """1 MiB that becomes 1 GiB, in one member."""
    checksum, zeros = 0, bytes(16 * MIB)
    for _ in range(64):
        checksum = zlib.crc32(zeros, checksum)
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + _zeros_deflated() + struct.pack("<II", checksum, GIB)


def deflate_bomb():
    """1 MiB that becomes 1 GiB."""
    # Adler-32 of zeros: the sum is 1, and the sum of sums the count.
    return b"\x78\xda" + _zeros_deflated() + struct.pack(">HH", GIB % 65521, 1)


def zstd_bomb(frame_head=b"\x00\x58"):
    """32 KiB that become 1 GiB, in blocks of 128 KiB that repeat one byte. By default the frame names no length."""
    repeated, last, size = 1 << 1, 1, 128 * 1024
    count = GIB // size
    heads = [repeated | size << 3] * (count - 1) + [repeated | last | size << 3]
    return b"\x28\xb5\x2f\xfd" + frame_head + b"".join(head.to_bytes(3, "little") + b"\0" for head in heads)


def many_members_bomb():
    """1 MiB that becomes 1 GiB, in 64 members of gzip."""
    return gzip.compress(bytes(16 * MIB)) * 64


def many_frames_bomb():
    """32 KiB that become 1 GiB, in 64 frames of zstd that each name their length."""
    return zstd_with_length(bytes(16 * MIB)) * 64
