"""The tables of control.db: small, hot, shared by processes.

On PostgreSQL they stand beside the others. They hold tokens, leases, budgets and pauses, and are
never written while a transaction on the rest is open.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

from recoup.sync.store.columns import Instant

__all__ = ["budgets", "control", "leases", "pauses", "tokens"]

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
    Column("window", Text, primary_key=True),  # "2026-11" for a month, else ""
    Column("spent", BigInteger, nullable=False),
    Column("next_at", Instant, nullable=False),  # theoretical arrival of the next call
)

pauses = Table(
    "pauses",
    control,
    Column("key", Text, primary_key=True),
    Column("until", Instant, nullable=False),
)
