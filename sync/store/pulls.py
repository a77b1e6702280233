"""The log of pulls: one row for each that ended, however it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from recoup.sync.store.cursors import changes_so_far
from recoup.sync.store.locks import serialise
from recoup.sync.store.schema import pulls

__all__ = ["DONE", "PullRow", "changes_so_far", "empty_poll_calls", "last_pulls", "log_pull"]

DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRow:
    """One pull: what it cost and what it brought."""

    seq: int
    started_at: datetime
    ended_at: datetime
    calls: int
    seen: int  # payloads received
    stored: int  # payloads that were new or changed
    outcome: str  # "done" or the error's line


def log_pull(
    conn: Connection,
    company_id: int,
    *,
    started_at: datetime,
    ended_at: datetime,
    calls: int,
    seen: int,
    stored: int,
    outcome: str = DONE,
) -> int:
    """Add a pull to the log; returns its number within the company."""
    serialise(conn, f"pulls:{company_id}")
    mine = pulls.c.company_id == company_id
    seq: int = conn.execute(
        select(func.coalesce(func.max(pulls.c.seq), 0) + 1).where(mine)
    ).scalar_one()
    conn.execute(
        insert(pulls).values(
            company_id=company_id,
            seq=seq,
            started_at=started_at,
            ended_at=ended_at,
            calls=calls,
            seen=seen,
            stored=stored,
            outcome=outcome,
        )
    )
    return seq


def last_pulls(conn: Connection, company_id: int, *, count: int = 1) -> list[PullRow]:
    """Return the company's newest pulls, newest first."""
    mine = select(pulls).where(pulls.c.company_id == company_id)
    return [
        PullRow(
            seq=row.seq,
            started_at=row.started_at,
            ended_at=row.ended_at,
            calls=row.calls,
            seen=row.seen,
            stored=row.stored,
            outcome=row.outcome,
        )
        for row in conn.execute(mine.order_by(pulls.c.seq.desc()).limit(count))
    ]


def empty_poll_calls(conn: Connection, company_id: int, *, among: int = 20) -> float | None:
    """API calls of the company's pulls that brought nothing new, on average.

    Of the last *among* pulls that ran to their end; None when there is none among them.
    """
    newest = (
        select(pulls.c.calls, pulls.c.stored)
        .where(pulls.c.company_id == company_id, pulls.c.outcome == DONE)
        .order_by(pulls.c.seq.desc())
        .limit(among)
        .subquery()
    )
    told = select(func.count(), func.sum(newest.c.calls)).where(newest.c.stored == 0)
    count, calls = conn.execute(told).one()
    return float(calls) / count if count else None
