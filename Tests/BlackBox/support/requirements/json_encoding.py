"""Requirements J: OTLP/HTTP with JSON."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement  # noqa: F401

ROWS: tuple[Requirement, ...] = ()
