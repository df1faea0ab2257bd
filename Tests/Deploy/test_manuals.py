"""Manual pages and shell completions."""

import os
import re
import subprocess

import pytest
from support.program import BINARY, environment, run

from tools import manual
from tools.programs import DEPLOY, call

PAGES = [DEPLOY / "man/mastra-gateway.1", DEPLOY / "man/mastra-gateway.5"]


def test_the_page_of_section_1_is_what_the_program_says():
    if os.environ.get("UPDATE_GOLDEN") == "1":
        PAGES[0].write_text(manual.page())
    assert PAGES[0].read_text() == manual.page(), "UPDATE_GOLDEN=1 writes it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_formatted_without_a_warning(page):
    done = call("man", "--warnings=all", "--local-file", page, env=environment({"MANROFFSEQ": "", "MANWIDTH": "100"}))
    assert done.stderr == ""
    assert done.stdout.startswith("MASTRA-GATEWAY(")
    # Neither Markdown nor roff is left in it.
    assert not re.search(r"`|\]\(|\\[-ef]", done.stdout)


def test_every_command_of_the_program_has_its_place():
    text = PAGES[0].read_text()
    listed = re.findall(r"^  ([a-z]+)(?: \(default\))?  ", run("--help").stdout.split("SUBCOMMANDS:")[1], re.M)
    assert len(listed) >= 8
    for name in listed:
        assert f"\n.SS {name}\n" in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_has_its_completions(shell):
    script = run("--generate-completion-script", shell)
    assert script.returncode == 0
    for name in ("doctor", "queue", "max-batch-size"):
        assert name in script.stdout


def test_bash_completes_commands_and_options(tmp_path):
    script = tmp_path / "completion"
    script.write_text(run("--generate-completion-script", "bash").stdout)
    (tmp_path / "mastra-gateway").symlink_to(BINARY)

    def complete(line):
        words = line.split(" ")
        program = f"""
            source {script}
            COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
            COMP_LINE='{line}'; COMP_POINT={len(line)}
            _mastra-gateway mastra-gateway '{words[-1]}' '{words[-2]}'; printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(
            ["bash", "-c", program], env=environment({"PATH": f"{tmp_path}:/usr/bin:/bin"}), capture_output=True, text=True
        )
        return done.stdout.split()

    assert "doctor" in complete("mastra-gateway d")
    assert "--queue-directory" in complete("mastra-gateway run --queue-d")
