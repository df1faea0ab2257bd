"""What a linter knows of the files that are shipped."""

import pytest
from support.program import REPOSITORY

from tools.programs import DEPLOY, call


def scripts():
    """Files that a shell runs."""
    found = [path for path in REPOSITORY.glob("deploy/**/*") if path.is_file() and _is_script(path)]
    return sorted(found) + [REPOSITORY / path for path in (".ci/run", "proto/generate.sh", "Tests/Fuzz/run.sh")]


def _is_script(path):
    first = path.read_bytes()[:64].split(b"\n")[0]
    return first.startswith(b"#!") and b"sh" in first


@pytest.mark.parametrize("path", scripts(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_script_has_no_finding(path):
    call("shellcheck", "--severity=style", path)


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("docker/Dockerfile*")), ids=lambda path: path.name)
def test_a_dockerfile_has_no_finding(path):
    call("hadolint", "--failure-threshold=style", path)


# Templates are no YAML before they are rendered.
YAML = [
    path
    for folder in ("deploy", ".github")
    for path in sorted((REPOSITORY / folder).rglob("*.y*ml"))
    if "templates" not in path.parts
]


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_yaml_file_has_no_finding(path):
    rules = "{extends: default, rules: {line-length: {max: 160}, document-start: disable, comments: disable,"
    rules += " truthy: {check-keys: false}, braces: {max-spaces-inside: 1}, comments-indentation: disable}}"
    call("yamllint", "--strict", "-d", rules, path)


WORKFLOWS = sorted((REPOSITORY / ".github/workflows").glob("*.yaml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_one_and_is_safe(path):
    """They cannot run here: their form, and what is known to be unsafe in them."""
    call("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    call("zizmor", "--offline", "--quiet", path)
