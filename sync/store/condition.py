"""How a workspace and its companies are: what ``recoup companies`` and ``doctor`` look up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from recoup.sync.store.conclusions import holds
from recoup.sync.store.control_schema import leases
from recoup.sync.store.intents import list_open_intents
from recoup.sync.store.pulls import last_pulls
from recoup.sync.store.schema import cursors, objects

__all__ = [
    "Condition",
    "company_condition",
    "expired_leases",
    "last_finished",
    "sqlite_integrity",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One company as the store last knew it."""

    synced_at: datetime | None  # a pull last ran to its end
    last_outcome: str | None  # "done" or the line of the error that ended the last pull
    held: tuple[tuple[str, str], ...]  # customer id, reason
    parked_count: int  # objects that could not be read
    open_intents: int  # writes planned, sent or of unknown outcome


def last_finished(conn: Connection, company_id: int) -> datetime | None:
    """When a pull of the company last ran to its end; None while never."""
    return conn.scalar(select(cursors.c.finished_at).where(cursors.c.company_id == company_id))


def company_condition(conn: Connection, company_id: int) -> Condition:
    parked = (
        select(func.count())
        .select_from(objects)
        .where(
            objects.c.company_id == company_id,
            objects.c.parked_because.is_not(None),
            objects.c.gone_at.is_(None),
        )
    )
    pulls = last_pulls(conn, company_id)
    return Condition(
        synced_at=last_finished(conn, company_id),
        last_outcome=pulls[0].outcome if pulls else None,
        held=tuple(sorted(holds(conn, company_id).items())),
        parked_count=conn.scalar(parked) or 0,
        open_intents=len(list_open_intents(conn, company_id)),
    )


def expired_leases(control: Connection, at: datetime) -> list[str]:
    """Names of leases whose holder did not come back in time. *control*: a control connection."""
    return list(
        control.scalars(
            select(leases.c.name).where(leases.c.expires_at < at).order_by(leases.c.name)
        )
    )


def sqlite_integrity(conn: Connection) -> str | None:
    """What SQLite's own check finds wrong with the file; None when it finds nothing."""
    found = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    return None if found == "ok" else str(found)
