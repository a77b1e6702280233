"""How a workspace and its companies are: what ``recoup companies`` and ``doctor`` look up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from recoup.connector.intents import IntentState
from recoup.sync.store.schema import budgets, cursors, holds, intents, leases, objects, pulls

__all__ = [
    "Condition",
    "company_condition",
    "expired_leases",
    "last_finished",
    "spent_reads",
    "sqlite_integrity",
]

_OPEN = (IntentState.PLANNED, IntentState.SENT, IntentState.UNKNOWN)


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
    held = conn.execute(
        select(holds.c.customer_id, holds.c.reason)
        .where(holds.c.company_id == company_id)
        .order_by(holds.c.customer_id)
    )
    return Condition(
        synced_at=last_finished(conn, company_id),
        last_outcome=conn.scalar(
            select(pulls.c.outcome)
            .where(pulls.c.company_id == company_id)
            .order_by(pulls.c.seq.desc())
            .limit(1)
        ),
        held=tuple((row.customer_id, row.reason) for row in held),
        parked_count=conn.scalar(
            select(func.count())
            .select_from(objects)
            .where(objects.c.company_id == company_id, objects.c.parked_because.is_not(None))
        )
        or 0,
        open_intents=conn.scalar(
            select(func.count())
            .select_from(intents)
            .where(intents.c.company_id == company_id, intents.c.state.in_(_OPEN))
        )
        or 0,
    )


def expired_leases(control: Connection, at: datetime) -> list[str]:
    """Names of leases whose holder did not come back in time. *control*: a control connection."""
    return list(
        control.scalars(
            select(leases.c.name).where(leases.c.expires_at < at).order_by(leases.c.name)
        )
    )


def spent_reads(control: Connection, prefix: str, month: str) -> int:
    """Calls counted in *month* ("2026-11") on budgets whose key starts with *prefix*."""
    counted = control.scalar(
        select(func.sum(budgets.c.spent)).where(
            budgets.c.window == month, budgets.c.key.startswith(prefix, autoescape=True)
        )
    )
    return int(counted or 0)


def sqlite_integrity(conn: Connection) -> str | None:
    """What SQLite's own check finds wrong with the file; None when it finds nothing."""
    found = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    return None if found == "ok" else str(found)
