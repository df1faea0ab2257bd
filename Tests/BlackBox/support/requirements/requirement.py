"""What one row of docs/conformance.md is made of."""

from dataclasses import dataclass

MUST, SHOULD, MAY = "MUST", "SHOULD", "MAY"


@dataclass(frozen=True)
class Requirement:
    """One numbered requirement and what the gateway does about it.

    `behaviour` is a sentence on this gateway, with its status, limit or setting. `observable` is false where no client
    can see it; the sentence then says why, or where it is configured.
    """

    number: str
    level: str
    behaviour: str
    observable: bool = True
