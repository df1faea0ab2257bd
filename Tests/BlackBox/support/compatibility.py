"""docs/compatibility.md: the clients that tests carry as marks, read from their sources, and the page made of them.

A row is there because a test is: where the test fails, the run does."""

import ast
import re
import subprocess
from dataclasses import dataclass
from importlib import metadata

from support.program import REPOSITORY

PAGE = REPOSITORY / "docs/compatibility.md"
FOLDERS = [REPOSITORY / "Tests/BlackBox", REPOSITORY / "Tests/Deploy"]


@dataclass(frozen=True, order=True)
class Client:
    kind: str
    name: str
    sends: str
    # pypi:PACKAGE, debian:PACKAGE, or a text.
    version: str
    file: str
    test: str

    @property
    def row(self):
        link = f"[{self.test.removeprefix('test_').replace('_', ' ')}](../{self.file})"
        return f"| {self.name} | {version(self.version)} | {self.sends} | {link} |"


def version(source):
    """The version on this machine; `?` where the package is not there."""
    kind, _, package = source.partition(":")
    if kind == "pypi":
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "?"
    if kind == "debian":
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False)
        return done.stdout or "?"
    return source


KINDS = {
    "sdk": ("SDKs", "From the SDK to a record that was looked at, field by field."),
    "instrumentation": (
        "Instrumentations of models and agents",
        "Real calls of a local server that answers as OpenAI's does, and the records that they become. The corpus in "
        "[Tests/Corpus](../Tests/Corpus/README.md) has payloads of more.",
    ),
    "hop": ("Collectors, agents and proxies", "Between a sender and the gateway."),
    "tool": ("Tools", "Clients of HTTP and gRPC without an SDK."),
}

HEAD = """# Compatibility

What the tests have executed, with the versions of the last run that wrote this page. It is made of the marks that tests
carry (`@pytest.mark.client`): `UPDATE_GOLDEN=1` writes it anew when `Tests/BlackBox/test_compatibility_document.py` runs.
What was reviewed and not executed stands in the tables of [SDKs](sdk/README.md), [instrumentations](genai/README.md) and
[chaining](chaining/README.md).
"""

TAIL = """
## What it runs on

| | executed | not executed |
|---|---|---|
| system | Debian 12, x86-64; the package on Debian 12 and 13 (`make test-long`) | arm64: built by the release workflow |
| containers | podman 4.3 with buildah and runc; systemd 252 and 257 in a container | Docker's engine, containerd |
| Kubernetes | charts and manifests validated against the schemas of three versions; started by `podman play kube` | a cluster |
| upstream | a server of the tests that answers by the contract of Mastra's exporters | Mastra Cloud itself |
"""


def collect():
    """Every client that a test carries, in the order of the page."""
    found = []
    for folder in FOLDERS:
        for path in sorted(folder.glob("test_*.py")):
            found += clients_in(path.read_text(), str(path.relative_to(REPOSITORY)))
    return found


def clients_in(source, file):
    """The marks of a source, which is read and not run."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.client":
                    yield Client(*(ast.literal_eval(each) for each in decorator.args), file, node.name)


def page(clients):
    parts = [HEAD]
    for kind, (title, text) in KINDS.items():
        rows = [client.row for client in sorted(clients) if client.kind == kind]
        head = "| client | version | sends | test |\n|---|---|---|---|"
        parts.append(f"\n## {title}\n\n{text}\n\n{head}\n" + "\n".join(rows) + "\n")
    return "".join(parts) + TAIL


def without_versions(page):
    """Versions are those of the machine that wrote it."""
    return re.sub(r"^(\| [^|]+ \|) [^|]+ (\|.*\[)", r"\1 - \2", page, flags=re.M)
