"""Whatever people do in the books, and whenever we pull, we end with what the books say."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.model import (
    CreditNote,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Invoice,
    Payment,
    Refund,
)
from recoup.connector.money import Money
from recoup.plugins.sage.standin.fault import Fault

ACTS = 40


class Bookkeeper:
    """Does something allowed at random; what the platform refuses did not happen."""

    def __init__(self, books: Any, chance: random.Random) -> None:
        self.books, self.chance = books, chance
        self.contacts = [
            books.create_contact(f"Buyer {n}", currency=currency)["id"]
            for n, currency in enumerate(("GBP", "GBP", "EUR"))
        ]

    def act(self) -> None:
        deed = self.chance.choice(
            [self.bill] * 4
            + [self.pay] * 4
            + [self.credit, self.enter, self.open_with, self.on_account, self.refund]
            + [self.allocate] * 3
            + [self.edit, self.void, self.drop_payment, self.drop_allocation]
            + [self.unapply, self.reapply]
        )
        try:
            deed()
        except Fault:
            return

    def _contact(self) -> str:
        return str(self.chance.choice(self.contacts))

    def _amount(self, most: Decimal = Decimal(200)) -> Decimal:
        cents = self.chance.randint(1, max(1, int(most * 100)))
        return Decimal(cents) / 100

    def _one(self, kind: str, **wanted: str) -> Any:
        found = [
            doc
            for doc in self.books.table(kind).values()
            if all((doc.get(name) or {}).get("id") == id for name, id in wanted.items())
        ]
        return self.chance.choice(found) if found else self._nothing()

    def _nothing(self) -> Any:
        raise Fault(422, "RecordInvalid", "there is none")

    def bill(self) -> None:
        held = {}
        if self.chance.random() < 0.1:
            held = {"withheld": "5.00", "tax": "10.00"}
        self.books.create_invoice(self._contact(), self._amount() + 20, **held)

    def credit(self) -> None:
        self.books.create_credit_note(self._contact(), self._amount())

    def enter(self) -> None:
        kind = self.chance.choice(["INVOICE", "CREDIT_NOTE"])
        self.books.create_quick_entry(self._contact(), self._amount(), entry_type=kind)

    def open_with(self) -> None:
        kind = self.chance.choice(["INVOICE", "CREDIT_NOTE"])
        self.books.opening_balance(self._contact(), self._amount(), balance_type=kind)

    def on_account(self) -> None:
        self.books.pay_on_account(self._contact(), self._amount())

    def _debits(self, contact: str) -> list[tuple[str, Decimal]]:
        return self._open(contact, 1)

    def _open(self, contact: str, sign: int) -> list[tuple[str, Decimal]]:
        found = []
        for id, kind in self.books.kind_of.items():
            try:
                what, doc = self.books.artefact(id)
            except Fault:
                continue
            left = self.books.open_of(what, doc)
            mine = (doc.get("contact") or {}).get("id") == contact
            # What was on account once and was applied since is gone with its id.
            if doc["id"] == id and mine and left > 0 and _sign(kind, doc) == sign:
                found.append((id, left))
        return found

    def pay(self) -> None:
        contact = self._contact()
        debits = self._debits(contact) or self._nothing()
        chosen = self.chance.sample(debits, min(len(debits), self.chance.randint(1, 2)))
        legs = {id: self._amount(left) for id, left in chosen}
        discounts = {}
        first, left = chosen[0]
        if self.chance.random() < 0.2 and left - legs[first] > Decimal("0.01"):
            discounts[first] = Decimal("0.01")
        over = self._amount() if self.chance.random() < 0.3 else Decimal(0)
        self.books.receive(contact, sum(legs.values()) + over, legs, discounts=discounts)

    def refund(self) -> None:
        contact = self._contact()
        credits = self._open(contact, -1) or self._nothing()
        id, left = self.chance.choice(credits)
        amount = self._amount(left)
        self.books.refund(contact, amount, {id: amount})

    def allocate(self) -> None:
        contact = self._contact()
        debits, credits = self._debits(contact), self._open(contact, -1)
        if not debits or not credits:
            self._nothing()
        (debit, owed), (credit, left) = self.chance.choice(debits), self.chance.choice(credits)
        amount = self._amount(min(owed, left))
        self.books.allocate(contact, {debit: amount, credit: -amount})

    def edit(self) -> None:
        doc = self._one("sales_invoices")
        self.books.edit_invoice(doc["id"], amount=Decimal(doc["total_amount"]) + self._amount())

    def void(self) -> None:
        self.books.void(self._one("sales_invoices")["id"])

    def drop_payment(self) -> None:
        self.books.delete_payment(self._one("contact_payments")["id"])

    def drop_allocation(self) -> None:
        self.books.unallocate(self._one("contact_allocations")["id"])

    def unapply(self) -> None:
        self.books.edit_payment(self._one("contact_payments")["id"], {})

    def reapply(self) -> None:
        """Take a receipt off what it paid and set it against something else."""
        doc = self._one("contact_payments")
        debits = self._debits(doc["contact"]["id"]) or self._nothing()
        id, left = self.chance.choice(debits)
        amount = min(left, Decimal(doc["total_amount"]))
        self.books.edit_payment(doc["id"], {id: amount})


def _sign(kind: str, doc: Any) -> int:
    if kind == "payments_on_account":
        return 1 if doc.get("refund") else -1
    if kind == "sales_credit_notes":
        return -1
    type = doc.get("quick_entry_type") or doc.get("contact_opening_balance_type") or {}
    return -1 if type.get("id") == "CREDIT_NOTE" else 1


def truth(books: Any) -> dict[DocumentRef, Money]:
    """Every live document with what is open of it."""
    found: dict[DocumentRef, Money] = {}
    for kind in (
        "sales_invoices",
        "sales_credit_notes",
        "sales_quick_entries",
        "contact_opening_balances",
    ):
        for id, doc in books.table(kind).items():
            if (doc.get("status") or {}).get("id") not in ("VOID", "DRAFT"):
                side = DocumentKind.INVOICE if _sign(kind, doc) > 0 else DocumentKind.CREDIT_NOTE
                left = books.open_of(kind, doc)
                found[DocumentRef(side, id)] = Money.of(left, doc["currency"]["id"])
    for id, doc in books.table("contact_payments").items():
        is_refund = doc["transaction_type"]["id"] == "CUSTOMER_REFUND"
        side = DocumentKind.REFUND if is_refund else DocumentKind.PAYMENT
        left = (doc.get("payment_on_account") or {}).get("outstanding_amount", "0.0")
        found[DocumentRef(side, id)] = Money.of(left, doc["currency"]["id"])
    return found


def pulled(mirror: Any) -> dict[DocumentRef, Money]:
    return {
        record.ref: record.balance
        for (path, _), record in mirror.records.items()
        if isinstance(record, Invoice | CreditNote | Payment | Refund)
        and record.state is DocumentState.POSTED
        and path in PATHS
    }


PATHS = {
    "sales_invoices",
    "sales_credit_notes",
    "sales_quick_entries",
    "contact_opening_balances",
    "contact_payments",
}


def left_by_edges(mirror: Any) -> dict[DocumentRef, Money]:
    """What the allocations alone leave open of every document."""
    left = {
        record.ref: record.total
        for (path, _), record in mirror.records.items()
        if isinstance(record, Invoice | CreditNote | Payment | Refund) and path in PATHS
    }
    for made in mirror.allocations():
        for ref, credit in ((made.source, False), (made.target, True)):
            if ref not in left:
                continue
            is_debit = ref.kind in (DocumentKind.INVOICE, DocumentKind.REFUND)
            # Into a debit and out of a credit settles; into a credit adds to it.
            settles = credit == is_debit
            left[ref] = left[ref] - made.amount if settles else left[ref] + made.amount
    return left


@pytest.mark.parametrize("moves", [False, True], ids=["silent", "moving"])
@pytest.mark.parametrize("seed", range(8))
def test_a_random_history_is_pulled_whole(
    make_world: Callable[..., Any], seed: int, moves: bool
) -> None:
    chance = random.Random(seed)
    world = make_world(moves_on_allocation=moves, rates={"EUR": Decimal("0.85")})
    world.books.edit_settings("financial_settings", multi_currency_enabled=True)
    keeper = Bookkeeper(world.books, chance)
    for _ in range(ACTS):
        keeper.act()
        world.clock.advance(timedelta(seconds=chance.choice([0, 0, 1, 30, 700])))
        if chance.random() < 0.15:
            _pull_while_busy(world, keeper, chance)
    world.pull()
    assert world.books.check() == []
    _check(world)


def _pull_while_busy(world: Any, keeper: Bookkeeper, chance: random.Random) -> None:
    """Pull page by page, with people at work between pages, and sometimes die on the way."""
    ledger = world.ledger(page_rows=chance.choice([3, 8, 200]))
    for page in ledger.pull(world.cursor):
        if chance.random() < 0.05:
            return  # killed before it was stored
        world.mirror.take(ledger, page)
        world.cursor = page.cursor
        if chance.random() < 0.3:
            keeper.act()


def _check(world: Any) -> None:
    theirs, ours = truth(world.books), pulled(world.mirror)
    assert not world.mirror.parked
    assert ours == theirs
    posted = {ref: amount for ref, amount in left_by_edges(world.mirror).items() if ref in ours}
    assert posted == ours, "the allocations do not explain what is open"
    stated = {c.ledger_id: c.balance for c in world.mirror.customers()}
    for contact in world.books.table("contacts"):
        assert stated[contact].amount == Decimal(world.books.balance_of(contact))
