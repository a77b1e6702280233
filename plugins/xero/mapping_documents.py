"""Invoices, credit notes, overpayments and prepayments."""

from __future__ import annotations

from recoup.connector.model import (
    CreditNote,
    DocumentKind,
    DocumentRef,
    Invoice,
    Payment,
    Unmapped,
)
from recoup.plugins.xero.context import (
    PAYABLE,
    MappingContext,
    allocations_of,
    head,
    read_money,
    read_rate,
    required_contact,
    required_date,
    state_of,
)
from recoup.plugins.xero.dates import read_date
from recoup.plugins.xero.structs import (
    CreditNoteObject,
    InvoiceObject,
    OverpaymentObject,
    PrepaymentObject,
)

__all__ = ["to_credit_note", "to_invoice", "to_overpayment", "to_prepayment"]


def to_invoice(found: InvoiceObject, raw: bytes, context: MappingContext) -> Invoice | Unmapped:
    """Map an Invoice of type ACCREC. Without a DueDate it is due on the day of issue.

    A voided or deleted one keeps its Total and states AmountDue 0.
    """
    fields = head(found.invoice_id, found.updated_date_utc, raw)
    if found.type in PAYABLE:
        return Unmapped(**fields, source_type="Invoice")
    currency = context.currency(found.currency_code)
    issued_on = required_date(found.date, found.date_string, found.due_date)
    return Invoice(
        **fields,
        customer_id=required_contact(found.contact),
        number=found.invoice_number or None,
        issued_on=issued_on,
        due_on=read_date(found.due_date) or read_date(found.due_date_string) or issued_on,
        total=read_money(found.total, currency),
        balance=read_money(found.amount_due, currency),
        rate=read_rate(found.currency_rate),
        state=state_of(found.status),
        memo=found.reference or None,
    )


def to_credit_note(
    found: CreditNoteObject, raw: bytes, context: MappingContext
) -> CreditNote | Unmapped:
    """Map a CreditNote of type ACCRECCREDIT with its allocations."""
    fields = head(found.credit_note_id, found.updated_date_utc, raw)
    if found.type in PAYABLE:
        return Unmapped(**fields, source_type="CreditNote")
    currency = context.currency(found.currency_code)
    own = DocumentRef(DocumentKind.CREDIT_NOTE, found.credit_note_id)
    return CreditNote(
        **fields,
        customer_id=required_contact(found.contact),
        number=found.credit_note_number or None,
        issued_on=required_date(found.date, found.date_string),
        total=read_money(found.total, currency),
        balance=read_money(found.remaining_credit, currency),
        rate=read_rate(found.currency_rate),
        state=state_of(found.status),
        allocations=allocations_of(own, found.allocations, currency),
    )


def to_overpayment(
    found: OverpaymentObject, raw: bytes, context: MappingContext
) -> Payment | Unmapped:
    """Map an Overpayment: money beyond an invoice, which Xero keeps as a document of its own."""
    return _on_account(
        found, found.overpayment_id, DocumentKind.OVERPAYMENT, found.reference, raw, context
    )


def to_prepayment(
    found: PrepaymentObject, raw: bytes, context: MappingContext
) -> Payment | Unmapped:
    """Map a Prepayment: money before an invoice."""
    number = found.invoice_number or found.reference
    return _on_account(found, found.prepayment_id, DocumentKind.PREPAYMENT, number, raw, context)


def _on_account(
    found: OverpaymentObject | PrepaymentObject,
    ledger_id: str,
    kind: DocumentKind,
    number: str | None,
    raw: bytes,
    context: MappingContext,
) -> Payment | Unmapped:
    fields = head(ledger_id, found.updated_date_utc, raw)
    if found.type in PAYABLE:
        return Unmapped(**fields, source_type=kind.capitalize())
    currency = context.currency(found.currency_code)
    return Payment(
        **fields,
        kind=kind,
        customer_id=required_contact(found.contact),
        number=number or None,
        issued_on=required_date(found.date, found.date_string),
        total=read_money(found.total, currency),
        balance=read_money(found.remaining_credit, currency),
        rate=read_rate(found.currency_rate),
        state=state_of(found.status),
        allocations=allocations_of(DocumentRef(kind, ledger_id), found.allocations, currency),
    )
