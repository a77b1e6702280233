"""The tables. Three scopes: company (keys start with company_id), grant, workspace.

Money is integer minor units beside its currency. Dates are ordinals, instants microseconds
(see columns). Text keys are the ledger's own ids, unique within a company and type.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from recoup.sync.store.columns import Day, Instant

__all__ = ["COMPANY_TABLES", "metadata"]

metadata = MetaData()


def _company() -> Column[int]:
    return Column("company_id", Integer, primary_key=True, autoincrement=False)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


# --- workspace and grant scope -------------------------------------------------------------

grants = Table(
    "grants",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("ledger", Text, nullable=False),
    Column("base_url", Text),  # null is the platform itself
    Column("created_at", Instant, nullable=False),
    Column("state", Text, nullable=False),  # connected | needs_reconnect | revoked
    Column("reason", Text),
)

companies = Table(
    "companies",
    metadata,
    Column("company_id", Integer, primary_key=True),
    Column("ledger", Text, nullable=False),
    Column("base_url", Text, nullable=False),  # "" is the platform itself
    Column("ledger_id", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),  # for people and command lines
    Column("grant_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("home_currency", Text, nullable=False),
    Column("country", Text),
    Column("time_zone", Text),
    Column("multicurrency", Boolean, nullable=False),
    Column("books_closed_on", Day),
    Column("ages_from_issue", Boolean, nullable=False),
    Column("connected_at", Instant, nullable=False),
    UniqueConstraint("ledger", "base_url", "ledger_id"),
)

dictionaries = Table(  # zstd dictionaries, one per ledger and type of payload
    "dictionaries",
    metadata,
    Column("dictionary_id", Integer, primary_key=True),
    Column("ledger", Text, nullable=False),
    Column("source_type", Text, nullable=False),
    Column("dictionary", LargeBinary, nullable=False),
)

audit = Table(  # append-only, hash-chained; scope is "workspace" or "company:<id>"
    "audit",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("facts", Text, nullable=False),  # canonical JSON; no personal text
    Column("digest", Text, nullable=False),  # of the previous row's digest and this row
)

# --- company scope: what the ledger said --------------------------------------------------

cursors = Table(
    "cursors",
    metadata,
    _company(),
    Column("cursor", Text, nullable=False),  # opaque JSON of the adapter
    Column("stored_at", Instant, nullable=False),
    Column("changes", BigInteger, nullable=False),  # counts stored changes; orders tie-outs
    Column("finished_at", Instant),  # when a pull last ran to its end; null while never
)

objects = Table(  # one row per object of the ledger, of whatever type
    "objects",
    metadata,
    _company(),
    _key("source_type"),
    _key("ledger_id"),
    Column("record", Text, nullable=False),  # customer, control_account, unmapped or a kind
    Column("version", Text),
    Column("created_at", Instant),
    Column("changed_at", Instant),
    Column("seen_at", Instant, nullable=False),  # first seen
    Column("payload_hash", LargeBinary, nullable=False),  # of the bytes: saves decoding
    Column("content_hash", LargeBinary, nullable=False),  # of the record: decides "observed"
    Column("observation", BigInteger, nullable=False),
    Column("gone_at", Instant),  # the ledger confirmed the deletion
    Column("merged_into", Text),
    Column("parked_because", Text),  # why it is no record
    Column("parked_customer", Text),  # whose reminders that holds, where it is known
    sqlite_with_rowid=False,
)

observations = Table(  # append-only: every distinct version seen, verbatim, in blocks
    "observations",
    metadata,
    _company(),
    Column("observation", BigInteger, primary_key=True, autoincrement=False),  # of the first
    Column("count", Integer, nullable=False),  # numbered on from the first
    Column("source_type", Text, nullable=False),
    Column("ledger_ids", Text, nullable=False),  # JSON list, in order
    Column("seen_at", Instant, nullable=False),
    Column("dictionary_id", Integer, nullable=False),  # 0 is none
    Column("payloads", LargeBinary),  # zstd over a msgpack list; null: confirmed deletions
    sqlite_with_rowid=False,
)

answered = Table(  # pages stored as they came, of which nothing has changed since
    "answered",
    metadata,
    _company(),
    _key("source_type"),
    Column("digest", LargeBinary, primary_key=True),
    Column("low", Text, nullable=False),  # the least and the greatest of its ids, as text
    Column("high", Text, nullable=False),
    sqlite_with_rowid=False,
)

customers = Table(
    "customers",
    metadata,
    _company(),
    _key("ledger_id"),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("parent_id", Text),
    Column("bills_with_parent", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("contacts", Text, nullable=False),  # JSON list
    Column("terms", Text),
    Column("debtor_type", Text),
    Column("balance_minor", BigInteger),  # the ledger's own figure, children excluded
    Column("balance_in_home", Boolean, nullable=False),  # it sums all currencies, in home units
    Column("state", Text, nullable=False),  # posted | deleted
    Column("merged_into", Text),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    metadata,
    _company(),
    _key("kind"),
    _key("ledger_id"),
    Column("customer_id", Text, nullable=False),
    Column("number", Text),
    Column("issued_on", Day, nullable=False),
    Column("due_on", Day, nullable=False),  # credits and payments: their issue date
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),  # of a void: what we last saw
    Column("balance_minor", BigInteger, nullable=False),  # the ledger's own open figure
    Column("rate", Text),  # decimal text, home units per unit of currency
    Column("state", Text, nullable=False),  # DocumentState
    Column("memo", Text),
    Column("known_from", Instant, nullable=False),  # creation by the ledger, else first seen
    Column("ended_at", Instant),  # void or deletion became known
    sqlite_with_rowid=False,
)
Index("documents_by_customer", documents.c.company_id, documents.c.customer_id)

past_documents = Table(  # facts that a document had before it was edited
    "past_documents",
    metadata,
    _company(),
    _key("kind"),
    _key("ledger_id"),
    Column("known_from", Instant, primary_key=True),
    Column("known_until", Instant, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("issued_on", Day, nullable=False),
    Column("due_on", Day, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("rate", Text),
    Column("state", Text, nullable=False),
    sqlite_with_rowid=False,
)

allocations = Table(  # replaced as a whole with the document that carries them (owner)
    "allocations",
    metadata,
    _company(),
    _key("owner_kind"),
    _key("owner_id"),
    _key("part"),
    Column("source_kind", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),  # positive
    Column("kind", Text, nullable=False),  # AllocationKind
    Column("made_on", Day),  # the ledger's own date of it, where it has one
    # made_on, else the later of its two documents' dates; kept right as documents move
    Column("effective_on", Day, nullable=False),
    Column("known_from", Instant, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "allocations_by_target",
    allocations.c.company_id,
    allocations.c.target_kind,
    allocations.c.target_id,
    allocations.c.effective_on,
    allocations.c.amount_minor,
)
Index(
    "allocations_by_source",
    allocations.c.company_id,
    allocations.c.source_kind,
    allocations.c.source_id,
    allocations.c.effective_on,
    allocations.c.amount_minor,
)

awaited = Table(  # documents that an allocation names and the store has not yet
    "awaited",
    metadata,
    _company(),
    _key("kind"),
    _key("ledger_id"),
    sqlite_with_rowid=False,
)

past_allocations = Table(  # allocations that were taken back or replaced
    "past_allocations",
    metadata,
    _company(),
    _key("owner_kind"),
    _key("owner_id"),
    _key("part"),
    Column("known_until", Instant, primary_key=True),
    Column("known_from", Instant, nullable=False),
    Column("source_kind", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("made_on", Day),
    Column("effective_on", Day, nullable=False),
    sqlite_with_rowid=False,
)

postings = Table(  # journal entries and deposits; their lines may touch a control account
    "postings",
    metadata,
    _company(),
    _key("kind"),
    _key("ledger_id"),
    Column("number", Text),
    Column("issued_on", Day, nullable=False),
    Column("rate", Text),
    Column("state", Text, nullable=False),
    sqlite_with_rowid=False,
)

posting_lines = Table(
    "posting_lines",
    metadata,
    _company(),
    _key("kind"),
    _key("ledger_id"),
    _key("part"),
    Column("account_id", Text, nullable=False),
    Column("customer_id", Text),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),  # positive raises what is owed
    sqlite_with_rowid=False,
)

deposited = Table(  # which deposit took a payment to the bank
    "deposited",
    metadata,
    _company(),
    _key("payment_id"),
    _key("deposit_id"),
    sqlite_with_rowid=False,
)

control_accounts = Table(
    "control_accounts",
    metadata,
    _company(),
    _key("ledger_id"),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("balance_minor", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # posted | deleted
    sqlite_with_rowid=False,
)

# --- company scope: what we concluded and did ---------------------------------------------

control_totals = Table(
    "control_totals",
    metadata,
    _company(),
    _key("currency"),
    Column("as_of", Integer, primary_key=True, autoincrement=False),  # ordinal; 0 is "now"
    Column("amount_minor", BigInteger, nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("changes", BigInteger, nullable=False),  # cursors.changes when it was read
    sqlite_with_rowid=False,
)

tieouts = Table(  # append-only: one row per tie-out, per company
    "tieouts",
    metadata,
    _company(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("as_of", Day),  # null is "now"
    Column("proven", Boolean),  # null: the ledger states nothing for that date
    Column("changes", BigInteger, nullable=False),
    Column("result", Text, nullable=False),  # JSON of the whole outcome
)

holds = Table(  # customers about whom recoup holds its tongue
    "holds",
    metadata,
    _company(),
    _key("customer_id"),
    Column("since_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)

intents = Table(
    "intents",
    metadata,
    _company(),
    _key("key"),
    Column("operation", Text, nullable=False),
    Column("natural_key", Text, nullable=False),
    Column("request", Text, nullable=False),  # JSON
    Column("inverse", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),  # IntentState
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("finished_at", Instant),
    Column("result_kind", Text),
    Column("result_id", Text),
    Column("reason", Text),  # what the platform said
)

pulls = Table(  # append-only: one row per pull that ended, however
    "pulls",
    metadata,
    _company(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("seen", Integer, nullable=False),  # payloads received
    Column("stored", Integer, nullable=False),  # payloads that were new or changed
    Column("outcome", Text, nullable=False),  # "done" or the error's line
)

COMPANY_TABLES = tuple(t for t in metadata.sorted_tables if "company_id" in t.c)
