"""HTTP/2 written frame by frame, as no library would: frames of any content, in any order (RFC 9113, RFC 7541)."""

import socket
import struct
from dataclasses import dataclass

from hpack import Decoder

from support.waiting import DEADLINE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE = 0x1, 0x4
CANCEL, ENHANCE_YOUR_CALM = 0x8, 0xB


@dataclass(frozen=True)
class Frame:
    type: int
    flags: int
    stream: int
    payload: bytes

    @property
    def error(self):
        """The error code of GOAWAY or RST_STREAM."""
        return struct.unpack(">I", self.payload[4:8] if self.type == GOAWAY else self.payload)[0]


def frame(type, flags=0, stream=0, payload=b"", length=None):
    """A frame; `length`: what its head says, where that is a lie."""
    size = len(payload) if length is None else length
    return struct.pack(">BHBBI", size >> 16, size & 0xFFFF, type, flags, stream) + payload


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, stream=stream, payload=struct.pack(">I", increment))


def reset(stream, error=CANCEL):
    return frame(RST_STREAM, stream=stream, payload=struct.pack(">I", error))


# HPACK: literals without Huffman coding, and references


def integer(number, bits, first=0):
    """RFC 7541 5.1."""
    most = (1 << bits) - 1
    if number < most:
        return bytes([first | number])
    encoded, number = [first | most], number - most
    while number >= 128:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


def text(value):
    return integer(len(value), 7) + value


def literal(name, value, indexed=False):
    """A field with its name; `indexed`: it is kept in the dynamic table, where it is number 62 from then on."""
    return (b"\x40" if indexed else b"\x00") + text(name) + text(value)


def reference(index):
    """A field of the static (1 to 61) or the dynamic table (62 and up)."""
    return integer(index, 7, 0x80)


def block(*fields):
    return b"".join(literal(name, value) for name, value in fields)


def post_fields(path=b"/v1/traces", content_type=b"application/x-protobuf", method=b"POST", more=()):
    pseudo = [(b":method", method), (b":scheme", b"http"), (b":path", path), (b":authority", b"gateway.test")]
    return [*pseudo, (b"content-type", content_type), *more]


def headers(stream, fields=None, ends=False, flags=END_HEADERS, payload=None):
    """A HEADERS frame; `ends`: there is no body."""
    payload = block(*(fields or post_fields())) if payload is None else payload
    return frame(HEADERS, flags | (END_STREAM if ends else 0), stream, payload)


def data(stream, payload=b"", ends=True):
    return frame(DATA, END_STREAM if ends else 0, stream, payload)


def post(stream, body=b"", **options):
    """A whole request."""
    return headers(stream, post_fields(**options)) + data(stream, body)


class Connection:
    """One connection, whose first frames are sent; frames of the peer are read where a test wants them."""

    def __init__(self, address, *first_settings, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.decoder = Decoder()
        self.send(PREFACE + settings(*first_settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_until_refused(self, data, times):
        """Sends again and again, until the peer hangs up; how often that went well."""
        for count in range(times):
            try:
                self.socket.sendall(data)
            except OSError:
                return count
        return times

    def vanish(self):
        """Closes with a reset: no lingering."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def frame(self):
        """The next frame, or None where the peer has closed."""
        while len(self.buffer) < 9 or len(self.buffer) < 9 + self._length():
            try:
                chunk = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not chunk:
                return None
            self.buffer += chunk
        _, type, flags, stream = struct.unpack(">3sBBI", self.buffer[:9])
        end = 9 + self._length()
        found = Frame(type, flags, stream, self.buffer[9:end])
        self.buffer = self.buffer[end:]
        return found

    def _length(self):
        return int.from_bytes(self.buffer[:3], "big")

    def until(self, wanted):
        """The first frame for which `wanted` holds; those before it are dropped."""
        while (found := self.frame()) is not None:
            if wanted(found):
                return found
        raise AssertionError("the connection ended before the frame came")

    def status(self, stream):
        """The status of the answer to a stream."""
        while True:
            found = self.until(lambda found: found.type == HEADERS)
            # Every block is decoded, in the order in which they came: they share the table of the connection.
            fields = dict(self.decoder.decode(found.payload))
            if found.stream == stream:
                return int(fields[":status"])

    def takes(self, stream, body=b"", **options):
        """Posts, and says whether that succeeded."""
        self.send(post(stream, body, **options))
        return self.status(stream) == 200

    def answers_ping(self, mark=b"lively?!"):
        """Whether the peer still takes frames; those before its answer are dropped."""
        self.send(frame(PING, payload=mark))
        return self.until(lambda found: (found.type, found.flags, found.payload) == (PING, ACK, mark)) is not None

    def rest(self):
        """Every frame until the peer closes."""
        frames = []
        while (found := self.frame()) is not None:
            frames.append(found)
        return frames

    def ends_with_goaway(self):
        """Reads to the end; the error code of the last GOAWAY, or None."""
        codes = [found.error for found in self.rest() if found.type == GOAWAY]
        return codes[-1] if codes else None
