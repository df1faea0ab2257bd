"""Requirements P and H: what holds for both transports, and OTLP/HTTP."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement

ROWS = (
    Requirement("P1", MUST, "Bodies without a coding are taken; `Content-Encoding: identity` says the same."),
    Requirement("P2", MUST, "Bodies in gzip are taken, of any level and any number of members."),
    Requirement("P3", MUST, "OpenTelemetry's own exporters report success, with and without gzip."),
    Requirement("P4", MUST, "Fields that the schema has not are skipped, in every message and at every depth."),
    Requirement("P5", SHOULD, "Field 1000 of ResourceSpans is skipped like an unknown one; its old spans are not read."),
    Requirement(
        "P6", MUST, "Each request gets one answer, and there is no other method; every test reads one.", observable=False
    ),
    Requirement(
        "P7", MUST, "Nothing is negotiated by version: what is unknown is skipped (P4, D11).", observable=False
    ),
    Requirement("H1", MUST, "Traces are taken by `POST`, and by no other method."),
    Requirement("H2", MAY, "HTTP/2 is served beside HTTP/1.1 on the same port: in clear text with prior knowledge, over TLS by ALPN."),
    Requirement("H3", MUST, "Traces are taken at `/v1/traces`; a query is not looked at."),
    Requirement("H4", MAY, "`traces_path` names the paths; by default `/otlp/v1/traces` is one as well."),
    Requirement("H5", MUST, "A body is a binary `ExportTraceServiceRequest`, and each span in it becomes a record."),
    Requirement("H6", MUST, "Answers to binary requests have `Content-Type: application/x-protobuf`."),
    Requirement(
        "H7", MUST, "The request's `Content-Type` decides on the answer's, in any case and with parameters; not `Accept`."
    ),
    Requirement("H8", MUST, "`Content-Encoding` decides, not the bytes: the one without the other is 400."),
    Requirement("H9", MAY, "An answer of 128 bytes or more is in gzip where that is offered and shorter."),
    Requirement("H10", MUST, "A body is counted while it comes: 413 follows the byte that is too many, not the end."),
    Requirement("H11", MUST, "The limit holds for what comes out of any coding, to the byte."),
    Requirement("H12", SHOULD, "The limit is 64 MiB by default."),
    Requirement("H13", SHOULD, "`max_body_bytes` sets it, from 1 KiB to 256 MiB."),
    Requirement("H14", MUST, "413 with RESOURCE_EXHAUSTED answers a body over the limit: declared, chunked or inflated."),
    Requirement("H15", MUST, "Answers have at most a few kilobytes, whatever was asked or rejected."),
    Requirement(
        "H16", SHOULD, "Texts of a client are cut at 200 characters, and rejected spans are counted by reason; see H15.",
        observable=False,
    ),
    Requirement("H17", MUST, "No answer is near the limit (H15), so that 500 is never sent.", observable=False),
    Requirement("H18", MUST, "Success is 200."),
    Requirement("H19", MUST, "The body of a success is an `ExportTraceServiceResponse`: no bytes where all was taken."),
    Requirement("H20", MUST, "`partial_success` is absent where all was taken."),
    Requirement("H21", SHOULD, "A request without bytes or spans succeeds, in every coding."),
    Requirement("H22", MUST, "Where spans are rejected the others are taken: 200, and `rejected_spans` is their number."),
    Requirement("H23", SHOULD, "`error_message` counts the rejected spans by reason, in English."),
    Requirement(
        "H24", MAY, "There are no warnings in answers: `partial_success` stands for rejected spans alone (H20).",
        observable=False,
    ),
    Requirement("H25", MUST, "Every 4xx and 5xx has a `google.rpc.Status`, encoded as the request was."),
    Requirement("H26", MUST, "415 for another media type has a Status in protobuf; nothing of the body is taken."),
    Requirement("H27", SHOULD, "`Status.message` says what is wrong and what would be right; `code` is that of gRPC."),
    Requirement("H28", MUST, "What is not taken is answered with 4xx or 5xx; H25 to H32 show which.", observable=False),
    Requirement("H29", SHOULD, "Trouble that passes is 503; everything else is a status that is not retried, never 500."),
    Requirement("H30", MUST, "What cannot be decoded is 400, and nothing of it is forwarded."),
    Requirement("H31", SHOULD, "A 400 has a `BadRequest` that names the field and what is wrong with it."),
    Requirement("H32", SHOULD, "A full queue and a spent `memory_limit` are 503 with `Retry-After` and `RetryInfo`."),
    Requirement("H33", SHOULD, "HTTP decides where OTLP is silent; see X.", observable=False),
    Requirement("H34", SHOULD, "A connection is kept until it was idle for `idle_timeout`, 75 s by default."),
    Requirement("H35", SHOULD, "Protobuf and JSON are taken on one port, even one connection, by `Content-Type`."),
    Requirement("H36", MAY, "gRPC is taken on that port as well, told apart by `Content-Type`."),
    Requirement("H37", SHOULD, "One client may have many connections, up to `max_connections_per_ip`."),
    Requirement("H38", MUST, "`http_listen` is `127.0.0.1:4318` by default.", observable=False),
    Requirement("H39", MAY, "Resources and scopes without spans succeed and produce no record."),
    Requirement("H40", SHOULD, "A request that comes again succeeds again; its spans are published again with their ids."),
)
