"""The lists that a pull covers, and how the SDK asks for each."""

from __future__ import annotations

import re
from typing import NamedTuple

from recoup.connector.model import DocumentKind, DocumentRef

__all__ = [
    "BY_TYPE",
    "IDS_PER_CALL",
    "LISTINGS",
    "PAGE_ROWS",
    "Listing",
    "is_guid",
    "to_source_type",
]

PAGE_ROWS = 1000  # the most that Xero puts on a page
IDS_PER_CALL = 40  # Xero's advice; about 52 fit the longest address it takes


class Listing(NamedTuple):
    """One list of the API. *where* names a property that never changes, or nothing at all."""

    source_type: str
    plural: str  # the member of the answer
    id_field: str
    many: str  # the SDK's method for the list
    one: str | None  # the SDK's method for a single object; None: by IDs
    where: str | None = None
    paged: bool = True
    archived: bool = False  # asks for archived ones too


# In the order of what refers to what. Payables are left out where a constant property tells.
LISTINGS = (
    Listing("Contact", "Contacts", "ContactID", "get_contacts", None, archived=True),
    Listing("Invoice", "Invoices", "InvoiceID", "get_invoices", None, 'Type=="ACCREC"'),
    Listing(
        "CreditNote",
        "CreditNotes",
        "CreditNoteID",
        "get_credit_notes",
        "get_credit_note",
        'Type=="ACCRECCREDIT"',
    ),
    Listing("Overpayment", "Overpayments", "OverpaymentID", "get_overpayments", "get_overpayment"),
    Listing("Prepayment", "Prepayments", "PrepaymentID", "get_prepayments", "get_prepayment"),
    Listing("Payment", "Payments", "PaymentID", "get_payments", "get_payment"),
    Listing(
        "BatchPayment",
        "BatchPayments",
        "BatchPaymentID",
        "get_batch_payments",
        "get_batch_payment",
        paged=False,
    ),
)
BY_TYPE = {listing.source_type: listing for listing in LISTINGS}

_SOURCE_TYPES = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "CreditNote",
    DocumentKind.OVERPAYMENT: "Overpayment",
    DocumentKind.PREPAYMENT: "Prepayment",
}
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def to_source_type(ref: DocumentRef) -> tuple[str, str]:
    """Translate a reference of the model; a refund is a Payment of Xero's."""
    return _SOURCE_TYPES.get(ref.kind, "Payment"), ref.ledger_id


def is_guid(text: str) -> bool:
    """Whether Xero could have issued this id."""
    return _GUID.fullmatch(text) is not None
