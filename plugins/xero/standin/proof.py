"""What must always hold between documents, payments, allocations and the control account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from recoup.connector.standin.wire import Doc, cents, decimal
from recoup.plugins.xero.standin.kinds import CREDITS, LIVE
from recoup.plugins.xero.standin.ledger import is_receivable, open_field, rate_of
from recoup.plugins.xero.standin.moments import read_day

if TYPE_CHECKING:
    from recoup.plugins.xero.standin.books import Books

NOTHING = Decimal("0.00")


def open_on(books: Books, day: date | None) -> dict[tuple[str, str], Decimal]:
    """What was open of each receivable document at the end of a day, in its own currency.

    Worked out from the dated documents, payments and allocations, not from the balances that the
    documents carry; a void or deletion counts from the beginning. None is the end of time.
    """
    found: dict[tuple[str, str], Decimal] = {}
    for kind in ("Invoices", *CREDITS):
        for id, doc in books.table(kind).items():
            if doc.get("Status") in LIVE and is_receivable(kind, doc) and _by(doc, day):
                found[kind, id] = decimal(doc.get("Total"))
    for payment in books.table("Payments").values():
        if payment.get("Status") == "AUTHORISED" and _by(payment, day):
            key = _settled(books, payment)
            if key in found:
                found[key] -= decimal(payment.get("Amount"))
    for kind in CREDITS:
        for id, doc in books.table(kind).items():
            for entry in doc.get("Allocations", []) if (kind, id) in found else ():
                if _by(entry, day):
                    amount = decimal(entry.get("Amount"))
                    found[kind, id] -= amount
                    invoice = ("Invoices", str(entry["Invoice"]["InvoiceID"]).lower())
                    if invoice in found:
                        found[invoice] -= amount
    return found


def receivable(books: Books, day: date | None) -> Decimal:
    """Accounts Receivable at the end of a day in home units.

    What is open of a document counts at the rate it was booked at, rounded per document; gains
    and losses between booked and paid rates stand in another account.
    """
    total = NOTHING
    for (kind, id), left in open_on(books, day).items():
        worth = cents(left / rate_of(books.table(kind)[id]))
        total += worth if kind == "Invoices" else -worth
    return total


def violations(books: Books) -> list[str]:
    """Every violation in words; a document whose payments were never loaded counts as one."""
    wrong = []
    dated = open_on(books, None)
    for (kind, id), left in dated.items():
        doc = books.table(kind)[id]
        shown = decimal(doc.get(open_field(kind)))
        name = f"{kind} {doc.get('InvoiceNumber') or doc.get('CreditNoteNumber') or id}"
        if left != shown:
            wrong.append(f"{name}: {shown} is open, its payments and allocations leave {left}")
        if (shown == 0) != (doc.get("Status") == "PAID") and decimal(doc.get("Total")):
            wrong.append(f"{name}: {doc.get('Status')} with {shown} open")
        if kind == "Invoices":
            parts = [decimal(doc.get(f"Amount{part}")) for part in ("Due", "Paid", "Credited")]
            if sum(parts) != decimal(doc.get("Total")):
                wrong.append(f"{name}: due, paid and credited do not make {doc.get('Total')}")
    for doc in books.table("Invoices").values():
        if doc.get("Status") in ("VOIDED", "DELETED") and decimal(doc.get("AmountDue")):
            wrong.append(f"Invoices {doc.get('InvoiceNumber')}: {doc['Status']} with money due")
    total = receivable(books, None)
    if total != books.control:
        wrong.append(f"Accounts Receivable stands at {books.control}, the documents make {total}")
    return wrong


def _by(doc: Doc, day: date | None) -> bool:
    return day is None or read_day(doc["Date"]) <= day


def _settled(books: Books, payment: Doc) -> tuple[str, str]:
    for field in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
        part = payment.get(field)
        if part:
            id = str(part.get(f"{field}ID") or part.get("InvoiceID") or "").lower()
            for kind in ("Invoices", *CREDITS):
                if id in books.table(kind):
                    return kind, id
    return "", ""
