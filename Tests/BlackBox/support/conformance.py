"""docs/conformance.md: the numbers that tests carry, read from their sources, and the page made of them."""

import ast
import re
from collections import defaultdict
from dataclasses import dataclass

from support.program import REPOSITORY
from support.requirements import REQUIREMENTS, SECTIONS

PAGE = REPOSITORY / "docs/conformance.md"
TESTS = REPOSITORY / "Tests"


@dataclass(frozen=True, order=True)
class Test:
    """A test as the page names it: where it stands, and what it is called there."""

    __test__ = False

    file: str
    name: str

    @property
    def is_black_box(self):
        return self.file.endswith(".py")

    @property
    def link(self):
        return f"[{self.name.replace('|', '&#124;')}](../{self.file})"


def collect():
    """Every number that a test carries, and the tests that carry it; black-box ones first."""
    found = defaultdict(set)
    for path in sorted((TESTS / "BlackBox").rglob("test_*.py")):
        for name, numbers in numbers_in_python(path.read_text()):
            for number in numbers:
                found[number].add(Test(str(path.relative_to(REPOSITORY)), name))
    for path in sorted(TESTS.rglob("*.swift")):
        for name, numbers in numbers_in_swift(path.read_text()):
            for number in numbers:
                found[number].add(Test(str(path.relative_to(REPOSITORY)), name))
    return {number: sorted(tests, key=lambda test: (not test.is_black_box, test)) for number, tests in found.items()}


def numbers_in_python(source):
    """`(test, numbers)` of each test function that has the marker; the source is read, not run."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            numbers = [number for decorator in node.decorator_list for number in _marked(decorator)]
            if numbers:
                yield node.name, numbers


def _marked(decorator):
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.requirement":
        return [ast.literal_eval(argument) for argument in decorator.args]
    return []


_SWIFT_TEST = re.compile(r"func `([^`]*?) \(((?:OTLP )?[PHJGDXB]\d+(?:, [PHJGDXB]\d+)*)\)`")


def numbers_in_swift(source):
    """`(test, numbers)` of each test whose name ends in numbers, such as `… (H14, X12)`."""
    for match in _SWIFT_TEST.finditer(source):
        yield match[1], match[2].removeprefix("OTLP ").split(", ")


INTRODUCTION = """# Conformance

What the gateway does about each requirement on a receiver of OTLP traces, and which tests show it. P and H are OTLP over
HTTP, J its JSON encoding, G gRPC, D the data of spans, X what HTTP and hostile clients ask of a server. B is what this
gateway adds: what an acknowledgement is worth. The levels are those of the specifications (RFC 2119).

Tests in `Tests/BlackBox` talk to the built program over real sockets; every requirement that can be seen from outside has
at least one of them. Unit tests that name a requirement stand behind them.

`Tests/BlackBox/test_conformance_document.py` writes this page: with `UPDATE_GOLDEN=1` in the environment it writes, otherwise
it compares. The sentences stand in `Tests/BlackBox/support/requirements`; the numbers stand at the tests themselves.
"""


def page(tests):
    """The whole page; `tests` as `collect` makes it."""
    parts = [INTRODUCTION]
    for letter, title in SECTIONS.items():
        rows = [row for row in REQUIREMENTS if row.number[0] == letter]
        parts.append(f"\n## {letter}: {title}\n\n| number | level | what the gateway does | tests |\n|---|---|---|---|\n")
        parts += [_line(row, tests.get(row.number, [])) for row in rows]
    return "".join(parts)


def _line(row, tests):
    shown = "<br>".join(test.link for test in tests) or "cannot be seen from outside"
    return f"| {row.number} | {row.level} | {row.behaviour} | {shown} |\n"
