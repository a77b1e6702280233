"""Comparing the store with what the books say, without our own mapping."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from harness.platform import Platform, Truth

__all__ = ["differences", "missing"]


def differences(platform: Platform, books: Any, database: Path) -> list[str]:
    """Return every difference between the books and the store, one line each."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as conn, books.lock:
        conn.row_factory = sqlite3.Row
        truth = platform.truth(books)
        return [
            *_documents(truth, conn),
            *_allocations(truth, conn),
            *_customers(truth, conn),
            *_accounts(truth, conn),
            *_tombstones(truth, conn),
            *platform.more_differences(books, conn),
        ]


def missing(what: str, wanted: set[Any], held: set[Any]) -> Iterator[str]:
    for key in sorted(wanted - held, key=str):
        yield f"{what} {key} is not in the store"
    for key in sorted(held - wanted, key=str):
        yield f"{what} {key} is in the store alone"


def _documents(truth: Truth, conn: sqlite3.Connection) -> Iterator[str]:
    wanted = truth.documents
    held = {
        (row["kind"], row["ledger_id"]): row
        for row in conn.execute("SELECT * FROM documents")
        if row["state"] != "deleted" or (row["kind"], row["ledger_id"]) in wanted
    }
    yield from missing("document", set(wanted), set(held))
    for key in wanted.keys() & held.keys():
        row, doc = held[key], wanted[key]
        ours = {name: row[name] for name in doc}
        if row["state"] == "void":
            ours["total_minor"] = doc["total_minor"]  # of a void we keep the total last seen
        if ours != doc:
            yield f"{key}: the store has {ours}, the books {doc}"


def _allocations(truth: Truth, conn: sqlite3.Connection) -> Iterator[str]:
    held: Counter[tuple[object, ...]] = Counter()
    for row in conn.execute("SELECT * FROM allocations"):
        source = (row["source_kind"], row["source_id"])
        target = (row["target_kind"], row["target_id"])
        if truth.as_legs:
            owner = (row["owner_kind"], row["owner_id"])
            held[*owner, "source", *source] += row["amount_minor"]
            held[*owner, "target", *target] += row["amount_minor"]
        else:
            held[*source, *target, row["amount_minor"]] += 1
    wanted = truth.allocations
    if held != wanted:
        yield f"allocations: only in the store {held - wanted}, only in the books {wanted - held}"


def _customers(truth: Truth, conn: sqlite3.Connection) -> Iterator[str]:
    wanted = truth.customers
    rows = conn.execute("SELECT * FROM customers WHERE state = 'posted'")
    held = {row["ledger_id"]: row for row in rows}
    yield from missing("customer", set(wanted), set(held))
    for key in wanted.keys() & held.keys():
        ours = {name: held[key][name] for name in wanted[key]}
        if ours != wanted[key]:
            yield f"customer {key}: the store has {ours}, the books {wanted[key]}"


def _accounts(truth: Truth, conn: sqlite3.Connection) -> Iterator[str]:
    rows = conn.execute("SELECT ledger_id, balance_minor FROM control_accounts")
    held = {tuple(row) for row in rows}
    yield from missing("control account with its balance", truth.accounts, held)


def _tombstones(truth: Truth, conn: sqlite3.Connection) -> Iterator[str]:
    """What the store holds as gone must be gone, and what is gone must be marked so."""
    rows = conn.execute("SELECT source_type, ledger_id, gone_at, parked_because FROM objects")
    for row in rows:
        name = f"{row['source_type']} {row['ledger_id']}"
        lives = truth.lives(row["source_type"], row["ledger_id"])
        if lives is not None and lives != (row["gone_at"] is None):
            said = "living" if row["gone_at"] is None else "gone"
            yield f"{name} is {said} in the store and not so in the books"
        if row["parked_because"] is not None and row["gone_at"] is None:
            yield f"{name} is no record: {row['parked_because']}"
