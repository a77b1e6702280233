"""The tables of control.db: small, hot, shared by processes.

On PostgreSQL they stand beside the others. They hold tokens, leases, budgets, pauses, jobs and
how the workspace groups its companies, and are never written while a transaction on the rest is
open.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text

from recoup.sync.store.columns import Instant

__all__ = [
    "budgets",
    "company_tags",
    "control",
    "jobs",
    "leases",
    "open_sweeps",
    "pauses",
    "tokens",
]

control = MetaData()

tokens = Table(
    "tokens",
    control,
    Column("grant_id", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # encrypted; grant id inside, checked
    Column("saved_at", Instant, nullable=False),
    Column("hard_expires_at", Instant),
    Column("refresh_expires_at", Instant),
)

leases = Table(
    "leases",
    control,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

budgets = Table(
    "budgets",
    control,
    Column("key", Text, primary_key=True),
    # "2026-11" for a month, "2026-11-21" for a day that is not paced, else ""
    Column("window", Text, primary_key=True),
    Column("spent", BigInteger, nullable=False),
    Column("next_at", Instant, nullable=False),  # theoretical arrival of the next call
    Column("recent", LargeBinary),  # of a rolling window: when its calls were, micros as int64
)

pauses = Table(
    "pauses",
    control,
    Column("key", Text, primary_key=True),
    Column("until", Instant, nullable=False),
)

jobs = Table(  # what is to be done, is being done, or failed last; what was done leaves no row
    "jobs",
    control,
    Column("job_id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),  # whose: one job of a key runs at a time
    Column("args", Text, nullable=False),  # JSON object
    Column("priority", Integer, nullable=False),  # higher first
    Column("state", Text, nullable=False),  # queued | running | failed
    Column("run_at", Instant, nullable=False),  # not before; of a failed one: when it failed
    Column("reason", Text),  # why it waits or failed, in words
    Column("cause", Text),  # the class of the error behind that
    Column("holder", Text),  # who runs it
    Column("lease_until", Instant),  # after that the holder counts as dead
    Column("deaths", Integer, nullable=False),  # holders that died of it, in a row
)
_QUEUED, _RUNNING, _FAILED = (text(f"state = '{s}'") for s in ("queued", "running", "failed"))
Index(
    "jobs_queued_once",
    jobs.c.kind,
    jobs.c.key,
    unique=True,
    sqlite_where=_QUEUED,
    postgresql_where=_QUEUED,
)
Index(
    "jobs_one_running",
    jobs.c.key,
    unique=True,
    sqlite_where=_RUNNING,
    postgresql_where=_RUNNING,
)
Index(
    "jobs_failed_last",
    jobs.c.kind,
    jobs.c.key,
    unique=True,
    sqlite_where=_FAILED,
    postgresql_where=_FAILED,
)
Index("jobs_due", jobs.c.state, jobs.c.priority, jobs.c.run_at)

company_tags = Table(
    "company_tags",
    control,
    Column("company_id", Integer, primary_key=True, autoincrement=False),
    Column("tag", Text, primary_key=True),
)

open_sweeps = Table(  # when a company's open documents were last read as a whole
    "open_sweeps",
    control,
    Column("company_id", Integer, primary_key=True, autoincrement=False),
    Column("swept_at", Instant, nullable=False),
)
