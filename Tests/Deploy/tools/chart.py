"""What is written of the chart and of the settings: the table of values in its README, the settings in its schema, and the
plain manifests. With UPDATE_GOLDEN=1 the tests write these files; otherwise they compare."""

import json
import os
import re

import yaml
from support.program import REPOSITORY

from tools import helm

VALUES = helm.CHART / "values.yaml"
README = helm.CHART / "README.md"
SCHEMA = helm.CHART / "values.schema.json"
PLAIN = REPOSITORY / "deploy/kubernetes"

# Settings that the chart has values of its own for, or which would contradict its ports.
OWNED = {
    "http_listen", "grpc_listen", "admin_listen", "viewer_listen", "viewer_credentials", "viewer_hosts", "local_store",
    "local_store_max_bytes", "access_token", "queue_directory",
    "listen_tls_cert_file", "listen_tls_key_file", "listen_tls_client_ca_file",
}  # fmt: skip


def compare(path, text):
    """The golden file is as it would be written."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text, f"write {path.name} anew with UPDATE_GOLDEN=1 and read the difference"


# The table of values


def sections():
    """Title and rows of each section of values.yaml; a row is name, description, and default."""
    text = VALUES.read_text()
    lines = text.splitlines()
    titles = [(number, line.removeprefix("## ")) for number, line in enumerate(lines) if line.startswith("## ")]
    found = {title: [] for _, title in titles}
    for key, value in yaml.compose(text).value:
        title = [title for number, title in titles if number < key.start_mark.line][-1]
        found[title] += _rows(key, value, lines, "")
    return found


def _rows(key, value, lines, prefix):
    name = prefix + key.value
    comment = _comment_above(key, lines)
    if comment:
        default = yaml.safe_load(yaml.serialize(value))
        return [(name, comment, default)]
    assert isinstance(value, yaml.MappingNode) and value.value, f"{name} has no comment in values.yaml"
    return [row for each in value.value for row in _rows(*each, lines, f"{name}.")]


def _comment_above(key, lines):
    """The comment on the lines above, up to a blank one, in one line."""
    comment, number = [], key.start_mark.line - 1
    while number >= 0 and re.match(r" *# ", lines[number]):
        comment.insert(0, lines[number].strip().removeprefix("# "))
        number -= 1
    return " ".join(comment)


def readme():
    """The whole page, with the tables between its marks."""
    tables = []
    for title, rows in sections().items():
        tables += [f"### {title}", "", "| value | what it is | default |", "|---|---|---|"]
        for name, description, default in rows:
            shown = json.dumps(default, ensure_ascii=False)
            tables.append(f"| `{name}` | {description.replace('|', chr(92) + '|')} | `{shown}` |")
        tables.append("")
    mark, end = "<!-- values -->", "<!-- end of values -->"
    head, rest = README.read_text().split(mark)
    return "\n".join([head + mark, "", *tables, end]) + rest.split(end)[1]


# The schema


def settings():
    """Key, description, bounds and scope of each setting, of the tables in docs/configuration.md."""
    page = (REPOSITORY / "docs/configuration.md").read_text()
    table = page.split("<!-- settings -->")[1].split("<!-- end of settings -->")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines() if line.startswith("| `")]
    return [(row[0].strip(" `"), row[1].strip(), row[3].strip(), row[4].strip()) for row in rows]


def settings_schema():
    """What `config` may hold: words are compared here, all other bounds by the gateway itself."""
    return {key: _setting_schema(what, bounds) for key, what, bounds, _ in settings() if key not in OWNED}


def routes_schema():
    """Names, each with settings of routes, and where its token is. Who may send has to be said."""
    own = {key: _setting_schema(what, bounds) for key, what, bounds, scope in settings() if scope == "route" and key not in OWNED}
    own["access_token_key"] = {"type": "string", "pattern": "^[-._a-zA-Z0-9]+$"}
    own["access_token_file"] = {"type": "string", "pattern": "^/"}
    route = {"type": "object", "additionalProperties": False, "required": ["credentials"], "properties": own}
    # `default` is the route of `config`.
    return {
        "type": "object", "maxProperties": 256, "properties": {"default": False}, "patternProperties": {"^[-a-z0-9]{1,40}$": route},
        "additionalProperties": False,
    }  # fmt: skip


def _setting_schema(what, bounds):
    if re.fullmatch(r"`[^`]+`(, `[^`]+`)*", bounds):
        words = re.findall(r"`([^`]+)`", bounds)
        if words == ["true", "false"]:
            return {"type": "boolean"}
        numbers = [float(word) for word in words if re.fullmatch(r"\d+(\.\d+)?", word)]
        # In one list Helm takes a number and its text for equal, and the list for a mistake.
        return {"anyOf": [{"enum": words}, {"enum": numbers}]} if numbers else {"enum": words}
    types = ["string", "number"]
    if "separated by commas" in what:
        return {"type": [*types, "array"], "items": {"type": types}}
    return {"type": types}


def schema():
    """The whole file, with the settings that there are now."""
    document = json.loads(SCHEMA.read_text())
    document["properties"]["config"]["properties"] = settings_schema()
    document["properties"]["routes"] = routes_schema()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


# The plain manifests

NAME = "mastra-gateway"
VARIANTS = {
    "durable": {},
    "memory": {"queue": {"enabled": False}},
}
# What only Helm understands, and what kustomize does by the name of the generated map.
HELMS_LABELS = ("helm.sh/chart", "app.kubernetes.io/managed-by")
HELMS_ANNOTATIONS = ("checksum/config",)
HEADER = "# Rendered from deploy/helm/mastra-gateway by Tests/Deploy/test_kubernetes.py.\n"


def plain(variant):
    """Text of each file of deploy/kubernetes/VARIANT by its name."""
    values = VARIANTS[variant] | {"accessToken": {"existingSecret": "mastra-token"}}
    rendered = helm.objects(values, name=NAME)
    objects = [each for each in rendered if "helm.sh/hook" not in each["metadata"].get("annotations", {})]
    [settings_map] = [each for each in objects if each["kind"] == "ConfigMap"]
    others = [_without_helm(each) for each in objects if each is not settings_map]
    [(file, text)] = settings_map["data"].items()
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["gateway.yaml"],
        "configMapGenerator": [{"name": NAME, "files": [file]}],
    }
    return {
        "kustomization.yaml": HEADER + _dump(kustomization),
        "gateway.yaml": HEADER + "---\n".join(_dump(each) for each in others),
        file: HEADER + text.rstrip("\n") + "\n",
    }


def _without_helm(value):
    """Without namespaces, which whoever installs it chooses, and without Helm's marks."""
    if isinstance(value, list):
        return [_without_helm(each) for each in value]
    if not isinstance(value, dict):
        return value
    value = {key: _without_helm(each) for key, each in value.items()}
    if isinstance(value.get("metadata"), dict):
        metadata = value["metadata"]
        metadata.pop("namespace", None)
        for part, names in (("labels", HELMS_LABELS), ("annotations", HELMS_ANNOTATIONS)):
            for name in names:
                metadata.get(part, {}).pop(name, None)
            if not metadata.get(part, True):
                del metadata[part]
    return value


class _Indented(yaml.SafeDumper):
    """Items of lists stand under their key."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data):
        return True


def _dump(document):
    return yaml.dump(document, Dumper=_Indented, sort_keys=False, width=150)
