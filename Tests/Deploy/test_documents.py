"""What the pages show is marked with what becomes of it, and their links lead somewhere; see `tools.documents`."""

import re
from urllib.parse import unquote, urlsplit

import pytest
from support.program import REPOSITORY

from tools.documents import (
    CHECKED, DOCUMENTS, Link, Mistake, anchors, blocks, links, names_in_tests, pages, prose, snippets, tracked_pages,
)  # fmt: skip


def name(page):
    return str(page.relative_to(REPOSITORY))


checked_page = pytest.mark.parametrize("page", pages(CHECKED), ids=name)
every_page = pytest.mark.parametrize("page", tracked_pages(), ids=name)


# Code blocks


@pytest.mark.parametrize("pattern", CHECKED)
def test_each_pattern_of_checked_pages_finds_some(pattern):
    assert pages([pattern])


def test_all_checked_pages_are_among_those_that_blocks_are_taken_from():
    assert set(pages(CHECKED)) <= set(pages(DOCUMENTS))


@checked_page
def test_every_block_has_a_language_and_tells_what_becomes_of_it(page):
    assert [block.where for block in blocks(page) if not (block.language and block.state)] == []


@checked_page
def test_code_stands_in_fenced_blocks_alone(page):
    """An indented block could have no comment."""
    fenced = {line for block in blocks(page) for line in _lines(block)}
    lines = enumerate(page.read_text().splitlines(), 1)
    assert [number for number, line in lines if number not in fenced and line.startswith(("    ", "\t"))] == []


def _lines(block):
    return range(block.line, block.line + block.text.count("\n") + 2)


def test_every_block_that_is_to_be_run_is_asked_for_by_a_test():
    assert set(snippets()) - names_in_tests() == set()


def test_every_block_that_a_test_asks_for_is_there():
    assert names_in_tests() - set(snippets()) == set()


# How pages are read


def page_of(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text)
    return page


def test_a_block_has_its_text_language_and_state(tmp_path):
    run, output = "```sh\necho 1\n\n    two\n```\n", "~~~text\n```\n~~~\n"
    page = page_of(tmp_path, f"a\n\n<!-- run: some-name -->\n{run}\n<!-- output -->\n{output}")
    read = [(block.line, block.language, block.text, block.state, block.name) for block in blocks(page)]
    assert read == [
        (4, "sh", "echo 1\n\n    two\n", "run", "some-name"), (11, "text", "```\n", "output", None),
    ]  # fmt: skip
    assert blocks(page)[0].output == "```\n"


def test_a_block_may_have_no_comment(tmp_path):
    [block] = blocks(page_of(tmp_path, "```sh\na\n```\n"))
    assert (block.state, block.name) == (None, None)


REFUSED = {
    "a comment without a block": "<!-- run: a -->\n\n```sh\na\n```\n",
    "a comment at the end": "<!-- output -->\n",
    "two comments": "<!-- output -->\n<!-- run: a -->\n```sh\na\n```\n",
    "a run without a name": "<!-- run -->\n```sh\na\n```\n",
    "a name with a space": "<!-- run: a b -->\n```sh\na\n```\n",
    "no reason": "<!-- not run: -->\n```sh\na\n```\n",
    "a reason where none belongs": "<!-- fragment: because -->\n```sh\na\n```\n",
    "an unclosed comment": "<!-- run: a\n-->\n```sh\na\n```\n",
    "a block without an end": "```sh\na\n",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_page_with_a_comment_that_cannot_be_read_is_refused(tmp_path, text):
    with pytest.raises(Mistake):
        blocks(page_of(tmp_path, text))


HEADINGS = {
    "# One": "one",
    "## The queue on disk": "the-queue-on-disk",
    "### OTLP/HTTP: what is taken": "otlphttp-what-is-taken",
    "## `attributes.parameters`": "attributesparameters",
    "## What a [link](x.md) says": "what-a-link-says",
    "## Grüße, Straße – and 5 µs": "grüße-straße--and-5-µs",
    "## snake_case-and-hyphen": "snake_case-and-hyphen",
    "## Closed ##": "closed",
}


@pytest.mark.parametrize("heading, anchor", HEADINGS.items(), ids=HEADINGS.values())
def test_a_heading_has_the_anchor_that_github_gives_it(tmp_path, heading, anchor):
    assert anchors(page_of(tmp_path, f"{heading}\n")) == {anchor}


def test_a_heading_that_comes_again_gets_a_number(tmp_path):
    assert anchors(page_of(tmp_path, "# A b\n\n## A b\n\n```sh\n# no heading\n```\n")) == {"a-b", "a-b-1"}


def test_links_in_code_are_none(tmp_path):
    code = "`[c](d.md)`\n\n    [f](g.md)\n\n```md\n[h](i.md)\n```\n"
    page = page_of(tmp_path, f"[a](b.md) <https://e.test> {code}\n[j]: k.md\n")
    assert [link.target for link in links(page)] == ["b.md", "https://e.test", "k.md"]


# Links


@every_page
def test_relative_links_lead_to_files_and_headings(page):
    broken = [f"{link}: {why}" for link in links(page) if not _is_external(link) and (why := _is_broken(link))]
    assert broken == []


def _is_external(link):
    return bool(re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", link.target))


def _is_broken(link):
    """Why it leads nowhere."""
    path, _, anchor = unquote(link.target).partition("#")
    if path.startswith("/"):
        return "not relative"
    target = (link.page.parent / path).resolve() if path else link.page
    if not target.is_relative_to(REPOSITORY):
        return "outside of the repository"
    if not target.exists():
        return "no such file"
    if anchor and target.suffix == ".md":
        return None if anchor in anchors(target) else "no such heading"
    return "a heading of a file that has none" if anchor and not re.fullmatch(r"L\d+(-L\d+)?", anchor) else None


NOWHERE = ["nowhere.md", "/docs/tls.md", "../../outside", "tls.md#no-such-heading", "#no-such-heading", "../Makefile#x"]


@pytest.mark.parametrize("target", NOWHERE)
def test_a_link_that_leads_nowhere_is_found(target):
    assert _is_broken(Link(REPOSITORY / "docs/quickstart.md", 1, target))


# Addresses of this machine, which readers are told to open.
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@every_page
def test_links_to_other_sites_are_whole_addresses_of_https(page):
    assert [str(link) for link in links(page) if _is_external(link) and not _is_whole(link.target)] == []


def _is_whole(target):
    if target.startswith("mailto:"):
        return bool(re.fullmatch(r"mailto:[^@\s]+@[\w-]+(\.[\w-]+)+", target))
    parts = urlsplit(target)
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
    return is_here or parts.scheme == "https" and bool(re.fullmatch(r"([\w-]+\.)+[a-z]{2,}", parts.hostname or ""))


ADDRESSES = {
    "https://opentelemetry.io/docs/": True, "http://127.0.0.1:8888/metrics": True, "mailto:a@example.com": True,
    "http://opentelemetry.io": False, "https://": False, "https://nowhere": False, "ftp://example.com": False,
}  # fmt: skip


@pytest.mark.parametrize("address, is_whole", ADDRESSES.items())
def test_an_address_is_whole(address, is_whole):
    assert _is_whole(address) == is_whole


@checked_page
def test_lines_of_prose_are_not_much_longer_than_others(page):
    """Rows of tables cannot be broken."""
    lines = page.read_text().splitlines()
    assert [number for number, line in prose(page) if len(lines[number - 1]) > 140 and not line.startswith("|")] == []
