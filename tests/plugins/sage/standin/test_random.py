"""Random work of a bookkeeper: after every action, done or refused, the books are true."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.sage.standin.books import Books, Clock, Fault

START = datetime(2026, 1, 1, tzinfo=UTC)


class Office:
    """Does one random thing at a time; what it picks may well be refused."""

    def __init__(self, seed: int, *, moves: bool) -> None:
        self.dice = random.Random(seed)
        self.books = Books(
            clock=Clock(START), rates={"EUR": Decimal("0.8537")}, moves_on_allocation=moves
        )
        for name, currency in (("Acme", "GBP"), ("Beta", "GBP"), ("Euro", "EUR")):
            self.books.create_contact(name, currency=currency)

    def pick(self, kind: str) -> str:
        ids = sorted(self.books.table(kind))
        return self.dice.choice(ids) if ids else "none"

    def amount(self) -> Decimal:
        return Decimal(self.dice.randint(1, 9_999)) / 100

    def open_of(self, contact: str) -> dict[str, Decimal]:
        """What is open of a contact, signed, by artefact."""
        found = {}
        for kind, id in self.books.open_kinds():
            what, doc = self.books.artefact(id)
            if doc["contact"]["id"] == contact and self.books.open_of(what, doc):
                sign = 1 if kind in ("sales_invoices", "contact_opening_balances") else -1
                found[id] = sign * self.books.open_of(what, doc)
        return found

    def enter(self) -> None:
        contact, amount = self.pick("contacts"), self.amount()
        status = self.dice.choice(("UNPAID", "UNPAID", "DRAFT"))
        make: list[Callable[[], Any]] = [
            lambda: self.books.create_invoice(contact, amount, status=status),
            lambda: self.books.create_invoice(contact, amount, withheld=amount / 5),
            lambda: self.books.create_credit_note(contact, amount),
            lambda: self.books.create_quick_entry(contact, amount, entry_type="CREDIT_NOTE"),
            lambda: self.books.opening_balance(contact, amount),
        ]
        self.dice.choice(make)()

    def receive(self) -> None:
        contact = self.pick("contacts")
        owed = [id for id, amount in self.open_of(contact).items() if amount > 0]
        chosen = self.dice.sample(owed, min(len(owed), self.dice.randint(0, 2)))
        parts = {id: self.amount() for id in chosen}
        discounts = {id: Decimal("0.10") for id in chosen[:1]}
        total = sum(parts.values(), Decimal(0)) + self.dice.choice((Decimal(0), self.amount()))
        rate = self.dice.choice((None, Decimal("0.9")))
        self.books.receive(contact, total, parts, discounts=discounts, rate=rate)

    def allocate(self) -> None:
        contact = self.pick("contacts")
        amounts = self.open_of(contact)
        debits = [id for id in amounts if amounts[id] > 0]
        credits = [id for id in amounts if amounts[id] < 0]
        if debits and credits:
            debit, credit = self.dice.choice(debits), self.dice.choice(credits)
            part = min(amounts[debit], -amounts[credit], self.amount())
            self.books.allocate(contact, {debit: part, credit: -part})

    def refund(self) -> None:
        contact = self.pick("contacts")
        credits = {id: -amount for id, amount in self.open_of(contact).items() if amount < 0}
        if credits:
            id = self.dice.choice(sorted(credits))
            self.books.refund(contact, credits[id], {id: credits[id]})

    def undo(self) -> None:
        do: list[Callable[[], Any]] = [
            lambda: self.books.void(self.pick("sales_invoices")),
            lambda: self.books.void(self.pick("sales_credit_notes")),
            lambda: self.books.delete_payment(self.pick("contact_payments")),
            lambda: self.books.unallocate(self.pick("contact_allocations")),
            lambda: self.books.edit_payment(self.pick("contact_payments"), {}),
            lambda: self.books.edit_invoice(self.pick("sales_invoices"), amount=self.amount()),
            lambda: self.books.release("sales_invoices", self.pick("sales_invoices")),
        ]
        self.dice.choice(do)()

    def act(self) -> None:
        self.books.clock.advance(timedelta(seconds=self.dice.choice((0, 0, 1, 3600))))
        action = self.dice.choice(
            (self.enter, self.enter, self.receive, self.receive, self.allocate, self.refund,
             self.undo)
        )  # fmt: skip
        with contextlib.suppress(Fault):
            action()


@pytest.mark.parametrize("seed", range(6))
def test_the_books_are_true_after_every_action(seed: int) -> None:
    office = Office(seed, moves=bool(seed % 2))
    for step in range(120):
        office.act()
        assert office.books.check() == [], f"seed {seed}, step {step}"


def test_a_refused_action_leaves_no_trace() -> None:
    office = Office(99, moves=True)
    for _ in range(60):
        office.act()
    books = office.books
    contact = next(iter(books.table("contacts")))
    invoice = books.create_invoice(contact, "50")["id"]
    before = {kind: books.rows(kind) for kind in books.kinds()}
    posted = len(books.posted)
    with pytest.raises(Fault):
        books.receive(contact, "70", {invoice: "20", "nobody": "50"})
    assert {kind: books.rows(kind) for kind in books.kinds()} == before
    assert (len(books.posted), books.check()) == (posted, [])


def test_books_loaded_from_what_they_show_agree_with_themselves() -> None:
    office = Office(7, moves=False)
    for _ in range(150):
        office.act()
    again = Books("b" * 32, clock=office.books.clock)
    for kind in ("contacts", "bank_accounts", "sales_invoices", "sales_credit_notes",
                 "sales_quick_entries", "contact_opening_balances", "contact_payments",
                 "contact_allocations"):  # fmt: skip
        for doc in office.books.rows(kind):
            again.load(kind, doc)
    assert [line for line in again.check() if not line.startswith("trade debtors")] == []
    gap = again.debtors() - office.books.debtors()
    assert abs(gap) <= Decimal("0.05")  # cents of exchange that the order of the legs decides
    assert {id: again.balance_of(id) for id in again.table("contacts")} == {
        id: office.books.balance_of(id) for id in office.books.table("contacts")
    }
