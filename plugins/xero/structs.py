"""The parts of Xero objects that receivables read, exactly typed.

Source: Accounting API 2.0. Money is Decimal, read from the digits on the wire. Fields without a
value are left out by the platform; a null is read the same way. Unknown fields and unknown words
are let through.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

__all__ = [
    "AccountObject",
    "AllocationObject",
    "Balances",
    "ContactObject",
    "ContactPerson",
    "ContactRef",
    "CreditNoteObject",
    "CreditRef",
    "DebtorObject",
    "InvoiceObject",
    "OrganisationObject",
    "OverpaymentObject",
    "PaidObject",
    "PaymentObject",
    "PaymentTerms",
    "Phone",
    "PrepaymentObject",
    "Receivable",
    "ReportCell",
    "ReportRow",
    "SalesTerms",
]


def _on_wire(name: str) -> str:
    """contact_id is ContactID there, updated_date_utc is UpdatedDateUTC."""
    upper = {"id": "ID", "utc": "UTC"}
    return "".join(upper.get(part, part.capitalize()) for part in name.split("_"))


class ContactRef(Struct, rename=_on_wire, gc=False):
    contact_id: str | None = None


class Phone(Struct, rename=_on_wire, gc=False):
    phone_type: str | None = None
    phone_number: str | None = None
    phone_area_code: str | None = None
    phone_country_code: str | None = None


class ContactPerson(Struct, rename=_on_wire, gc=False):
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    include_in_emails: bool | None = None


class Receivable(Struct, rename=_on_wire, gc=False):
    outstanding: Decimal | None = None


class Balances(Struct, rename=_on_wire):
    accounts_receivable: Receivable | None = None


class SalesTerms(Struct, rename=_on_wire, gc=False):
    day: int | None = None
    type: str | None = None


class PaymentTerms(Struct, rename=_on_wire):
    sales: SalesTerms | None = None


class ContactObject(Struct, rename=_on_wire, kw_only=True):
    contact_id: str
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    contact_persons: list[ContactPerson] | None = None
    phones: list[Phone] | None = None
    contact_status: str | None = None
    default_currency: str | None = None
    payment_terms: PaymentTerms | None = None
    balances: Balances | None = None
    updated_date_utc: str | None = None


class _Document(Struct, rename=_on_wire, kw_only=True):
    """What every sales document has."""

    type: str | None = None
    status: str | None = None
    contact: ContactRef | None = None
    date: str | None = None
    date_string: str | None = None
    currency_code: str | None = None
    currency_rate: Decimal | None = None
    total: Decimal
    updated_date_utc: str | None = None


class InvoiceObject(_Document, rename=_on_wire, kw_only=True):
    invoice_id: str
    invoice_number: str | None = None
    reference: str | None = None
    due_date: str | None = None
    due_date_string: str | None = None
    amount_due: Decimal | None = None


class CreditRef(Struct, rename=_on_wire, gc=False):
    """A document named by another one."""

    invoice_id: str | None = None
    credit_note_id: str | None = None
    overpayment_id: str | None = None
    prepayment_id: str | None = None


class AllocationObject(Struct, rename=_on_wire):
    allocation_id: str | None = None
    amount: Decimal | None = None
    date: str | None = None
    invoice: CreditRef | None = None
    is_deleted: bool | None = None


class CreditNoteObject(_Document, rename=_on_wire, kw_only=True):
    credit_note_id: str
    credit_note_number: str | None = None
    remaining_credit: Decimal | None = None
    allocations: list[AllocationObject] | None = None


class OverpaymentObject(_Document, rename=_on_wire, kw_only=True):
    overpayment_id: str
    reference: str | None = None
    remaining_credit: Decimal | None = None
    allocations: list[AllocationObject] | None = None


class PrepaymentObject(_Document, rename=_on_wire, kw_only=True):
    prepayment_id: str
    invoice_number: str | None = None
    reference: str | None = None
    remaining_credit: Decimal | None = None
    allocations: list[AllocationObject] | None = None


class PaidObject(Struct, rename=_on_wire, kw_only=True):
    """The document that a payment settles or gives back, as nested in the payment."""

    type: str | None = None
    invoice_id: str | None = None
    credit_note_id: str | None = None
    overpayment_id: str | None = None
    prepayment_id: str | None = None
    contact: ContactRef | None = None
    currency_code: str | None = None


class PaymentObject(Struct, rename=_on_wire, kw_only=True):
    payment_id: str
    payment_type: str | None = None
    status: str | None = None
    date: str | None = None
    amount: Decimal
    currency_rate: Decimal | None = None
    reference: str | None = None
    invoice: PaidObject | None = None
    credit_note: PaidObject | None = None
    overpayment: PaidObject | None = None
    prepayment: PaidObject | None = None
    updated_date_utc: str | None = None


class DebtorObject(Struct, rename=_on_wire):
    """The one thing asked of an object that cannot be read otherwise."""

    contact: ContactRef | None = None
    contact_id: str | None = None
    invoice: DebtorObject | None = None


class OrganisationObject(Struct, rename=_on_wire, kw_only=True):
    organisation_id: str | None = None
    name: str | None = None
    base_currency: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    is_demo_company: bool | None = None
    period_lock_date: str | None = None
    end_of_year_lock_date: str | None = None


class AccountObject(Struct, rename=_on_wire, kw_only=True):
    account_id: str
    code: str | None = None
    name: str | None = None
    type: str | None = None
    status: str | None = None
    system_account: str | None = None
    currency_code: str | None = None


class ReportCell(Struct, rename=_on_wire):
    value: str | None = None
    attributes: list[dict[str, str | None]] | None = None


class ReportRow(Struct, rename=_on_wire):
    """A row of a report; only sections have rows of their own."""

    row_type: str | None = None
    title: str | None = None
    cells: list[ReportCell] | None = None
