"""What the store must hold of a Xero organisation, worked out from the stand-in's books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from harness.picking import minor
from harness.platform import Truth
from recoup.plugins.xero.standin.books import Books

__all__ = ["truth_of"]

Doc = dict[str, Any]
CREDITS = {
    "CreditNotes": "credit_note",
    "Overpayments": "overpayment",
    "Prepayments": "prepayment",
}
STATES = {"DRAFT": "draft", "SUBMITTED": "draft", "VOIDED": "void", "DELETED": "deleted"}
PAID = {
    "Invoice": ("Invoices", "InvoiceID", "invoice"),
    "CreditNote": ("CreditNotes", "CreditNoteID", "credit_note"),
    "Overpayment": ("Overpayments", "OverpaymentID", "overpayment"),
    "Prepayment": ("Prepayments", "PrepaymentID", "prepayment"),
}
TYPES = {
    "Contact": "Contacts",
    "Invoice": "Invoices",
    "CreditNote": "CreditNotes",
    "Overpayment": "Overpayments",
    "Prepayment": "Prepayments",
    "Payment": "Payments",
    "BatchPayment": "BatchPayments",
}


def truth_of(books: Books) -> Truth:
    """The caller holds the books' lock."""
    return Truth(
        documents=dict(_documents(books)),
        allocations=Counter(_allocations(books)),
        customers=_customers(books),
        accounts={
            (str(doc["AccountID"]), minor(books.control))
            for doc in books.table("Accounts").values()
            if doc.get("SystemAccount") == "DEBTORS"
        },
        lives=lambda source_type, id: _lives(books, source_type, id),
    )


def _documents(books: Books) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    for id, doc in books.table("Invoices").items():
        due = _day(doc["DueDate"]) if doc.get("DueDate") else _day(doc["Date"])
        yield ("invoice", id), {**_common(doc, doc["AmountDue"]), "due_on": due}
    for kind, name in CREDITS.items():
        for id, doc in books.table(kind).items():
            yield (name, id), _common(doc, doc["RemainingCredit"])
    for id, doc in books.table("Payments").items():
        name, paid = _paid(books, doc)
        kind = "payment" if name == "invoice" else "refund"
        total = {"total_minor": minor(doc["Amount"])}
        yield (kind, id), {**_common({**paid, **doc}, 0), **total}


def _common(doc: Doc, left: object) -> dict[str, object]:
    return {
        "customer_id": str(doc["Contact"]["ContactID"]),
        "issued_on": _day(doc["Date"]),
        "total_minor": minor(doc.get("Total")),
        "balance_minor": minor(left),
        "state": STATES.get(doc["Status"], "posted"),
    }


def _paid(books: Books, payment: Doc) -> tuple[str, Doc]:
    """What a payment pays, by whichever member names it."""
    for member in PAID:
        named = payment.get(member) or {}
        for kind, field, name in PAID.values():
            id = str(named.get(field) or named.get("InvoiceID") or "").lower()
            if id in books.table(kind):
                return name, books.table(kind)[id]
    raise AssertionError(f"payment {payment['PaymentID']} pays nothing that is known")


def _allocations(books: Books) -> Iterator[tuple[object, ...]]:
    for kind, name in CREDITS.items():
        for id, doc in books.table(kind).items():
            for part in doc.get("Allocations", []):
                target = ("invoice", str(part["Invoice"]["InvoiceID"]))
                yield name, id, *target, minor(part["Amount"])
    for id, doc in books.table("Payments").items():
        if doc["Status"] != "AUTHORISED":
            continue
        name, paid = _paid(books, doc)
        own = str(paid.get("InvoiceID") or paid.get("ID"))
        if name == "invoice":
            yield "payment", id, name, own, minor(doc["Amount"])
        else:
            yield name, own, "refund", id, minor(doc["Amount"])


def _customers(books: Books) -> dict[str, dict[str, object]]:
    owed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for doc in books.table("Invoices").values():
        if doc["Status"] in ("AUTHORISED", "PAID"):
            owed[doc["Contact"]["ContactID"]] += doc["AmountDue"]
    for kind in CREDITS:
        for doc in books.table(kind).values():
            if doc["Status"] in ("AUTHORISED", "PAID"):
                owed[doc["Contact"]["ContactID"]] -= doc["RemainingCredit"]
    return {
        id: {
            "name": doc["Name"],
            "active": int(doc["ContactStatus"] == "ACTIVE"),
            "balance_minor": minor(owed[id]),
        }
        for id, doc in books.table("Contacts").items()
        if not doc.get("MergedToContactID")
    }


def _lives(books: Books, source_type: str, id: str) -> bool | None:
    """Xero never removes anything; a contact that was merged is gone for us."""
    if source_type not in TYPES:
        return None
    doc = books.table(TYPES[source_type]).get(id)
    return doc is not None and not doc.get("MergedToContactID")


def _day(stamp: str) -> int:
    """``/Date(ms+0000)/`` as an ordinal."""
    ms = int(stamp.removeprefix("/Date(").partition("+")[0])
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).toordinal()
