"""What the store holds of one type of object: the other side of a sweep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.pages import Window
from recoup.sync.store import schema

__all__ = ["count_live", "creation_bounds", "live_ids", "orphaned_documents"]

_objects = schema.objects.c


def count_live(conn: Connection, company_id: int, source_type: str, window: Window) -> int:
    """Objects of a type that the ledger should still have, by its creation time."""
    where = _live(company_id, source_type, window)
    return conn.scalar(select(func.count()).select_from(schema.objects).where(where)) or 0


def live_ids(conn: Connection, company_id: int, source_type: str, window: Window) -> frozenset[str]:
    where = _live(company_id, source_type, window)
    return frozenset(conn.scalars(select(_objects.ledger_id).where(where)))


def creation_bounds(
    conn: Connection, company_id: int, source_type: str
) -> tuple[datetime, datetime] | None:
    """First and last creation time stored for a type; None when there is none."""
    row = conn.execute(
        select(func.min(_objects.created_at), func.max(_objects.created_at)).where(
            _live(company_id, source_type, Window())
        )
    ).one()
    return None if row[0] is None else (row[0], row[1])


def orphaned_documents(conn: Connection, company_id: int) -> list[DocumentRef]:
    """Live documents whose customer the ledger no longer has."""
    documents, customers = schema.documents.c, schema.customers.c
    vanished = and_(
        customers.company_id == documents.company_id,
        customers.ledger_id == documents.customer_id,
        customers.state == "deleted",
    )
    rows = conn.execute(
        select(documents.kind, documents.ledger_id)
        .select_from(schema.documents.join(schema.customers, vanished))
        .where(documents.company_id == company_id, documents.state == "posted")
    )
    return [DocumentRef(DocumentKind(kind), ledger_id) for kind, ledger_id in rows]


def _live(company_id: int, source_type: str, window: Window) -> ColumnElement[bool]:
    where = and_(
        _objects.company_id == company_id,
        _objects.source_type == source_type,
        _objects.gone_at.is_(None),
    )
    if window.start is not None:
        where = and_(where, _objects.created_at >= window.start)
    if window.end is not None:
        where = and_(where, _objects.created_at < window.end)
    return where
