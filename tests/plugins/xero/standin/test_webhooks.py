"""Webhooks: signed, mis-signed, intent to receive, retries, gaps and the end of patience."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.webhooks import Webhooks, signature

Enter = Callable[..., str]
KEY = "webhook key"


class Receiver:
    """Answers as an app should and remembers what it took."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        self.status = 200

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        if headers["x-xero-signature"] != signature(KEY, body):
            return 401
        if self.status == 200:
            self.bodies.append(json.loads(body))
        return self.status

    def events(self) -> list[Any]:
        return [event for body in self.bodies for event in body["events"]]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def hooks(books: Books) -> Webhooks:
    made = Webhooks(books.clock)
    made.listen(books)
    made.subscribe("http://127.0.0.1:9/hook", KEY)
    return made


def test_what_changed_is_told_without_its_data(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    acme = books.create_contact("Acme")["ContactID"]
    id = books.create_invoice(acme, "10")["InvoiceID"]
    books.clock.advance(timedelta(seconds=1))
    books.edit_invoice(id, Reference="x")
    assert hooks.deliver(receiver) == 1
    shown = [(e["eventCategory"], e["eventType"], e["resourceId"]) for e in receiver.events()]
    assert shown == [
        ("CONTACT", "CREATE", acme),
        ("INVOICE", "CREATE", id),
        ("INVOICE", "UPDATE", id),
    ]
    assert receiver.events()[0]["tenantId"] == books.tenant_id
    assert "data" not in receiver.events()[1]


def test_credit_notes_and_payments_tell_their_type_and_status(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    acme = books.create_contact("Acme")["ContactID"]
    books.create_credit_note(acme, "10")
    books.pay(books.create_invoice(acme, "10")["InvoiceID"])
    hooks.deliver(receiver)
    told = {e["eventCategory"]: e.get("data") for e in receiver.events()}
    assert told["CREDITNOTE"] == {"Type": "ACCRECCREDIT", "Status": "AUTHORISED"}
    assert told["PAYMENT"] == {"Type": "ACCRECPAYMENT", "Status": "AUTHORISED"}


def test_what_was_rolled_back_is_not_told(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    acme = books.create_contact("Acme")["ContactID"]
    hooks.deliver(receiver)
    first = books.create_invoice(acme, "10")["InvoiceID"]
    hooks.deliver(receiver)
    seen = len(receiver.events())
    with pytest.raises(Exception, match="exceeds"):
        books.batch_pay([(first, "5"), (first, "6")])
    assert hooks.deliver(receiver) == 0
    assert len(receiver.events()) == seen


def test_sequences_count_on_and_a_loss_shows_as_a_gap(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    for name in ("A", "B", "C"):
        books.create_contact(name)
        hooks.lose() if name == "B" else hooks.deliver(receiver)
    spans = [(body["firstEventSequence"], body["lastEventSequence"]) for body in receiver.bodies]
    assert spans == [(1, 1), (3, 3)]


def test_messages_may_come_twice_and_out_of_order(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    for name in ("A", "B"):
        books.create_contact(name)
        hooks.gather()
    hooks.deliver(receiver, twice=True, newest_first=True)
    assert [body["firstEventSequence"] for body in receiver.bodies] == [2, 2, 1, 1]


def test_a_wrong_signature_must_be_refused(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    books.create_contact("A")
    assert hooks.deliver(receiver, signed=False) == 0
    assert receiver.bodies == []


def test_the_intent_to_receive_is_sent_right_and_wrong(hooks: Webhooks, receiver: Receiver) -> None:
    hooks.enabled = False
    assert hooks.intend(receiver) is True
    assert [body["events"] for body in receiver.bodies] == [[], []]
    assert hooks.intend(lambda url, body, headers: 200) is False  # takes wrong signatures as well
    assert hooks.enabled is False


def test_a_refused_message_is_tried_again_later_and_rarer(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    books.create_contact("A")
    receiver.status = 500
    assert hooks.deliver(receiver) == 0
    receiver.status = 200
    assert hooks.deliver(receiver) == 0  # not due yet
    books.clock.advance(timedelta(seconds=5))
    assert hooks.deliver(receiver) == 1


def test_after_a_day_of_refusals_the_webhook_is_disabled(
    hooks: Webhooks, receiver: Receiver, books: Books
) -> None:
    books.create_contact("A")
    receiver.status = 0
    for _ in range(30):
        hooks.deliver(receiver)
        books.clock.advance(timedelta(hours=1))
    assert hooks.enabled is False
    receiver.status = 200
    assert hooks.deliver(receiver) == 0
    assert hooks.intend(receiver) is True
    assert hooks.deliver(receiver) == 1
