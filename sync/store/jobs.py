"""The rows of the job table: each function is one step within the caller's transaction.

Every writer passes ``serialise`` first, so that steps follow one another on PostgreSQL as they do
on SQLite; a step is a few statements and takes about a millisecond.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from recoup.sync.store.control_schema import jobs as table
from recoup.sync.store.locks import serialise

__all__ = [
    "MOST_DEATHS",
    "add_job",
    "drop_job",
    "extend_lease",
    "fail_job",
    "first_due",
    "has_job",
    "list_jobs",
    "lost_jobs",
    "put_back",
    "remove_job",
    "take_job",
]

MOST_DEATHS = 5  # a job whose holder died that often in a row is not tried again

_QUEUED, _RUNNING, _FAILED = "queued", "running", "failed"
_at_work = table.alias("at_work")


def add_job(
    control: Connection,
    kind: str,
    key: str,
    args: Mapping[str, Any],
    *,
    run_at: datetime,
    priority: int,
) -> bool:
    """Queue a job unless it is queued; forget that it failed."""
    serialise(control, "jobs")
    same = and_(table.c.kind == kind, table.c.key == key)
    control.execute(delete(table).where(same, table.c.state == _FAILED))
    if control.scalar(select(table.c.job_id).where(same, table.c.state == _QUEUED)) is not None:
        return False
    values = {"kind": kind, "key": key, "args": json.dumps(dict(args), sort_keys=True)}
    control.execute(
        insert(table).values(**values, priority=priority, state=_QUEUED, run_at=run_at, deaths=0)
    )
    return True


def take_job(
    control: Connection,
    kinds: Collection[str],
    keys: Collection[str] | None,
    *,
    holder: str,
    now: datetime,
    until: datetime,
) -> Row[Any] | None:
    """Lease the first due job whose key is free to *holder*."""
    serialise(control, "jobs")
    due = and_(_claimable(kinds, keys), table.c.run_at <= now)
    order = (table.c.priority.desc(), table.c.run_at, table.c.job_id)
    row = control.execute(select(table).where(due).order_by(*order).limit(1)).one_or_none()
    if row is not None:
        control.execute(
            update(table)
            .where(table.c.job_id == row.job_id)
            .values(state=_RUNNING, holder=holder, lease_until=until)
        )
    return row


def extend_lease(control: Connection, job_id: int, holder: str, until: datetime) -> bool:
    """Renew a lease; False when the job is not *holder*'s."""
    serialise(control, "jobs")
    changed = control.execute(update(table).where(_held(job_id, holder)).values(lease_until=until))
    return changed.rowcount == 1


def remove_job(control: Connection, job_id: int, holder: str) -> bool:
    """The job is done; False when it is not *holder*'s."""
    serialise(control, "jobs")
    return control.execute(delete(table).where(_held(job_id, holder))).rowcount == 1


def put_back(
    control: Connection,
    job_id: int,
    holder: str,
    *,
    run_at: datetime,
    reason: str | None,
    cause: str | None,
    died: bool = False,
) -> bool:
    """Queue a running job again; False when it is not *holder*'s.

    Where a twin was queued meanwhile the two become one, which waits as long as this one was
    told to.
    """
    serialise(control, "jobs")
    row = control.execute(select(table).where(_held(job_id, holder))).one_or_none()
    if row is None:
        return False
    twin = and_(table.c.kind == row.kind, table.c.key == row.key, table.c.state == _QUEUED)
    control.execute(delete(table).where(twin))
    control.execute(
        update(table)
        .where(table.c.job_id == job_id)
        .values(
            state=_QUEUED,
            run_at=run_at,
            reason=reason,
            cause=cause,
            holder=None,
            lease_until=None,
            deaths=row.deaths + 1 if died else 0,
        )
    )
    return True


def fail_job(
    control: Connection, job_id: int, holder: str, *, at: datetime, reason: str, cause: str | None
) -> bool:
    """Keep a job as failed, in place of the failure before; False when it is not *holder*'s."""
    serialise(control, "jobs")
    row = control.execute(select(table).where(_held(job_id, holder))).one_or_none()
    if row is None:
        return False
    before = and_(table.c.kind == row.kind, table.c.key == row.key, table.c.state == _FAILED)
    control.execute(delete(table).where(before))
    control.execute(
        update(table)
        .where(table.c.job_id == job_id)
        .values(state=_FAILED, run_at=at, reason=reason, cause=cause, holder=None, lease_until=None)
    )
    return True


def lost_jobs(control: Connection) -> list[Row[Any]]:
    """Return the running jobs with holder, lease_until and deaths: the caller says who is dead."""
    return list(control.execute(select(table).where(table.c.state == _RUNNING)))


def drop_job(control: Connection, kind: str, key: str) -> bool:
    """Delete what is queued or failed of (kind, key); whether anything was queued."""
    serialise(control, "jobs")
    same = and_(table.c.kind == kind, table.c.key == key)
    control.execute(delete(table).where(same, table.c.state == _FAILED))
    return control.execute(delete(table).where(same, table.c.state == _QUEUED)).rowcount > 0


def has_job(control: Connection, kind: str, key: str) -> bool:
    """Whether there is a row of (kind, key) in any state."""
    same = and_(table.c.kind == kind, table.c.key == key)
    return control.scalar(select(table.c.job_id).where(same).limit(1)) is not None


def first_due(
    control: Connection, kinds: Collection[str], keys: Collection[str] | None
) -> datetime | None:
    """The earliest run_at of the queued jobs whose key is free."""
    where = _claimable(kinds, keys)
    return control.scalar(select(table.c.run_at).where(where).order_by(table.c.run_at).limit(1))


def list_jobs(control: Connection, kind: str) -> list[Row[Any]]:
    """Return every row of a kind by key."""
    mine = select(table).where(table.c.kind == kind)
    return list(control.execute(mine.order_by(table.c.key, table.c.job_id)))


def _claimable(kinds: Collection[str], keys: Collection[str] | None) -> ColumnElement[bool]:
    taken = select(_at_work.c.key).where(_at_work.c.state == _RUNNING)
    where = and_(
        table.c.state == _QUEUED, table.c.kind.in_(sorted(kinds)), table.c.key.not_in(taken)
    )
    return where if keys is None else and_(where, table.c.key.in_(sorted(keys)))


def _held(job_id: int, holder: str) -> ColumnElement[bool]:
    return and_(table.c.job_id == job_id, table.c.state == _RUNNING, table.c.holder == holder)
