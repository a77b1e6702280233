"""What the store holds of one type of object: the other side of a sweep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, literal, select, union

from recoup.connector.pages import Window
from recoup.sync.store import schema

__all__ = ["count_live", "creation_bounds", "live_ids", "orphans"]

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


def orphans(conn: Connection, company_id: int) -> list[tuple[str, str]]:
    """What still names a customer whom the ledger no longer has, as (source type, ledger id).

    A merge moves documents, voids, journal lines and jobs without touching them.
    """
    documents, lines, customers = (
        schema.documents.c,
        schema.posting_lines.c,
        schema.customers.c,
    )
    gone = schema.customers.alias("gone").c
    vanished = select(gone.ledger_id).where(gone.company_id == company_id, gone.state == "deleted")
    if conn.execute(vanished.limit(1)).first() is None:
        return []
    naming = union(
        select(documents.kind.label("record"), documents.ledger_id).where(
            documents.company_id == company_id, documents.customer_id.in_(vanished)
        ),
        select(lines.kind, lines.ledger_id).where(
            lines.company_id == company_id, lines.customer_id.in_(vanished)
        ),
        select(literal("customer"), customers.ledger_id).where(
            customers.company_id == company_id, customers.parent_id.in_(vanished)
        ),
    ).subquery()
    living = and_(
        _objects.company_id == company_id,
        _objects.record == naming.c.record,
        _objects.ledger_id == naming.c.ledger_id,
        _objects.gone_at.is_(None),
    )
    found = conn.execute(
        select(_objects.source_type, _objects.ledger_id)
        .select_from(naming)
        .join(schema.objects, living)
    )
    return sorted((source_type, ledger_id) for source_type, ledger_id in found)


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
