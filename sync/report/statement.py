"""A customer's statement: opening balance, what happened, closing balance, how old it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from recoup.connector.errors import UsageError
from recoup.connector.model import DocumentKind
from recoup.connector.money import Money
from recoup.sync.report.buckets import DEFAULT_BOUNDS, bucket_keys
from recoup.sync.store.aging import UNAPPLIED, Basis, View, aged_sums
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.families import read_families
from recoup.sync.store.statement import (
    StatementAllocation,
    StatementDocument,
    read_allocations,
    read_documents,
)

__all__ = ["Movement", "Statement", "statement"]

TRANSFER = "transfer"  # an allocation whose other end is not on this statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One document, or the effect of an allocation to or from somebody else's document."""

    on: date
    kind: str  # invoice, credit_note, payment, …, or transfer
    document: str  # the ledger's id, unique within its kind
    number: str | None
    due_on: date | None  # of an invoice
    customer: str
    settles: tuple[str, ...] = ()  # numbers, else ids, of what it was set against by the end
    amount: Money  # positive raises what is owed
    balance: Money  # owed after it

    def as_json(self) -> dict[str, Any]:
        return {
            "on": self.on.isoformat(),
            "kind": self.kind,
            "document": self.document,
            "number": self.number,
            "due_on": None if self.due_on is None else self.due_on.isoformat(),
            "customer": self.customer,
            "settles": list(self.settles),
            "amount": self.amount.text,
            "balance": self.balance.text,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One customer in one currency. closing is opening plus all movements, and Σ aging."""

    company: str  # slug
    company_name: str
    customer_id: str
    customer: str
    starts_on: date  # inclusive
    ends_on: date  # inclusive; the aging strip is as of this day
    currency: str
    opening: Money  # owed at the end of the day before starts_on
    movements: tuple[Movement, ...]
    closing: Money
    buckets: tuple[str, ...]
    bands: tuple[Money, ...]
    unapplied: Money

    def as_json(self) -> dict[str, Any]:
        strip = dict(zip(self.buckets, (band.text for band in self.bands), strict=True))
        return {
            "company": self.company,
            "customer_id": self.customer_id,
            "customer": self.customer,
            "from": self.starts_on.isoformat(),
            "to": self.ends_on.isoformat(),
            "currency": self.currency,
            "opening": self.opening.text,
            "movements": [movement.as_json() for movement in self.movements],
            "closing": self.closing.text,
            "aging": {**strip, "unapplied": self.unapplied.text, "total": self.closing.text},
        }


def statement(
    conn: Connection,
    company: CompanyRow,
    customer_id: str,
    *,
    starts_on: date,
    ends_on: date,
    basis: Basis = "due",
    buckets: Sequence[int] = DEFAULT_BOUNDS,
    rolled_up: bool = True,
) -> list[Statement]:
    """Write the statement of one customer, one per currency; sub-customers on it unless apart.

    As dated: voided and deleted documents are not on it. Raises UsageError when the days are
    the wrong way round; a customer without documents gives one empty statement.
    """
    if starts_on > ends_on:
        raise UsageError(f"the statement would end on {ends_on}, before it starts on {starts_on}")
    families = read_families(conn, company.company_id)
    customers = families.within(customer_id) if rolled_up else families.same(customer_id)
    documents = read_documents(conn, company.company_id, customers, ends_on)
    allocations = read_allocations(conn, company.company_id, customers, ends_on)
    lines = _lines(documents, allocations, families.name)
    keys = bucket_keys(buckets)
    strips: dict[str, list[int]] = defaultdict(lambda: [0] * (len(keys) + 1))
    view = View(company.company_id, ends_on, None, customers)
    for aged in aged_sums(conn, view, basis, buckets):
        strips[aged.currency][aged.band - UNAPPLIED] += aged.minor
    statements = []
    for currency in sorted({line.currency for line in lines}) or [company.home_currency]:
        mine = [line for line in lines if line.currency == currency]
        before = sum(line.minor for line in mine if line.on < starts_on)
        moved = _running([line for line in mine if line.on >= starts_on], before, currency)
        unapplied, *bands = (Money.from_minor(minor, currency) for minor in strips[currency])
        opening = Money.from_minor(before, currency)
        statements.append(
            Statement(
                company=company.slug,
                company_name=company.name,
                customer_id=customer_id,
                customer=families.name(customer_id),
                starts_on=starts_on,
                ends_on=ends_on,
                currency=currency,
                opening=opening,
                movements=tuple(moved),
                closing=moved[-1].balance if moved else opening,
                buckets=keys,
                bands=tuple(bands),
                unapplied=unapplied,
            )
        )
    return statements


@dataclass(slots=True, kw_only=True)
class _Line:
    on: date
    kind: str
    document: str
    number: str | None
    due_on: date | None
    customer: str
    currency: str
    minor: int
    settles: list[str] = field(default_factory=list)


def _lines(
    documents: Iterable[StatementDocument],
    allocations: Iterable[StatementAllocation],
    name: Callable[[str], str],
) -> list[_Line]:
    """One line per document, and one per allocation that only one end of is on the statement.

    An end counts from the day on which both its document and the allocation are there, as it
    does in the aging, so that the closing balance is the aging's total.
    """
    known = {(document.kind, document.ledger_id): document for document in documents}
    lines = {
        key: _Line(
            on=document.issued_on,
            kind=document.kind,
            document=document.ledger_id,
            number=document.number,
            due_on=document.due_on if document.kind == DocumentKind.INVOICE else None,
            customer=name(document.customer_id),
            currency=document.currency,
            minor=document.minor,
        )
        for key, document in known.items()
    }
    ends: dict[tuple[tuple[str, str, str], date], list[StatementAllocation]] = defaultdict(list)
    for end in allocations:
        key = (end.kind, end.ledger_id)
        ends[end.owner, max(end.effective_on, known[key].issued_on)].append(end)
        if end.minor > 0:
            lines[key].settles.append(end.other_number or end.other_id)
    transfers = []
    for (_, on), met in ends.items():
        minor = sum(end.minor for end in met)
        if minor:
            document = known[met[0].kind, met[0].ledger_id]
            transfers.append(_transfer(met[0], document, on, minor, name))
    order = list(DocumentKind)
    return [
        *sorted(
            [*lines.values(), *transfers],
            key=lambda line: (
                line.on,
                order.index(DocumentKind(line.kind)) if line.kind != TRANSFER else len(order),
                line.document,
            ),
        )
    ]


def _transfer(
    end: StatementAllocation,
    document: StatementDocument,
    on: date,
    minor: int,
    name: Callable[[str], str],
) -> _Line:
    return _Line(
        on=on,
        kind=TRANSFER,
        document=document.ledger_id,
        number=document.number,
        due_on=None,
        customer=name(document.customer_id),
        currency=end.currency,
        minor=minor,
        settles=[f"{end.other_kind.replace('_', ' ')} {end.other_number or end.other_id}"],
    )


def _running(lines: Iterable[_Line], opening: int, currency: str) -> list[Movement]:
    movements, balance = [], opening
    for line in lines:
        balance += line.minor
        movements.append(
            Movement(
                on=line.on,
                kind=line.kind,
                document=line.document,
                number=line.number,
                due_on=line.due_on,
                customer=line.customer,
                settles=tuple(line.settles),
                amount=Money.from_minor(line.minor, currency),
                balance=Money.from_minor(balance, currency),
            )
        )
    return movements
