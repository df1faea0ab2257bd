"""Code blocks, links and headings of the Markdown pages.

On the pages of `CHECKED` every fenced block tells in a comment on the line before what becomes of it:

    <!-- run: NAME -->            a test runs this very text, which it gets as `snippet("NAME")`
    <!-- not run: REASON -->      nobody runs it here
    <!-- output -->               what the block before prints
    <!-- fragment -->             a line or a setting to be put somewhere; it claims nothing by itself
"""

import ast
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.program import REPOSITORY

TESTS = REPOSITORY / "Tests/Deploy"
# Pages whose code blocks are checked; the others have indented ones. Add a page once its blocks have states.
CHECKED = [
    "README.md", "docs/README.md", "docs/quickstart.md", "docs/sdk/*.md", "docs/genai/*.md", "docs/containers.md", "docs/debian.md",
    "docs/troubleshooting.md", "docs/scaling.md", "docs/releasing.md", "docs/security.md", "docs/performance.md", "docs/chaining/*.md", "docs/compose.md", "docs/monitoring.md", "docs/runbook.md", "docs/selection.md", "docs/tenancy.md",
]  # fmt: skip
# Pages from which blocks are taken to be run.
DOCUMENTS = ["README.md", "docs/**/*.md", "deploy/**/*.md"]
# The addresses that pages show. Tests put those of their own gateway in their place, and change nothing else.
HTTP_ADDRESS, GRPC_ADDRESS = "127.0.0.1:4318", "127.0.0.1:4317"

COMMENT = re.compile(r" {0,3}<!-- *(run|not run|output|fragment)\b *(?:: *(.*?))? *-->\s*")
FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})[ \t]*([^`\s]*)[^`]*")


class Mistake(Exception):
    """A page that is not written as this module reads it."""


@dataclass(frozen=True)
class Block:
    """A fenced block. `state` is one of those above, or None where no comment stands before it."""

    page: Path
    line: int
    language: str
    text: str
    state: str | None
    name: str | None

    @property
    def where(self):
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"

    def for_gateway(self, gateway):
        """The text with the addresses of a test's gateway."""
        http, grpc = ("{}:{}".format(*address) for address in (gateway.address, gateway.grpc_address))
        return self.text.replace(HTTP_ADDRESS, http).replace(GRPC_ADDRESS, grpc)

    @property
    def output(self):
        """The text of the block that follows, which has to be one of output."""
        following = blocks(self.page)[blocks(self.page).index(self) + 1 :]
        if not following or following[0].state != "output":
            raise Mistake(f"{self.where}: no output follows")
        return following[0].text


def pages(patterns):
    return sorted({page for pattern in patterns for page in REPOSITORY.glob(pattern)})


@cache
def blocks(page):
    """The fenced blocks of a page, in order. A comment of the kinds above has to stand before one of them."""
    found, comment, lines = [], None, iter(enumerate(page.read_text().splitlines(), 1))
    for number, line in lines:
        if fence := FENCE.fullmatch(line):
            text = _text_up_to_the_end(fence, lines, f"{page}:{number}")
            state, value = comment or (None, None)
            found.append(Block(page, number, fence[3], text, state, value))
            comment = None
        elif comment:
            raise Mistake(f"{page}:{number}: a block has to stand below a comment of a block")
        elif match := COMMENT.fullmatch(line):
            comment = _state(match, f"{page}:{number}")
        elif re.match(r" {0,3}<!-- *(run|not run|output|fragment)\b", line):
            raise Mistake(f"{page}:{number}: {line.strip()}")
    if comment:
        raise Mistake(f"{page}: the last line is a comment of a block")
    return found


def _text_up_to_the_end(fence, lines, where):
    indent, marks = len(fence[1]), fence[2]
    text = []
    for _, line in lines:
        if re.fullmatch(rf" {{0,3}}{re.escape(marks[0])}{{{len(marks)},}}\s*", line):
            return "".join(f"{line}\n" for line in text)
        text.append(re.sub(rf"^ {{0,{indent}}}", "", line))
    raise Mistake(f"{where}: the block has no end")


def _state(match, where):
    """`run` needs a name, `not run` a reason, and the others have nothing more."""
    state, value = match[1], match[2]
    fits = {"run": r"[a-z0-9]+(-[a-z0-9]+)*", "not run": r"\S.*"}.get(state)
    if fits is None and value is not None or fits and not re.fullmatch(fits, value or ""):
        raise Mistake(f"{where}: {match[0].strip()}")
    return state, value


@cache
def snippets():
    """The blocks that are run, by name."""
    found = {}
    for page in pages(DOCUMENTS):
        for block in blocks(page):
            if block.state == "run":
                if block.name in found:
                    raise Mistake(f"{block.where}: {block.name} is also at {found[block.name].where}")
                found[block.name] = block
    return found


def snippet(name):
    """The block of that name, to be run. Write the name out: it is read in the tests' source too."""
    if name not in snippets():
        raise Mistake(f"no page has a block {name}")
    return snippets()[name]


@cache
def names_in_tests():
    """The names for which some test asks."""
    found = set()
    for file in TESTS.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "snippet":
                found.add(ast.literal_eval(node.args[0]))
    return found


# Links


@dataclass(frozen=True)
class Link:
    page: Path
    line: int
    target: str

    def __str__(self):
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}: {self.target}"


@cache
def tracked_pages():
    """All Markdown of the repository, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [REPOSITORY / name for name in listed.stdout.splitlines() if (REPOSITORY / name).exists()]


def prose(page):
    """Number and text of the lines outside of code blocks, with code in the line blanked."""
    fence, was_blank, in_list = None, True, False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if fence:
            if re.fullmatch(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}\s*", line):
                fence = None
            continue
        if match := FENCE.fullmatch(line):
            fence = match[2]
            continue
        in_list = bool(re.match(r" *([-*+]|\d+[.)]) ", line)) or in_list and (line.startswith(" ") or not line.strip())
        is_code = line.startswith("    ") and was_blank and not in_list
        was_blank = not line.strip() or is_code
        if not is_code:
            yield number, re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", lambda code: " " * len(code[0]), line)


def links(page):
    """Links, images, definitions of links and bare addresses in angle brackets."""
    found = []
    for number, line in prose(page):
        for pattern in (r"\]\(\s*<?([^)\s>]+)", r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)", r"<(\w+:[^ >]+)>"):
            found += [Link(page, number, target) for target in re.findall(pattern, line)]
    return found


@cache
def anchors(page):
    """The anchors of a page's headings, as GitHub makes them: lower case, spaces to hyphens, other punctuation away; a
    heading that comes again gets a number. Named anchors in HTML count too."""
    seen, found = {}, set()
    for line in _lines_outside_of_blocks(page):
        found |= set(re.findall(r"""<a (?:id|name)=["']([^"']+)["']""", line))
        if heading := re.match(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*$", line):
            text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            count = seen.get(slug, -1) + 1
            seen[slug] = count
            found.add(f"{slug}-{count}" if count else slug)
    return found


def _lines_outside_of_blocks(page):
    """Unlike `prose` with code in the line as it is: it is part of a heading's anchor."""
    numbers = {number for number, _ in prose(page)}
    return [line for number, line in enumerate(page.read_text().splitlines(), 1) if number in numbers]

