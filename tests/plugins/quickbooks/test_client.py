"""python-quickbooks as the layer of addresses and verbs."""

from __future__ import annotations

from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from recoup.connector.errors import Fatal, Gone, OutcomeUnknown, Retriable, UsageError
from recoup.connector.http import Answer
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection, tokens
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.faults import RequestRefused


class Canned(Client):
    """A client whose every call is answered with one body."""

    def __init__(self, body: bytes) -> None:
        super().__init__(connection("quickbooks", "1", clock=FakeClock()))
        self.body = body

    def _ask(self, use: Any) -> Answer:
        return Answer(200, CaseInsensitiveDict(), self.body, "tid-3")


def test_one_bad_query_fails_its_batch_by_its_own_fault(world: Any) -> None:
    client = Client(world.connection())
    with pytest.raises(RequestRefused, match="invalid context declaration: Custmoer"):
        client.batch_queries(["SELECT * FROM Customer", "SELECT * FROM Custmoer"])


def test_one_query_is_sent_as_itself_and_several_as_a_batch(world: Any) -> None:
    client = Client(world.connection())
    client.batch_rows([("Item", "SELECT * FROM Item")])
    client.batch_rows([("Item", "SELECT * FROM Item"), ("Term", "SELECT * FROM Term")])
    assert (world.standin.calls["query"], world.standin.calls["batch"]) == (1, 1)


def test_an_object_that_is_gone_is_said_to_be_gone(world: Any) -> None:
    with pytest.raises(Gone) as failure:
        Client(world.connection()).read("Invoice", "404")
    assert failure.value.request_id is not None


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.query("SELECT * FROM Invoice", "Invoice"),
        lambda client: client.count("SELECT count(*) FROM Invoice"),
        lambda client: client.batch_queries(["SELECT * FROM Item"]),
        lambda client: client.read("Invoice", "1"),
        lambda client: client.preferences(),
        lambda client: client.company_info(),
        lambda client: client.pdf("Invoice", "1"),
    ],
)
@pytest.mark.parametrize(
    "body", [b'{"time":"x"}', b'{"QueryResponse"', b'{"BatchItemResponse":[]}']
)
def test_a_body_that_is_not_whole_is_asked_for_later(ask: Any, body: bytes) -> None:
    with pytest.raises(Retriable) as failure:
        ask(Canned(body))
    assert failure.value.request_id == "tid-3"


def test_a_write_whose_answer_is_not_whole_has_an_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknown) as failure:
        Canned(b'{"time":"x"}').write("Payment", {}, request_id="r")
    assert failure.value.request_id == "tid-3"


def test_a_call_that_was_never_made_has_no_answer(world: Any) -> None:
    with pytest.raises(Fatal, match="made no call"):
        Client(world.connection()).session.take()


def test_tokens_are_not_sent_to_a_remote_address_in_the_clear() -> None:
    vault = FakeVault()
    vault.save("grant-1", tokens())
    with pytest.raises(UsageError, match="must be https"):
        Client(connection(clock=FakeClock(), vault=vault, base_url="http://books.example"))


def test_the_platform_itself_is_reached_without_a_base_url() -> None:
    client = Client(connection("quickbooks", "1", clock=FakeClock()))
    assert client._sdk.api_url == "https://quickbooks.api.intuit.com/v3"
