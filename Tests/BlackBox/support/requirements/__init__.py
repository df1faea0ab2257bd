"""The requirements that docs/conformance.md lists, and how a test names those that it shows.

Numbers are stable: P both transports, H OTLP/HTTP, J its JSON, G OTLP/gRPC, D the data, X HTTP around it and hostile
input, B the promises behind the acknowledgement. A test shows requirements by `@pytest.mark.requirement("H14", "X12")`.
"""

from support.requirements import data, forwarding, grpc, hostile, json_encoding, protocol
from support.requirements.requirement import Requirement

__all__ = ["LAST_NUMBERS", "NOT_ASSIGNED", "REQUIREMENTS", "SECTIONS", "Requirement"]

# In the order of the page.
SECTIONS = {
    "P": "Both transports",
    "H": "OTLP/HTTP",
    "J": "OTLP/HTTP with JSON",
    "G": "OTLP/gRPC",
    "D": "The data",
    "X": "HTTP around it, and hostile input",
    "B": "Behind the gateway",
}
LAST_NUMBERS = {"P": 7, "H": 40, "J": 28, "G": 34, "D": 19, "X": 48, "B": 13}
NOT_ASSIGNED = {"D16"}

REQUIREMENTS = (
    *protocol.ROWS, *json_encoding.ROWS, *grpc.ROWS, *data.ROWS, *hostile.ROWS, *forwarding.ROWS,
)  # fmt: skip
