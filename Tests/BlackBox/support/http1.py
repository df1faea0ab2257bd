"""An HTTP/1.1 client that sends exactly the bytes it is told to, and a reader of answers."""

import socket
import struct
from dataclasses import dataclass, field

from support.waiting import DEADLINE


class Closed(Exception):
    """The peer ended the connection where an answer was due; with the bytes that came before."""


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def __getitem__(self, name):
        """The value of a header, or None; a header that came twice is a failure."""
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


class Client:
    """One connection. `bytes_a_write` slices what is sent, to show that slicing changes nothing; `source` is the address
    that it comes from, of those of this machine.

    With `tls`, a context, it is encrypted, and an end without the goodbye of TLS is an error.
    """

    def __init__(self, address, bytes_a_write=None, source=None, tls=None, session=None):
        self.address = address
        self.bytes_a_write = bytes_a_write
        self.socket = socket.create_connection(address, timeout=DEADLINE, source_address=source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(
                self.socket, server_hostname="localhost", suppress_ragged_eofs=False, session=session
            )
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        step = self.bytes_a_write or len(data) or 1
        for start in range(0, len(data), step):
            self.socket.sendall(data[start : start + step])

    def post(self, body=b"", path="/v1/traces", **headers):
        self.send(request("POST", path, body, **headers))
        return self.receive()

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def vanish(self):
        """Closes with a reset: no lingering."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def receive(self, to_head=False):
        """The next answer, interim ones included; `to_head`: the request was HEAD."""
        head = self._read_until(b"\r\n\r\n").decode("latin-1")
        status_line, *lines = head[:-4].split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1", status_line
        pairs = [line.split(":", 1) for line in lines]
        response = Response(int(status), [(key.lower(), value.strip()) for key, value in pairs])
        if response.status >= 200 and response.status != 204 and not to_head:
            length = response["content-length"]
            assert length is not None, "an answer without a length"
            response.body = self._read(int(length))
        return response

    def rest(self):
        """What comes until the peer closes."""
        while self._fill():
            pass
        rest, self.buffer = self.buffer, b""
        return rest

    def is_closed(self):
        """True where the peer closes and sends nothing more."""
        return self.rest() == b""

    def _fill(self):
        try:
            chunk = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.buffer += chunk
        return bool(chunk)

    def _read_until(self, mark):
        while mark not in self.buffer:
            if not self._fill():
                raise Closed(self.buffer)
        end = self.buffer.index(mark) + len(mark)
        return self._take(end)

    def _read(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise Closed(self.buffer)
        return self._take(count)

    def _take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken


PROTOBUF = "application/x-protobuf"


def request(method="POST", path="/v1/traces", body=b"", version="HTTP/1.1", **headers):
    """A request's bytes. Header names are written with `_` for `-`; None leaves a default out."""
    fields = {"host": "gateway.test", "content_type": PROTOBUF, "content_length": str(len(body))}
    fields |= headers
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"{method} {path} {version}", *lines, "", ""]).encode("latin-1") + body


def chunked(*chunks, extension=b"", trailers=b"", size="{:x}"):
    """A chunked body of these chunks."""
    parts = [size.format(len(chunk)).encode() + extension + b"\r\n" + chunk + b"\r\n" for chunk in chunks]
    return b"".join(parts) + b"0" + extension + b"\r\n" + trailers + b"\r\n"


def post_chunked(body, **headers):
    """A POST whose body is framed already."""
    head = request(body=b"", content_length=None, transfer_encoding="chunked", **headers)
    return head + body
