#!/usr/bin/env python3
"""Writes a bill of materials as CycloneDX 1.6 (JSON): sbom.py VERSION PROGRAM > FILE, or sbom.py VERSION --image FILE > FILE

What is linked in is told by the Swift package manager. What is loaded is told by ldd and dpkg for a program that was
built here, and for an image by the list in it, /usr/share/doc/mastra-gateway/packages. SOURCE_DATE_EPOCH dates it, so
that two runs write the same.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import quote

REPOSITORY = Path(__file__).resolve().parents[2]
# Sources of others that packages carry in their own.
CARRIED = {"swift-nio-ssl": [("boringssl", "OpenSSL AND ISC")], "yams": [("libyaml", "MIT")]}
LICENSES = {"yams": "MIT"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout


def swift_packages():
    """By name, each once, whatever depends on it."""
    found = {}

    def visit(package):
        for each in package["dependencies"]:
            found[each["identity"].lower()] = each
            visit(each)

    visit(json.loads(output("swift", "package", "show-dependencies", "--format", "json")))
    return [found[name] for name in sorted(found)]


def swift_component(package):
    identity, version = package["identity"].lower(), package["version"]
    address = package["url"].removesuffix(".git")
    path = address.removeprefix("https://")
    component = {
        "type": "library",
        "bom-ref": f"pkg:swift/{path}@{version}",
        "name": package["name"],
        "version": version,
        "purl": f"pkg:swift/{path}@{version}",
        "licenses": [{"license": {"id": LICENSES.get(identity, "Apache-2.0")}}],
        "externalReferences": [{"type": "vcs", "url": address}],
    }
    carried = [
        {"type": "library", "name": name, "version": f"as in {identity} {version}", "licenses": [{"expression": terms}]}
        for name, terms in CARRIED.get(identity, [])
    ]
    return component | ({"components": carried} if carried else {})


def toolchain():
    version = re.search(r"Swift version (\S+)", output("swift", "--version")).group(1)
    return {
        "type": "library",
        "bom-ref": f"swift-runtime@{version}",
        "name": "swift-runtime",
        "description": "Standard library, concurrency, Dispatch and Foundation, linked in",
        "version": version,
        "licenses": [{"expression": "Apache-2.0 WITH Swift-exception"}],
        "externalReferences": [{"type": "website", "url": "https://www.swift.org"}],
    }


def debian_packages(program):
    """Packages of the libraries that the loader takes, with their versions."""
    paths = sorted(set(re.findall(r"(/\S+) \(0x", output("ldd", program))))
    names = set()
    for path in paths:
        for candidate in (path, os.path.realpath(path), "/usr" + path):
            done = subprocess.run(["dpkg-query", "-S", candidate], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                names.add(done.stdout.split(":")[0])
                break
        else:
            sys.exit(f"{path} is of no Debian package")
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    return [line.split("\t") for line in output("dpkg-query", "-W", "-f", form, *sorted(names)).splitlines()]


def debian_component(name, version, architecture, source):
    purl = f"pkg:deb/debian/{quote(name, safe='')}@{quote(version, safe='~')}?arch={architecture}&distro=debian-12"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "properties": [{"name": "debian:source", "value": source}],
    }


def bill(version, packages):
    components = [toolchain(), *map(swift_component, swift_packages())]
    components += [debian_component(*package) for package in packages]
    moment = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", 0)), datetime.timezone.utc)
    root = f"pkg:github/mastra-gateway/mastra-gateway@{version}"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "mastra-gateway",
                "version": version,
                "purl": root,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
        "dependencies": [{"ref": root, "dependsOn": [each["bom-ref"] for each in components]}],
    }
    # The same for the same content.
    name = json.dumps(document, sort_keys=True)
    return document | {"serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"}


def listed(path):
    """Packages of an image."""
    return [line.split("\t") for line in Path(path).read_text().splitlines()]


if __name__ == "__main__":
    match sys.argv[1:]:
        case [version, "--image", path]:
            document = bill(version, listed(path))
        case [version, program]:
            document = bill(version, debian_packages(program))
        case _:
            sys.exit("usage: sbom.py VERSION PROGRAM, or sbom.py VERSION --image FILE")
    json.dump(document, sys.stdout, indent=2, sort_keys=True)
    print()
