"""The files of a queue directory as docs/queue-format.md has them: read to know what a damage costs, and damaged."""

import struct
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from support.durability import LANE

HEADER_SIZE = 64
FOOTER_MAGIC = b"MGSEND\r\n"
RECORD_MAGIC = 0x4352474D
RECORD_HEADER = struct.Struct("<IIIHHQIIQ")
TRAILER_SIZE = 4
VERSION_OFFSET = 8


@dataclass(frozen=True)
class Record:
    offset: int
    size: int
    sequence: int
    spans: int
    ids: tuple

    @property
    def end(self):
        return self.offset + self.size


class SegmentFile:
    """A segment that is whole."""

    def __init__(self, path):
        self.path = path
        data = path.read_bytes()
        self.size = len(data)
        self.records = []
        offset = HEADER_SIZE
        while offset + RECORD_HEADER.size <= len(data):
            magic, _, length, kind, _, sequence, spans, _, _ = RECORD_HEADER.unpack_from(data, offset)
            if magic != RECORD_MAGIC:
                break
            payload = data[offset + RECORD_HEADER.size :][:length]
            ids = _ids(payload) if kind == 1 else ()
            size = RECORD_HEADER.size + length + TRAILER_SIZE
            self.records.append(Record(offset, size, sequence, spans, ids))
            offset += size
        self.end = offset
        self.is_closed = data[offset:].startswith(FOOTER_MAGIC)

    @property
    def ids(self):
        return {id for record in self.records for id in record.ids}

    def record_at(self, offset):
        [found] = [record for record in self.records if record.offset <= offset < record.end]
        return found


def _ids(payload):
    message = ExportTraceServiceRequest.FromString(payload)
    return tuple(
        span.span_id.hex()
        for group in message.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    )


def lane(directory):
    return Path(directory) / LANE


def segments(directory):
    """Oldest first."""
    return [SegmentFile(path) for path in sorted(lane(directory).glob("*.seg"))]


def dead_letters(directory):
    return [SegmentFile(path) for path in sorted((lane(directory) / "deadletter").glob("*.seg"))]


def stored_ids(directory):
    return {id for segment in segments(directory) for id in segment.ids}


def overwrite(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


def flip(path, offset, mask=0xFF):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def mapping_sequence(directory):
    """The sequence of the request that is being mapped, or 0."""
    with open(lane(directory) / "mapping", "rb") as file:
        return struct.unpack_from("<Q", file.read(16), 8)[0]
