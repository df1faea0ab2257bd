"""docs/compatibility.md names the clients that tests execute, and no others."""

import os

from support.compatibility import KINDS, PAGE, clients_in, collect, page, without_versions


def test_every_client_is_of_a_known_kind_and_named_once_with_what_it_sends():
    clients = collect()
    assert {client.kind for client in clients} == set(KINDS)
    named = [(client.name, client.sends) for client in clients]
    assert len(named) == len(set(named))


def test_the_page_is_what_the_tests_say():
    written = page(collect())
    if os.environ.get("UPDATE_GOLDEN") == "1":
        assert "| ? |" not in written, "a client is not on this machine"
        PAGE.write_text(written)
    assert without_versions(PAGE.read_text()) == without_versions(written), "write it anew with UPDATE_GOLDEN=1"


def test_marks_are_read_from_sources():
    source = '@pytest.mark.client("sdk", "A", "gRPC", "1.0")\ndef test_a_b(x): ...\n'
    [client] = clients_in(source, "Tests/x.py")
    assert client.row == "| A | 1.0 | gRPC | [a b](../Tests/x.py) |"
    assert without_versions(client.row) == "| A | - | gRPC | [a b](../Tests/x.py) |"
