"""What the store must hold of a Sage business, worked out from the stand-in's books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from harness.picking import minor
from harness.platform import Truth
from recoup.plugins.sage.standin import ledger
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.settling import ON_ACCOUNT, collectable, sign_of, status_of

__all__ = ["accounts_for", "truth_of"]

Doc = dict[str, Any]
KINDS = {
    "sales_invoices": "invoice",
    "sales_credit_notes": "credit_note",
    "sales_quick_entries": None,  # their type tells
    "contact_opening_balances": None,
}
OTHERS = ("contacts", "contact_payments", "contact_allocations")
SETTLEMENTS = "document_settlements"  # of our own making, where allocations may not be read
STATES = {"DRAFT": "draft", "PRO_FORMA": "draft", "VOID": "void"}


def truth_of(books: Books) -> Truth:
    """The caller holds the books' lock."""
    allocations: Counter[tuple[object, ...]] = Counter()
    for key, minor_units in _edges(books):
        allocations[key] += minor_units
    return Truth(
        documents=dict(_documents(books)),
        allocations=allocations,
        customers={
            id: {
                "name": doc["name"],
                "active": int(doc.get("is_active") is not False),
                "balance_minor": minor(books.balances.get(id)),
            }
            for id, doc in books.table("contacts").items()
        },
        accounts={(books.accounts[ledger.DEBTORS], minor(books.debtors()))},
        lives=lambda source_type, id: _lives(books, source_type, id),
        as_legs=True,
    )


def _kind(source_type: str, doc: Doc) -> str:
    return KINDS[source_type] or ("invoice" if sign_of(source_type, doc) > 0 else "credit_note")


def _documents(books: Books) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    for source_type in KINDS:
        for id, doc in books.table(source_type).items():
            state = STATES.get(status_of(doc), "posted")
            left = books.open_of(source_type, doc) if state == "posted" else Decimal(0)
            row = _common(doc, collectable(doc), left) | {"state": state}
            if doc.get("due_date"):
                row["due_on"] = date.fromisoformat(doc["due_date"]).toordinal()
            yield (_kind(source_type, doc), id), row
    for id, doc in books.table("contact_payments").items():
        held = doc.get("payment_on_account") or {}
        kind = "refund" if _is_refund(doc) else "payment"
        yield (kind, id), _common(doc, doc["total_amount"], held.get("outstanding_amount"))
    for id, doc in books.table("contact_allocations").items():
        yield ("payment", id), _common(doc, 0, 0)


def _common(doc: Doc, total: object, left: object) -> dict[str, object]:
    return {
        "customer_id": str(doc["contact"]["id"]),
        "issued_on": date.fromisoformat(doc["date"]).toordinal(),
        "total_minor": minor(total),
        "balance_minor": minor(left),
        "state": "posted",
    }


def _is_refund(payment: Doc) -> bool:
    return bool(payment["transaction_type"]["id"] == "CUSTOMER_REFUND")


def _named(books: Books, artefact: str) -> tuple[str, str, bool]:
    """(kind, id, whether it is a debit) of what a leg settles."""
    source_type, doc = books.artefact(artefact)
    if source_type != ON_ACCOUNT:
        return _kind(source_type, doc), artefact, sign_of(source_type, doc) > 0
    owner = books.owner[artefact]
    refund = _is_refund(books.need("contact_payments", owner))
    return ("refund" if refund else "payment"), owner, refund


def _edges(books: Books) -> Iterator[tuple[tuple[object, ...], int]]:
    """What each payment and allocation takes from whom, summed per document and side."""
    for (source_type, source), legs in books.legs_from.items():
        is_payment = source_type == "contact_payments"
        if not legs:
            continue
        refund = is_payment and _is_refund(books.need(source_type, source))
        owner = ("refund" if refund else "payment", source)
        for leg in legs:
            kind, id, is_debit = _named(books, leg.artefact)
            far, near = ("target", "source") if is_debit else ("source", "target")
            if leg.amount:
                yield (*owner, far, kind, id), minor(leg.amount)
            if leg.amount and is_payment:
                yield (*owner, near, *owner), minor(leg.amount)
            if leg.discount:
                expense = ("expense", f"discount-{source}")
                yield (*owner, "source", *expense), minor(leg.discount)
                yield (*owner, "target", kind, id), minor(leg.discount)


def _lives(books: Books, source_type: str, id: str) -> bool | None:
    if source_type == SETTLEMENTS:
        return False
    return id in books.table(source_type) if source_type in (*KINDS, *OTHERS) else None


def accounts_for(books: Books, tied: Mapping[str, Any]) -> bool:
    """Whether what does not tie is the journals on trade debtors, to the cent and nothing else."""
    if any(finding["customer_id"] is not None for finding in tied["findings"]):
        return False
    differences = [Decimal(one["difference"]) for one in tied["totals"].values()]
    return bool(books.journals_on_debtors) and differences == [books.journals_on_debtors]
