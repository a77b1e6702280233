"""The parts of Sage objects that receivables read, exactly typed.

Source: Sage Accounting v3.1, descriptions of 2022 and 2025. Amounts come as strings although the
description says number; anything may be null, and a date may be an empty string, so dates stay
text here. Unknown fields and unknown words are let through.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, field

__all__ = [
    "AllocatedLeg",
    "AllocationObject",
    "BalanceDetails",
    "ContactObject",
    "Context",
    "DocumentObject",
    "Edge",
    "LedgerAccountObject",
    "OnAccount",
    "OpeningBalanceObject",
    "PaymentObject",
    "Person",
    "Ref",
    "SageObject",
    "SettlementsObject",
]


class Ref(Struct, gc=False):
    """A reference. What it is displayed as is today's text and is never read."""

    id: str | None = None
    path: str | None = field(default=None, name="$path")


class Context(Struct, kw_only=True, omit_defaults=True):
    """What was read beside an object because its own bytes do not say it."""

    currency: str | None = None  # of the contact
    due_on: str | None = None  # derived from the terms
    settled: Decimal | None = None  # Σ of the legs that name it
    owners: dict[str, tuple[str, str]] = {}  # id on account → ("payment" or "refund", id)
    fault: str | None = None  # why Sage could not show it


class SageObject(Struct, kw_only=True):
    """What every object has."""

    id: str
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None
    context: Context | None = field(default=None, name="$recoup")


class Edge(Struct, kw_only=True):
    """One entry of a document's payments_allocations."""

    date: str | None = None
    amount: Decimal | None = None
    discount: Decimal | None = None
    contact_allocation: Ref | None = None
    contact_payment: Ref | None = None
    artefact: Ref | None = None


class DocumentObject(SageObject, kw_only=True):
    """A sales invoice, a credit note or a quick entry."""

    displayed_as: str | None = None
    contact: Ref | None = None
    quick_entry_type: Ref | None = None
    reference: str | None = None
    notes: str | None = None
    details: str | None = None
    date: str | None = None
    due_date: str | None = None
    currency: Ref | None = None
    exchange_rate: Decimal | None = None
    inverse_exchange_rate: Decimal | None = None
    total_amount: Decimal | None = None
    base_currency_total_amount: Decimal | None = None
    total_paid: Decimal | None = None
    outstanding_amount: Decimal | None = None
    is_cis: bool | None = None
    total_after_cis_deduction: Decimal | None = None
    withholding_tax_amount: Decimal | None = None
    status: Ref | None = None
    payments_allocations: list[Edge] | None = None


class OpeningBalanceObject(SageObject, kw_only=True):
    """What a contact owed, or had to its credit, when the books began."""

    contact: Ref | None = None
    contact_opening_balance_type: Ref | None = None
    transaction_type: Ref | None = None
    date: str | None = None
    reference: str | None = None
    details: str | None = None
    currency: Ref | None = None
    exchange_rate: Decimal | None = None
    total_amount: Decimal | None = None
    base_currency_total_amount: Decimal | None = None


class AllocatedLeg(Struct, kw_only=True):
    """One leg. In a receipt: cash and the discount beside it. In an allocation: signed."""

    id: str | None = None
    artefact: Ref | None = None
    amount: Decimal | None = None
    discount: Decimal | None = None


class OnAccount(Struct, kw_only=True):
    """What is left of a receipt; its own id is the credit leg of later allocations."""

    id: str | None = None
    total_amount: Decimal | None = None
    outstanding_amount: Decimal | None = None


class PaymentObject(SageObject, kw_only=True):
    transaction_type: Ref | None = None
    contact: Ref | None = None
    bank_account: Ref | None = None
    date: str | None = None
    reference: str | None = None
    currency: Ref | None = None
    exchange_rate: Decimal | None = None
    total_amount: Decimal | None = None
    base_currency_total_amount: Decimal | None = None
    allocated_artefacts: list[AllocatedLeg] | None = None
    payment_on_account: OnAccount | None = None


class AllocationObject(SageObject, kw_only=True):
    transaction_type: Ref | None = None
    contact: Ref | None = None
    date: str | None = None
    allocated_artefacts: list[AllocatedLeg] | None = None


class SettlementsObject(SageObject, kw_only=True):
    """What allocations settle of one document, read off the document itself."""

    contact: Ref | None = None
    date: str | None = None
    currency: Ref | None = None
    itself: Ref | None = None  # the document, with its path
    is_debit: bool = True
    edges: list[Edge] = []


class Person(Struct, kw_only=True):
    name: str | None = None
    email: str | None = None
    telephone: str | None = None
    mobile: str | None = None


class ContactObject(SageObject, kw_only=True):
    displayed_as: str | None = None
    name: str | None = None
    reference: str | None = None
    contact_types: list[Ref | None] | None = None
    email: str | None = None
    main_contact_person: Person | None = None
    credit_days: int | None = None
    credit_terms: str | None = None
    currency: Ref | None = None
    balance: Decimal | None = None
    is_active: bool | None = None
    gdpr_obfuscated: bool | None = None


class BalanceDetails(Struct, kw_only=True):
    balance: Decimal | None = None
    credit_or_debit: str | None = None
    credits: Decimal | None = None
    debits: Decimal | None = None


class LedgerAccountObject(SageObject, kw_only=True):
    name: str | None = None
    displayed_as: str | None = None
    nominal_code: int | str | None = None
    is_control_account: bool | None = None
    control_name: str | None = None
    balance_details: BalanceDetails | None = None
