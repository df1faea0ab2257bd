"""Requirements G: OTLP/gRPC."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement  # noqa: F401

ROWS: tuple[Requirement, ...] = ()
