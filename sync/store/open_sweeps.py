"""When a company's open documents were last read as a whole, and which ones the store holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, insert, select, update

from recoup.sync.store import schema
from recoup.sync.store.control_schema import open_sweeps as table
from recoup.sync.store.engine import Store
from recoup.sync.store.locks import serialise

__all__ = ["held_open", "last_open_sweep", "note_open_sweep"]

_documents, _objects = schema.documents.c, schema.objects.c


def held_open(conn: Connection, company_id: int, source_type: str) -> frozenset[str]:
    """Return the ids of a type that we hold open: posted or draft, and something is left."""
    same = and_(
        _objects.company_id == _documents.company_id,
        _objects.record == _documents.kind,
        _objects.ledger_id == _documents.ledger_id,
    )
    found = conn.scalars(
        select(_documents.ledger_id)
        .join(schema.objects, same)
        .where(
            _documents.company_id == company_id,
            _documents.state.in_(("posted", "draft")),
            _documents.balance_minor != 0,
            _objects.source_type == source_type,
            _objects.gone_at.is_(None),
        )
    )
    return frozenset(found)


def last_open_sweep(store: Store, company_id: int) -> datetime | None:
    """When the company's open documents were last swept; None while never."""
    with store.read_control() as control:
        return control.scalar(select(table.c.swept_at).where(table.c.company_id == company_id))


def note_open_sweep(store: Store, company_id: int, at: datetime) -> None:
    """Remember that everything open was read at *at*."""
    with store.control_database.write() as control:
        serialise(control, f"open_sweep:{company_id}")
        mine = table.c.company_id == company_id
        if control.execute(update(table).where(mine).values(swept_at=at)).rowcount == 0:
            control.execute(insert(table).values(company_id=company_id, swept_at=at))
