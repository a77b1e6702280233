"""What the bookkeeper does in Xero, chosen by two small numbers.

Every verb takes the books and two numbers that pick documents and amounts, and says whether
anything happened: a history of verbs and numbers is replayed exactly by its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from harness.picking import amount, day, pick, rotated, rows
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import CREDITS

__all__ = ["OFTEN", "VERBS"]

Doc = dict[str, Any]
Verb = Callable[[Books, int, int], bool]
CENT = Decimal("0.01")


def _buyer(books: Books, n: int) -> str:
    found = rows(books, "Contacts", lambda c: c["ContactStatus"] == "ACTIVE")
    if len(found) < 3:
        found.append(books.create_contact(f"Buyer {len(books.table('Contacts'))}"))
    return str(found[n % len(found)]["ContactID"])


def _invoices(books: Books, *statuses: str) -> list[Doc]:
    return rows(books, "Invoices", lambda doc: doc["Status"] in statuses)


def _open_invoice(books: Books, n: int) -> Doc | None:
    return pick([doc for doc in _invoices(books, "AUTHORISED") if doc["AmountDue"]], n)


def _part_paid(books: Books, n: int) -> Doc | None:
    found = [d for d in _invoices(books, "AUTHORISED") if 0 < d["AmountDue"] < d["Total"]]
    return pick(found, n)


def _part(whole: Decimal, n: int) -> Decimal:
    """All of it, or a half."""
    return whole if n % 2 else max((whole / 2).quantize(CENT), CENT)


def create_contact(books: Books, a: int, b: int) -> bool:
    books.create_contact(f"Buyer {len(books.table('Contacts'))} of {a}")
    return True


def rename_contact(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, "Contacts"), a)
    if chosen is None:
        return False
    books.rename(chosen["ContactID"], f"Renamed {b} {chosen['ContactID'][:8]}")
    return True


def archive_contact(books: Books, a: int, b: int) -> bool:
    active = rows(books, "Contacts", lambda c: c["ContactStatus"] == "ACTIVE")
    chosen = pick(active, a)
    if chosen is None:
        return False
    books.archive(chosen["ContactID"])
    return True


def merge_contacts(books: Books, a: int, b: int) -> bool:
    found = rows(books, "Contacts", lambda c: not c.get("MergedToContactID"))
    keep, gone = pick(found, a), pick(found, b)
    if b % 2:  # one who has paid: nothing but the merge itself brings those documents again
        paid = {doc["Contact"]["ContactID"] for doc in _invoices(books, "PAID", "VOIDED")}
        gone = pick([doc for doc in found if doc["ContactID"] in paid], b)
    if keep is None or gone is None or keep is gone or len(found) < 3:
        return False
    books.merge_contacts(keep["ContactID"], gone["ContactID"])
    return True


def create_invoice(books: Books, a: int, b: int) -> bool:
    books.create_invoice(_buyer(books, a), amount(b), on=day(books, b))
    return True


def create_draft(books: Books, a: int, b: int) -> bool:
    status = "SUBMITTED" if b % 3 == 0 else "DRAFT"
    books.create_invoice(_buyer(books, a), amount(b), on=day(books, b), status=status)
    return True


def approve_draft(books: Books, a: int, b: int) -> bool:
    chosen = pick(_invoices(books, "DRAFT", "SUBMITTED"), a)
    if chosen is None:
        return False
    books.approve(chosen["InvoiceID"])
    return True


def delete_draft(books: Books, a: int, b: int) -> bool:
    chosen = pick(_invoices(books, "DRAFT", "SUBMITTED"), a)
    if chosen is None:
        return False
    books.delete(chosen["InvoiceID"])
    return True


def edit_invoice(books: Books, a: int, b: int) -> bool:
    chosen = pick(_invoices(books, "DRAFT", "AUTHORISED"), a)
    if chosen is None:
        return False
    books.edit_invoice(chosen["InvoiceID"], amount=amount(b))
    return True


def move_due_date(books: Books, a: int, b: int) -> bool:
    """On an invoice paid in part no change stamp tells."""
    chosen = _part_paid(books, a) or _open_invoice(books, a)
    if chosen is None:
        return False
    books.edit_due_date(chosen["InvoiceID"], books.today() + timedelta(days=b))
    return True


def void_invoice(books: Books, a: int, b: int) -> bool:
    chosen = pick(_invoices(books, "AUTHORISED"), a)
    if chosen is None:
        return False
    books.void(chosen["InvoiceID"])
    return True


def pay_invoice(books: Books, a: int, b: int) -> bool:
    chosen = _open_invoice(books, a)
    if chosen is None:
        return False
    books.pay(chosen["InvoiceID"], _part(chosen["AmountDue"], b))
    return True


def overpay_invoice(books: Books, a: int, b: int) -> bool:
    chosen = _open_invoice(books, a)
    if chosen is None:
        return False
    books.pay(chosen["InvoiceID"], chosen["AmountDue"] + amount(b))
    return True


def pay_batch(books: Books, a: int, b: int) -> bool:
    found = rotated([doc for doc in _invoices(books, "AUTHORISED") if doc["AmountDue"]], a)
    chosen = found[: 2 + b % 2]
    if len(chosen) < 2:
        return False
    books.batch_pay([(doc["InvoiceID"], _part(doc["AmountDue"], b)) for doc in chosen])
    return True


def delete_payment(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, "Payments", lambda doc: doc["Status"] == "AUTHORISED"), a)
    if chosen is None:
        return False
    books.delete_payment(chosen["PaymentID"])
    return True


def delete_batch(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, "BatchPayments", lambda doc: doc["Status"] == "AUTHORISED"), a)
    if chosen is None:
        return False
    books.delete_batch(chosen["BatchPaymentID"])
    return True


def reconcile(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, "Payments", lambda doc: doc["Status"] == "AUTHORISED"), a)
    if chosen is None:
        return False
    books.reconcile(chosen["PaymentID"], matched=bool(b % 3))
    return True


def create_credit(books: Books, a: int, b: int) -> bool:
    books.create_credit_note(_buyer(books, a), (amount(b) / 4).quantize(CENT), on=day(books, b))
    return True


def void_credit(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, "CreditNotes", lambda doc: doc["Status"] == "AUTHORISED"), a)
    if chosen is None:
        return False
    books.void(chosen["CreditNoteID"])
    return True


def receive_prepayment(books: Books, a: int, b: int) -> bool:
    books.create_prepayment(_buyer(books, a), amount(b))
    return True


def receive_overpayment(books: Books, a: int, b: int) -> bool:
    books.create_overpayment(_buyer(books, a), amount(b))
    return True


def _credits(books: Books) -> list[Doc]:
    return [doc for kind in CREDITS for doc in rows(books, kind)]


def allocate(books: Books, a: int, b: int) -> bool:
    for credit in rotated([d for d in _credits(books) if d["Status"] == "AUTHORISED"], a):
        buyer = credit["Contact"]["ContactID"]
        open_ones = [
            doc
            for doc in _invoices(books, "AUTHORISED")
            if doc["AmountDue"] and doc["Contact"]["ContactID"] == buyer
        ]
        invoice = pick(open_ones, b)
        if invoice is not None and credit["RemainingCredit"]:
            whole = min(credit["RemainingCredit"], invoice["AmountDue"])
            books.allocate(credit["ID"], invoice["InvoiceID"], _part(whole, b))
            return True
    return False


def unallocate(books: Books, a: int, b: int) -> bool:
    chosen = pick([doc for doc in _credits(books) if doc.get("Allocations")], a)
    if chosen is None:
        return False
    part = chosen["Allocations"][b % len(chosen["Allocations"])]
    books.unallocate(chosen["ID"], part["AllocationID"])
    return True


def refund(books: Books, a: int, b: int) -> bool:
    found = [d for d in _credits(books) if d["Status"] == "AUTHORISED" and d["RemainingCredit"]]
    chosen = pick(found, a)
    if chosen is None:
        return False
    books.refund(chosen["ID"], _part(chosen["RemainingCredit"], b))
    return True


def month_end(books: Books, a: int, b: int) -> bool:
    """More invoices in one second than fit on a page."""
    buyer = _buyer(books, a)
    for n in range(18):
        books.create_invoice(buyer, amount(b + n))
    return True


VERBS: dict[str, Verb] = {
    "create_contact": create_contact,
    "rename_contact": rename_contact,
    "archive_contact": archive_contact,
    "merge_contacts": merge_contacts,
    "create_invoice": create_invoice,
    "create_draft": create_draft,
    "approve_draft": approve_draft,
    "delete_draft": delete_draft,
    "edit_invoice": edit_invoice,
    "move_due_date": move_due_date,
    "void_invoice": void_invoice,
    "pay_invoice": pay_invoice,
    "overpay_invoice": overpay_invoice,
    "pay_batch": pay_batch,
    "delete_payment": delete_payment,
    "delete_batch": delete_batch,
    "reconcile": reconcile,
    "create_credit": create_credit,
    "void_credit": void_credit,
    "receive_prepayment": receive_prepayment,
    "receive_overpayment": receive_overpayment,
    "allocate": allocate,
    "unallocate": unallocate,
    "refund": refund,
    "month_end": month_end,
}

# Documents first, so that there is something to settle, void and delete.
OFTEN = (
    "create_contact",
    "create_invoice",
    "create_invoice",
    "create_draft",
    "pay_invoice",
    "pay_invoice",
    "move_due_date",
    "create_credit",
    "allocate",
    "pay_batch",
    "merge_contacts",
)
