"""The payloads of real instrumentations in Tests/Corpus, and what becomes of all of them together."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from support.gateway import Gateway
from support.program import REPOSITORY
from support.upstream import Upstream

DIRECTORY = REPOSITORY / "Tests/Corpus"
# When a record was made: all that may differ between two runs.
CREATED_AT = re.compile(r'"createdAt":"[^"]*"')


@dataclass(frozen=True)
class Payload:
    """One request in both encodings."""

    name: str
    protobuf: bytes
    json: bytes


def payloads():
    found = [Payload(path.stem, path.read_bytes(), path.with_suffix(".json").read_bytes()) for path in _files()]
    assert len(found) > 40
    return found


def _files() -> list[Path]:
    return sorted(DIRECTORY.glob("*.pb"))


@dataclass
class Walk:
    """`answers` by payload, and how often each record came, as the very text of the JSON in which it came."""

    answers: dict[str, object]
    records: Counter


def walk(send):
    """Sends every payload by `send(gateway, payload)`, which answers whatever is to be compared, and waits for all."""
    with Upstream() as upstream, Gateway(upstream) as gateway:
        answers = {payload.name: send(gateway, payload) for payload in payloads()}
        accepted = gateway.metric("receiver_accepted_spans_total")
        gateway.wait_for_metric("exporter_sent_spans_total", lambda count: count == accepted)
        return Walk(answers, Counter(text for publish in upstream.publishes for text in _records(publish.body)))


def _records(body):
    """The records of a publish as they stand there."""
    text = CREATED_AT.sub('"createdAt":""', body.decode())
    opening = '{"spans":['
    assert text.startswith(opening)
    decoder, position = json.JSONDecoder(), len(opening)
    while text[position] != "]":
        start = position + (text[position] == ",")
        _, position = decoder.raw_decode(text, start)
        yield text[start:position]
    assert text[position:] == "]}"


def post_protobuf(gateway, payload):
    """Over HTTP; the body of the answer."""
    response = gateway.post(payload.protobuf)
    assert response.status == 200
    return response.body


def rejection(body):
    """`(rejected spans, message)` of a response in protobuf."""
    found = ExportTraceServiceResponse.FromString(body).partial_success
    return found.rejected_spans, found.error_message
