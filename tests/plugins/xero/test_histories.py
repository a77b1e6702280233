"""Random histories: a bookkeeper works while pulls are cut off, throttled and lied to."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.errors import Retriable
from recoup.connector.model import (
    ControlAccount,
    CreditNote,
    Customer,
    DocumentRef,
    DocumentState,
    Invoice,
    Payment,
    Refund,
)
from recoup.plugins.xero.standin import views
from recoup.plugins.xero.standin.books import Fault

FAULTS = (
    "500 503 503_retry_after 429_minute 429_day 429_concurrent drop_before drop_after truncate "
    "cut_json extra_rows duplicate_rows blank_row clock_skew"
).split()
CREDITS = ("CreditNotes", "Overpayments", "Prepayments")


class Bookkeeper:
    """Does one thing after another, as the dice fall; what the books refuse is let be."""

    def __init__(self, world: Any, dice: random.Random) -> None:
        self.books, self.clock, self.dice = world.books, world.clock, dice
        self.contacts = [world.customer(), world.customer("Euro", DefaultCurrency="EUR")]

    def act(self) -> None:
        self.clock.advance(timedelta(seconds=self.dice.randrange(0, 200)))
        try:
            self.dice.choice(
                [self.bill, self.bill, self.pay, self.credit, self.settle, self.undo]
            )()
            self.dice.choice([self.refund, self.end, self.edit, self.merge, self.bill])()
        except Fault:
            return

    def amount(self) -> Decimal:
        return Decimal(self.dice.randrange(100, 90000)) / 100

    def any(self, kind: str, test: Callable[[Any], bool] = bool) -> Any:
        found = [doc for doc in self.books.table(kind).values() if test(doc)]
        if not found:
            raise Fault("there is none")
        return self.dice.choice(found)

    def bill(self) -> None:
        status = self.dice.choice(["AUTHORISED", "AUTHORISED", "AUTHORISED", "DRAFT"])
        self.books.create_invoice(self.dice.choice(self.contacts), self.amount(), status=status)

    def pay(self) -> None:
        one = self.any("Invoices", lambda doc: doc["Status"] == "AUTHORISED")
        share = self.dice.choice([Decimal("0.3"), Decimal(1), Decimal("1.2")])
        self.books.pay(one["InvoiceID"], (one["AmountDue"] * share).quantize(Decimal("0.01")))

    def credit(self) -> None:
        verbs = ["create_credit_note", "create_overpayment", "create_prepayment"]
        getattr(self.books, self.dice.choice(verbs))(self.dice.choice(self.contacts), self.amount())

    def settle(self) -> None:
        credit = self.any(self.dice.choice(CREDITS), lambda doc: doc["RemainingCredit"] > 0)
        owner = credit["Contact"]["ContactID"]
        one = self.any("Invoices", lambda doc: doc["Contact"]["ContactID"] == owner)
        self.books.allocate(credit["ID"], one["InvoiceID"])

    def undo(self) -> None:
        if self.dice.random() < 0.5:
            self.books.delete_payment(self.any("Payments")["PaymentID"])
        else:
            credit = self.any(self.dice.choice(CREDITS), lambda doc: bool(doc["Allocations"]))
            self.books.unallocate(credit["ID"], credit["Allocations"][0]["AllocationID"])

    def refund(self) -> None:
        credit = self.any(self.dice.choice(CREDITS), lambda doc: doc["RemainingCredit"] > 1)
        self.books.refund(credit["ID"], "1.00")

    def end(self) -> None:
        verb = self.dice.choice([self.books.void, self.books.delete, self.books.approve])
        verb(self.any("Invoices")["InvoiceID"])

    def edit(self) -> None:
        change: dict[str, Any] = self.dice.choice(
            [{"amount": Decimal("55.55")}, {"due": "2027-02-02"}]
        )
        self.books.edit_invoice(self.any("Invoices")["InvoiceID"], **change)

    def merge(self) -> None:
        if len(self.contacts) < 3:
            self.contacts.append(self.books.create_contact(f"C{self.dice.random()}")["ContactID"])
            return
        gone = self.contacts.pop()
        self.books.merge_contacts(self.contacts[0], gone)


def interrupted_pull(world: Any, dice: random.Random) -> None:
    """Pull from the last stored cursor until a pull comes to its end."""
    for _ in range(40):
        stop = dice.randrange(1, 15) if dice.random() < 0.4 else None
        ledger = world.ledger()
        try:
            for number, page in enumerate(world.mirror.pages(ledger)):
                if number == stop:
                    break  # killed: this page was asked for and never stored
                world.mirror.take(ledger, page)
            else:
                return
        except Retriable as refusal:
            world.clock.advance(refusal.retry_after)
            world.connect()
    raise AssertionError("the pull never came to its end")


def at_rest(world: Any) -> None:
    """Pull once more, follow the merges, sweep what is open: now everything must agree."""
    world.standin.faults.clear()
    world.wait(minutes=1)
    world.mirror.pull(world.ledger())
    ledger = world.ledger()
    for page in ledger.sweep_open():
        world.mirror._store(ledger, page.payloads)


def check(world: Any) -> None:
    """Every document, allocation, balance and the control account are the books' own."""
    books, records = world.books, world.mirror.records.values()
    money = [r for r in records if isinstance(r, Invoice | CreditNote | Payment | Refund)]
    live = [record for record in money if record.state is DocumentState.POSTED]
    into: dict[DocumentRef, Decimal] = defaultdict(Decimal)
    for record in live:
        for part in () if isinstance(record, Invoice) else record.allocations:
            into[part.target] += part.amount.amount
            into[part.source] += part.amount.amount
    theirs = {}
    for plural, field in {
        "Invoices": "AmountDue",
        **dict.fromkeys(CREDITS, "RemainingCredit"),
    }.items():
        for id, doc in books.table(plural).items():
            if doc["Status"] in ("AUTHORISED", "PAID"):
                theirs[id] = (doc[field], doc["Contact"]["ContactID"])
    for id, doc in books.table("Payments").items():
        if doc["Status"] != "DELETED":
            theirs[id] = (Decimal(0), doc["Invoice"]["Contact"]["ContactID"])
    assert {r.ledger_id: (r.balance.amount, r.customer_id) for r in live} == theirs
    assert all(r.total.amount - into[r.ref] == r.balance.amount for r in live)
    [control] = [record for record in records if isinstance(record, ControlAccount)]
    assert control.balance.amount == books.control
    for customer in (record for record in records if isinstance(record, Customer)):
        stated = views.balances(books, customer.ledger_id, world.options)["AccountsReceivable"]
        assert customer.balance is not None
        assert customer.balance.amount == stated["Outstanding"]
    assert not world.mirror.parked


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_books_come_over_whole(make_world: Any, seed: int) -> None:
    dice = random.Random(seed)
    world = make_world(page_rows=dice.choice([2, 5, 1000]), rates={"EUR": Decimal("0.83")})
    world.options.since_inclusive = dice.random() < 0.5
    world.options.skew_seconds = dice.choice([0, -300, 300])
    world.books.merge_touches_documents = dice.random() < 0.5
    bookkeeper = Bookkeeper(world, dice)
    for _ in range(4):
        for _ in range(dice.randrange(0, 15)):
            bookkeeper.act()
        for _ in range(dice.randrange(0, 4)):
            world.standin.faults.next(dice.choice(FAULTS), after=dice.randrange(0, 14))
        world.standin.faults.between_pages(bookkeeper.act, times=dice.randrange(1, 6))
        interrupted_pull(world, dice)
        world.clock.advance(timedelta(minutes=dice.choice([0, 1, 5, 200])))
        world.connect()
    at_rest(world)
    check(world)
