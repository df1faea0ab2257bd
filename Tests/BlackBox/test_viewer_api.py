"""What the viewer's API and Mastra's answer of spans that were sent."""

import http.client
import json

import pytest

from support.upstream import Answer, Upstream
from support.viewer import BEGIN, MILLISECOND, Sent, conversation, failure, viewing
from support.waiting import DEADLINE, wait_until

START = BEGIN // MILLISECOND


@pytest.fixture(scope="module")
def viewer():
    """With four traces, of which one has failed."""
    with viewing() as viewer:
        first = Sent(0xA1, service="shop")
        root = first.span("GET /cart", milliseconds=900)
        first.model(root, prompt="Which shoes are waterproof?", answer="The brown ones.", start=100, milliseconds=400)
        first.to(viewer)
        second = Sent(0xB2, service="search")
        second.model(prompt="crème brûlée recipe", model="claude-sonnet", tokens=(7, 1000), start=60_000)
        second.to(viewer)
        third = Sent(0xC3, service="shop")
        third.span("POST /order", start=120_000, milliseconds=2500, error="no stock")
        third.to(viewer)
        fourth = Sent(0xD4, service="shop")
        fourth.span("invoke_agent helper", start=180_000, gen_ai__operation__name="invoke_agent",
                    gen_ai__agent__name="helper", gen_ai__conversation__id="talk/1 ü")  # fmt: skip
        fourth.to(viewer)
        viewer.wait_for(4)
        yield viewer


def test_a_list_has_what_is_to_be_known_of_each_trace(viewer):
    assert viewer.names() == ["invoke_agent helper", "POST /order", "chat claude-sonnet", "GET /cart"]
    cart = viewer.traces()[3]
    assert cart == {
        "traceId": f"{0xA1:032x}", "name": "GET /cart", "service": "shop", "type": "generic", "entity": None,
        "model": "gpt-4o-mini", "threadId": None, "status": "ok", "startedAt": START, "duration": 900, "spans": 2,
        "errors": 0, "inputTokens": 30, "outputTokens": 12, "cost": None, "preview": "Which shoes are waterproof?",
        "hasRoot": True, "roots": 1, "delivery": {"local": 2, "queued": 0, "sent": 0, "refused": 0},
    }  # fmt: skip


@pytest.mark.parametrize(
    "query, names",
    [
        ({"service": "search"}, ["chat claude-sonnet"]),
        ({"service": "none"}, []),
        ({"from": START + 60_000}, ["invoke_agent helper", "POST /order", "chat claude-sonnet"]),
        ({"to": START + 60_000}, ["chat claude-sonnet", "GET /cart"]),
        ({"from": START + 60_001, "to": START + 120_000}, ["POST /order"]),
        ({"trace": f"{0xB2:032x}"}, ["chat claude-sonnet"]),
        ({"trace": f"{0xB2:032X}"[:31]}, ["chat claude-sonnet"]),
        ({"trace": "0"}, ["invoke_agent helper", "POST /order", "chat claude-sonnet", "GET /cart"]),
        ({"status": "error"}, ["POST /order"]),
        ({"status": "ok", "service": "shop"}, ["invoke_agent helper", "GET /cart"]),
        ({"type": "agent_run"}, ["invoke_agent helper"]),
        ({"text": "waterproof shoes"}, ["GET /cart"]),
        ({"text": "WATERPR"}, ["GET /cart"]),
        ({"text": "creme brulee"}, ["chat claude-sonnet"]),
        ({"text": "waterproof brulee"}, []),
        ({"text": "!?"}, []),
        ({"name": "/o"}, ["POST /order"]),
        ({"name": "%"}, []),
        ({"model": "claude-sonnet"}, ["chat claude-sonnet"]),
        ({"min": 900}, ["POST /order", "GET /cart"]),
        ({"min": 900.001}, ["POST /order"]),
        ({"thread": "talk/1 ü"}, ["invoke_agent helper"]),
        ({"delivery": "sent"}, []),
    ],
    ids=str,
)  # fmt: skip
def test_a_filter_finds_what_it_says(viewer, query, names):
    assert viewer.names(**query) == names


def test_a_list_goes_on_where_it_ended(viewer):
    seen, before = [], None
    while True:
        page = viewer.get("/api/viewer/traces", limit=1, **({"before": before} if before else {}))
        seen += [trace["name"] for trace in page["traces"]]
        before = page["next"]
        if before is None:
            break
    assert seen == viewer.names()


@pytest.mark.parametrize(
    "query, words",
    [
        ({"limit": "0"}, ["limit", "1 to 100", "0"]),
        ({"status": "maybe"}, ["status", "ok, error", "maybe"]),
        ({"from": "yesterday"}, ["from", "milliseconds", "yesterday"]),
        ({"trace": "xyz"}, ["trace", "hex", "xyz"]),
        ({"before": "7"}, ["before", "next", "7"]),
        ({"delivery": "lost"}, ["delivery", "queued, sent, refused", "lost"]),
        ({"text": "x" * 1001}, ["text", "1000", "1001"]),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused_by_name(viewer, query, words):
    message = viewer.problem("/api/viewer/traces", 400, **query)
    assert all(word in message for word in words), message


def test_a_timeline_has_all_spans_in_columns(viewer):
    answer = viewer.get(f"/api/viewer/traces/{0xA1:032x}")
    assert (answer["count"], answer["shown"]) == (2, 2)
    spans = answer["spans"]
    assert spans["id"] == [f"{1:016x}", f"{2:016x}"]
    assert (spans["parent"], spans["missing"]) == ([-1, 0], {})
    assert [answer["names"][index] for index in spans["name"]] == ["GET /cart", "chat gpt-4o-mini"]
    assert [answer["types"][index] for index in spans["type"]] == ["generic", "model_generation"]
    assert (spans["start"], spans["duration"]) == ([0, 100], [900, 400])
    assert (spans["inputTokens"], spans["model"]) == ([None, 30], [-1, 0])
    assert (spans["error"], spans["event"], spans["delivery"]) == ([0, 0], [0, 0], [0, 0])


def test_a_trace_is_found_by_the_beginning_of_its_id(viewer):
    trace = Sent()
    trace.span("alone")
    trace.to(viewer)
    viewer.wait_for_spans(trace.id, 1)
    assert viewer.get(f"/api/viewer/traces/{trace.id[:12].upper()}")["trace"]["traceId"] == trace.id
    assert "000000000000" in viewer.problem("/api/viewer/traces/000000000000", 404)
    assert "8 to 32 hex digits" in viewer.problem("/api/viewer/traces/abc", 400)


def test_a_span_has_its_record_and_what_has_become_of_it(viewer):
    answer = viewer.get(f"/api/viewer/traces/{0xA1:032x}/spans/{2:016x}")
    record = answer["record"]
    assert answer["delivery"] == {"state": "local", "reason": None}
    assert (record["spanId"], record["parentSpanId"], record["spanType"]) == (
        f"{2:016x}", f"{1:016x}", "model_generation",
    )  # fmt: skip
    assert record["attributes"]["usage"] == {"inputTokens": 30, "outputTokens": 12}
    assert record["input"] == {"messages": [{"role": "user", "content": [{"type": "text", "text": "Which shoes are waterproof?"}]}]}
    assert record["metadata"]["otel"]["startTimeUnixNano"] == str(BEGIN + 100 * MILLISECOND)
    assert "no such span" in viewer.problem(f"/api/viewer/traces/{0xA1:032x}/spans/{9:016x}", 404)


def test_orphans_and_several_roots_are_told(viewer):
    trace = Sent()
    trace.span("one")
    trace.span("another", start=5)
    trace.span("orphan", (99).to_bytes(8, "big"), start=7)
    trace.to(viewer)
    viewer.wait_for_spans(trace.id, 3)
    answer = viewer.get(f"/api/viewer/traces/{trace.id}")
    assert answer["trace"]["roots"] == 2
    assert (answer["spans"]["parent"], answer["spans"]["missing"]) == ([-1, -1, -1], {"2": f"{99:016x}"})


def test_a_thread_is_a_conversation(viewer):
    ids = [conversation(viewer, "talk/2 ü", question) for question in ("And today?", "And tomorrow?")]
    for trace_id in ids:
        viewer.wait_for_spans(trace_id, 3)
    thread = viewer.get("/api/viewer/threads/talk%2F2%20%C3%BC")
    assert thread["threadId"] == "talk/2 ü"
    assert [trace["traceId"] for trace in thread["traces"]] == ids
    assert [(trace["input"], trace["output"]) for trace in thread["traces"]] == [
        ("And today?", "It is sunny, 21 C."), ("And tomorrow?", "It is sunny, 21 C."),
    ]  # fmt: skip
    assert viewer.problem("/api/viewer/threads/none", 404)


def test_usage_adds_up_by_model_service_and_agent():
    with viewing() as viewer:
        for number, (service, model, milliseconds) in enumerate(
            [("a", "m1", 100), ("a", "m1", 200), ("b", "m1", 300), ("b", "m2", 1000)]
        ):
            trace = Sent(service=service)
            agent = trace.span(
                "run", gen_ai__operation__name="invoke_agent", gen_ai__agent__name="helper", milliseconds=2000,
                start=number * 60_000,
            )  # fmt: skip
            error = "failed" if model == "m2" else None
            trace.model(agent, model=model, tokens=(10, 5), milliseconds=milliseconds, start=number * 60_000, error=error)
            trace.to(viewer)
        viewer.wait_for(4)

        def usage(by):
            answer = viewer.get("/api/viewer/usage", by=by, **{"from": START, "to": START + 600_000})
            assert answer["isComplete"] and answer["scanned"] == 4
            return {series["key"]: series for series in answer["series"]}

        models = usage("model")
        assert set(models) == {"m1", "m2"}
        m1 = models["m1"]
        assert (m1["calls"], m1["errors"], m1["inputTokens"], m1["outputTokens"]) == (3, 0, 30, 15)
        assert (m1["p50"], m1["p95"], m1["p99"]) == (200, 300, 300)
        assert [(bucket["at"], bucket["calls"]) for bucket in m1["buckets"]] == [
            (START // 60_000 * 60_000 + minute * 60_000, 1) for minute in range(3)
        ]
        assert (models["m2"]["calls"], models["m2"]["errors"]) == (1, 1)
        assert {key: series["calls"] for key, series in usage("service").items()} == {"a": 2, "b": 2}
        agents = usage("agent")
        assert (agents["helper"]["calls"], agents["helper"]["p50"]) == (4, 2000)
        assert "before" in viewer.problem("/api/viewer/usage", 400, **{"from": 2, "to": 1})


def test_what_can_be_chosen_from_is_told(viewer):
    facets = viewer.get("/api/viewer/facets")
    assert {"search", "shop"} <= set(facets["services"])
    assert {"claude-sonnet", "gpt-4o-mini"} <= set(facets["models"])
    assert "helper" in facets["agents"] and "agent_run" in facets["types"]


def test_the_state_tells_what_is_kept_and_where_to_send(viewer):
    state = viewer.get("/api/viewer/state")
    assert state["traces"] >= 4 and state["spans"] >= 5
    assert (state["inMemory"], state["maxBytes"], state["maxAge"]) == (True, 64 << 20, 168 * 3600 * 1000)
    assert state["http"] == "http://{}:{}".format(*viewer.gateway.address)
    assert (state["exports"], state["notice"], state["oldest"]) == (False, None, START)


# Mastra's own routes


def test_mastra_lists_roots_as_its_server_does(viewer):
    answer = viewer.get("/api/observability/traces", perPage=2, serviceName="shop")
    assert set(answer) == {"pagination", "spans"}
    assert answer["pagination"] == {"total": answer["pagination"]["total"], "page": 0, "perPage": 2, "hasMore": True}
    assert all(span["parentSpanId"] is None and span["serviceName"] == "shop" for span in answer["spans"])


@pytest.mark.parametrize(
    "query, names",
    [
        ({"traceId": f"{0xA1:032x}"}, ["GET /cart"]),
        ({"status": "error"}, ["POST /order"]),
        ({"entityType": "agent", "entityName": "helper"}, ["invoke_agent helper"]),
        ({"threadId": "talk/1 ü"}, ["invoke_agent helper"]),
        ({"spanType": "model_generation"}, ["chat claude-sonnet"]),
        ({"serviceName": "search", "status": "success"}, ["chat claude-sonnet"]),
        ({"startedAt[start]": "2026-05-28T20:27:40.000Z", "startedAt[end]": "2026-05-28T20:27:40Z"}, ["chat claude-sonnet"]),
        ({"startedAt": '{"start":"2026-05-28T20:27:40Z","startExclusive":true,"end":"2026-05-28T20:28:40Z"}'}, ["POST /order"]),
        ({"metadata[serviceName]": "search"}, ["chat claude-sonnet"]),
        ({"somethingElse": "x", "serviceName": "search"}, ["chat claude-sonnet"]),
        ({"tags": "none"}, []),
    ],
    ids=str,
)  # fmt: skip
def test_mastra_filters_look_at_the_root(viewer, query, names):
    spans = viewer.get("/api/observability/traces", perPage=100, **query)["spans"]
    known = {"GET /cart", "chat claude-sonnet", "POST /order", "invoke_agent helper"}
    assert [span["name"] for span in spans if span["name"] in known] == names


def test_mastra_orders_and_pages(viewer):
    first, second = (
        viewer.get("/api/observability/traces", serviceName="shop", perPage=1, page=page, field="startedAt", direction="ASC")
        for page in (0, 1)
    )
    first, second = first["spans"] + second["spans"]
    assert first["startedAt"] <= second["startedAt"] and first["spanId"] + first["traceId"] != second["spanId"] + second["traceId"]
    newest = viewer.get("/api/observability/traces", serviceName="shop", perPage=1)["spans"][0]
    assert newest["name"] == "invoke_agent helper"


@pytest.mark.parametrize(
    "query", [{"perPage": 101}, {"page": -1}, {"status": "x"}, {"metadata[a-b]": "x"}, {"startedAt[start]": "noon"}], ids=str
)
def test_mastra_parameters_out_of_their_bounds_are_refused(viewer, query):
    assert next(iter(query)).split("[")[0] in viewer.problem("/api/observability/traces", 400, **query)


def test_mastra_shows_a_trace_in_the_order_of_its_start(viewer):
    answer = viewer.get(f"/api/observability/traces/{0xA1:032x}")
    assert answer["traceId"] == f"{0xA1:032x}"
    assert [span["name"] for span in answer["spans"]] == ["GET /cart", "chat gpt-4o-mini"]
    assert viewer.problem(f"/api/observability/traces/{1:032x}", 404)
    assert viewer.problem("/api/observability/logs", 404)


# Downloads


def test_a_download_as_mastra_is_what_its_route_answers(viewer):
    response = viewer.request(f"/api/viewer/traces/{0xA1:032x}/export?format=mastra")
    assert response.getheader("content-disposition") == f'attachment; filename="trace-{0xA1:032x}.json"'
    assert json.loads(response.content) == viewer.get(f"/api/observability/traces/{0xA1:032x}")


def test_a_download_as_otlp_becomes_the_same_records_again():
    with viewing() as viewer, viewing() as other:
        ids = [conversation(viewer), failure(viewer)]
        for trace_id, count in zip(ids, (3, 2)):
            viewer.wait_for_spans(trace_id, count)
            body = viewer.request(f"/api/viewer/traces/{trace_id}/export?format=otlp").content
            response = other.gateway.post(body, content_type="application/json")
            assert (response.status, response.body) == (200, b"{}")
            other.wait_for_spans(trace_id, count)
            for before, after in zip(records(viewer, trace_id), records(other, trace_id), strict=True):
                assert after == before


def records(viewer, trace_id):
    spans = viewer.get(f"/api/observability/traces/{trace_id}")["spans"]
    for span in spans:
        # Of this arrival.
        del span["createdAt"], span["updatedAt"]
    return spans


# Events


def test_pages_that_listen_are_told_of_new_traces(viewer):
    connection = http.client.HTTPConnection(viewer.host, viewer.port, timeout=DEADLINE)
    connection.request("GET", "/api/viewer/events")
    response = connection.getresponse()
    assert response.getheader("content-type") == "text/event-stream"
    assert read_event(response) == {"retry": "2000", "event": "hello", "data": "{}"}
    for _ in range(2):
        trace = Sent()
        trace.span("new")
        trace.to(viewer)
        event = read_event(response)
        assert (event["event"], json.loads(event["data"])) == ("traces", {"traceIds": [trace.id]})
    connection.close()


def read_event(response):
    fields = {}
    while True:
        line = response.fp.readline().decode().rstrip("\r\n")
        # Chunks have their lengths in lines of their own.
        if ": " in line and not line.startswith(":"):
            name, value = line.split(": ", 1)
            fields[name] = value
        elif not line and fields.get("data"):
            return fields


def test_a_gateway_that_stops_ends_its_streams():
    with viewing() as viewer:
        connection = http.client.HTTPConnection(viewer.host, viewer.port, timeout=DEADLINE)
        connection.request("GET", "/api/viewer/events")
        response = connection.getresponse()
        assert viewer.gateway.stop()[0] == 0
        assert b"hello" in response.read()


def test_no_more_pages_listen_than_are_allowed(viewer):
    connections = []
    try:
        for _ in range(40):
            connection = http.client.HTTPConnection(viewer.host, viewer.port, timeout=DEADLINE)
            connections.append(connection)
            connection.request("GET", "/api/viewer/events")
            response = connection.getresponse()
            if response.status != 200:
                break
        assert response.status == 503 and 30 <= len(connections) <= 33
    finally:
        for connection in connections:
            connection.close()
    # Who has gone is noticed, at the latest when the next thing is said.
    def has_room():
        trace = Sent()
        trace.span("news")
        trace.to(viewer)
        connection = http.client.HTTPConnection(viewer.host, viewer.port, timeout=DEADLINE)
        connection.request("GET", "/api/viewer/events")
        status = connection.getresponse().status
        connection.close()
        return status == 200

    wait_until(has_room, "room for another page")


# Beside the cloud


def test_spans_on_their_way_to_the_cloud_are_seen_at_once_and_their_end_is_told():
    with Upstream(then=Answer(503)) as upstream, viewing(upstream=upstream) as viewer:
        trace = Sent()
        trace.span("waiting")
        trace.to(viewer)
        assert viewer.wait_for_spans(trace.id, 1)["delivery"] == {"local": 0, "queued": 1, "sent": 0, "refused": 0}
        assert viewer.get("/api/viewer/state")["exports"] is True
        upstream.then = Answer(200)
        wait_until(lambda: viewer.traces(delivery="sent"), "the trace to be sent")
        look = viewer.get(f"/api/viewer/traces/{trace.id}/spans/{1:016x}")
        assert look["delivery"] == {"state": "sent", "reason": None}


def test_a_span_that_the_cloud_refuses_says_why():
    with Upstream() as upstream, viewing(upstream=upstream) as viewer:
        good = Sent()
        good.span("good")
        good.to(viewer)
        wait_until(lambda: viewer.traces(delivery="sent"), "the first trace to be sent")
        upstream.then = Answer(400, body=b"no such project")
        bad = Sent()
        bad.span("bad")
        bad.to(viewer)

        def is_told():
            upstream.then = Answer(400, body=b"no such project")
            return viewer.traces(delivery="refused")

        [trace] = wait_until(is_told, "the refusal to be told")
        assert trace["traceId"] == bad.id
        look = viewer.get(f"/api/viewer/traces/{bad.id}/spans/{1:016x}")
        assert look["delivery"] == {"state": "refused", "reason": "rejected: HTTP 400: no such project"}


def test_what_waited_in_the_memory_of_a_process_that_was_killed_is_told(tmp_path):
    store = tmp_path / "mastra.db"
    with Upstream(then=Answer(503)) as upstream:
        with viewing(upstream=upstream, store=store) as viewer:
            trace = Sent()
            trace.span("lost")
            trace.to(viewer)
            viewer.wait_for_spans(trace.id, 1)
            viewer.gateway.kill()
        with viewing(upstream=upstream, store=store) as viewer:
            wait_until(lambda: viewer.traces(delivery="refused"), "the loss to be told")
            reason = viewer.get(f"/api/viewer/traces/{trace.id}/spans/{1:016x}")["delivery"]["reason"]
            assert reason == "the gateway ended before it was sent"
