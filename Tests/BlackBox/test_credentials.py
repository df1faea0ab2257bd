"""`mastra-gateway credential`: keys for senders, and what the configuration says of them."""

import base64
import hashlib
import os
import pty
import re
import subprocess
import urllib.parse

import pytest

from support.program import BINARY, run

KEY = re.compile(r"mgw_[A-Za-z0-9_-]{43}")


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_a_new_key_comes_with_what_the_configuration_and_an_sdk_need():
    done = run("credential", "new")
    assert (done.returncode, done.stderr) == (0, "")
    key, *rest = lines(done.stdout)
    assert KEY.fullmatch(key)
    assert f"sha256:{sha256(key)}" in rest
    assert f'OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20{key}"' in rest
    assert key != lines(run("credential", "new").stdout)[0]


def test_a_new_password_too():
    done = run("credential", "new", "--basic", "team a")
    pair, *rest = lines(done.stdout)
    user, password = pair.split(":")
    assert user == "team a" and KEY.fullmatch(password)
    assert f"basic:sha256:{sha256(pair)}" in rest
    [variable] = [line for line in rest if line.startswith("OTEL_EXPORTER_OTLP_HEADERS=")]
    name, value = variable.split("=", 1)[1].strip('"').split("=", 1)
    assert name == "authorization" and "=" not in value and "+" not in value
    assert urllib.parse.unquote(value) == "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nsecond line\n"])
def test_a_key_that_there_is_becomes_its_line(end):
    done = run("credential", "hash", stdin=("a-key-of-16-letters" + end).encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, f"sha256:{sha256('a-key-of-16-letters')}\n", "")


def test_a_password_that_there_is_too():
    done = run("credential", "hash", "--basic", "bob", stdin="pass:wörd of some length\n".encode())
    assert done.stdout == f"basic:sha256:{sha256('bob:pass:wörd of some length')}\n"


@pytest.mark.parametrize(
    "arguments, text, words",
    [
        ((), "Secret-15-chars", "the key has fewer than 16 characters"),
        ((), "", "the key has fewer than 16 characters"),
        (("--basic", "bob"), "Secret-15-chars", "the password has fewer than 16 characters"),
        ((), "Secret Secret Secret", "the key has a space"),
        (("--basic", "b:b"), "Secret-Secret-Secret", "a user is of printable characters"),
    ],
)
def test_what_could_be_guessed_or_not_be_sent_is_refused_and_not_repeated(arguments, text, words):
    done = run("credential", "hash", *arguments, stdin=(text + "\n").encode())
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr.startswith(words) and "Secret" not in done.stderr


@pytest.mark.parametrize("text", [b"x" * 5000, b"a-key-of-16-letters\xff\n"])
def test_what_is_no_line_of_text_is_refused(text):
    done = subprocess.run([BINARY, "credential", "hash"], input=text, capture_output=True)
    assert (done.returncode, done.stdout) == (69, b"") and done.stderr.startswith(b"the line ")


def test_a_key_is_no_argument():
    done = run("credential", "hash", "a-key-of-16-letters")
    assert (done.returncode, done.stdout) == (64, "")


def test_what_is_typed_is_not_shown():
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [BINARY, "credential", "hash"], stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr.read(5) == "Key: "
    os.write(leader, b"a-key-of-16-letters\n")
    output, errors = process.communicate(timeout=10)
    assert output == f"sha256:{sha256('a-key-of-16-letters')}\n" and errors == "\n"
    os.write(follower, b"end")
    assert os.read(leader, 1000) == b"end"
    os.close(leader)
    os.close(follower)
