"""Jobs, tags, open sweeps and rolling budgets: all in the control tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade_store() -> None:
    """Leave the store as it is."""


def upgrade_control() -> None:
    """Create the job table and what the workspace notes about its companies."""
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("holder", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("deaths", sa.Integer(), nullable=False),
    )
    _only_one("jobs_queued_once", ["kind", "key"], "queued")
    _only_one("jobs_one_running", ["key"], "running")
    _only_one("jobs_failed_last", ["kind", "key"], "failed")
    op.create_index("jobs_due", "jobs", ["state", "priority", "run_at"])
    op.create_table(
        "company_tags",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("tag", sa.Text(), primary_key=True),
    )
    op.create_table(
        "open_sweeps",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("swept_at", sa.BigInteger(), nullable=False),
    )
    op.add_column("budgets", sa.Column("recent", sa.LargeBinary()))


def _only_one(name: str, columns: list[str], state: str) -> None:
    where = sa.text(f"state = '{state}'")
    op.create_index(name, "jobs", columns, unique=True, sqlite_where=where, postgresql_where=where)
