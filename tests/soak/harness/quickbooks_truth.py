"""What the store must hold of a QuickBooks company, worked out from the stand-in's books."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from harness.picking import minor
from harness.platform import Truth
from harness.truth import missing
from recoup.plugins.quickbooks.standin.books import Books

__all__ = ["posting_differences", "truth_of"]

Doc = dict[str, Any]
KINDS = {"Invoice": "invoice", "CreditMemo": "credit_note", "Payment": "payment"}
POSTINGS = {"JournalEntry": "journal", "Deposit": "deposit"}
TARGETS = {**KINDS, **POSTINGS}


def truth_of(books: Books) -> Truth:
    """The caller holds the books' lock."""
    return Truth(
        documents={
            (kind, str(doc["Id"])): _document(entity, doc)
            for entity, kind in KINDS.items()
            for doc in books.table(entity).values()
        },
        allocations=_allocations(books),
        customers={
            str(doc["Id"]): {
                "name": doc["DisplayName"],
                "parent_id": (doc.get("ParentRef") or {}).get("value"),
                "active": int(doc.get("Active", True)),
                "balance_minor": minor(doc["Balance"]),
            }
            for doc in books.table("Customer").values()
        },
        accounts={
            (str(doc["Id"]), minor(doc["CurrentBalance"]))
            for doc in books.table("Account").values()
            if doc.get("AccountType") == "Accounts Receivable"
        },
        lives=lambda source_type, id: id in books.table(source_type),
    )


def _document(entity: str, doc: Doc) -> dict[str, object]:
    void = str(doc.get("PrivateNote", "")).startswith("Voided") and not doc["TotalAmt"]
    left = doc["UnappliedAmt"] if entity == "Payment" else doc["Balance"]
    return {
        "customer_id": str(doc["CustomerRef"]["value"]),
        "issued_on": date.fromisoformat(doc["TxnDate"]).toordinal(),
        "total_minor": minor(doc["TotalAmt"]),
        "balance_minor": minor(left),
        "state": "void" if void else "posted",
    }


def _allocations(books: Books) -> Counter[tuple[object, ...]]:
    wanted: Counter[tuple[object, ...]] = Counter()
    for payment in books.table("Payment").values():
        me = ("payment", str(payment["Id"]))
        for line in payment.get("Line", []):
            for link in line.get("LinkedTxn", []):
                other = (TARGETS[link["TxnType"]], str(link["TxnId"]))
                flows = (other, me) if link["TxnType"] == "CreditMemo" else (me, other)
                wanted[*flows[0], *flows[1], minor(line["Amount"])] += 1
    return wanted


def posting_differences(books: Books, conn: sqlite3.Connection) -> Iterator[str]:
    """Journal entries and deposits, which are no documents."""
    wanted = {
        (kind, str(doc["Id"]))
        for entity, kind in POSTINGS.items()
        for doc in books.table(entity).values()
    }
    rows = conn.execute("SELECT kind, ledger_id FROM postings WHERE state = 'posted'")
    yield from missing("posting", wanted, {tuple(row) for row in rows})
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
    yield from missing("journal line", lines, {tuple(row) for row in rows})
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
    yield from missing("deposited payment", deposited, {tuple(row) for row in rows})


def _holder(line: Doc) -> str | None:
    entity = line["JournalEntryLineDetail"].get("Entity") or {}
    found = (entity.get("EntityRef") or {}).get("value")
    return None if found is None else str(found)


def _signed(line: Doc) -> int:
    sign = 1 if line["JournalEntryLineDetail"]["PostingType"] == "Debit" else -1
    return sign * minor(line["Amount"])
