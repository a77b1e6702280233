"""Payments: money received for an invoice, or given back out of a credit.

Xero has one object for both. PaymentType says which; the document comes under its own name or,
whatever it is, under ``Invoice`` with its id as InvoiceID.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from recoup.connector.model import (
    Allocation,
    AllocationKind,
    DocumentKind,
    DocumentRef,
    Payment,
    Refund,
    Unmapped,
)
from recoup.connector.money import Money
from recoup.plugins.xero.context import (
    PAYABLE,
    MappingContext,
    head,
    read_money,
    read_rate,
    required_contact,
    required_date,
    state_of,
)
from recoup.plugins.xero.structs import PaidObject, PaymentObject

__all__ = ["to_payment"]

_BY_PAYMENT = {
    "ACCRECPAYMENT": DocumentKind.INVOICE,
    "ARCREDITPAYMENT": DocumentKind.CREDIT_NOTE,
    "AROVERPAYMENTPAYMENT": DocumentKind.OVERPAYMENT,
    "ARPREPAYMENTPAYMENT": DocumentKind.PREPAYMENT,
}
_BY_DOCUMENT = {
    "ACCREC": DocumentKind.INVOICE,
    "ACCRECCREDIT": DocumentKind.CREDIT_NOTE,
    "AROVERPAYMENT": DocumentKind.OVERPAYMENT,
    "RECEIVE-OVERPAYMENT": DocumentKind.OVERPAYMENT,
    "ARPREPAYMENT": DocumentKind.PREPAYMENT,
    "RECEIVE-PREPAYMENT": DocumentKind.PREPAYMENT,
}
_PAYABLE_PAYMENTS = frozenset(
    {"ACCPAYPAYMENT", "APCREDITPAYMENT", "APOVERPAYMENTPAYMENT", "APPREPAYMENTPAYMENT"}
)


class _Settled(NamedTuple):
    ref: DocumentRef
    document: PaidObject


def to_payment(
    found: PaymentObject, raw: bytes, context: MappingContext
) -> Payment | Refund | Unmapped:
    """Map a Payment; one that gives a credit back becomes a refund out of it.

    Source: Amount is in the document's currency. Xero keeps showing a deleted payment.
    """
    fields = head(found.payment_id, found.updated_date_utc, raw)
    if _is_payable(found):
        return Unmapped(**fields, source_type="Payment")
    settled = _settled(found)
    currency = context.currency(settled.document.currency_code)
    total = read_money(found.amount, currency)
    if total.amount < 0:
        raise ValueError(f"negative amount {total}")
    issued_on = required_date(found.date)
    common: dict[str, Any] = {
        **fields,
        "customer_id": required_contact(settled.document.contact),
        "number": found.reference or None,
        "issued_on": issued_on,
        "total": total,
        "balance": Money.zero(currency),
        "rate": read_rate(found.currency_rate),
        "state": state_of(found.status),
    }
    if settled.ref.kind is DocumentKind.INVOICE:
        own = DocumentRef(DocumentKind.PAYMENT, found.payment_id)
        return Payment(**common, allocations=_whole(own, settled.ref, total, issued_on))
    own = DocumentRef(DocumentKind.REFUND, found.payment_id)
    return Refund(**common, allocations=_whole(settled.ref, own, total, issued_on))


def _whole(
    source: DocumentRef, target: DocumentRef, amount: Money, made_on: date
) -> tuple[Allocation, ...]:
    """A payment of Xero's settles one document with all it has."""
    if not amount:
        return ()
    credit = source.kind is DocumentKind.CREDIT_NOTE
    kind = AllocationKind.CREDIT if credit else AllocationKind.CASH
    return (
        Allocation(
            part="1", source=source, target=target, amount=amount, kind=kind, made_on=made_on
        ),
    )


def _is_payable(found: PaymentObject) -> bool:
    if found.payment_type in _BY_PAYMENT:
        return False
    if found.payment_type in _PAYABLE_PAYMENTS:
        return True
    named = found.invoice or found.credit_note or found.overpayment or found.prepayment
    return named is not None and named.type in PAYABLE


def _settled(found: PaymentObject) -> _Settled:
    """Name the document. Raises ValueError when the payment does not say which it is."""
    under = found.invoice
    kind = _BY_PAYMENT.get(found.payment_type or "")
    if kind is None and under is not None:
        kind = _BY_DOCUMENT.get(under.type or "")
    if kind is DocumentKind.INVOICE and under is not None and under.invoice_id:  # nearly all
        return _Settled(DocumentRef(kind, under.invoice_id), under)
    own: dict[DocumentKind, tuple[PaidObject | None, str | None]] = {
        DocumentKind.CREDIT_NOTE: (
            found.credit_note,
            found.credit_note.credit_note_id if found.credit_note else None,
        ),
        DocumentKind.OVERPAYMENT: (
            found.overpayment,
            found.overpayment.overpayment_id if found.overpayment else None,
        ),
        DocumentKind.PREPAYMENT: (
            found.prepayment,
            found.prepayment.prepayment_id if found.prepayment else None,
        ),
        DocumentKind.INVOICE: (under, under.invoice_id if under else None),
    }
    for candidate in own if kind is None else (kind,):
        document, ledger_id = own[candidate]
        if document is not None and ledger_id:
            return _Settled(DocumentRef(candidate, ledger_id), document)
    if kind is not None and under is not None and under.invoice_id:
        return _Settled(DocumentRef(kind, under.invoice_id), under)
    raise ValueError(f"its type {found.payment_type!r} names no document that it pays")
