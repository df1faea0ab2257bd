"""Requirements D: the data of spans, from the request to the record."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement

ROWS = (
    Requirement("D1", SHOULD, "A span with a bad or zero trace or span id is rejected by itself and not forwarded."),
    Requirement("D2", MUST, "Ids and parents come through as hex; a span without a parent is a root."),
    Requirement("D3", MUST, "`flags` of spans and links are kept whole, bits 10 to 31 included."),
    Requirement("D4", MAY, "Every kind of span is taken; an unspecified one is not named in the record."),
    Requirement("D5", SHOULD, "A span without a name is taken; its record has a name in its place."),
    Requirement("D6", MUST, "Times come through to the millisecond, and to the nanosecond in the metadata."),
    Requirement("D7", MUST, "Zero, reversed and absurd times are taken and become a record that can be published."),
    Requirement("D8", MUST, "Attributes of every type come through: empty, bytes, nested lists and maps."),
    Requirement("D9", SHOULD, "Indexes into a table of strings, of profiles only, count as absent."),
    Requirement("D10", MUST, "Spans without a resource or a scope are taken."),
    Requirement("D11", MUST, "Unknown numbers of kinds and status codes are taken."),
    Requirement("D12", MUST, "Spans of every resource and scope of a request are taken."),
    Requirement("D13", SHOULD, "Of attributes with one key the last counts; the span is taken."),
    Requirement("D14", MUST, "Events, links, dropped counts and the status with its message are in the record."),
    Requirement("D15", MUST, "Schema URLs and trace state are in the record; entity references are skipped."),
    Requirement("D17", MUST, "Invalid UTF-8 becomes U+FFFD; the span is taken."),
    Requirement("D18", MUST, "64-bit integers stay exact: beyond 2^53 they are strings in the record."),
    Requirement("D19", MUST, "NaN and the infinities are strings in the record."),
)
