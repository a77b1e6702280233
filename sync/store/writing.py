"""The typed rows of changed records, and what they said before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, update

from recoup.connector.model import DocumentState
from recoup.sync.store import schema
from recoup.sync.store.bulk import delete_keys, insert_rows, select_in, upsert_rows
from recoup.sync.store.indexes import MANY, set_aside
from recoup.sync.store.linking import (
    Owner,
    redate,
    redate_arrived,
    replace_allocations,
    retire_allocations,
)
from recoup.sync.store.rows import Rows

__all__ = ["Change", "bury", "write_changes"]

Row = tuple[Any, ...]
_DOCUMENT = (
    "ledger_id, customer_id, number, issued_on, due_on, currency, total_minor, balance_minor,"
    " rate, state, memo, known_from, ended_at"
)
_ENDED = (DocumentState.VOID.value, DocumentState.DELETED.value)


class Change(NamedTuple):
    """A record that is new or says something new. Instants are micros, by the ledger's clock."""

    rows: Rows
    created_at: int | None
    changed_at: int | None
    is_new: bool


def write_changes(conn: Connection, company_id: int, changes: Sequence[Change], now: int) -> None:
    """Write the typed rows of one page of changes of one source type."""
    tables: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.rows.table:
            tables[change.rows.table].append(change)
    if documents := tables.pop("documents", None):
        _write_documents(conn, company_id, documents, now)
    if postings := tables.pop("postings", None):
        _write_postings(conn, company_id, postings)
    for name, rest in tables.items():
        tail: Row = ("posted", None) if name == "customers" else ("posted",)
        rows = [(company_id, *change.rows.row, *tail) for change in rest]
        upsert_rows(conn, schema.metadata.tables[name], rows)


def bury(
    conn: Connection, company_id: int, gone: Sequence[tuple[str, str, str | None]], now: int
) -> None:
    """Mark the typed rows of confirmed deletions; (record name, ledger id, merged into) each."""
    documents: dict[str, list[str]] = defaultdict(list)
    for record, ledger_id, merged_into in gone:
        if record == "customer":
            values = {"state": "deleted", "merged_into": merged_into}
            _set_state(conn, schema.customers, company_id, None, ledger_id, values)
        elif record == "control_account":
            _set_state(
                conn, schema.control_accounts, company_id, None, ledger_id, {"state": "deleted"}
            )
        elif record in ("journal", "deposit"):
            _set_state(conn, schema.postings, company_id, record, ledger_id, {"state": "deleted"})
        elif record != "unmapped":
            documents[record].append(ledger_id)
    for kind, ids in documents.items():
        _bury_documents(conn, company_id, kind, ids, now)


def _set_state(
    conn: Connection,
    table: Table,
    company_id: int,
    kind: str | None,
    ledger_id: str,
    values: dict[str, Any],
) -> None:
    where = (table.c.company_id == company_id) & (table.c.ledger_id == ledger_id)
    if kind is not None:
        where &= table.c.kind == kind
    conn.execute(update(table).where(where).values(**values))


def _bury_documents(
    conn: Connection, company_id: int, kind: str, ids: Sequence[str], now: int
) -> None:
    past, current = [], []
    for row in select_in(conn, schema.documents, _DOCUMENT, (company_id, kind), ids):
        if row[9] == DocumentState.DELETED:
            continue
        known_at = max(now, row[11])  # our clock may be behind the ledger's
        past.append(_past(company_id, kind, row, known_at))
        tail = (0, row[8], "deleted", row[10], known_at, row[12] or known_at)
        current.append((company_id, kind, *row[:7], *tail))
    upsert_rows(conn, schema.past_documents, past)
    upsert_rows(conn, schema.documents, current)
    retire_allocations(conn, company_id, [(kind, row[2]) for row in current], now)


def _write_documents(
    conn: Connection, company_id: int, changes: Sequence[Change], now: int
) -> None:
    before = _before(conn, company_id, [c for c in changes if not c.is_new])
    rows: list[Row] = []
    past: list[Row] = []
    owners: list[Owner] = []
    arrived: list[tuple[str, str]] = []
    moved: dict[tuple[str, str], int] = {}  # when the other issue date became known
    for change in changes:
        _, _, row, parts, _ = change.rows
        key = row[:2]
        old = before.get(key) if before else None
        if old is None:
            known_at = change.created_at or now
            ended = known_at if row[10] in _ENDED else None
            rows.append((company_id, *row, known_at, ended))
        else:
            known_at = max(change.changed_at or now, old[11])
            row = _keep_voided_amount(row, old)
            known_from = old[11]
            if _facts(row[2:]) != _facts(old[1:]):
                past.append(_past(company_id, key[0], old, known_at))
                known_from = known_at
            ended = (old[12] or known_at) if row[10] in _ENDED else None
            rows.append((company_id, *row, known_from, ended))
        if old is None:
            arrived.append(key)
        elif old[3] != row[4]:
            moved[key] = known_at
        if parts or old is not None:
            owners.append(Owner(key, row[4], known_at, parts, old is None))
    if len(arrived) >= MANY:
        set_aside(conn)
    upsert_rows(conn, schema.past_documents, past)
    (upsert_rows if before else insert_rows)(conn, schema.documents, rows)
    owning = [o for o in owners if o.key[0] != "invoice"]
    replace_allocations(conn, company_id, owning)
    redate(conn, company_id, list(moved), moved)
    redate_arrived(conn, company_id, arrived)


def _before(
    conn: Connection, company_id: int, changes: Sequence[Change]
) -> dict[tuple[str, str], Row]:
    kinds: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        kinds[change.rows.row[0]].append(change.rows.row[1])
    return {
        (kind, row[0]): row
        for kind, ids in kinds.items()
        for row in select_in(conn, schema.documents, _DOCUMENT, (company_id, kind), ids)
    }


def _keep_voided_amount(row: Row, old: Row) -> Row:
    """A void comes with its amount zeroed; keep the one we last saw."""
    if row[10] == DocumentState.VOID and row[7] == 0:
        return (*row[:7], old[6], *row[8:])
    return row


def _facts(row: Row) -> Row:
    """What as-known reports read: customer, dates, currency, total, rate, state."""
    return (row[0], row[2], row[3], row[4], row[5], row[7], row[8])


def _past(company_id: int, kind: str, old: Row, until: int) -> Row:
    ledger_id, customer, _, issued, due, currency, total, _, rate, state, _, known_from, _ = old
    key = (company_id, kind, ledger_id, known_from, until)
    return (*key, customer, issued, due, currency, total, rate, state)


def _write_postings(conn: Connection, company_id: int, changes: Sequence[Change]) -> None:
    keys = [(company_id, c.rows.row[0], c.rows.row[1]) for c in changes]
    known = [key for key, change in zip(keys, changes, strict=True) if not change.is_new]
    upsert_rows(conn, schema.postings, [(company_id, *c.rows.row) for c in changes])
    delete_keys(conn, schema.posting_lines, known)
    lines = [(*key, *part) for key, c in zip(keys, changes, strict=True) for part in c.rows.parts]
    insert_rows(conn, schema.posting_lines, lines)
    _write_deposited(conn, company_id, changes)
    written = [(c.rows.row[0], c.rows.row[1]) for c in changes]
    redate(conn, company_id, [key for key, c in zip(written, changes, strict=True) if not c.is_new])
    redate_arrived(conn, company_id, written)


def _write_deposited(conn: Connection, company_id: int, changes: Sequence[Change]) -> None:
    table = schema.deposited
    for change in changes:
        deposit = change.rows.row[1]
        if change.rows.row[0] == "deposit" and not change.is_new:
            gone = (table.c.company_id == company_id) & (table.c.deposit_id == deposit)
            conn.execute(table.delete().where(gone))
    rows = [(company_id, paid, c.rows.row[1]) for c in changes for paid in c.rows.deposited]
    upsert_rows(conn, table, rows)
