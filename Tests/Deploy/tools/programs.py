"""Programs that tests of `deploy/` use: Debian's, and those that requirements.txt puts into a folder of their own."""

import os
import shutil
import subprocess

import pytest
from support.program import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
# Apart from the environment that the tests run in, since their tools ask for other versions of the same packages.
TOOLS = REPOSITORY / ".venv-deploy/bin"


def program(name):
    """The path of a program; a test that needs one that is not there is skipped, and says so."""
    for found in (TOOLS / name, shutil.which(name)):
        if found and os.path.exists(found):
            return str(found)
    pytest.skip(f"{name} is missing: make deploy-tools")


def call(name, *arguments, check=True, timeout=120, **options):
    """Runs a program to its end; its output is text. Its failure is the test's, with all that it has said."""
    done = subprocess.run(
        [program(name), *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{name} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done
