"""Requirements J: OTLP/HTTP with JSON."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement

ROWS: tuple[Requirement, ...] = (
    Requirement("J1", MUST, "`traceId` and `spanId` are read as hex of either case."),
    Requirement("J2", MUST, "So are `parentSpanId` and the ids of links."),
    Requirement(
        "J3", MUST,
        "A span whose id is text but no hex of its length is rejected by itself; an id that is no text is 400. A "
        "parent that is none makes the span a root with a warning.",
    ),
    Requirement("J4", MUST, "Enums are read as numbers; numbers that no schema has are kept."),
    Requirement("J5", MAY, "Names of the schema are understood; other names are 400."),
    Requirement("J6", MUST, "Members of other names are skipped at every depth, whatever their values are."),
    Requirement("J7", MUST, "Names are read as lowerCamelCase."),
    Requirement("J8", MUST, "Names as they stand in the `.proto` files are read as well."),
    Requirement("J9", MUST, "Integers of 64 bits are read as numbers and as strings."),
    Requirement("J10", MUST, "Their value stays exact; a record has one beyond 2^53 as a string."),
    Requirement("J11", MUST, "`application/json` is taken in any case, with parameters, and labels each answer to it."),
    Requirement("J12", MUST, "`bytesValue` is base64 of either alphabet, padded or not; other text is 400."),
    Requirement("J13", MUST, "Doubles are read as numbers, as strings, and as `NaN`, `Infinity` and `-Infinity`."),
    Requirement("J14", MUST, "`null` is the default of any member that is known."),
    Requirement("J15", SHOULD, "`{}` and lists without elements are a full success."),
    Requirement("J16", MUST, "A full success is `{}`."),
    Requirement("J17", MUST, "Every refusal of a JSON request is a `Status` in JSON, details included."),
    Requirement("J18", MUST, "Text is read raw and escaped, NUL included; half a surrogate pair becomes U+FFFD."),
    Requirement("J19", MUST, "What is no JSON, or no object, is 400 with the place and what was expected there."),
    Requirement("J20", MUST, "A value of another type or out of its range is 400 with its path and the value."),
    Requirement("J21", MUST, "Every kind of attribute value is taken, `{}` among them."),
    Requirement("J22", MUST, "Bodies in gzip are taken, and in deflate and zstd as well."),
    Requirement("J23", SHOULD, "Integers may be written with an exponent or a fraction of zeros."),
    Requirement("J24", MUST, "Members may stand in any order; of one that comes twice the last counts."),
    Requirement("J25", MUST, "A request with all that OTLP's own example has gives the record that it should."),
    Requirement("J26", MUST, "`rejectedSpans` is a string of digits, the exact number of spans that were not taken."),
    Requirement("J27", MUST, "More than 64 levels are 400, however many there are."),
    Requirement("J28", MUST, "JSON that is called protobuf is 400, and the reverse too."),
)  # fmt: skip
