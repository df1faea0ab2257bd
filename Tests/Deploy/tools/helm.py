"""The Helm library and the schemas of Kubernetes, which live in an environment of their own with the other tools. This file is
both ends: imported, it asks; run there, it answers, one line of JSON for each."""

import atexit
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

CHART = Path(__file__).resolve().parents[3] / "deploy/helm/mastra-gateway"


class Refused(Exception):
    """Helm does not take the values, or a template fails; with its message."""


def render(values="", name="gw", namespace="traces", upgrade=False):
    """Text of each template by its path in the chart; `values` as a file of values has them."""
    return _ask("render", values=_text(values), name=name, namespace=namespace, upgrade=upgrade)


def objects(values="", **options):
    """What is rendered, without the notes, as data."""
    import yaml

    rendered = render(values, **options)
    texts = [text for path, text in sorted(rendered.items()) if path.endswith(".yaml")]
    return [each for text in texts for each in yaml.safe_load_all(text) if each]


def notes(values="", **options):
    [text] = [text for path, text in render(values, **options).items() if path.endswith("NOTES.txt")]
    return text


def lint(values=""):
    """The messages of `helm lint --strict`, apart from information."""
    report = _ask("lint", values=_text(values))
    return [each for each in report["messages"] if each["severity"] > 1] + report["errors"]


def package(destination):
    """Makes the archive that is published; its path."""
    return Path(_ask("package", destination=str(destination)))


def violations(objects, version):
    """What the schemas of that version of Kubernetes find, unknown members included: kind, path and message of each."""
    return _ask("validate", objects=objects, version=version)


def _text(values):
    import yaml

    return values if isinstance(values, str) else yaml.safe_dump(values)


def _ask(verb, **arguments):
    worker = _worker()
    worker.stdin.write(json.dumps([verb, arguments]) + "\n")
    worker.stdin.flush()
    answer = worker.stdout.readline()
    assert answer, f"the Helm library has ended: {worker.wait(10)}"
    answer = json.loads(answer)
    if "refused" in answer:
        raise Refused(answer["refused"])
    return answer["result"]


@cache
def _worker():
    import pytest

    from tools.programs import TOOLS

    if not (TOOLS / "kubernetes-validate").exists():
        pytest.skip("the Helm library is missing: make deploy-tools")
    worker = subprocess.Popen(
        [TOOLS / "python", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, worker)
    return worker


def _end(worker):
    worker.stdin.close()
    worker.wait(10)


def _answer():
    """The other end, which imports what the tests cannot."""
    import helm_python
    from kubernetes_validate import utils

    # Else megabytes of them are read for each object.
    utils.schema_contents = cache(utils.schema_contents)

    def values_of(text):
        return helm_python.values_from_yaml(text)

    def render(values, name, namespace, upgrade):
        with helm_python.Chart.load(CHART) as chart:
            return chart.render(
                values_of(values), name=name, namespace=namespace, is_install=not upgrade, is_upgrade=upgrade
            )

    def lint(values):
        return helm_python.lint(CHART, values_of(values), strict=True)

    def package(destination):
        return helm_python.package(CHART, destination=destination)

    def validate(objects, version):
        found = []
        for each in objects:
            try:
                utils.validate(each, version, strict=True)
            except utils.ValidationError as error:
                found.append([each["kind"], ".".join(map(str, error.path)), error.message])
        return found

    verbs = {"render": render, "lint": lint, "package": package, "validate": validate}
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        try:
            answer = {"result": verbs[verb](**arguments)}
        except helm_python.HelmError as error:
            answer = {"refused": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _answer()
