"""The first schema: the store, the control tables and, on PostgreSQL, row-level security."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_COMPANY_TABLES = (
    "companies",
    "cursors",
    "objects",
    "observations",
    "answered",
    "customers",
    "documents",
    "past_documents",
    "allocations",
    "awaited",
    "past_allocations",
    "postings",
    "posting_lines",
    "deposited",
    "control_accounts",
    "control_totals",
    "tieouts",
    "holds",
    "intents",
    "pulls",
)


def upgrade_store() -> None:
    """Create every table of the store; each company's rows are its own on PostgreSQL."""
    _workspace()
    _objects()
    _documents()
    _allocations()
    _postings()
    _conclusions()
    if op.get_bind().dialect.name == "postgresql":
        _isolate_companies()


def _workspace() -> None:
    """Workspace and grant scope."""
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.Text(), primary_key=True),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
    )
    op.create_table(
        "companies",
        sa.Column("company_id", sa.Integer(), primary_key=True),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("ledger_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False, unique=True),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("home_currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text()),
        sa.Column("time_zone", sa.Text()),
        sa.Column("multicurrency", sa.Boolean(), nullable=False),
        sa.Column("books_closed_on", sa.Integer()),
        sa.Column("ages_from_issue", sa.Boolean(), nullable=False),
        sa.Column("connected_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("ledger", "base_url", "ledger_id"),
    )
    op.create_table(
        "dictionaries",
        sa.Column("dictionary_id", sa.Integer(), primary_key=True),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("dictionary", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("scope", sa.Text(), primary_key=True),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
    )


def _objects() -> None:
    """What the ledger said, verbatim, and how far it was read."""
    op.create_table(
        "cursors",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
    )
    op.create_table(
        "objects",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("source_type", sa.Text(), primary_key=True),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("version", sa.Text()),
        sa.Column("created_at", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger()),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("payload_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("observation", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger()),
        sa.Column("merged_into", sa.Text()),
        sa.Column("parked_because", sa.Text()),
        sa.Column("parked_customer", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "observations",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("observation", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("source_type", sa.Text(), nullable=False),
        sa.Column("ledger_ids", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("dictionary_id", sa.Integer(), nullable=False),
        sa.Column("payloads", sa.LargeBinary()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answered",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("source_type", sa.Text(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("low", sa.Text(), nullable=False),
        sa.Column("high", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )


def _documents() -> None:
    """Customers and documents, with what they were before they were edited."""
    op.create_table(
        "customers",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text()),
        sa.Column("bills_with_parent", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("contacts", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text()),
        sa.Column("debtor_type", sa.Text()),
        sa.Column("balance_minor", sa.BigInteger()),
        sa.Column("balance_in_home", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "documents",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("issued_on", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("memo", sa.Text()),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sqlite_with_rowid=False,
    )
    op.create_index("documents_by_customer", "documents", ["company_id", "customer_id"])
    op.create_table(
        "past_documents",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sa.Column("known_from", sa.BigInteger(), primary_key=True),
        sa.Column("known_until", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )


def _allocations() -> None:
    """Allocations, those that were taken back, and documents that they wait for."""
    op.create_table(
        "allocations",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("owner_kind", sa.Text(), primary_key=True),
        sa.Column("owner_id", sa.Text(), primary_key=True),
        sa.Column("part", sa.Text(), primary_key=True),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Integer()),
        sa.Column("effective_on", sa.Integer(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "allocations_by_source",
        "allocations",
        ["company_id", "source_kind", "source_id", "effective_on", "amount_minor"],
    )
    op.create_index(
        "allocations_by_target",
        "allocations",
        ["company_id", "target_kind", "target_id", "effective_on", "amount_minor"],
    )
    op.create_table(
        "awaited",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "past_allocations",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("owner_kind", sa.Text(), primary_key=True),
        sa.Column("owner_id", sa.Text(), primary_key=True),
        sa.Column("part", sa.Text(), primary_key=True),
        sa.Column("known_until", sa.BigInteger(), primary_key=True),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Integer()),
        sa.Column("effective_on", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )


def _postings() -> None:
    """What else moves a control account."""
    op.create_table(
        "postings",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sa.Column("number", sa.Text()),
        sa.Column("issued_on", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "posting_lines",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sa.Column("part", sa.Text(), primary_key=True),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text()),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deposited",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("payment_id", sa.Text(), primary_key=True),
        sa.Column("deposit_id", sa.Text(), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "control_accounts",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("ledger_id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )


def _conclusions() -> None:
    """What recoup concluded and did."""
    op.create_table(
        "control_totals",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("currency", sa.Text(), primary_key=True),
        sa.Column("as_of", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tieouts",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Integer()),
        sa.Column("proven", sa.Boolean()),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("customer_id", sa.Text(), primary_key=True),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "intents",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("inverse", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("result_kind", sa.Text()),
        sa.Column("result_id", sa.Text()),
        sa.Column("reason", sa.Text()),
    )
    op.create_table(
        "pulls",
        sa.Column("company_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
    )


def upgrade_control() -> None:
    """Create the small hot tables that processes share."""
    op.create_table(
        "tokens",
        sa.Column("grant_id", sa.Text(), primary_key=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("hard_expires_at", sa.BigInteger()),
        sa.Column("refresh_expires_at", sa.BigInteger()),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "budgets",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("window", sa.Text(), primary_key=True),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "pauses",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )


def _isolate_companies() -> None:
    """No setting, no rows: recoup.company is one company's id, or * for all of them."""
    setting = "(SELECT current_setting('recoup.company', true))"  # once per query, not per row
    for table in _COMPANY_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_company ON {table} "
            f"USING ({setting} = '*' OR company_id::text = {setting})"
        )
