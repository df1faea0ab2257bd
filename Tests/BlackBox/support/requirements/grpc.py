"""Requirements G: OTLP/gRPC."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement

ROWS: tuple[Requirement, ...] = (
    Requirement("G1", MUST, "`TraceService/Export` takes spans and answers an `ExportTraceServiceResponse`."),
    Requirement("G2", MUST, "Messages are taken plain and in gzip, and in deflate and zstd as well."),
    Requirement("G3", SHOULD, "100 calls of a connection are under way at once; a client that has more waits."),
    Requirement(
        "G4", MUST,
        "A message over `max_body_bytes`, as sent or unpacked, is `RESOURCE_EXHAUSTED` without details, as soon as "
        "the limit is passed.",
    ),
    Requirement("G5", SHOULD, "The limit is 64 MiB, and `max_body_bytes` sets it from 1 KiB to 256 MiB."),
    Requirement("G6", MUST, "A full success is a message of no bytes, so that `partial_success` is unset."),
    Requirement("G7", SHOULD, "A message of no bytes, and one that unpacks to none, is a full success."),
    Requirement(
        "G8", MUST,
        "An answer has a few kilobytes at most: what the client wrote is clipped to 200 characters.",
    ),
    Requirement("G9", MUST, "`rejected_spans` is the number of spans that were not taken; the others are delivered."),
    Requirement(
        "G10", MUST,
        "Bad data is `INVALID_ARGUMENT`, `UNIMPLEMENTED` or `INTERNAL`, which no exporter sends again.",
    ),
    Requirement("G11", SHOULD, "A message that is no request is `INVALID_ARGUMENT`."),
    Requirement(
        "G12", MAY,
        "`grpc-status-details-bin` has `BadRequest` for bad data and `RetryInfo` for overload, with the code and the "
        "message of the call.",
    ),
    Requirement("G13", MUST, "Other services and methods are `UNIMPLEMENTED`, and told where traces are taken."),
    Requirement(
        "G14", SHOULD,
        "Metrics, logs and profiles are `UNIMPLEMENTED`, and told the variable of the SDK that stops them.",
    ),
    Requirement(
        "G15", MUST,
        "`application/grpc` and `application/grpc+proto` are taken in any case and with parameters; `grpc-status` is "
        "in the trailers, of a failure in its only header block.",
    ),
    Requirement("G16", SHOULD, "Another content type at a path of gRPC is 415 of HTTP with a `Status`."),
    Requirement("G17", MUST, "A flagged message is unpacked by `grpc-encoding`; one without the flag is taken plain."),
    Requirement("G18", MUST, "An unknown `grpc-encoding` is refused, flag or not, and not to be sent again."),
    Requirement("G19", SHOULD, "That is `UNIMPLEMENTED`; `grpc-accept-encoding` lists identity, gzip, deflate, zstd."),
    Requirement(
        "G20", MUST,
        "Damaged compression is `INVALID_ARGUMENT`; compression that nothing declares is `INTERNAL`.",
    ),
    Requirement(
        "G21", MUST,
        "A bomb is stopped when `max_body_bytes` have come out of it; others are served meanwhile.",
    ),
    Requirement(
        "G22", MUST,
        "No message and a second one are `UNIMPLEMENTED`, a message that is cut off is `INTERNAL`, a flag above 1 is "
        "`INVALID_ARGUMENT`; the connection goes on.",
    ),
    Requirement("G23", MUST, "Fields that no schema has and metadata that no one needs are ignored."),
    Requirement(
        "G24", MUST,
        "A call that is not complete within `grpc-timeout` is `DEADLINE_EXCEEDED` and not taken; one that is "
        "cancelled gives back its memory; 200 resets at once are tolerated.",
    ),
    Requirement(
        "G25", MUST,
        "What is neither HTTP/2 nor HTTP/1 is answered with 400 and closed; broken HTTP/2 gets GOAWAY.",
    ),
    Requirement("G26", SHOULD, "1024 connections to a listener, 512 of them from one address, are served at once."),
    Requirement("G27", MUST, "Spans that OpenTelemetry's SDK exports over gRPC, plain or in gzip, are delivered."),
    Requirement("G28", SHOULD, "A full queue and spent memory are `UNAVAILABLE`, with a `RetryInfo` of 1 to 30 s."),
    Requirement("G29", MAY, "Both listeners serve gRPC, HTTP/2 and HTTP/1.1, all of it."),
    Requirement(
        "G30", MUST,
        "Metadata over `max_header_bytes`, 16 KiB, or of more than 100 fields is `RESOURCE_EXHAUSTED`; a flood ends "
        "its connection.",
    ),
    Requirement("G31", SHOULD, "PING is answered, however often it comes, as long as the answers are read."),
    Requirement("G32", MUST, "A request gives the same records and rejections over gRPC as over HTTP."),
    Requirement("G33", MUST, "`grpc_listen` is 127.0.0.1:4317 unless it is set."),
    Requirement(
        "G34", MAY,
        "`grpc.health.v1` answers `Check` for the whole and for traces; `NOT_SERVING` while the queue is full. There "
        "is no `Watch` and no reflection.",
    ),
)  # fmt: skip
