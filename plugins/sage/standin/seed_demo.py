"""The demo business: fourteen months of trade up to yesterday, with every oddity of the ledger.

The same seed number and the same day always give the same business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from recoup.plugins.sage.standin import seed_demo_cast as cast
from recoup.plugins.sage.standin.amounts import read
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.seed_demo_diary import Demo, plan_trade
from recoup.plugins.sage.standin.seed_demo_edges import plan_edges
from recoup.plugins.sage.standin.seed_demo_oddities import plan_oddities
from recoup.plugins.sage.standin.seed_documents import Payload, hex_id
from recoup.plugins.sage.standin.seed_filing import Chart
from recoup.plugins.sage.standin.seed_register import Register

DEMO_BUSINESS = "5a6e0000000000000000000000000001"


def business(number: int) -> tuple[str, str]:
    """(id, name) of the demo business of that number, from 1."""
    if number == 1:
        return DEMO_BUSINESS, cast.FIRM
    name = cast.SISTERS[(number - 2) % len(cast.SISTERS)]
    again = (number - 2) // len(cast.SISTERS)
    return hex_id("demo", number), f"{name} {again + 1}" if again else name


def demo_register(
    today: date,
    *,
    seed: int = 1,
    business_id: str = DEMO_BUSINESS,
    name: str = cast.FIRM,
    rates: Mapping[str, Decimal] | None = None,
    moves: bool = False,
    chart: Chart | None = None,
) -> Register:
    """Invent the demo business as it stands on the morning of *today* (company-local).

    rates: home units per foreign unit, in place of those of the cast. moves, chart: as for the
    register.
    """
    demo = Demo(
        today, seed, business_id=business_id, name=name, rates=rates or {}, moves=moves, chart=chart
    )
    plan_trade(demo)
    plan_oddities(demo)
    plan_edges(demo)
    return demo.play()


def demo_bookkeeper_day(books: Books) -> list[str]:
    """Do three things in the books, as a person would: apply, void, delete. One sentence each.

    Applies money on account to the oldest open invoice of the same customer, voids the newest
    invoice that nothing is set against and deletes the newest receipt of one invoice: mistakes
    are found young. Raises LookupError when the books hold no such documents.
    """
    return [_apply_money(books), _void_newest(books), _delete_receipt(books)]


def _apply_money(books: Books) -> str:
    invoices = _open_invoices(books)
    for payment in books.rows("contact_payments"):
        rest = payment["payment_on_account"] or {}
        left = read(rest.get("outstanding_amount"))
        for invoice in invoices:
            contact = invoice["contact"]["id"]
            if left and contact == payment["contact"]["id"] and _is_receipt(payment):
                amount = min(left, read(invoice["outstanding_amount"]))
                books.allocate(contact, {invoice["id"]: amount, rest["id"]: -amount})
                money = f"{amount:.2f} {payment['currency']['id']}"
                return f"Applied {money} on account to {_named(invoice)}."
    raise LookupError("the books hold no money on account of a customer with an open invoice")


def _void_newest(books: Books) -> str:
    for invoice in reversed(_open_invoices(books)):
        untouched = invoice["status"]["id"] == "UNPAID" and not books.legs_of.get(invoice["id"])
        if untouched and invoice["date"] <= books.today():
            books.void(invoice["id"], "Raised twice")
            return f"Voided {_named(invoice)}, {_amount(invoice)}."
    raise LookupError("the books hold no open invoice without payments")


def _delete_receipt(books: Books) -> str:
    receipts = [
        payment
        for payment in books.rows("contact_payments")
        if _is_receipt(payment)
        and len(payment["allocated_artefacts"]) == 1
        and payment["payment_on_account"] is None
    ]
    if not receipts:
        raise LookupError("the books hold no receipt of one invoice")
    newest = max(receipts, key=lambda payment: (payment["created_at"], payment["id"]))
    paid = newest["allocated_artefacts"][0]["artefact"]["displayed_as"]
    books.delete_payment(newest["id"])
    return f"Deleted a receipt of {_amount(newest)}; {paid} is open again."


def _is_receipt(payment: Payload) -> bool:
    return bool(payment["transaction_type"]["id"] == "CUSTOMER_RECEIPT")


def _open_invoices(books: Books) -> list[Payload]:
    """Open invoices, the oldest first."""
    found = [one for one in books.rows("sales_invoices") if read(one["outstanding_amount"])]
    return sorted(found, key=lambda invoice: (invoice["date"], invoice["created_at"]))


def _named(invoice: Payload) -> str:
    return f"invoice {invoice['displayed_as']} of {invoice['contact_name']}"


def _amount(document: Payload) -> str:
    return f"{read(document['total_amount']):.2f} {document['currency']['id']}"
