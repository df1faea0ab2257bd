"""HTTP/1 on raw sockets: order, continuation, closing, and the bounds of heads (X21-X24, X31-X35)."""

import pytest

from support.gateway import Gateway
from support.http1 import chunked, post_chunked, request
from support.otlp import export_of, is_full_success, refusal

MIB = 1024 * 1024


@pytest.mark.requirement("H34")
def test_a_connection_is_kept(gateway):
    with gateway.client() as client:
        for _ in range(20):
            assert is_full_success(client.post(export_of(1).body))


@pytest.mark.requirement("X22")
def test_pipelined_requests_are_answered_in_order(gateway):
    with gateway.client() as client:
        client.send(
            request(body=export_of(1).body) + request(path="/first") + post_chunked(chunked(b"\x0a\xff"))
            + request("GET", path="/second") + request("PUT") + request(body=export_of(1).body)
        )  # fmt: skip
        answers = [client.receive() for _ in range(6)]
    assert [answer.status for answer in answers] == [200, 404, 400, 404, 405, 200]
    assert "/first" in refusal(answers[1]).message and "/second" in refusal(answers[3]).message


@pytest.mark.requirement("X22")
def test_three_hundred_pipelined_requests(gateway, upstream):
    sent = [export_of(1) for _ in range(300)]
    with gateway.client() as client:
        client.send(b"".join(request(body=each.body) for each in sent))
        assert all(is_full_success(client.receive()) for _ in sent)
    for each in sent:
        upstream.record_of(each.ids[0])


# 100-continue


@pytest.mark.requirement("X23")
@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
def test_a_client_that_asks_is_told_to_go_on_before_it_sends_the_body(gateway, expectation):
    body = export_of(1).body
    with gateway.client() as client:
        client.send(request(content_length=len(body), expect=expectation))
        interim = client.receive()
        assert (interim.status, interim.headers) == (100, [])
        client.send(body)
        assert is_full_success(client.receive())


@pytest.mark.requirement("X23")
def test_a_chunked_body_may_be_asked_for_too(gateway):
    with gateway.client() as client:
        client.send(post_chunked(b"", expect="100-continue"))
        assert client.receive().status == 100
        client.send(chunked(export_of(1).body))
        assert is_full_success(client.receive())


@pytest.mark.requirement("X23")
@pytest.mark.parametrize(
    "status, headers",
    [(413, {"content_length": 65 * MIB}), (404, {"path": "/nowhere"}), (415, {"content_type": "text/plain"})],
)
def test_a_refusal_comes_at_once_and_the_body_is_not_asked_for(gateway, status, headers):
    with gateway.client() as client:
        client.send(request(**({"content_length": 1000, "expect": "100-continue"} | headers)))
        response = client.receive()
        assert (response.status, response["connection"]) == (status, "close")
        client.end_sending()
        assert client.is_closed()


@pytest.mark.requirement("X23")
def test_another_expectation_is_417(gateway):
    with gateway.client() as client:
        client.send(request(expect="200-ok"))
        response = client.receive()
    assert response.status == 417
    assert refusal(response).message == "expect: 200-ok cannot be met; only 100-continue can"


# Ends


@pytest.mark.requirement("X34")
@pytest.mark.parametrize("option", ["close", "Close", "keep-alive, close"])
def test_connection_close_is_honoured(gateway, option):
    with gateway.client() as client:
        response = client.post(export_of(1).body, connection=option)
        assert is_full_success(response) and response["connection"] == "close"
        assert client.is_closed()


@pytest.mark.requirement("X24")
def test_http_1_0_closes_unless_keeping_was_asked_for(gateway):
    with gateway.client() as client:
        client.send(request(version="HTTP/1.0", host=None, connection="keep-alive"))
        response = client.receive()
        assert is_full_success(response) and response["connection"] == "keep-alive"
        client.send(request(version="HTTP/1.0", body=export_of(1).body))
        response = client.receive()
        assert is_full_success(response) and response["connection"] == "close"
        assert client.is_closed()


@pytest.mark.requirement("X24")
def test_http_1_0_has_no_chunked_bodies(gateway):
    with gateway.client() as client:
        client.send(post_chunked(chunked(b""), version="HTTP/1.0"))
        assert client.receive().status == 400
        assert client.is_closed()


@pytest.mark.requirement("X35")
def test_a_client_that_has_closed_its_sending_side_is_answered(gateway):
    with gateway.client() as client:
        client.send(request(body=export_of(1).body) + request("GET"))
        client.end_sending()
        assert is_full_success(client.receive())
        assert client.receive().status == 405
        assert client.is_closed()


@pytest.mark.requirement("X21")
@pytest.mark.parametrize("cut", [-1, -10])
def test_a_body_that_ends_early_is_not_taken(gateway, cut):
    before = gateway.metric("receiver_received_spans_total")
    body = export_of(1).body
    for data in [request(body=body)[:cut], post_chunked(chunked(body))[:cut]]:
        with gateway.client() as client:
            client.send(data)
            client.end_sending()
            assert client.receive().status == 400
            assert client.is_closed()
    assert gateway.metric("receiver_received_spans_total") == before


# Heads


@pytest.mark.requirement("X33")
def test_an_empty_line_before_a_request_is_ignored(gateway):
    with gateway.client() as client:
        client.send(b"\r\n" + request())
        assert is_full_success(client.receive())


@pytest.mark.requirement("X31")
@pytest.mark.parametrize(
    "data",
    [
        request(x_large="x" * 20_000),
        request(path="/v1/traces?" + "x" * 20_000),
        request(**{f"x_{number}": "y" for number in range(500)}),
    ],
    ids=["a long header", "a long target", "many headers"],
)
def test_headers_are_bounded(gateway, data):
    with gateway.client() as client:
        client.send(data)
        response = client.receive()
        assert response.status in (400, 414, 431)
        assert refusal(response).message
        client.end_sending()
        assert client.is_closed()


@pytest.mark.requirement("X31")
def test_the_bound_is_a_setting(upstream):
    large = request(x_large="x" * 20_000)
    with Gateway(upstream, "--max-header-bytes=64KiB") as gateway, gateway.client() as client:
        client.send(large)
        assert is_full_success(client.receive())
