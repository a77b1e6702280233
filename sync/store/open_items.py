"""The open documents themselves, in SQL; see aging for what open on a day means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from recoup.sync.store.aging import View, open_documents

__all__ = ["OpenDocument", "read_open_documents"]


class OpenDocument(NamedTuple):
    kind: str
    ledger_id: str
    customer_id: str
    number: str | None  # as-known reports have none for versions since edited
    issued_on: date
    due_on: date
    currency: str
    total_minor: int
    open_minor: int  # negative for credit notes and payments, positive for refunds


def read_open_documents(conn: Connection, view: View) -> Iterator[OpenDocument]:
    """Yield what is open in the view, in no order."""
    item = open_documents(view)
    statement = select(
        item.c.kind,
        item.c.ledger_id,
        item.c.customer_id,
        item.c.number,
        item.c.issued_on,
        item.c.due_on,
        item.c.currency,
        item.c.total_minor,
        item.c.open_minor,
    ).where(item.c.open_minor != 0)
    for row in conn.execute(statement):
        yield OpenDocument(*row)
