"""The resources of Sage that receivables read, and how each may be asked for.

Source: the Sage Accounting v3.1 description of 2025. A resource is named by its path, which is
also the source type of its payloads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from recoup.connector.model import DocumentKind, DocumentRef

__all__ = [
    "ALLOCATIONS",
    "CONTACTS",
    "CREDIT_NOTES",
    "INVOICES",
    "LEDGER_ACCOUNTS",
    "OPENING_BALANCES",
    "PAGE_ROWS",
    "PAYMENTS",
    "QUICK_ENTRIES",
    "RESOURCES",
    "SETTLEMENTS",
    "Resource",
    "siblings_of",
    "to_source_type",
]

PAGE_ROWS = 200  # the platform's most

CONTACTS = "contacts"
INVOICES = "sales_invoices"
CREDIT_NOTES = "sales_credit_notes"
QUICK_ENTRIES = "sales_quick_entries"
OPENING_BALANCES = "contact_opening_balances"
PAYMENTS = "contact_payments"
ALLOCATIONS = "contact_allocations"
LEDGER_ACCOUNTS = "ledger_accounts"
# Of our own making, where allocations may not be read: what settles one document, off itself.
SETTLEMENTS = "document_settlements"

_ALL = {"attributes": "all"}
_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One path. Every list is filtered to what concerns customers as far as Sage can."""

    path: str
    sortable: bool = False  # by updated_at
    listed: Mapping[str, str] = field(default_factory=dict)  # parameters of every list
    shown: Mapping[str, str] = field(default_factory=dict)  # what makes an object complete
    single: Mapping[str, str] = field(default_factory=dict)  # further parameters of one object
    by_status: bool = False  # lists can be narrowed to UNPAID and PART_PAID
    counted: tuple[Mapping[str, str], ...] = (_EMPTY,)  # filters whose totals add up to ours


RESOURCES: Mapping[str, Resource] = {
    resource.path: resource
    for resource in (
        Resource(
            path=CONTACTS,
            listed={"contact_type_id": "CUSTOMER"},
            shown={**_ALL, "show_balance": "true", "nested_attributes": "all"},
        ),
        Resource(
            path=INVOICES,
            sortable=True,
            shown=_ALL,
            single={"show_payments_allocations": "true", "mark_as_sent": "false"},
            by_status=True,
        ),
        Resource(
            path=CREDIT_NOTES,
            sortable=True,
            shown=_ALL,
            single={"show_payments_allocations": "true", "mark_as_sent": "false"},
            by_status=True,
        ),
        Resource(
            path=QUICK_ENTRIES,
            sortable=True,
            shown=_ALL,
            single={"show_payments_allocations": "true"},
            by_status=True,
        ),
        Resource(
            path=OPENING_BALANCES,
            listed={"contact_type_id": "CUSTOMER"},
            shown=_ALL,
        ),
        Resource(
            path=PAYMENTS,
            sortable=True,
            shown=_ALL,
            counted=(
                {"transaction_type_id": "CUSTOMER_RECEIPT"},
                {"transaction_type_id": "CUSTOMER_REFUND"},
            ),
        ),
        Resource(
            path=ALLOCATIONS,
            sortable=True,
            listed={"transaction_type_id": "CUSTOMER_ALLOCATION"},
            shown=_ALL,
        ),
    )
}

# Where a document of a kind may live: the id does not tell.
_HOMES: Mapping[DocumentKind, tuple[str, ...]] = {
    DocumentKind.INVOICE: (INVOICES, QUICK_ENTRIES, OPENING_BALANCES),
    DocumentKind.CREDIT_NOTE: (CREDIT_NOTES, QUICK_ENTRIES, OPENING_BALANCES),
    DocumentKind.PAYMENT: (PAYMENTS, ALLOCATIONS),
    DocumentKind.REFUND: (PAYMENTS,),
}


def to_source_type(ref: DocumentRef) -> tuple[str, str]:
    """Name the resource that most likely holds *ref*; a fetch tries the others of its kind."""
    homes = _HOMES.get(ref.kind, (INVOICES,))
    return homes[0], ref.ledger_id


def siblings_of(source_type: str) -> tuple[str, ...]:
    """Where else a document may be when it is not in *source_type*."""
    for homes in _HOMES.values():
        if homes[0] == source_type:
            return homes[1:]
    return ()
