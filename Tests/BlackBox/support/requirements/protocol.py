"""Requirements P, H: both transports and OTLP/HTTP."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement  # noqa: F401

ROWS: tuple[Requirement, ...] = ()
