"""What a bookkeeper does to entries in a register: approve, void, delete, rename, merge."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from recoup.plugins.xero.standin import seed_documents as shape
from recoup.plugins.xero.standin.moments import day_stamp
from recoup.plugins.xero.standin.seed_documents import ZERO, Payload
from recoup.plugins.xero.standin.seed_register import Register

HOLDERS = ("Invoice", "CreditNote", "Overpayment", "Prepayment", "BankTransaction")


def move_on(register: Register, at: datetime, document: Payload, status: str) -> None:
    """DRAFT to SUBMITTED or AUTHORISED, or a draft to DELETED."""
    document["Status"] = status
    if status == "DELETED" and "AmountDue" in document:
        document["AmountDue"] = ZERO
    register.touch(document, at)


def void(register: Register, at: datetime, document: Payload) -> None:
    """Void what nothing is set against: the total stays, nothing is due or left."""
    document["Status"] = "VOIDED"
    document["AmountDue" if "AmountDue" in document else "RemainingCredit"] = ZERO
    register.touch(document, at)


def expect(invoice: Payload, day: date) -> None:
    """Note when the customer is expected to pay."""
    invoice["ExpectedPaymentDate"] = day_stamp(day)


def put_off(invoice: Payload, day: date) -> None:
    """Move the due date of a partly paid invoice; its UpdatedDateUTC stays."""
    invoice |= shape.twins("DueDate", day)


def delete_payment(register: Register, at: datetime, payment: Payload, invoice: Payload) -> None:
    """Delete a payment: it stays in the lists as DELETED, and its invoice is open again."""
    payment["Status"] = "DELETED"
    register.touch(payment, at)
    invoice["Payments"] = [
        shown for shown in invoice["Payments"] if shown["PaymentID"] != payment["PaymentID"]
    ]
    invoice["AmountPaid"] -= payment["Amount"]
    invoice["AmountDue"] += payment["Amount"]
    invoice["Status"] = "AUTHORISED"
    invoice.pop("FullyPaidOnDate", None)
    register.touch(invoice, at)


def delete_batch(register: Register, at: datetime, batch: Payload) -> None:
    """Delete a batch and with it every payment it made."""
    invoices = {invoice["InvoiceID"]: invoice for invoice in register.all("Invoice")}
    batch["Status"] = "DELETED"
    batch["IsReconciled"] = False
    register.touch(batch, at)
    for payment in register.all("Payment"):
        if payment.get("BatchPaymentID") == batch["BatchPaymentID"]:
            payment["IsReconciled"] = False
            payment["BatchPayment"] |= {"Status": "DELETED", "IsReconciled": False}
            delete_payment(register, at, payment, invoices[payment["Invoice"]["InvoiceID"]])


def rename(register: Register, at: datetime, contact: Payload, name: str) -> None:
    """Give a contact a new name. Its documents show it at once and are not touched."""
    contact["Name"] = name
    register.touch(contact, at)
    _show(register, contact["ContactID"], contact)


def archive(register: Register, at: datetime, contact: Payload) -> None:
    """Put a contact away, open invoices and all."""
    contact["ContactStatus"] = "ARCHIVED"
    register.touch(contact, at)


def merge(register: Register, at: datetime, gone: Payload, kept: Payload) -> None:
    """Merge *gone* into *kept*: its documents are those of the other, and it is archived."""
    _show(register, gone["ContactID"], kept)
    gone["MergedToContactID"] = kept["ContactID"]
    kept["IsCustomer"] = kept["IsCustomer"] or gone["IsCustomer"]
    archive(register, at, gone)
    register.touch(kept, at)


def _show(register: Register, contact_id: str, contact: Payload) -> None:
    """Have every document of *contact_id* show *contact*."""
    shown = shape.contact_ref(contact)
    for kind in (*HOLDERS, "Payment"):
        for payload in register.all(kind):
            holder = payload["Invoice"] if kind == "Payment" else payload
            if holder["Contact"]["ContactID"] == contact_id:
                holder["Contact"] = shown


def import_file(
    register: Register, at: datetime, contact: Payload, count: int, amount: Decimal, currency: str
) -> list[Payload]:
    """Import *count* invoices as a file import does: all in one instant."""
    made = []
    for index in range(1, count + 1):
        lines = [register.line(amount + index, "Imported balance")]
        fields: Payload = {"number": f"IMP-{index:03}", "reference": "Import"}
        fields |= {"currency": currency, "due_on": register.firm.day(at)}
        made.append(register.invoice(at, contact, lines, **fields))
    return made
