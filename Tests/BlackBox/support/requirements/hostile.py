"""Requirements X: HTTP around it, and hostile input."""

from support.requirements.requirement import MAY, MUST, SHOULD, Requirement  # noqa: F401

ROWS: tuple[Requirement, ...] = ()
