"""Who may look, and what a page of somebody else's can do: nothing."""

import base64
import hashlib
import http.client
import json

import pytest

from support.gateway import Gateway
from support.program import run
from support.viewer import Sent, viewing
from support.waiting import DEADLINE

KEY = "key-of-the-viewer-1234567890"
PASSWORD = "open sesame of the viewer"
PATHS = ["/", "/traces/x", "/usage", "/assets/app.js", "/api/viewer/traces", "/api/viewer/state", "/api/viewer/events",
         "/api/observability/traces", "/none"]  # fmt: skip


@pytest.fixture(scope="module")
def viewer():
    with viewing() as viewer:
        yield viewer


@pytest.fixture(scope="module")
def locked():
    digests = ",".join(
        [f"sha256:{hashlib.sha256(KEY.encode()).hexdigest()}",
         f"basic:sha256:{hashlib.sha256(f'me:{PASSWORD}'.encode()).hexdigest()}"]
    )  # fmt: skip
    with viewing(f"--viewer-credentials={digests}") as viewer:
        viewer.gateway.secrets += [KEY, PASSWORD]
        yield viewer


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4319", "127.0.0.1.evil.example", "localhost.evil.example",
                                  "[::2]", "127.0.0.2", "0.0.0.0", "user@127.0.0.1"])  # fmt: skip
@pytest.mark.parametrize("path", PATHS)
def test_another_name_is_refused(viewer, host, path):
    response = viewer.request(path, host=host)
    assert response.status == 421
    assert "viewer_hosts" in json.loads(response.content)["error"]["message"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:4319", "[::1]:4319", "[::1]"])
def test_names_of_this_machine_are_its_own(viewer, host):
    assert viewer.request("/", host=host).status == 200


def test_a_name_that_was_configured_is_taken():
    with viewing("--viewer-hosts=traces.example.com,[2001:db8::1]") as viewer:
        assert viewer.request("/", host="Traces.Example.com:8443").status == 200
        assert viewer.request("/", host="[2001:db8::1]:4319").status == 200
        assert viewer.request("/", host="example.com").status == 421


@pytest.mark.parametrize("path", PATHS)
def test_other_pages_may_not_read(viewer, path):
    for headers in (
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "script"},
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"},
    ):
        assert viewer.request(path, **headers).status == 403
    led_here = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert viewer.request("/traces/x", **led_here).status == 200


def test_no_origin_is_granted_anything(viewer):
    response = viewer.request("/api/viewer/traces", origin="https://evil.example")
    assert not [name for name, _ in response.getheaders() if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/api/viewer/events"])
def test_every_answer_forbids_what_a_page_may_do(viewer, path):
    response = viewer.request(path)
    policy = response.getheader("content-security-policy")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'")
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert response.getheader("x-content-type-options") == "nosniff"
    assert response.getheader("referrer-policy") == "no-referrer"
    assert response.getheader("cross-origin-resource-policy") == "same-origin"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(viewer, method):
    response = viewer.request("/api/viewer/traces", method)
    assert (response.status, response.getheader("allow")) == (405, "GET, HEAD")


def test_a_body_is_not_taken(viewer):
    assert viewer.request("/api/viewer/traces", "GET", body=b"x" * 10).status == 413


@pytest.mark.parametrize("path", ["/assets/../app.js", "/assets/%2e%2e%2fapp.js", "/assets/", "/assets/a/b", "/etc/passwd",
                                  "/assets/..", "//assets/app.js/x", "/traces/a/b", "/api", "/api/viewer", "/api/viewer/traces/"
                                  + "a" * 32 + "/spans"])  # fmt: skip
def test_what_is_not_there_is_not_there(viewer, path):
    assert viewer.request(path).status == 404


def test_files_are_asked_for_again_and_seldom_sent_again(viewer):
    first = viewer.request("/assets/app.js")
    assert first.getheader("content-type") == "text/javascript; charset=utf-8"
    again = viewer.request("/assets/app.js", if_none_match=first.getheader("etag"))
    assert (again.status, again.content) == (304, b"")
    assert viewer.request("/assets/app.js", if_none_match='"other"').status == 200


# Credentials


@pytest.mark.parametrize("path", PATHS)
def test_without_a_credential_nothing_is_shown(locked, path):
    for headers in (
        {}, {"authorization": "Bearer wrong"}, {"authorization": basic("me", "wrong")},
        {"authorization": basic("you", PASSWORD)}, {"x_api_key": ""}, {"authorization": "Digest x"},
        {"authorization": f"Bearer {KEY}", "x_api_key": "wrong"}, {"cookie": f"key={KEY}"},
    ):  # fmt: skip
        response = locked.request(path, **headers)
        assert response.status == 401
        assert response.getheader("www-authenticate") == 'Basic realm="mastra-gateway", charset="UTF-8"'


@pytest.mark.parametrize(
    "headers", [{"authorization": f"Bearer {KEY}"}, {"x_api_key": KEY}, {"authorization": basic("me", PASSWORD)}], ids=str
)
def test_whoever_shows_one_may_look(locked, headers):
    assert locked.request("/", **headers).status == 200
    assert locked.request("/api/viewer/state", **headers).status == 200


def test_a_name_is_checked_before_a_credential(locked):
    assert locked.request("/", host="evil.example", authorization=f"Bearer {KEY}").status == 421


def test_other_machines_see_it_with_a_credential_alone():
    done = run("check", "--viewer-listen=0.0.0.0:4319", "--local-store=memory")
    assert done.returncode != 0
    assert "viewer_listen" in done.stderr and "viewer_credentials" in done.stderr
    digest = f"sha256:{hashlib.sha256(KEY.encode()).hexdigest()}"
    flags = ["--viewer-listen=0.0.0.0:0", "--local-store=memory", f"--viewer-credentials={digest}", "--viewer-hosts=box"]
    assert run("check", *flags).returncode == 0
    assert digest not in run("check", *flags).stdout
    with Gateway(None, *flags) as gateway:
        port = int(gateway.start_line["viewer.listen"].split(":")[-1].rstrip("/"))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        connection.request("GET", "/", headers={"host": "box"})
        assert connection.getresponse().status == 401
        connection.close()


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--local-store=relative.db"], ["local_store", "absolute path"]),
        (["--local-store-max-bytes=1MiB"], ["local_store_max_bytes", "4MiB", "1MiB"]),
        (["--local-store-max-age=1s"], ["local_store_max_age", "1m", "1s"]),
        (["--viewer-hosts=a:80"], ["viewer_hosts", "without ports"]),
        (["--viewer-credentials=secret"], ["viewer_credentials", "sha256:"]),
        (["--viewer-credentials=certificate:a.example"], ["viewer_credentials", "TLS"]),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(flags, words):
    done = run("check", *flags)
    assert done.returncode != 0
    assert all(word in done.stderr for word in words), done.stderr


# What spans may hold

HOSTILE = [
    "<script>window.taken=1</script>", "<img src=x onerror=\"window.taken=1\">",
    "\"><svg/onload=window.taken=1>", "javascript:window.taken=1", "{{constructor.constructor('1')()}}",
    "${window.taken=1}", "</textarea><script>window.taken=1</script>", "'-window.taken-'",
    "<iframe srcdoc='<script>parent.window.taken=1</script>'>", "\u202egpj.exe\u202c", "<a href='javascript:window.taken=1'>x</a>",
    "data:text/html,<script>window.taken=1</script>", "<style>*{display:none}</style>", "]]><x>", "&lt;script&gt;",
    "<math><mi//xlink:href='data:x,<script>window.taken=1</script>'>", "\0\x1b[31mred", "%3Cscript%3E", "constructor", "__proto__",
]  # fmt: skip


def test_answers_hold_hostile_texts_as_texts(viewer):
    for text in HOSTILE:
        trace = Sent(service=text)
        trace.span(text, text=text, gen_ai__conversation__id=text)
        trace.to(viewer)
        assert viewer.wait_for_spans(trace.id, 1)["name"] == text
    assert len(viewer.get("/api/viewer/traces", thread=HOSTILE[0])["traces"]) == 1
