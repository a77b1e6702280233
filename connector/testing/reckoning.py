"""What a story comes to, reckoned from its events alone: documents, allocations, aging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from recoup.connector.testing.acts import (
    Applies,
    Bills,
    Credits,
    Deletes,
    Edits,
    Event,
    Merges,
    Opens,
    Receives,
    Refunds,
    Renames,
    Voids,
)

__all__ = ["Owed", "Reckoning", "Settled", "reckon"]

ZERO = Decimal(0)


@dataclass(slots=True)
class Owed:
    """A document of the story; *kind* is invoice, credit note, receipt or refund."""

    label: str
    kind: str
    customer: str
    issued_on: date
    total: Decimal
    rate: Decimal
    due_on: date | None = None
    state: str = "posted"


@dataclass(frozen=True, slots=True)
class Settled:
    """An amount of *source* set against *target*; *kind* is cash, credit or discount."""

    source: str
    target: str
    amount: Decimal
    kind: str
    on: date


@dataclass(slots=True)
class Reckoning:
    """The books as the story left them."""

    customers: dict[str, str] = field(default_factory=dict)  # label → name as it is now
    currencies: dict[str, str | None] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Owed] = field(default_factory=dict)
    allocations: list[Settled] = field(default_factory=list)

    def open(self, label: str, as_of: date | None = None) -> Decimal:
        """What is open of a document, never negative; as of a day, as dated."""
        document = self.documents[label]
        if document.state != "posted":
            return ZERO
        settled = [s for s in self.allocations if as_of is None or s.on <= as_of]
        into = sum((s.amount for s in settled if s.target == label), ZERO)
        out = sum((s.amount for s in settled if s.source == label and s.kind != "discount"), ZERO)
        return document.total - into - out

    def aged(self, as_of: date) -> dict[str, dict[str, Decimal]]:
        """Customer label → current, 1-30, 31-60, 61-90, 91+ by due date, unapplied (negative).

        In the customer's currency; customers with nothing open are left out.
        """
        table: dict[str, dict[str, Decimal]] = {}
        for label, document in self.documents.items():
            if document.issued_on > as_of or not (left := self.open(label, as_of)):
                continue
            bucket, sign = "unapplied", -1
            if document.kind == "invoice":
                assert document.due_on is not None
                bucket, sign = _bucket((as_of - document.due_on).days), 1
            elif document.kind == "refund":
                sign = 1
            row = table.setdefault(document.customer, {})
            row[bucket] = row.get(bucket, ZERO) + sign * left
        return table


def reckon(events: Iterable[Event]) -> Reckoning:
    """Work through *events* in their order."""
    books = Reckoning()
    for event in events:
        _do(books, event)
    return books


def _do(books: Reckoning, event: Event) -> None:
    on, act = event.on, event.act
    match act:
        case Opens():
            books.customers[act.customer] = act.customer
            books.currencies[act.customer] = act.currency
            if act.parent is not None:
                books.parents[act.customer] = act.parent
        case Bills():
            _add(books, act.invoice, "invoice", act.customer, on, act.amount, act.rate, act.due_on)
        case Credits():
            _add(books, act.credit_note, "credit note", act.customer, on, act.amount, act.rate)
        case Receives():
            _add(books, act.receipt, "receipt", act.customer, on, act.amount, act.rate)
            _settle(books, act.receipt, act.against, "cash", on)
            _settle(books, act.receipt, act.discount, "discount", on)
        case Applies():
            kind = "credit" if books.documents[act.source].kind == "credit note" else "cash"
            _settle(books, act.source, {act.invoice: act.amount}, kind, on)
        case Refunds():
            customer = books.documents[act.credit_note].customer
            _add(books, act.refund, "refund", customer, on, act.amount, "1")
            _settle(books, act.credit_note, {act.refund: act.amount}, "credit", on)
        case Edits():
            books.documents[act.invoice].total = Decimal(act.amount)
        case Voids():
            books.documents[act.invoice].state = "void"
        case Deletes():
            books.documents[act.document].state = "deleted"
            books.allocations = [s for s in books.allocations if s.source != act.document]
        case Renames():
            books.customers[act.customer] = act.name
        case Merges():
            del books.customers[act.gone]
            for document in books.documents.values():
                if document.customer == act.gone:
                    document.customer = act.kept


def _add(
    books: Reckoning,
    label: str,
    kind: str,
    customer: str,
    on: date,
    amount: str,
    rate: str,
    due_on: date | None = None,
) -> None:
    books.documents[label] = Owed(label, kind, customer, on, Decimal(amount), Decimal(rate), due_on)


def _settle(books: Reckoning, source: str, against: Mapping[str, str], kind: str, on: date) -> None:
    for target, amount in against.items():
        books.allocations.append(Settled(source, target, Decimal(amount), kind, on))


def _bucket(days_late: int) -> str:
    for limit, name in ((0, "current"), (30, "1-30"), (60, "31-60"), (90, "61-90")):
        if days_late <= limit:
            return name
    return "91+"
