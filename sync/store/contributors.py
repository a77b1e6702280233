"""What moves a control account without being an open document of ours, in SQL."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, select, union

from recoup.connector.model import DocumentKind
from recoup.sync.store import schema
from recoup.sync.store.aging import View, open_documents

__all__ = [
    "ControlLineRow",
    "LaterChange",
    "Settlement",
    "control_lines",
    "later_changes",
    "settlements",
]

_POSTINGS = (DocumentKind.JOURNAL.value, DocumentKind.DEPOSIT.value)


class ControlLineRow(NamedTuple):
    """A line of a posted journal entry or deposit on a control account."""

    kind: str
    ledger_id: str
    part: str
    customer_id: str | None
    currency: str
    minor: int
    issued_on: date


class Settlement(NamedTuple):
    """An allocation with a posting at one end; *inward* when it reaches the posting."""

    kind: str
    ledger_id: str
    customer_id: str | None  # of the document at the other end
    currency: str
    minor: int
    inward: bool


class LaterChange(NamedTuple):
    """What a document's open amount is now, less what it was on the day asked about."""

    kind: str
    ledger_id: str
    customer_id: str
    currency: str
    issued_on: date
    minor: int


def control_lines(
    conn: Connection, company_id: int, as_of: date | None = None
) -> list[ControlLineRow]:
    """Lines on control accounts, those of accounts since deleted too; None is undated."""
    lines, postings, accounts = schema.posting_lines, schema.postings, schema.control_accounts
    joined = lines.join(
        postings,
        and_(
            postings.c.company_id == lines.c.company_id,
            postings.c.kind == lines.c.kind,
            postings.c.ledger_id == lines.c.ledger_id,
        ),
    ).join(
        accounts,
        and_(
            accounts.c.company_id == lines.c.company_id,
            accounts.c.ledger_id == lines.c.account_id,
        ),
    )
    statement = (
        select(
            lines.c.kind,
            lines.c.ledger_id,
            lines.c.part,
            lines.c.customer_id,
            lines.c.currency,
            lines.c.amount_minor,
            postings.c.issued_on,
        )
        .select_from(joined)
        .where(lines.c.company_id == company_id, postings.c.state == "posted")
        .order_by(lines.c.kind, lines.c.ledger_id, lines.c.part)
    )
    if as_of is not None:
        statement = statement.where(postings.c.issued_on <= as_of)
    return [ControlLineRow(*row) for row in conn.execute(statement)]


def settlements(conn: Connection, company_id: int, as_of: date | None = None) -> list[Settlement]:
    """Allocations that settle journal entries or deposits, or are paid out of them."""
    found = []
    for near, far, inward in (("target", "source", True), ("source", "target", False)):
        for row in conn.execute(_settlements(company_id, near, far, as_of)):
            found.append(Settlement(row[0], row[1], row[2], row[3], row[4], inward))
    return found


def _settlements(
    company_id: int, near: str, far: str, as_of: date | None
) -> Select[*tuple[Any, ...]]:
    allocations, documents = schema.allocations, schema.documents
    joined = allocations.outerjoin(
        documents,
        and_(
            documents.c.company_id == allocations.c.company_id,
            documents.c.kind == allocations.c[f"{far}_kind"],
            documents.c.ledger_id == allocations.c[f"{far}_id"],
        ),
    )
    statement = (
        select(
            allocations.c[f"{near}_kind"],
            allocations.c[f"{near}_id"],
            documents.c.customer_id,
            allocations.c.currency,
            allocations.c.amount_minor,
        )
        .select_from(joined)
        .where(
            allocations.c.company_id == company_id,
            allocations.c[f"{near}_kind"].in_(_POSTINGS),
        )
        .order_by(allocations.c.owner_kind, allocations.c.owner_id, allocations.c.part)
    )
    return statement if as_of is None else statement.where(allocations.c.effective_on <= as_of)


def later_changes(conn: Connection, company_id: int, as_of: date) -> list[LaterChange]:
    """Documents whose open amount differs between *as_of* and now, because of dates after it."""
    documents, allocations = schema.documents.c, schema.allocations.c
    later = and_(allocations.company_id == company_id, allocations.effective_on > as_of)
    touched = union(
        select(documents.kind.label("kind"), documents.ledger_id.label("ledger_id")).where(
            documents.company_id == company_id, documents.issued_on > as_of
        ),
        select(allocations.target_kind, allocations.target_id).where(later),
        select(allocations.source_kind, allocations.source_id).where(later),
    ).subquery()
    amounts: dict[tuple[str, str], list[Any]] = {}
    for sign, view in ((1, View(company_id, None)), (-1, View(company_id, as_of))):
        item = open_documents(view)
        same = and_(item.c.kind == touched.c.kind, item.c.ledger_id == touched.c.ledger_id)
        statement = select(
            item.c.kind,
            item.c.ledger_id,
            item.c.customer_id,
            item.c.currency,
            item.c.issued_on,
            item.c.open_minor,
        ).select_from(touched.join(item, same))
        for *facts, minor in conn.execute(statement):
            known = amounts.setdefault((facts[0], facts[1]), [*facts, 0])
            known[-1] += sign * minor
    return [LaterChange(*row) for _, row in sorted(amounts.items()) if row[-1]]
