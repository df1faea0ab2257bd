"""The viewer in a browser: what people see of spans that an SDK has sent, and what hostile spans can do to them."""

import json
import os
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import axe_core_python
import pytest
from playwright.sync_api import expect, sync_playwright

from support.browser import CHROMIUM
from support.machine import needs
from support.program import REPOSITORY
from support.upstream import Answer, Upstream
from support.viewer import Sent, conversation, day_at_work, failure, viewing
from support.waiting import wait_until
from test_viewer_security import HOSTILE

pytestmark = needs("chromium", root=False)
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
WIDTHS = [360, 768, 1280, 1920]
SCHEMES = ["light", "dark"]
PICTURES = REPOSITORY / "docs/images"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--proxy-server=direct://"],
        )  # fmt: skip
        yield browser
        browser.close()


class Tab:
    """A page, and what its console and its requests tell of it."""

    def __init__(self, browser, viewer, width=1280, height=900, scheme="light"):
        self.viewer = viewer
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", timezone_id="UTC",
            permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce", accept_downloads=True,
        )  # fmt: skip
        # The checker is not the page's; what the page itself may run is tested by what it does run.
        self.page = self.context.new_page()
        self.complaints, self.elsewhere = [], []
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: request.url.startswith(viewer.url) or self.elsewhere.append(request.url))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        # Streams are cut when a context ends.
        complaints = list(self.complaints)
        self.context.close()
        if kind is None:
            assert (complaints, self.elsewhere) == ([], [])

    def open(self, path="/"):
        self.page.goto(self.viewer.url + path)
        return self.page


@pytest.fixture(scope="module")
def tab(browser):
    """Opens tabs."""
    return lambda viewer, **options: Tab(browser, viewer, **options)


@pytest.fixture(scope="module")
def viewer():
    """With conversations, a failure, and some requests around them."""
    with viewing() as viewer:
        conversation(viewer, "thread-42", "What is the weather in Paris?")
        conversation(viewer, "thread-42", "And in London tomorrow?")
        failure(viewer)
        viewer.wait_for(3)
        viewer.failed = viewer.traces(status="error")[0]["traceId"]
        viewer.paris = viewer.traces(text="Paris")[-1]["traceId"]
        yield viewer


def rows(page):
    return page.locator("tr[data-id]")


def names(page):
    return page.locator("tr[data-id] .row-link").all_inner_texts()


# Lists


def test_what_an_sdk_has_sent_is_in_the_list(viewer, tab):
    with tab(viewer) as one:
        page = one.open()
        expect(rows(page)).to_have_count(3)
        expect(page).to_have_title(re.compile("Traces"))
        row = page.locator(f'tr[data-id="{viewer.paris}"]')
        for text in ("invoke_agent weather", "weather-api", "120", "What is the weather in Paris?"):
            expect(row).to_contain_text(text)
        failed = page.locator(f'tr[data-id="{viewer.failed}"]')
        expect(failed.get_by_role("img", name=re.compile("fail|error", re.I)).or_(failed.locator("[title*='ailed']")).first).to_be_visible()


FILTERS = [
    ("service=billing-api", 1), ("service=weather-api", 2), ("status=error", 1), ("status=ok", 2), ("type=agent_run", 3),
    ("type=tool_call", 0), ("text=London+tomorrow", 1), ("text=nothing-like-it", 0), ("name=billing", 1),
    ("thread=thread-42", 2), ("model=gpt-4o-mini", 2), ("model=other", 0), ("min=600000", 0), ("min=0", 3),
]  # fmt: skip


@pytest.mark.parametrize("query, count", FILTERS)
def test_a_link_with_a_filter_shows_what_it_finds(viewer, tab, query, count):
    with tab(viewer) as one:
        page = one.open("/?" + query)
        expect(rows(page)).to_have_count(count)
        if count == 0:
            expect(page.get_by_text("No trace matches")).to_be_visible()
            page.get_by_role("button", name="Clear filters").first.click()
            expect(rows(page)).to_have_count(3)
            assert "?" not in page.url


def test_filters_are_in_the_address_and_survive_a_reload(viewer, tab):
    with tab(viewer) as one:
        page = one.open()
        page.get_by_role("combobox", name="Service", exact=True).select_option("weather-api")
        expect(rows(page)).to_have_count(2)
        assert "service=weather-api" in page.url
        page.get_by_label("Search input and output").fill("London")
        expect(rows(page)).to_have_count(1)
        page.wait_for_url(re.compile("text=London"))
        page.reload()
        expect(rows(page)).to_have_count(1)
        expect(page.get_by_label("Search input and output")).to_have_value("London")
        page.get_by_role("group", name="Status").get_by_text("Failed").click()
        expect(page.get_by_text("No trace matches")).to_be_visible()
        page.go_back()
        expect(rows(page)).to_have_count(1)


def test_a_trace_is_found_by_its_id(viewer, tab):
    with tab(viewer) as one:
        page = one.open(f"/?trace={viewer.paris[:10]}")
        expect(rows(page)).to_have_count(1)
        assert rows(page).get_attribute("data-id") == viewer.paris


def test_a_range_of_time_holds_what_began_in_it(viewer, tab):
    with tab(viewer) as one:
        began = int(viewer.traces(trace=viewer.paris)[0]["startedAt"])
        page = one.open(f"/?from={began - 1000}&to={began + 1}")
        expect(rows(page)).to_have_count(1)
        page = one.open(f"/?from={began + 3_600_000}")
        expect(page.get_by_text("No trace matches")).to_be_visible()


def test_columns_are_chosen_and_remembered(viewer, tab):
    with tab(viewer) as one:
        page = one.open()
        expect(page.get_by_role("columnheader", name="Model")).to_have_count(0)
        page.locator("summary", has_text="Columns").or_(page.get_by_role("button", name="Columns")).first.click()
        page.get_by_label("Model", exact=True).last.check()
        expect(page.get_by_role("columnheader", name="Model")).to_be_visible()
        page.reload()
        expect(page.get_by_role("columnheader", name="Model")).to_be_visible()


def test_a_list_goes_on_behind_its_first_page(tab):
    with viewing() as viewer:
        for number in range(120):
            trace = Sent()
            trace.span(f"span {number}", start=number * 1000)
            trace.to(viewer)
        wait_until(lambda: viewer.get("/api/viewer/state")["traces"] == 120, "120 traces")
        with tab(viewer) as one:
            page = one.open()
            expect(rows(page).first).to_contain_text("span 119")
            while rows(page).count() < 120:
                before = rows(page).count()
                # It goes on by itself where its end comes into sight.
                page.evaluate("document.querySelector('.scroller').scrollTop = 1e6")
                expect(rows(page).nth(before)).to_be_attached()
            assert names(page) == [f"span {number}" for number in reversed(range(120))]


# Live


def test_the_empty_page_tells_how_to_begin_and_shows_what_comes(tab):
    with viewing() as viewer, tab(viewer) as one:
        page = one.open()
        tabs = page.get_by_role("tab")
        expect(tabs.first).to_be_visible()
        assert len({text.strip() for text in tabs.all_inner_texts()} & {"curl", "Python", "JavaScript", "Go", "Java"}) == 5
        endpoint = "http://{}:{}".format(*viewer.gateway.address)
        for name in ("curl", "Python", "JavaScript", "Go", "Java"):
            tabs.filter(has_text=re.compile(f"^{name}$")).click()
            expect(page.get_by_role("tabpanel")).to_contain_text(endpoint.split("//")[1])
        trace = Sent()
        trace.span("the first of all")
        trace.to(viewer)
        expect(page.get_by_role("link", name="the first of all")).to_be_visible()


def test_the_commands_of_the_empty_page_work(tab):
    with viewing() as viewer, tab(viewer) as one:
        page = one.open()
        page.get_by_role("tab", name="curl").click()
        command = page.get_by_role("tabpanel").locator("pre").first.inner_text()
        done = subprocess.run(["bash", "-ec", command], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        expect(rows(page)).to_have_count(1)


def test_new_traces_appear_by_themselves(viewer, tab):
    with tab(viewer) as one:
        page = one.open("/?service=live")
        expect(page.get_by_text("No trace matches")).to_be_visible()
        for count in (1, 2):
            trace = Sent(service="live")
            trace.span(f"live {count}", start=count)
            trace.to(viewer)
            expect(rows(page)).to_have_count(count)
        assert names(page) == ["live 2", "live 1"]


def test_a_gateway_that_comes_back_is_noticed(tab, tmp_path):
    port = None
    store = tmp_path / "mastra.db"
    one = None
    with viewing(store=store) as viewer:
        port = viewer.port
        before = Sent()
        before.span("before the break")
        before.to(viewer)
        viewer.wait_for(1)
        one = tab(viewer)
        page = one.open()
        expect(page.get_by_role("button", name=re.compile("Live"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Reconnecting"))).to_be_visible()
    with viewing(f"--viewer-listen=127.0.0.1:{port}", store=store) as viewer:
        expect(page.get_by_role("button", name=re.compile("Live"))).to_be_visible(timeout=20_000)
        trace = Sent()
        trace.span("after the break")
        trace.to(viewer)
        expect(page.get_by_text("after the break")).to_be_visible()
        one.context.close()


# A trace


def test_a_trace_is_a_tree_with_times(viewer, tab):
    with tab(viewer) as one:
        page = one.open()
        page.locator(f'tr[data-id="{viewer.paris}"] .row-link').click()
        page.wait_for_url(re.compile(viewer.paris))
        grid = page.get_by_role("treegrid")
        expect(grid.get_by_role("row")).to_have_count(3)
        texts = grid.get_by_role("row").all_inner_texts()
        assert [name for name in ("invoke_agent weather", "chat gpt-4o-mini", "execute_tool get_weather")
                if not any(name in text for text in texts)] == []  # fmt: skip
        levels = [row.get_attribute("aria-level") for row in grid.get_by_role("row").all()]
        assert levels == ["1", "2", "2"]
        expect(page).to_have_title(re.compile("invoke_agent weather"))


def test_a_span_shows_what_was_said_and_done(viewer, tab):
    with tab(viewer) as one:
        page = one.open(f"/traces/{viewer.paris}")
        panel = page.get_by_role("region", name="Details of the span")
        expect(panel).to_contain_text("What is the weather in Paris?")
        expect(panel).to_contain_text("It is sunny, 21 C.")
        page.get_by_role("treegrid").get_by_text("chat gpt-4o-mini").click()
        expect(panel.get_by_role("heading", name="chat gpt-4o-mini")).to_be_visible()
        expect(panel).to_contain_text("get_weather")
        expect(panel).to_contain_text("gpt-4o-mini")
        assert "span=" in page.url
        panel.get_by_role("tab", name=re.compile("Attributes")).click()
        expect(panel).to_contain_text("Input tokens")
        expect(panel).to_contain_text("120")
        page.get_by_role("treegrid").get_by_text("execute_tool get_weather").click()
        panel.get_by_role("tab", name=re.compile("OpenTelemetry")).click()
        expect(panel).to_contain_text("cache miss")
        panel.get_by_role("tab", name="Raw").click()
        expect(panel).to_contain_text('"spanType": "tool_call"')


def test_a_link_to_a_span_opens_it(viewer, tab):
    with tab(viewer) as one:
        spans = viewer.get(f"/api/viewer/traces/{viewer.paris}")["spans"]["id"]
        page = one.open(f"/traces/{viewer.paris}?span={spans[2]}")
        expect(page.get_by_role("heading", name="execute_tool get_weather")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="execute_tool get_weather")).to_be_visible()
        page.get_by_role("button", name="Copy link").first.click()
        assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_an_error_says_what_went_wrong(viewer, tab):
    with tab(viewer) as one:
        page = one.open(f"/traces/{viewer.failed}")
        page.get_by_role("treegrid").get_by_text("execute_tool charge_card").click()
        panel = page.get_by_role("region", name="Details of the span")
        expect(panel).to_contain_text("the card was declined")
        expect(panel).to_contain_text("ValueError")


def test_a_trace_is_walked_with_the_keyboard(viewer, tab):
    with tab(viewer) as one:
        page = one.open(f"/traces/{viewer.paris}")
        grid = page.get_by_role("treegrid")
        expect(grid.get_by_role("row")).to_have_count(3)
        grid.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("heading", name="chat gpt-4o-mini")).to_be_visible()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowLeft")
        expect(grid.get_by_role("row")).to_have_count(1)
        page.keyboard.press("ArrowRight")
        expect(grid.get_by_role("row")).to_have_count(3)
        page.keyboard.press("End")
        expect(page.get_by_role("heading", name="execute_tool get_weather")).to_be_visible()


def test_the_list_is_walked_with_the_keyboard(viewer, tab):
    with tab(viewer) as one:
        page = one.open()
        expect(rows(page).first).to_be_visible()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.type") == "search"
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/traces/"))
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_orphans_and_roots_are_shown(viewer, tab):
    trace = Sent()
    trace.span("first root")
    trace.span("second root", start=3)
    trace.span("an orphan", (77).to_bytes(8, "big"), start=5)
    trace.to(viewer)
    viewer.wait_for_spans(trace.id, 3)
    with tab(viewer) as one:
        page = one.open(f"/traces/{trace.id}")
        expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(3)
        expect(page.get_by_text("orphan", exact=False).first).to_be_visible()
        expect(page.locator(".notes")).to_contain_text("have no parent")


def test_parents_in_a_circle_do_not_hang_a_page(viewer, tab):
    trace = Sent()
    trace.span("a", (2).to_bytes(8, "big"))
    trace.span("b", (1).to_bytes(8, "big"))
    trace.to(viewer)
    viewer.wait_for_spans(trace.id, 2)
    with tab(viewer) as one:
        page = one.open(f"/traces/{trace.id}")
        expect(page.get_by_role("treegrid").get_by_role("row")).to_have_count(2)


def test_a_trace_is_downloaded_in_both_forms(viewer, tab):
    with tab(viewer) as one:
        page = one.open(f"/traces/{viewer.paris}")
        for name, key in (("Mastra JSON", "spans"), ("OTLP JSON", "resourceSpans")):
            page.locator("summary", has_text="Download").or_(page.get_by_role("button", name="Download")).first.click()
            with page.expect_download() as download:
                page.get_by_role("link", name=name).click()
            assert download.value.suggested_filename.startswith(f"trace-{viewer.paris}")
            assert json.loads(Path(download.value.path()).read_text())[key]
            page.keyboard.press("Escape")


def test_a_trace_that_is_not_there_says_so(viewer, tab):
    one = tab(viewer)
    page = one.open(f"/traces/{'f' * 32}")
    expect(page.get_by_text("no trace", exact=False).first).to_be_visible()
    assert all("404" in complaint for complaint in one.complaints)
    one.context.close()


def test_what_the_cloud_made_of_a_trace_is_shown(tab):
    with Upstream() as upstream, viewing(upstream=upstream) as viewer:
        conversation(viewer)
        wait_until(lambda: viewer.traces(delivery="sent"), "a trace to be sent")

        def refuses():
            upstream.then = Answer(400, body=b"the project is archived")
            return viewer.traces(delivery="refused")

        upstream.then = Answer(400, body=b"the project is archived")
        refused = Sent()
        refused.span("not wanted")
        refused.to(viewer)
        wait_until(refuses, "a trace to be refused")
        with tab(viewer) as one:
            page = one.open()
            expect(page.get_by_role("columnheader", name="Delivery")).to_be_visible()
            expect(page.locator(f'tr[data-id="{refused.id}"]')).to_contain_text(re.compile("refused", re.I))
            page = one.open(f"/traces/{refused.id}")
            expect(page.locator("main")).to_contain_text("the project is archived")
            page = one.open("/?delivery=sent")
            expect(rows(page)).to_have_count(1)


# Threads and usage


def test_a_thread_is_read_as_a_conversation(viewer, tab):
    with tab(viewer) as one:
        page = one.open(f"/traces/{viewer.paris}")
        page.get_by_role("link", name="thread-42").click()
        page.wait_for_url(re.compile("/threads/thread-42"))
        main = page.locator("main")
        expect(main).to_contain_text("And in London tomorrow?")
        text = main.inner_text()
        assert text.index("What is the weather in Paris?") < text.index("And in London tomorrow?")
        assert text.count("It is sunny, 21 C.") == 2


def test_usage_is_shown_by_model_service_and_agent(viewer, tab):
    with tab(viewer) as one:
        page = one.open("/usage")
        main = page.locator("main")
        expect(main).to_contain_text("gpt-4o-mini")
        expect(page.locator("main svg").first).to_be_visible()
        for by, text in (("service", "weather-api"), ("agent", "billing")):
            page = one.open(f"/usage?by={by}")
            expect(page.locator("main")).to_contain_text(text)


# Everybody


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_pages_fit_and_are_accessible(viewer, tab, scheme, width):
    with tab(viewer, width=width, scheme=scheme) as one:
        for path, ready in (
            ("/", "tr[data-id]"), ("/?text=nothing-like-it", ".state"), (f"/traces/{viewer.failed}", "[role=treegrid] [role=row]"),
            (f"/traces/{viewer.paris}", "[role=treegrid] [role=row]"), ("/threads/thread-42", "main a[href^='/traces/']"),
            ("/usage", "main svg"),
        ):  # fmt: skip
            page = one.open(path)
            page.locator(ready).first.wait_for()
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert too_wide <= 0, path
            assert serious(page) == [], path


def test_the_empty_page_fits_and_is_accessible(tab):
    with viewing() as viewer:
        for width in WIDTHS:
            with tab(viewer, width=width) as one:
                page = one.open()
                page.get_by_role("tab").first.wait_for()
                assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
                assert serious(page) == []


def serious(page):
    """What axe finds that keeps somebody from using the page."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        (each["id"], [node["target"] for node in each["nodes"]][:3])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_colours_are_chosen_and_remembered(viewer, tab):
    with tab(viewer) as one:
        page = one.open()
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        button = page.get_by_role("button", name=re.compile("Colours"))
        for _ in range(3):
            button.click()
            if page.evaluate(ground) != light:
                break
        dark = page.evaluate(ground)
        assert dark != light
        page.reload()
        assert page.evaluate(ground) == dark


# Hostile spans


def test_hostile_spans_run_nothing_and_lead_nowhere(tab):
    with viewing() as viewer:
        ids = []
        for text in HOSTILE:
            trace = Sent(service=text)
            root = trace.span(text, error=text, gen_ai__conversation__id=text, gen_ai__operation__name="invoke_agent",
                              gen_ai__agent__name=text, user__id=text, **{text or "x": text})  # fmt: skip
            trace.model(root, prompt=text, answer=text, model=text, start=1)
            for attribute in trace.spans[-1].attributes:
                if attribute.key == "gen_ai.input.messages":
                    attribute.value.string_value = json.dumps([{"role": text, "parts": [{"type": "text", "content": text}]}])
            tool = trace.span("tool", root, gen_ai__operation__name="execute_tool", gen_ai__tool__name=text,
                              gen_ai__tool__call__arguments={text or "x": text}, gen_ai__tool__call__result=[text], start=2)  # fmt: skip
            trace.spans[-1].events.add(name=text).attributes.add(key=text).value.string_value = text
            trace.spans[-1].links.add(trace_id=trace.trace_id, span_id=tool).attributes.add(key=text).value.string_value = text
            trace.to(viewer)
            viewer.wait_for_spans(trace.id, 3)
            ids.append(trace.id)
        with tab(viewer) as one:
            page = one.open()
            expect(rows(page)).to_have_count(len(HOSTILE))
            check_tame(page)
            for trace_id in ids:
                page = one.open(f"/traces/{trace_id}")
                grid = page.get_by_role("treegrid")
                expect(grid.get_by_role("row")).to_have_count(3)
                for row in range(3):
                    grid.get_by_role("row").nth(row).click()
                    panel = page.get_by_role("region", name="Details of the span")
                    expect(panel.get_by_role("tab").first).to_be_visible()
                    for name in panel.get_by_role("tab").all():
                        name.click()
                        check_tame(page)
            for path in ("/usage", "/usage?by=service", "/usage?by=agent"):
                one.open(path).locator("main svg").first.wait_for()
                check_tame(page)
            for thread in HOSTILE[:6]:
                page = one.open("/threads/" + quote(thread, safe=""))
                page.locator("main a[href^='/traces/']").first.wait_for()
                check_tame(page)


def check_tame(page):
    assert page.evaluate("window.taken") is None
    assert page.evaluate("""() => [
        document.scripts.length,
        document.querySelectorAll('iframe, object, embed, form[action], base, meta[http-equiv], style, [srcdoc]').length,
        [...document.querySelectorAll('*')].filter((each) => [...each.attributes].some((one) => one.name.startsWith('on'))).length,
        [...document.querySelectorAll('[href], [src]')].filter((each) => each.tagName !== 'use'
            && new URL(each.getAttribute('href') ?? each.getAttribute('src'), location).origin !== location.origin).length,
        /[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.innerText),
    ]""") == [2, 0, 0, 0, False]


# Large traces


def test_a_trace_of_fifty_thousand_spans_can_be_used(tab):
    with viewing("--local-store-max-bytes=256MiB", "--max-body-bytes=64MiB") as viewer:
        number = 50_000
        trace = Sent()
        root = trace.span("the whole", milliseconds=number)
        parent = root
        for index in range(1, number):
            made = trace.span(f"step {index % 40}", parent if index % 10 else root, start=index, milliseconds=5,
                              error="failed" if index % 997 == 0 else None)  # fmt: skip
            if index % 10 == 0:
                parent = made
        trace.to(viewer)
        wait_until(lambda: viewer.traces(trace=trace.id) and viewer.traces(trace=trace.id)[0]["spans"] == number, "all spans", 60)
        with tab(viewer) as one:
            page = one.open()
            page.evaluate("""() => { window.tasks = [];
                new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) => one.duration)))
                    .observe({type: 'longtask', buffered: true}); }""")
            page.locator(f'tr[data-id="{trace.id}"] .row-link').click()
            grid = page.get_by_role("treegrid")
            expect(grid.get_by_role("row").first).to_be_visible(timeout=20_000)
            expect(grid).to_have_attribute("aria-rowcount", re.compile("^5000[01]$"))
            # Only what is in sight is there.
            assert grid.get_by_role("row").count() < 100
            page.evaluate("() => { tasks.length = 0; }")
            for part in range(1, 21):
                page.evaluate(f"document.querySelector('[role=treegrid]').scrollTop = {part} * 60000")
                page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                assert grid.get_by_role("row").count() > 10
            # A stall that people feel; the figures are in docs/performance.md.
            assert max(page.evaluate("tasks"), default=0) < 500
            grid.focus()
            page.keyboard.press("End")
            expect(grid.get_by_text("step 39").last).to_be_visible()


# Pictures


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pictures_for_the_documentation(tab, scheme, tmp_path):
    """They are taken here, so that they show what there is; UPDATE_GOLDEN=1 puts them into docs/images."""
    folder = PICTURES if os.environ.get("UPDATE_GOLDEN") == "1" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    with viewing() as viewer:
        trace_id, model = day_at_work(viewer, time.time_ns())
        with tab(viewer, scheme=scheme, width=1280, height=760) as one:
            for name, path, ready in (
                ("list", "/", "tr[data-id]"), ("trace", f"/traces/{trace_id}?span={model}", "[role=treegrid] [role=row]"),
                ("usage", "/usage", "main svg"),
            ):  # fmt: skip
                page = one.open(path)
                page.locator(ready).first.wait_for()
                page.wait_for_load_state("load")
                page.evaluate("document.fonts.ready")
                file = folder / f"viewer-{name}-{scheme}.png"
                page.screenshot(path=file)
                assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["list", "trace", "usage"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_documentation_has_its_pictures(name, scheme):
    file = PICTURES / f"viewer-{name}-{scheme}.png"
    assert 5_000 < file.stat().st_size < 400_000
