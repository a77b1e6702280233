"""What the store holds of one type of object: the other side of a sweep."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, select, union

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
    """Documents and postings, voids too, that name a customer whom the ledger no longer has."""
    lines = schema.posting_lines.c
    documents = _naming_the_vanished(schema.documents, company_id).where(
        schema.documents.c.state != "deleted"
    )
    postings = _naming_the_vanished(schema.posting_lines, company_id).join(
        schema.postings,
        and_(
            schema.postings.c.company_id == lines.company_id,
            schema.postings.c.kind == lines.kind,
            schema.postings.c.ledger_id == lines.ledger_id,
            schema.postings.c.state != "deleted",
        ),
    )
    found = conn.execute(union(documents, postings))
    return sorted(DocumentRef(DocumentKind(kind), ledger_id) for kind, ledger_id in found)


def _naming_the_vanished(table: Table, company_id: int) -> Select[Any]:
    customers = schema.customers.c
    vanished = and_(
        customers.company_id == table.c.company_id,
        customers.ledger_id == table.c.customer_id,
        customers.state == "deleted",
    )
    return (
        select(table.c.kind, table.c.ledger_id)
        .join(schema.customers, vanished)
        .where(table.c.company_id == company_id)
    )


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
