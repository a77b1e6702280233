"""The demo company: fourteen months of trade up to yesterday, with every oddity of the ledger.

The same seed number and the same day always give the same company.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.seed_demo_diary import Demo, plan_trade
from recoup.plugins.quickbooks.standin.seed_demo_oddities import plan_oddities
from recoup.plugins.quickbooks.standin.seed_documents import Payload
from recoup.plugins.quickbooks.standin.seed_register import Register


def demo_register(
    today: date, *, seed: int = 1, rates: Mapping[str, Decimal] | None = None
) -> Register:
    """Invent the demo company as it stands on the morning of *today* (company-local).

    rates: home units per foreign unit, in place of those of the cast.
    """
    demo = Demo(today, seed, rates or {})
    plan_trade(demo)
    plan_oddities(demo)
    return demo.play()


def demo_bookkeeper_day(books: Books) -> list[str]:
    """Do three things in the books, as a person would: apply, void, delete. One sentence each.

    Applies unapplied money to the oldest open invoice of the same customer, voids the newest
    invoice that nothing is set against and deletes the one before it: mistakes are found young.
    Raises LookupError when the books hold no such documents.
    """
    said = [_apply_money(books)]
    today = books.today()
    victims = [
        invoice
        for invoice in reversed(_open_invoices(books))
        if invoice["Balance"] == invoice["TotalAmt"]
        and not invoice["LinkedTxn"]
        and invoice["TxnDate"] <= today
    ]
    if len(victims) < 2:
        raise LookupError("the books hold no two open invoices without payments")
    voided, deleted = victims[:2]
    books.void("Invoice", voided["Id"], voided["SyncToken"])
    said.append(f"Voided {_named(voided)}, {_amount(voided)}.")
    books.delete("Invoice", deleted["Id"], deleted["SyncToken"])
    said.append(f"Deleted {_named(deleted)}, {_amount(deleted)}.")
    return said


def _apply_money(books: Books) -> str:
    invoices = _open_invoices(books)
    for payment in sorted(books.rows("Payment"), key=lambda row: int(row["Id"])):
        left = Decimal(payment["UnappliedAmt"])
        for invoice in invoices:
            same = invoice["CustomerRef"]["value"] == payment["CustomerRef"]["value"]
            if same and left:
                amount = min(left, Decimal(invoice["Balance"]))
                books.apply(payment["Id"], {invoice["Id"]: amount})
                money = f"{amount:.2f} {payment['CurrencyRef']['value']}"
                return f"Applied {money} of payment {payment['Id']} to {_named(invoice)}."
    raise LookupError("the books hold no unapplied payment of a customer with an open invoice")


def _open_invoices(books: Books) -> list[Payload]:
    """Open invoices, the oldest first."""
    found = [invoice for invoice in books.rows("Invoice") if invoice["Balance"]]
    return sorted(found, key=lambda invoice: (invoice["TxnDate"], int(invoice["Id"])))


def _named(invoice: Payload) -> str:
    number = invoice.get("DocNumber", f"without a number (id {invoice['Id']})")
    return f"invoice {number} of {invoice['CustomerRef']['name']}"


def _amount(invoice: Payload) -> str:
    return f"{Decimal(invoice['TotalAmt']):.2f} {invoice['CurrencyRef']['value']}"
