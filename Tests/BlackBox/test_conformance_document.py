"""docs/conformance.md says for every requirement what shows it, and says what is true."""

import os

from support.conformance import PAGE, collect, numbers_in_python, numbers_in_swift, page
from support.requirements import LAST_NUMBERS, NOT_ASSIGNED, REQUIREMENTS
from support.requirements.requirement import MAY, MUST, SHOULD


def test_every_number_has_one_row_in_order():
    numbers = [f"{letter}{number}" for letter, last in LAST_NUMBERS.items() for number in range(1, last + 1)]
    assert [row.number for row in REQUIREMENTS] == [number for number in numbers if number not in NOT_ASSIGNED]


def test_every_row_is_one_line_with_a_known_level():
    for row in REQUIREMENTS:
        assert row.level in (MUST, SHOULD, MAY), row
        assert row.behaviour.endswith(".") and "|" not in row.behaviour and "\n" not in row.behaviour, row


def test_every_requirement_that_can_be_seen_from_outside_has_a_black_box_test():
    tests = collect()
    missing = [
        row.number for row in REQUIREMENTS
        if row.observable and not any(test.is_black_box for test in tests.get(row.number, []))
    ]  # fmt: skip
    assert missing == []


def test_what_cannot_be_seen_from_outside_is_not_said_to_be_shown():
    tests = collect()
    shown = [
        row.number for row in REQUIREMENTS
        if not row.observable and any(test.is_black_box for test in tests.get(row.number, []))
    ]  # fmt: skip
    assert shown == []


def test_no_test_names_a_number_that_there_is_not():
    assert set(collect()) <= {row.number for row in REQUIREMENTS}


def test_the_page_is_what_the_tests_say():
    written = page(collect())
    if os.environ.get("UPDATE_GOLDEN") == "1":
        PAGE.write_text(written)
    assert PAGE.read_text() == written, "write it anew with UPDATE_GOLDEN=1 and read the difference"


def test_numbers_are_read_from_sources():
    python = '''
@pytest.mark.requirement("H14", "X12")
@pytest.mark.parametrize("a", [1])
def test_a(a): ...

@pytest.mark.parametrize("a", [1])
def test_b(a): ...
'''
    assert list(numbers_in_python(python)) == [("test_a", ["H14", "X12"])]
    swift = "@Test func `a bomb is stopped (H14, X12)`() {}\n@Test func `others (as said)`() {}"
    assert list(numbers_in_swift(swift)) == [("a bomb is stopped", ["H14", "X12"])]
