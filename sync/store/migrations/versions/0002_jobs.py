"""Jobs, tags, open sweeps and rolling budgets in the control tables.

The first schema was amended in the meantime: payloads in blocks, pages known by their digest, and
balances in home currency. A store made before that is brought to the same.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op
from zstandard import ZstdCompressionDict, ZstdCompressor, ZstdDecompressor

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


_MANY = 1000  # rows converted at a time


def upgrade_store() -> None:
    """Amend a store that was made by the first schema as it was at first; leave others alone."""
    columns = sa.inspect(op.get_bind()).get_columns("observations")
    if any(column["name"] == "count" for column in columns):
        return
    op.execute("ALTER TABLE customers ADD COLUMN balance_in_home BOOLEAN NOT NULL DEFAULT false")
    op.create_table(
        "answered",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("source_type", sa.Text(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("low", sa.Text(), nullable=False),
        sa.Column("high", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        setting = "(SELECT current_setting('recoup.company', true))"
        op.execute("ALTER TABLE answered ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE answered FORCE ROW LEVEL SECURITY")
        op.execute(
            "CREATE POLICY one_company ON answered "
            f"USING ({setting} = '*' OR company_id::text = {setting})"
        )
    op.execute("ALTER TABLE observations ADD COLUMN count INTEGER NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE observations RENAME COLUMN ledger_id TO ledger_ids")
    op.execute("ALTER TABLE observations RENAME COLUMN payload TO payloads")
    _make_blocks()


def _make_blocks() -> None:
    """Make each observation a block of one payload, squeezed with the same dictionary."""
    conn = op.get_bind()
    zstd: dict[int, tuple[ZstdCompressor, ZstdDecompressor]] = {
        0: (ZstdCompressor(level=3), ZstdDecompressor())
    }
    for number, content in conn.execute(
        sa.text("SELECT dictionary_id, dictionary FROM dictionaries")
    ):
        shared = ZstdCompressionDict(content)
        zstd[number] = (ZstdCompressor(level=3, dict_data=shared), ZstdDecompressor(shared))
    after = (-1, -1)
    while rows := conn.execute(
        sa.text(
            "SELECT company_id, observation, ledger_ids, dictionary_id, payloads "
            "FROM observations WHERE (company_id, observation) > (:company, :last) "
            f"ORDER BY company_id, observation LIMIT {_MANY}"
        ),
        {"company": after[0], "last": after[1]},
    ).all():
        after = (rows[-1][0], rows[-1][1])
        conn.execute(
            sa.text(
                "UPDATE observations SET ledger_ids = :ids, payloads = :block "
                "WHERE company_id = :company AND observation = :number"
            ),
            [_block(row, *zstd[row[3]]) for row in rows],
        )


def _block(row: Any, small: ZstdCompressor, large: ZstdDecompressor) -> dict[str, Any]:
    company, number, ledger_id, _, frame = row
    block = None
    if frame is not None:
        block = small.compress(msgspec.msgpack.encode([large.decompress(frame)]))
    return {
        "company": company,
        "number": number,
        "ids": json.dumps([ledger_id]),
        "block": block,
    }


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
