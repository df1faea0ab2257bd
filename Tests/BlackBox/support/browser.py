"""Debian's Chromium without a window, spoken to by its DevTools protocol over two pipes.

Pages are loaded as people have them: at a width, in light or dark. A page whose script or style is refused,
or that asks for anything else than itself, shows in `complaints` and `requests`.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager

from support.waiting import DEADLINE, wait_until

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    # It is to talk to nobody but the test.
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-sync", "--disable-domain-reliability", "--no-first-run", "--no-default-browser-check", "--no-pings",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--proxy-server=direct://", "--hide-scrollbars",
]  # fmt: skip


class Browser:
    """Use as a context manager; `page` opens a tab."""

    def __enter__(self):
        self._home = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        self._process = subprocess.Popen(
            # It reads commands from descriptor 3 and answers on 4. Other shells take one digit only.
            ["/bin/bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', CHROMIUM, *FLAGS,
             f"--user-data-dir={self._home.name}", "about:blank"],
            env={"PATH": "/usr/bin:/bin", "HOME": self._home.name, "LANG": "C.UTF-8"}, pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer = b""
        self._number = 0
        self._events = []
        return self

    def __exit__(self, *_):
        # The group of this process alone: it began it.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(DEADLINE)
        os.close(self._in)
        os.close(self._out)
        self._home.cleanup()

    @contextmanager
    def page(self, url, width=1280, height=900, scheme="light"):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        try:
            page.load(url, width, height, scheme)
            yield page
        finally:
            self.call("Target.closeTarget", targetId=target)

    def call(self, method, session=None, **parameters):
        """One command and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + DEADLINE
        while True:
            answer = self._receive(until - time.monotonic())
            assert answer, f"Chromium did not answer {method}"
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._events.append(answer)

    def events(self, session, seconds=0):
        """What has come of a page meanwhile."""
        while answer := self._receive(seconds):
            self._events.append(answer)
        mine = [event for event in self._events if event.get("sessionId") == session]
        self._events = [event for event in self._events if event.get("sessionId") != session]
        return mine

    def _receive(self, seconds):
        until = time.monotonic() + max(0, seconds)
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], max(0, until - time.monotonic()))[0]:
                return None
            read = os.read(self._in, 1 << 20)
            assert read, "Chromium has ended"
            self._buffer += read
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)


class Page:
    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        # What its console would show: errors and warnings, refusals of the content security policy among them.
        self.complaints = []
        self.requests = []

    def _call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def load(self, url, width, height, scheme):
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self._call(f"{domain}.enable")
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self._call("Page.navigate", url=url)
        names = set()

        def is_loaded():
            for event in self._browser.events(self._session):
                names.add(event["method"])
                self._note(event["method"], event["params"])
            return "Page.loadEventFired" in names

        wait_until(is_loaded, f"{url} to be loaded")

    def _note(self, method, parameters):
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(parameters["entry"]["text"])
        elif method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Audits.issueAdded"):
            self.complaints.append(json.dumps(parameters))

    def value(self, expression):
        """Of an expression of JavaScript; a page may forbid scripts, and not this."""
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def accessibility(self):
        """The nodes that a screen reader is given."""
        return self._call("Accessibility.getFullAXTree")["nodes"]

    def screenshot(self):
        """A PNG of the whole page."""
        return base64.b64decode(self._call("Page.captureScreenshot", captureBeyondViewport=True)["data"])
