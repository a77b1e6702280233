"""How a stored document is shown: paged, unpaged, as a summary, with a contact's balances."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from recoup.connector.standin.wire import Doc, cents, decimal, dumps
from recoup.plugins.xero.standin.kinds import RECEIVABLE_CREDITS
from recoup.plugins.xero.standin.ledger import open_field, rate_of
from recoup.plugins.xero.standin.moments import read_day, read_ms, spelled
from recoup.plugins.xero.standin.options import Options

if TYPE_CHECKING:
    from recoup.plugins.xero.standin.books import Books

_NO_LINES = ("Invoices", "CreditNotes", "Overpayments", "Prepayments", "BankTransactions")
_SPELLED = ("Invoices", "CreditNotes", "Payments", "Overpayments", "Prepayments")
_SUMMARY = {
    "Invoices": ("Payments", "HasAttachments", "LineItems", "CISDeduction"),
    "Contacts": ("MergedToContactID", "Balances"),
}
_UNPAGED_CONTACT = ("MergedToContactID", "ContactPersons", "Balances")


def shape(kind: str, view: str, options: Options) -> Callable[[Doc], Doc]:
    """The function from a stored document to what *view* shows: full, list or summary."""
    hidden: tuple[str, ...] = ()
    if view == "summary":
        hidden = _SUMMARY.get(kind, ())
    elif view == "list" and kind == "Contacts":
        hidden = _UNPAGED_CONTACT
    bare = view == "list" and kind in _NO_LINES
    spell = options.updated_string and kind in _SPELLED

    def show(doc: Doc) -> Doc:
        shown = {key: part for key, part in doc.items() if key not in hidden}
        if bare:
            shown["LineItems"] = []
        if spell and "UpdatedDateUTCString" not in shown and shown.get("UpdatedDateUTC"):
            shown["UpdatedDateUTCString"] = spelled(read_ms(shown["UpdatedDateUTC"]))
        return shown

    return show


def text(books: Books, kind: str, id: str, view: str, options: Options) -> str:
    """The JSON text of one document in a view."""
    named = f"{view}+" if options.updated_string else view
    if kind != "Contacts" or view != "full":
        return books.text(kind, id, named, shape(kind, view, options))
    doc = books.table(kind)[id]
    if "Balances" in doc and id not in books.live:
        return books.text(kind, id, named, shape(kind, view, options))
    bare = books.text(kind, id, "bare", shape(kind, "summary", options))
    if doc.get("MergedToContactID"):
        bare = f'{bare[:-1]},"MergedToContactID":"{doc["MergedToContactID"]}"}}'
    if not (doc.get("IsCustomer") or doc.get("IsSupplier")):
        return bare
    return f'{bare[:-1]},"Balances":{dumps(balances(books, id, options))}}}'


def balances(books: Books, contact_id: str, options: Options) -> Doc:
    """What a contact owes and is owed today: outstanding and, of the invoices, overdue."""
    sums = {side: [Decimal("0.00"), Decimal("0.00")] for side in ("ACCREC", "ACCPAY")}
    today = books.today()
    for kind, doc in books.open_of(contact_id):
        amount = decimal(doc.get(open_field(kind)))
        if options.balances_in_base:
            amount = cents(amount / rate_of(doc))
        if kind == "Invoices":
            side = sums[str(doc["Type"])]
            side[0] += amount
            if doc.get("DueDate") and read_day(doc["DueDate"]) < today:
                side[1] += amount
        elif options.credits_in_balances:
            receivable = doc.get("Type") in RECEIVABLE_CREDITS
            sums["ACCREC" if receivable else "ACCPAY"][0] -= amount
    names = {"ACCREC": "AccountsReceivable", "ACCPAY": "AccountsPayable"}
    return {
        names[side]: {"Outstanding": outstanding, "Overdue": overdue}
        for side, (outstanding, overdue) in sums.items()
    }
