"""Behaviour 10, webhooks: both generations, the signature, the retries, the mess."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.plugins.quickbooks.standin.webhooks import RETRY_AFTER, Webhooks


class Receiver:
    """Takes what is posted; answers the next of ``answers``, else 200."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.posts: list[tuple[bytes, dict[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.posts.append((body, headers))
        return self.answers.pop(0) if self.answers else 200


@pytest.fixture
def hooks(standin: StandIn) -> Webhooks:
    standin.webhooks.subscribe("http://127.0.0.1:9/hook", "verifier", "legacy")
    return standin.webhooks


def entities(body: bytes) -> list[dict[str, str]]:
    [note] = json.loads(body)["eventNotifications"]
    return list(note["dataChangeEvent"]["entities"])


def test_the_legacy_message_groups_changes_by_realm(
    company: Any, books: Books, hooks: Webhooks
) -> None:
    receiver = Receiver()
    customer = company.customer()
    invoice = company.invoice(customer)
    books.void("Invoice", invoice)
    books.delete("Invoice", invoice)
    hooks.deliver(receiver)
    [(body, _)] = receiver.posts
    assert json.loads(body)["eventNotifications"][0]["realmId"] == books.realm
    found = [(one["name"], one["id"], one["operation"]) for one in entities(body)]
    assert found == [
        ("Customer", customer, "Create"),
        ("Invoice", invoice, "Create"),
        ("Invoice", invoice, "Void"),
        ("Invoice", invoice, "Delete"),
    ]
    assert entities(body)[0]["lastUpdated"] == "2026-05-01T19:00:00.000Z"


def test_a_merge_names_the_id_that_is_gone(company: Any, books: Books, hooks: Webhooks) -> None:
    receiver = Receiver()
    keep, gone = company.customer("Keep"), company.customer("Gone")
    hooks.deliver(receiver)
    books.merge_customers(keep, gone)
    hooks.deliver(receiver)
    [merge] = entities(receiver.posts[-1][0])
    assert (merge["operation"], merge["id"], merge["deletedId"]) == ("Merge", keep, gone)


def test_cloud_events_are_an_array(company: Any, books: Books, standin: StandIn) -> None:
    standin.webhooks.subscribe("http://127.0.0.1:9/hook")
    receiver = Receiver()
    customer = company.customer()
    standin.webhooks.deliver(receiver)
    [event] = json.loads(receiver.posts[0][0])
    assert event["specversion"] == "1.0"
    assert event["type"] == "qbo.customer.created.v1"
    assert (event["intuitentityid"], event["intuitaccountid"]) == (customer, books.realm)
    assert (event["time"], event["data"]) == ("2026-05-01T19:00:00Z", {})


def test_the_signature_is_of_the_raw_body(company: Any, hooks: Webhooks) -> None:
    receiver = Receiver()
    company.customer("Café")
    hooks.deliver(receiver)
    [(body, headers)] = receiver.posts
    digest = hmac.new(b"verifier", body, hashlib.sha256).digest()
    assert headers["intuit-signature"] == base64.b64encode(digest).decode()


def test_a_refused_message_comes_again_by_the_schedule(
    company: Any, books: Books, hooks: Webhooks
) -> None:
    receiver = Receiver(*[500] * 10)
    company.customer()
    hooks.deliver(receiver)
    for number, wait in enumerate([*RETRY_AFTER, RETRY_AFTER[-1]], 1):
        books.clock.advance(timedelta(seconds=wait - 1))
        hooks.deliver(receiver)
        assert len(receiver.posts) == number
        books.clock.advance(timedelta(seconds=1))
        hooks.deliver(receiver)
        assert len(receiver.posts) == number + 1
    books.clock.advance(timedelta(hours=6))
    assert hooks.deliver(receiver) == 1
    assert hooks.deliver(receiver) == 0
    assert len({body for body, _ in receiver.posts}) == 1


def test_messages_can_come_twice_and_in_the_wrong_order(company: Any, hooks: Webhooks) -> None:
    company.customer("First")
    hooks.gather()
    company.customer("Second")
    receiver = Receiver()
    hooks.deliver(receiver, twice=True, newest_first=True)
    ids = [entities(body)[0]["id"] for body, _ in receiver.posts]
    assert ids == ["2", "2", "1", "1"]


def test_a_write_that_failed_is_not_told(company: Any, books: Books, hooks: Webhooks) -> None:
    with pytest.raises(Exception, match="2500"):
        company.payment("99", "5")
    assert hooks.deliver(Receiver()) == 0


def test_nobody_subscribed_nothing_sent(company: Any, standin: StandIn) -> None:
    company.customer()
    assert standin.webhooks.deliver(Receiver()) == 0
