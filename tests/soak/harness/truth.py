"""What the store must hold, worked out from the stand-in's books without our own mapping."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from recoup.plugins.quickbooks.standin.books import Books

__all__ = ["differences"]

Doc = dict[str, Any]
KINDS = {"Invoice": "invoice", "CreditMemo": "credit_note", "Payment": "payment"}
POSTINGS = {"JournalEntry": "journal", "Deposit": "deposit"}
TARGETS = {**KINDS, **POSTINGS}


def differences(books: Books, database: Path) -> list[str]:
    """Return every difference between the books and the store, one line each."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as conn, books.lock:
        conn.row_factory = sqlite3.Row
        return [
            *_documents(books, conn),
            *_allocations(books, conn),
            *_customers(books, conn),
            *_postings(books, conn),
            *_accounts(books, conn),
            *_tombstones(books, conn),
        ]


def _documents(books: Books, conn: sqlite3.Connection) -> Iterator[str]:
    wanted = {
        (kind, str(doc["Id"])): _document(entity, doc)
        for entity, kind in KINDS.items()
        for doc in books.table(entity).values()
    }
    rows = conn.execute("SELECT * FROM documents WHERE state NOT IN ('deleted', 'draft')")
    held = {(row["kind"], row["ledger_id"]): row for row in rows}
    yield from _missing("document", set(wanted), set(held))
    for key in wanted.keys() & held.keys():
        row, doc = held[key], wanted[key]
        ours = {name: row[name] for name in doc}
        if row["state"] == "void":
            ours["total_minor"] = doc["total_minor"]  # of a void we keep the total last seen
        if ours != doc:
            yield f"{key}: the store has {ours}, the books {doc}"


def _document(entity: str, doc: Doc) -> dict[str, object]:
    void = str(doc.get("PrivateNote", "")).startswith("Voided") and not doc["TotalAmt"]
    left = doc["UnappliedAmt"] if entity == "Payment" else doc["Balance"]
    return {
        "customer_id": str(doc["CustomerRef"]["value"]),
        "issued_on": date.fromisoformat(doc["TxnDate"]).toordinal(),
        "total_minor": _minor(doc["TotalAmt"]),
        "balance_minor": _minor(left),
        "state": "void" if void else "posted",
    }


def _allocations(books: Books, conn: sqlite3.Connection) -> Iterator[str]:
    wanted: Counter[tuple[object, ...]] = Counter()
    for payment in books.table("Payment").values():
        me = ("payment", str(payment["Id"]))
        for line in payment.get("Line", []):
            for link in line.get("LinkedTxn", []):
                other = (TARGETS[link["TxnType"]], str(link["TxnId"]))
                flows = (other, me) if link["TxnType"] == "CreditMemo" else (me, other)
                wanted[*flows[0], *flows[1], _minor(line["Amount"])] += 1
    rows = conn.execute(
        "SELECT source_kind, source_id, target_kind, target_id, amount_minor FROM allocations"
    )
    held = Counter(tuple(row) for row in rows)
    if held != wanted:
        yield f"allocations: only in the store {held - wanted}, only in the books {wanted - held}"


def _customers(books: Books, conn: sqlite3.Connection) -> Iterator[str]:
    wanted = {
        str(doc["Id"]): {
            "name": doc["DisplayName"],
            "parent_id": (doc.get("ParentRef") or {}).get("value"),
            "active": int(doc.get("Active", True)),
            "balance_minor": _minor(doc["Balance"]),
        }
        for doc in books.table("Customer").values()
    }
    rows = conn.execute("SELECT * FROM customers WHERE state = 'posted'")
    held = {row["ledger_id"]: row for row in rows}
    yield from _missing("customer", set(wanted), set(held))
    for key in wanted.keys() & held.keys():
        ours = {name: held[key][name] for name in wanted[key]}
        if ours != wanted[key]:
            yield f"customer {key}: the store has {ours}, the books {wanted[key]}"


def _postings(books: Books, conn: sqlite3.Connection) -> Iterator[str]:
    wanted = {
        (kind, str(doc["Id"]))
        for entity, kind in POSTINGS.items()
        for doc in books.table(entity).values()
    }
    rows = conn.execute("SELECT kind, ledger_id FROM postings WHERE state = 'posted'")
    yield from _missing("posting", wanted, {tuple(row) for row in rows})
    lines = {
        ("journal", str(doc["Id"]), str(line["Id"]), _holder(line), _signed(line))
        for doc in books.table("JournalEntry").values()
        for line in doc["Line"]
        if _holder(line)
    }
    rows = conn.execute(
        "SELECT p.kind, p.ledger_id, l.part, l.customer_id, l.amount_minor "
        "FROM posting_lines l JOIN postings p USING (company_id, kind, ledger_id) "
        "WHERE p.state = 'posted' AND p.kind = 'journal' AND l.customer_id IS NOT NULL"
    )
    yield from _missing("journal line", lines, {tuple(row) for row in rows})
    deposited = {
        (str(link["TxnId"]), str(doc["Id"]))
        for doc in books.table("Deposit").values()
        for line in doc["Line"]
        for link in line.get("LinkedTxn", [])
    }
    rows = conn.execute(  # a deposit that was deleted keeps what it held
        "SELECT d.payment_id, d.deposit_id FROM deposited d JOIN postings p "
        "ON p.company_id = d.company_id AND p.kind = 'deposit' AND p.ledger_id = d.deposit_id "
        "WHERE p.state = 'posted'"
    )
    yield from _missing("deposited payment", deposited, {tuple(row) for row in rows})


def _holder(line: Doc) -> str | None:
    entity = line["JournalEntryLineDetail"].get("Entity") or {}
    found = (entity.get("EntityRef") or {}).get("value")
    return None if found is None else str(found)


def _signed(line: Doc) -> int:
    sign = 1 if line["JournalEntryLineDetail"]["PostingType"] == "Debit" else -1
    return sign * _minor(line["Amount"])


def _accounts(books: Books, conn: sqlite3.Connection) -> Iterator[str]:
    wanted = {
        (str(doc["Id"]), _minor(doc["CurrentBalance"]))
        for doc in books.table("Account").values()
        if doc.get("AccountType") == "Accounts Receivable"
    }
    rows = conn.execute("SELECT ledger_id, balance_minor FROM control_accounts")
    yield from _missing("control account with its balance", wanted, {tuple(row) for row in rows})


def _tombstones(books: Books, conn: sqlite3.Connection) -> Iterator[str]:
    """What the store holds as gone must be gone, and what is gone must be marked so."""
    rows = conn.execute("SELECT source_type, ledger_id, gone_at FROM objects")
    for row in rows:
        lives = row["ledger_id"] in books.table(row["source_type"])
        if lives != (row["gone_at"] is None):
            said = "living" if row["gone_at"] is None else "gone"
            name = f"{row['source_type']} {row['ledger_id']}"
            yield f"{name} is {said} in the store and not so in the books"


def _missing(what: str, wanted: set[Any], held: set[Any]) -> Iterator[str]:
    for key in sorted(wanted - held, key=str):
        yield f"{what} {key} is not in the store"
    for key in sorted(held - wanted, key=str):
        yield f"{what} {key} is in the store alone"


def _minor(amount: Decimal | int) -> int:
    return int(Decimal(amount) * 100)
