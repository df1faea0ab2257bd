"""Pages in browsers: who is let in, and what they are told (X6, Fetch standard)."""

import threading
from contextlib import contextmanager

import pytest

from support.gateway import Gateway
from support.http1 import chunked, post_chunked, request
from support.otlp import export_of, filler, is_full_success, refusal
from support.upstream import Answer, Upstream

PAGE = "https://app.example.com"
STRANGER = "https://evil.test"
KIB = 1024


def grants(response):
    """The headers of CORS that an answer has."""
    prefix = "access-control-"
    return {name.removeprefix(prefix): value for name, value in response.headers if name.startswith(prefix)}


def preflight(gateway, origin=PAGE, path="/v1/traces", method="POST", headers="content-type,x-tenant"):
    with gateway.client() as client:
        client.send(
            request(
                "OPTIONS", path, content_type=None, origin=origin, access_control_request_method=method,
                access_control_request_headers=headers,
            )
        )  # fmt: skip
        return client.receive()


@contextmanager
def listening(upstream, *flags, origins=PAGE):
    with Gateway(upstream, f"--cors-allowed-origins={origins}", *flags) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def open_to_page(upstream):
    with listening(upstream, "--max-body-bytes=64KiB", "--body-timeout=300ms") as gateway:
        yield gateway


def is_granted(response, origin=PAGE):
    return grants(response) == {"allow-origin": origin, "expose-headers": "retry-after"}


# Preflight

GRANT = {
    "allow-origin": PAGE, "allow-methods": "POST", "max-age": "7200",
    "allow-headers": "authorization, content-encoding, content-type, x-api-key",
}  # fmt: skip


@pytest.mark.requirement("X6")
def test_a_preflight_is_granted_with_method_headers_and_age(open_to_page):
    response = preflight(open_to_page)
    assert (response.status, response["vary"], response.body) == (204, "origin", b"")
    assert grants(response) == GRANT


@pytest.mark.requirement("X6")
def test_headers_and_age_are_settings(upstream):
    flags = ["--cors-allowed-headers=X-Tenant,traceparent", "--cors-max-age=10m"]
    with listening(upstream, *flags) as gateway:
        granted = grants(preflight(gateway))
    names = granted["allow-headers"].lower().split(", ")
    assert names == ["authorization", "content-encoding", "content-type", "x-api-key", "x-tenant", "traceparent"]
    assert granted["max-age"] == "600"


@pytest.mark.requirement("X6")
@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "http://app.example.com", PAGE + ":8443", PAGE + ".evil.test", "https://xapp.example.com"]
)
def test_another_origin_is_told_nothing(open_to_page, origin):
    response = preflight(open_to_page, origin)
    assert (response.status, response["vary"]) == (204, "origin")
    assert grants(response) == {}
    response = open_to_page.post(export_of(1), origin=origin)
    assert is_full_success(response) and grants(response) == {} and response["vary"] == "origin"


@pytest.mark.requirement("X5", "X6")
def test_options_without_a_question_is_no_preflight(open_to_page):
    with open_to_page.client() as client:
        client.send(request("OPTIONS", content_type=None, origin=PAGE))
        response = client.receive()
    assert (response.status, response["allow"]) == (204, "OPTIONS, POST")
    assert is_granted(response)


# The request itself


@pytest.mark.requirement("X6")
def test_the_request_is_granted_too_and_may_read_retry_after(open_to_page):
    response = open_to_page.post(export_of(1), origin=PAGE)
    assert is_full_success(response) and is_granted(response)
    assert response["vary"] == "origin"


@pytest.mark.requirement("X6")
def test_a_request_of_no_page_is_served_as_ever(open_to_page):
    response = open_to_page.post(export_of(1))
    assert is_full_success(response) and grants(response) == {} and response["vary"] == "origin"


@pytest.mark.requirement("X6")
def test_the_case_of_an_origin_does_not_matter_and_it_is_repeated_as_it_came(open_to_page):
    assert is_granted(open_to_page.post(export_of(1), origin="HTTPS://App.Example.com"), "HTTPS://App.Example.com")


@pytest.mark.requirement("X6")
def test_an_answer_that_is_packed_varies_by_both(open_to_page):
    response = open_to_page.post(path="/" + "nowhere" * 20, origin=PAGE, accept_encoding="gzip")
    assert (response.status, response["content-encoding"]) == (404, "gzip")
    assert sorted(value for name, value in response.headers if name == "vary") == ["accept-encoding", "origin"]


REFUSALS = {
    "400": request(body=b"\x0a\xff", origin=PAGE),
    "404": request(path="/nowhere", origin=PAGE),
    "405": request("PUT", origin=PAGE),
    "408": request(content_length=1000, origin=PAGE),
    "413 as declared": request(content_length=65 * KIB, origin=PAGE),
    "413 in chunks": post_chunked(chunked(bytes(65 * KIB)), origin=PAGE),
    "415": request(content_type="text/plain", origin=PAGE),
    "415 of a coding": request(content_encoding="br", origin=PAGE),
    "417": request(expect="more", origin=PAGE),
}


@pytest.mark.requirement("X6")
@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_carry_the_grant_so_that_a_page_can_read_them(open_to_page, name):
    with open_to_page.client() as client:
        client.send(REFUSALS[name])
        response = client.receive()
    assert response.status == int(name[:3])
    assert is_granted(response) and refusal(response).message


@pytest.mark.requirement("X6", "H32")
def test_a_full_queue_is_told_to_a_page_with_its_delay():
    release = threading.Event()
    with Upstream(lambda publish: Answer(when=release)) as upstream:
        with listening(upstream, "--queue-max-spans=5") as gateway:
            ids = gateway.accept(export_of(5))
            response = gateway.post(export_of(1), origin=PAGE)
            assert response.status == 503 and int(response["retry-after"]) > 0
            assert is_granted(response)
            release.set()
            upstream.delivered(ids)


@pytest.mark.requirement("X6")
def test_a_spent_memory_limit_is_told_to_a_page(upstream):
    flags = ["--memory-limit=1MiB", "--max-body-bytes=1MiB"]
    with listening(upstream, *flags) as gateway, gateway.client() as holder:
        holder.send(request(content_length=1024 * KIB) + bytes(1024 * KIB - 1))
        gateway.wait_for_metric("receiver_reserved_bytes", lambda count: count == 1024 * KIB)
        response = gateway.post(filler(64 * KIB), origin=PAGE)
        assert response.status == 503 and is_granted(response)


# Any origin


@pytest.mark.requirement("X6")
@pytest.mark.parametrize("origin", [PAGE, STRANGER, "null"])
def test_any_origin_is_a_star_and_never_comes_with_credentials(upstream, origin):
    with listening(upstream, origins="*") as gateway:
        response = preflight(gateway, origin)
        assert grants(response) == GRANT | {"allow-origin": "*"}
        assert response["vary"] is None
        response = gateway.post(export_of(1), origin=origin)
        assert is_full_success(response) and is_granted(response, "*")


@pytest.fixture(scope="module")
def open_to_subdomains(upstream):
    with listening(upstream, origins="https://*.example.com,http://localhost:*,https://one.test") as gateway:
        yield gateway


@pytest.mark.requirement("X6")
@pytest.mark.parametrize(
    "origin",
    [PAGE, "https://a.b.example.com", "https://APP.example.COM", "http://localhost:3000", "https://one.test"],
)
def test_a_star_in_an_origin_stands_for_a_part_of_it(open_to_subdomains, origin):
    assert is_granted(open_to_subdomains.post(export_of(1), origin=origin), origin)


@pytest.mark.requirement("X6")
@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com", "https://.example.com", "http://app.example.com", "https://app.example.com.evil.test",
        "https://app.example.com:444", "https://evilexample.com", "http://localhost", "http://localhost:",
        "http://localhost.evil.test:80", "https://one.test.evil.test",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_not_granted(open_to_subdomains, origin):
    assert grants(open_to_subdomains.post(export_of(1), origin=origin)) == {}


# Off


@pytest.mark.requirement("X6")
def test_it_is_off_by_default(gateway):
    for response in (preflight(gateway), gateway.post(export_of(1), origin=PAGE)):
        assert response.status in (200, 204)
        assert grants(response) == {} and response["vary"] is None
