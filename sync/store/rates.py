"""Exchange rates as the ledgers' own documents carry them: no other source is ever asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, func, select

from recoup.connector.model import DocumentKind, DocumentRef, DocumentState
from recoup.sync.store.schema import documents

__all__ = ["BookedRate", "booked_rates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedRate:
    """What one document says its currency was worth."""

    currency: str
    home: str
    rate: Decimal  # home units per unit of currency
    on: date
    document: DocumentRef


def booked_rates(conn: Connection, company_id: int, home: str, as_of: date) -> list[BookedRate]:
    """The newest rate per foreign currency among posted documents issued up to *as_of*."""
    table = documents.c
    usable = (
        (table.company_id == company_id)
        & (table.state == DocumentState.POSTED.value)
        & (table.currency != home)
        & table.rate.is_not(None)
        & (table.issued_on <= as_of)
    )
    newest = (
        select(table.currency, func.max(table.issued_on).label("on"))
        .where(usable)
        .group_by(table.currency)
        .subquery()
    )
    rows = conn.execute(
        select(table.currency, table.rate, table.issued_on, table.kind, table.ledger_id)
        .join(newest, (newest.c.currency == table.currency) & (newest.c.on == table.issued_on))
        .where(usable)
        .order_by(table.currency, table.kind, table.ledger_id)
    )
    found = {
        row.currency: BookedRate(
            currency=row.currency,
            home=home,
            rate=Decimal(row.rate),
            on=row.issued_on,
            document=DocumentRef(DocumentKind(row.kind), row.ledger_id),
        )
        for row in rows
    }
    return list(found.values())
