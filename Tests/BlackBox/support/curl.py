"""curl, as somebody would call it by hand."""

import subprocess

from support.http1 import Response
from support.program import environment


def curl(address, file, *options, path="/v1/traces", content_type="application/json"):
    """One POST of a file, and its answer."""
    host, port = address
    command = [
        "curl", "--silent", "--show-error", "--include", "--max-time", "20",
        "--header", f"content-type: {content_type}", "--data-binary", f"@{file}", *options, f"http://{host}:{port}{path}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=60, env=environment(), check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    head, body = done.stdout.split(b"\r\n\r\n", 1)
    status, *lines = head.decode().split("\r\n")
    fields = [line.split(":", 1) for line in lines]
    return Response(int(status.split(" ")[1]), [(name.lower(), value.strip()) for name, value in fields], body)
