"""The demo organisation: fourteen months of trade up to yesterday, with every oddity of the ledger.

The same seed number and the same day always give the same organisation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import CREDITS, KINDS
from recoup.plugins.xero.standin.moments import read_day
from recoup.plugins.xero.standin.seed_demo_credits import plan_credits
from recoup.plugins.xero.standin.seed_demo_diary import Demo, plan_trade
from recoup.plugins.xero.standin.seed_demo_oddities import plan_oddities
from recoup.plugins.xero.standin.seed_documents import Firm, Payload
from recoup.plugins.xero.standin.seed_register import Register


def demo_register(
    today: date,
    firm: Firm,
    accounts: Callable[[str], Payload],
    rates: Mapping[str, Decimal],
    *,
    seed: int = 1,
) -> Register:
    """Invent the demo organisation as it stands on the morning of *today* (local).

    accounts: code → account. rates: home units per foreign unit.
    """
    demo = Demo(today, seed, firm, accounts, rates)
    plan_trade(demo)
    plan_oddities(demo)
    plan_credits(demo)
    return demo.play()


def demo_bookkeeper_day(books: Books) -> list[str]:
    """Do three things in the books, as a person would: allocate, void, delete. One sentence each.

    Sets an open credit against the oldest open invoice of the same contact and currency, voids the
    newest invoice that nothing is set against and deletes the newest payment that the bank has not
    confirmed. Raises LookupError when the books hold no such documents.
    """
    said = [_allocate(books)]
    open_ones = _open_invoices(books)
    untouched = [one for one in open_ones if one["AmountDue"] == one["Total"]]
    untouched = [one for one in untouched if read_day(one["Date"]) <= books.today()]
    if not untouched:
        raise LookupError("the books hold no open invoice without payments")
    books.void(untouched[-1]["InvoiceID"])
    said.append(f"Voided {_named(untouched[-1])}, {_money(untouched[-1], 'Total')}.")
    payments = [
        payment
        for payment in books.rows("Payments", Status="AUTHORISED", PaymentType="ACCRECPAYMENT")
        if not payment["IsReconciled"] and "BatchPaymentID" not in payment
    ]
    if not payments:
        raise LookupError("the books hold no payment that can be deleted")
    newest = max(payments, key=lambda payment: read_day(payment["Date"]))
    invoice = books.get("Invoices", newest["Invoice"]["InvoiceID"])
    books.delete_payment(newest["PaymentID"])
    amount = f"{newest['Amount']:.2f} {invoice['CurrencyCode']}"
    said.append(f"Deleted the payment of {amount} for {_named(invoice)}.")
    return said


def _allocate(books: Books) -> str:
    for kind in CREDITS:
        for credit in books.rows(kind, Status="AUTHORISED"):
            for invoice in _open_invoices(books):
                same = invoice["Contact"]["ContactID"] == credit["Contact"]["ContactID"]
                if same and invoice["CurrencyCode"] == credit["CurrencyCode"]:
                    amount = min(credit["RemainingCredit"], invoice["AmountDue"])
                    books.allocate(credit["ID"], invoice["InvoiceID"], amount)
                    money = f"{amount:.2f} {credit['CurrencyCode']}"
                    what = KINDS[kind].singular.lower().replace("creditnote", "credit note")
                    return f"Allocated {money} of a {what} to {_named(invoice)}."
    raise LookupError("the books hold no credit of a contact with an open invoice")


def _open_invoices(books: Books) -> list[Payload]:
    """Open sales invoices, the oldest first."""
    found = books.rows("Invoices", Type="ACCREC", Status="AUTHORISED")
    return sorted(found, key=lambda invoice: (read_day(invoice["Date"]), invoice["InvoiceID"]))


def _named(invoice: Payload) -> str:
    return f"invoice {invoice['InvoiceNumber']} of {invoice['Contact']['Name']}"


def _money(document: Payload, field: str) -> str:
    return f"{document[field]:.2f} {document['CurrencyCode']}"
