"""HTTP/2 in frames written by hand, for what no gRPC library sends or shows (RFC 9113, PROTOCOL-HTTP2)."""

import socket
import struct
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from hpack import Decoder

from support import http2_frames as h2
from support.grpc_calls import EXPORT, Outcome, decoded_status
from support.waiting import DEADLINE

FRAME_BYTES = 16384


class Ended(Exception):
    """The server ended the connection where a frame was due."""


@dataclass
class Answer:
    """What came for a stream: each header block, the DATA between them, and how it ended."""

    blocks: list[dict[str, str]] = field(default_factory=list)
    body: bytes = b""
    reset: int | None = None
    has_ended: bool = False

    @property
    def status(self):
        return int(self.blocks[0][":status"])

    @property
    def is_trailers_only(self):
        return len(self.blocks) == 1 and self.body == b""

    @property
    def outcome(self):
        """Read as the answer to a unary call: HTTP 200, at most one message, plain, and the status in trailers."""
        assert (self.status, self.blocks[0]["content-type"]) == (200, "application/grpc")
        assert self.has_ended and len(self.blocks) <= 2 and (len(self.blocks) == 2 or self.body == b"")
        trailers = self.blocks[-1]
        response = None
        if self.body:
            flag, length = struct.unpack(">BI", self.body[:5])
            assert (flag, length) == (0, len(self.body) - 5)
            response = self.body[5:]
        return Outcome(
            int(trailers["grpc-status"]),
            unquote_to_bytes(trailers.get("grpc-message", "")).decode(),
            response,
            decoded_status(trailers.get("grpc-status-details-bin")),
        )


class Connection:
    """Keeps to the windows of the server, acknowledges its SETTINGS, and leaves all else to the test."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.decoder = Decoder()
        self.next_stream = 1
        self.answers = defaultdict(Answer)
        self.pongs = []
        self.goaway = None
        self.stream_window = 65535
        self.windows = {0: 65535}
        self._block = b""
        self.socket.sendall(h2.PREFACE)
        self.send_frame(h2.SETTINGS)
        self._knows_settings = False
        while not self._knows_settings:
            self.take_frame()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Sending

    def send_frame(self, kind, flags=0, stream=0, payload=b""):
        self.socket.sendall(h2.frame(kind, flags, stream, payload))

    def open(self, fields, end=False):
        """A new stream with these header fields; its number."""
        stream = self.next_stream
        self.next_stream += 2
        self.windows[stream] = self.stream_window
        block = header_block(fields)
        parts = [block[start : start + FRAME_BYTES] for start in range(0, len(block) or 1, FRAME_BYTES)]
        for number, part in enumerate(parts):
            flags = (h2.END_STREAM if end and number == 0 else 0) | (h2.END_HEADERS if number == len(parts) - 1 else 0)
            self.send_frame(h2.CONTINUATION if number else h2.HEADERS, flags, stream, part)
        return stream

    def data(self, stream, body, end=False):
        """DATA, as the windows of the server open. Stops where the server has ended the stream."""
        while body and not self.answers[stream].has_ended:
            room = min(FRAME_BYTES, self.windows[0], self.windows[stream])
            if room <= 0:
                self.take_frame()
                continue
            part, body = body[:room], body[room:]
            self.windows[0] -= len(part)
            self.windows[stream] -= len(part)
            self.send_frame(h2.DATA, h2.END_STREAM if end and not body else 0, stream, part)
            if not body:
                return
        if end and not self.answers[stream].has_ended:
            self.send_frame(h2.DATA, h2.END_STREAM, stream)

    def send_trailers(self, stream, fields):
        """Ends a request with a header block of its own."""
        block = header_block(fields)
        self.send_frame(h2.HEADERS, h2.END_STREAM | h2.END_HEADERS, stream, block)

    def reset(self, stream, code=8):
        """8 is CANCEL."""
        self.send_frame(h2.RST_STREAM, 0, stream, struct.pack(">I", code))

    def begin_call(self, body=None, path=EXPORT, end=True, fields=None, **metadata):
        """A call whose body is framed already; without one, only its header fields. The number of its stream."""
        stream = self.open(fields or call_fields(path, **metadata), end=end and body == b"")
        if body:
            self.data(stream, body, end)
        return stream

    def call(self, body=b"", path=EXPORT, **metadata):
        """A whole call, and what came of it."""
        return self.answer(self.begin_call(body, path, **metadata)).outcome

    # Receiving

    def answer(self, stream):
        while not self.answers[stream].has_ended:
            self.take_frame()
        return self.answers[stream]

    def ping(self, payload=b"8 bytes."):
        """Asks for one answer and waits for it."""
        self.send_frame(h2.PING, payload=payload)
        while payload not in self.pongs:
            self.take_frame()
        self.pongs.remove(payload)

    def ends(self):
        """Reads to the end of the connection; the error code of the last GOAWAY, if any."""
        try:
            while True:
                self.take_frame()
        except Ended:
            return self.goaway

    def take_frame(self):
        head = self._read(9)
        length, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        payload = self._read(length)
        answer = self.answers[stream] if stream else None
        match kind:
            case h2.DATA:
                answer.body += payload
            case h2.HEADERS | h2.CONTINUATION:
                self._block += payload
                if flags & h2.END_HEADERS:
                    answer.blocks.append(dict(self.decoder.decode(self._block)))
                    self._block = b""
            case h2.RST_STREAM:
                answer.reset, answer.has_ended = int.from_bytes(payload, "big"), True
            case h2.SETTINGS if not flags & h2.ACK:
                self._take_settings(payload)
            case h2.PING if flags & h2.ACK:
                self.pongs.append(payload)
            case h2.PING:
                self.send_frame(h2.PING, h2.ACK, payload=payload)
            case h2.GOAWAY:
                self.goaway = int.from_bytes(payload[4:8], "big")
            case h2.WINDOW_UPDATE if stream in self.windows:
                self.windows[stream] += int.from_bytes(payload, "big")
        if kind in (h2.DATA, h2.HEADERS) and flags & h2.END_STREAM:
            answer.has_ended = True

    def _take_settings(self, payload):
        for name, value in struct.iter_unpack(">HI", payload):
            if name == h2.INITIAL_WINDOW_SIZE:
                self.stream_window = value
        self._knows_settings = True
        self.send_frame(h2.SETTINGS, h2.ACK)

    def _read(self, count):
        while len(self.buffer) < count:
            try:
                chunk = self.socket.recv(65536)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                raise Ended(self.goaway)
            self.buffer += chunk
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken


def frames(data):
    """Kind and payload of each whole frame."""
    position = 0
    while position + 9 <= len(data):
        end = position + 9 + int.from_bytes(data[position : position + 3], "big")
        yield data[position + 3], data[position + 9 : end]
        position = end


def header_block(fields):
    return b"".join(h2.literal(name.encode(), value.encode()) for name, value in fields)


def call_fields(path=EXPORT, method="POST", content_type="application/grpc", te="trailers", **metadata):
    """The header fields of a call. Names are written with `_` for `-`; None leaves one out."""
    fields = {":method": method, ":scheme": "http", ":path": path, ":authority": "gateway.test"}
    fields |= {"content-type": content_type, "te": te}
    fields |= {name.replace("_", "-"): value for name, value in metadata.items()}
    return [(name, value) for name, value in fields.items() if value is not None]


def message(body, flag=0, length=None):
    """A message with its prefix, which may lie about the length."""
    return struct.pack(">BI", flag, len(body) if length is None else length) + body
