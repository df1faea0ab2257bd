"""Requirements B: what an acknowledgement is worth, on the way to the upstream."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement

ROWS = (
    Requirement(
        "B1", MUST, "Batches go to `/ai/spans/publish` with token, User-Agent and complete records; a record that the "
        "upstream refuses costs itself alone.",
    ),
    Requirement("B2", MUST, "While nothing fails each span is published once."),
    Requirement("B3", SHOULD, "A batch is cut at 1000 records or 5 s by default, see `max_batch_size` and `max_batch_wait`."),
    Requirement("B4", MUST, "After 408, 429, 5xx and broken connections the same bytes are sent again."),
    Requirement("B5", SHOULD, "`Retry-After` is kept to, in seconds and as a date."),
    Requirement(
        "B6", MUST, "400, 401, 403, 404 and 405 cool uploads down, 402 pauses them until a probe succeeds, 413 splits the "
        "batch.",
    ),
    Requirement("B7", SHOULD, "Delays grow from 500 ms to 30 s, at random within."),
    Requirement("B8", MUST, "A silent upload ends after `upload_timeout` and is sent again; requests are taken meanwhile."),
    Requirement("B9", MUST, "Every 2xx is success, 204 and late ones included; `quota-pause-v1` is announced."),
    Requirement("B10", SHOULD, "Answers cut off, HTML, redirects and nonsense lose nothing and end nothing."),
    Requirement("B11", MUST, "All that was acknowledged arrives through an upstream that comes and goes."),
    Requirement("B12", SHOULD, "A batch has at most `max_batch_bytes` (4 MiB), and is split where that is too much."),
    Requirement("B13", MAY, "`/metrics`, `/livez` and `/readyz` are served; in each scrape the counters of spans add up."),
)  # fmt: skip
