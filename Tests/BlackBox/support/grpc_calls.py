"""gRPC calls by grpcio, and what comes of a call."""

import base64
from dataclasses import dataclass

import grpc
from google.rpc import status_pb2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from support.otlp import refusal_of
from support.waiting import DEADLINE

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
OK = 0
INTERNAL = 13
# What an OTLP exporter sends again; RESOURCE_EXHAUSTED (8) only with RetryInfo (OTLP/gRPC, Failures).
RETRIED = {1, 4, 10, 11, 14, 15}


@dataclass
class Outcome:
    """What a call came to. `response` is None where there was no message, `status` without details."""

    code: int
    message: str
    response: bytes | None
    status: status_pb2.Status | None

    @property
    def is_full_success(self):
        """`partial_success` is unset (G6), which leaves no bytes."""
        return (self.code, self.response) == (OK, b"")

    @property
    def partial_success(self):
        """`(rejected spans, message)`."""
        assert self.code == OK
        found = ExportTraceServiceResponse.FromString(self.response)
        assert found.HasField("partial_success")
        return found.partial_success.rejected_spans, found.partial_success.error_message

    @property
    def refusal(self):
        """The details of a failure, which agree with its code and message (G12)."""
        assert self.code != OK and self.response is None
        if self.status is None:
            return refusal_of(status_pb2.Status(code=self.code, message=self.message))
        assert (self.status.code, self.status.message) == (self.code, self.message)
        return refusal_of(self.status)

    @property
    def is_final(self):
        """No exporter sends the request again."""
        return self.code not in RETRIED and self.refusal.retry_seconds is None


def decoded_status(value):
    """`grpc-status-details-bin` as it stands on the wire: base64, with or without padding."""
    if value is None:
        return None
    return status_pb2.Status.FromString(base64.b64decode(value + "=" * (-len(value) % 4), validate=True))


class Calls:
    """A channel of its own, so that no connection is shared by accident."""

    def __init__(self, address, **options):
        host, port = address
        settings = {"grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0} | options
        self.channel = grpc.insecure_channel(f"{host}:{port}", options=list(settings.items()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def begin(self, body=b"", path=EXPORT, **options):
        """A call under way, whose outcome `finish` waits for."""
        options = {"timeout": DEADLINE} | options
        return self.channel.unary_unary(path).future(getattr(body, "body", body), **options)

    def call(self, body=b"", path=EXPORT, **options):
        return finish(self.begin(body, path, **options))


def finish(call):
    trailers = dict(call.trailing_metadata())
    details = trailers.get("grpc-status-details-bin")
    status = status_pb2.Status.FromString(details) if details is not None else None
    code = call.code().value[0]
    return Outcome(code, call.details() or "", call.result() if code == OK else None, status)
