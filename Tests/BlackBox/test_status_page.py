"""The status page in a browser: in both schemes, on small and large screens, well and in trouble."""

import base64
import hashlib
import json
import re
import zlib

import pytest

from support.browser import Browser
from support.gateway import TOKEN, Gateway
from support.machine import needs
from support.otlp import export_of
from support.upstream import Answer, Upstream

in_a_browser = needs("chromium", root=False)
WIDTHS = [360, 768, 1280, 1920]
SCHEMES = ["light", "dark"]
# Of an upstream that would like to be more than text.
HOSTILE = b'<script>document.title = "taken"</script><img src="http://127.0.0.1:9/x" onerror="document.title = 1">'


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def well(gateway, upstream):
    """A gateway that has delivered some spans, and its address."""
    ids = gateway.accept(export_of(12))
    upstream.record_of(ids[-1])
    gateway.wait_for_metric("exporter_queue_size_spans", lambda held: held == 0)
    return address(gateway)


@pytest.fixture(scope="module")
def troubled():
    """One whose token is not accepted."""
    with Upstream(then=Answer(401, body=HOSTILE)) as upstream, Gateway(upstream) as gateway:
        gateway.accept(export_of(3))
        gateway.wait_for_posture("cooling_down_unauthorized")
        yield address(gateway)


def address(gateway):
    return "http://{}:{}/".format(*gateway.admin)


def text_of(page):
    return " ".join(page.value("document.body.innerText").split())


@in_a_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("state", ["well", "troubled"])
def test_it_can_be_read(browser, request, state, scheme, width):
    with browser.page(request.getfixturevalue(state), width, scheme=scheme) as page:
        assert page.complaints == []
        assert page.requests == [request.getfixturevalue(state)]
        # Nothing is wider than the screen.
        assert page.value("document.documentElement.scrollWidth") == width
        background, shown = page.value("getComputedStyle(document.body).backgroundColor"), first_pixel(page.screenshot())
        assert background == "rgb({}, {}, {})".format(*shown)
        assert max(shown) < 40 if scheme == "dark" else min(shown) > 230
        assert page.value(UNREADABLE) == []


@in_a_browser
def test_it_says_that_all_is_well(browser, well):
    with browser.page(well) as page:
        assert page.value("document.title") == "mastra-gateway: sending"
        text = text_of(page)
        for part in (r"\bdefault http\S+ (project \S+ )?sending", "accepted 12 sent 12 dropped 0", r"\b0 spans", "(just now|s ago)"):
            assert re.search(part, text), (part, text)
        assert TOKEN not in page.value("document.documentElement.outerHTML")


@in_a_browser
def test_it_says_what_a_person_has_to_mend(browser, troubled):
    with browser.page(troubled) as page:
        assert page.value("document.title") == "mastra-gateway: cooling down"
        text = text_of(page)
        assert re.search(
            r"cooling down: the access token is not accepted; next try at (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d UTC", text
        ), text
        assert "3 spans" in text
        # What the upstream said is text, and nothing else.
        assert page.value("document.scripts.length + document.images.length") == 0


@in_a_browser
def test_it_is_a_table_to_a_screen_reader_on_every_screen(browser, well):
    for width in WIDTHS:
        with browser.page(well, width) as page:
            nodes = page.accessibility()
            roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
            assert {"table", "row", "rowheader", "columnheader", "cell", "meter", "banner", "main"} <= set(roles), roles
            [headline] = [node for node in nodes if node["role"]["value"] == "heading" and node["name"]["value"] == "Routes"]
            assert not headline["ignored"]


@in_a_browser
def test_it_reads_itself_anew(browser, well):
    with browser.page(well) as page:
        assert page.value("document.querySelector('meta[http-equiv=refresh]').content") == "10"
        assert page.value("document.scripts.length") == 0


def test_it_may_load_nothing_and_run_nothing(gateway):
    response = gateway.admin_get("/")
    assert (response.status, response["content-type"]) == (200, "text/html; charset=utf-8")
    [style] = re.findall(r"<style>(.*?)</style>", response.body.decode(), re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = [part.strip() for part in response["content-security-policy"].split(";")]
    assert "default-src 'none'" in policy and f"style-src 'sha256-{digest}'" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in response["content-security-policy"]


def test_the_same_as_json(gateway, well):
    response = gateway.admin_get("/status.json")
    assert (response.status, response["content-type"]) == (200, "application/json")
    report = json.loads(response.body)
    [route] = report["routes"]
    assert (route["name"], route["state"], route["state_text"]) == ("default", "open", "sending")
    assert (route["accepted_spans"], route["sent_spans"], route["held_spans"]) == (12, 12, 0)
    assert report["state_text"] == "sending" and report["refusal"] is None
    assert TOKEN not in response.body.decode()


# Each text whose contrast with what is behind it is below what WCAG asks for in its level AA.
UNREADABLE = """
(() => {
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => {
    const [r, g, b] = numbers(color).map(each => each / 255).map(
      each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const isClear = color => numbers(color)[3] === 0;
  const behind = element => {
    const color = getComputedStyle(element).backgroundColor;
    return isClear(color) && element.parentElement ? behind(element.parentElement) : color;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const element = node.parentElement, style = getComputedStyle(element);
    const [dark, bright] = [light(style.color), light(behind(element))].sort((a, b) => a - b);
    const isLarge = parseFloat(style.fontSize) >= 24;
    if ((bright + 0.05) / (dark + 0.05) < (isLarge ? 3 : 4.5)) found.push(node.data.trim());
  }
  return found;
})()
"""


def first_pixel(png):
    """Red, green and blue of the corner, whose bytes every filter of PNG leaves as they are."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    pixels, at = b"", 8
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        if kind == b"IDAT":
            pixels += png[at + 8 : at + 8 + length]
        at += length + 12
    return tuple(zlib.decompress(pixels)[1:4])
