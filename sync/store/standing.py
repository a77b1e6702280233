"""How the last tie-out of each company stands, for lists of many companies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from recoup.sync.store.schema import cursors, holds, tieouts

__all__ = ["LastTieOut", "Progressed", "last_tieouts", "progress_of_all"]


@dataclass(frozen=True, slots=True)
class LastTieOut:
    """The newest tie-out of a company's state of now."""

    at: datetime
    proven: bool | None  # None: the ledger states no total
    changes: int  # cursors.changes at that time; another number now makes it stale
    held_count: int  # customers on hold now


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a company has been pulled."""

    finished_at: datetime | None  # a pull last ran to its end
    changes: int


def last_tieouts(conn: Connection) -> dict[int, LastTieOut]:
    """Return the newest undated tie-out of every company that has one, by company id."""
    newest = (
        select(tieouts.c.company_id, func.max(tieouts.c.seq).label("seq"))
        .where(tieouts.c.as_of.is_(None))
        .group_by(tieouts.c.company_id)
        .subquery()
    )
    rows = conn.execute(
        select(tieouts.c.company_id, tieouts.c.at, tieouts.c.proven, tieouts.c.changes).join(
            newest,
            (newest.c.company_id == tieouts.c.company_id) & (newest.c.seq == tieouts.c.seq),
        )
    )
    counted = select(holds.c.company_id, func.count().label("n")).group_by(holds.c.company_id)
    held = {row.company_id: row.n for row in conn.execute(counted)}
    return {
        row.company_id: LastTieOut(row.at, row.proven, row.changes, held.get(row.company_id, 0))
        for row in rows
    }


def progress_of_all(conn: Connection) -> dict[int, Progressed]:
    """Return how far each company has been pulled; one that never was is absent."""
    rows = conn.execute(select(cursors.c.company_id, cursors.c.finished_at, cursors.c.changes))
    return {row.company_id: Progressed(row.finished_at, row.changes) for row in rows}
