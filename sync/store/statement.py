"""A customer's documents up to a day and every allocation that touches them, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, select

from recoup.sync.store import schema
from recoup.sync.store.aging import CREDIT_KINDS, DEBIT_KINDS

__all__ = ["StatementAllocation", "StatementDocument", "read_allocations", "read_documents"]

_KINDS = (*DEBIT_KINDS, *CREDIT_KINDS)


class StatementDocument(NamedTuple):
    kind: str
    ledger_id: str
    customer_id: str
    number: str | None
    issued_on: date
    due_on: date
    currency: str
    minor: int  # the total as it changes the debt: negative for credits


class StatementAllocation(NamedTuple):
    """One end of an allocation that is a document of the customers asked about."""

    owner: tuple[str, str, str]  # what identifies the allocation: owner kind, owner id, part
    kind: str
    ledger_id: str
    other_kind: str
    other_id: str
    other_number: str | None  # None where the other end is no document of ours
    effective_on: date
    currency: str
    minor: int  # as it changes the debt: what a document uses of itself raises it


def read_documents(
    conn: Connection, company_id: int, customers: Collection[str], until: date
) -> list[StatementDocument]:
    """Posted documents issued on or before *until*."""
    documents = schema.documents.c
    signed = case(
        (documents.kind.in_(DEBIT_KINDS), documents.total_minor),
        else_=-documents.total_minor,
    )
    rows = conn.execute(
        select(
            documents.kind,
            documents.ledger_id,
            documents.customer_id,
            documents.number,
            documents.issued_on,
            documents.due_on,
            documents.currency,
            signed,
        ).where(
            documents.company_id == company_id,
            documents.customer_id.in_(sorted(customers)),
            documents.kind.in_(_KINDS),
            documents.state == "posted",
            documents.issued_on <= until,
        )
    )
    return [StatementDocument(*row) for row in rows]


def read_allocations(
    conn: Connection, company_id: int, customers: Collection[str], until: date
) -> Iterator[StatementAllocation]:
    """Yield both ends, where both are theirs, of allocations effective on or before *until*."""
    for near, far in (("target", "source"), ("source", "target")):
        sign = -1 if near == "target" else 1
        for row in conn.execute(_ends(company_id, customers, until, near, far)):
            yield StatementAllocation(
                owner=(row[0], row[1], row[2]),
                kind=row[3],
                ledger_id=row[4],
                other_kind=row[5],
                other_id=row[6],
                other_number=row[7],
                effective_on=row[8],
                currency=row[9],
                minor=sign * row[10],
            )


def _ends(
    company_id: int, customers: Collection[str], until: date, near: str, far: str
) -> Select[*tuple[Any, ...]]:
    allocations = schema.allocations
    ours, others = schema.documents.alias("ours"), schema.documents.alias("others")
    joined = ours.join(
        allocations,
        and_(
            allocations.c.company_id == ours.c.company_id,
            allocations.c[f"{near}_kind"] == ours.c.kind,
            allocations.c[f"{near}_id"] == ours.c.ledger_id,
        ),
    ).outerjoin(
        others,
        and_(
            others.c.company_id == ours.c.company_id,
            others.c.kind == allocations.c[f"{far}_kind"],
            others.c.ledger_id == allocations.c[f"{far}_id"],
        ),
    )
    return (
        select(
            allocations.c.owner_kind,
            allocations.c.owner_id,
            allocations.c.part,
            ours.c.kind,
            ours.c.ledger_id,
            allocations.c[f"{far}_kind"],
            allocations.c[f"{far}_id"],
            others.c.number,
            allocations.c.effective_on,
            allocations.c.currency,
            allocations.c.amount_minor,
        )
        .select_from(joined)
        .where(
            ours.c.company_id == company_id,
            ours.c.customer_id.in_(sorted(customers)),
            ours.c.kind.in_(_KINDS),
            ours.c.state == "posted",
            ours.c.issued_on <= until,
            allocations.c.effective_on <= until,
        )
    )
