"""Invoices, credit notes, quick entries and opening balances."""

from __future__ import annotations

from decimal import Decimal

from recoup.connector.model import CreditNote, DocumentState, Invoice, Unmapped
from recoup.connector.money import Money
from recoup.plugins.sage.context import (
    MappingContext,
    head,
    read_date,
    read_money,
    read_rate,
    required_date,
    required_id,
    state_of,
    word,
)
from recoup.plugins.sage.entities import OPENING_BALANCES
from recoup.plugins.sage.structs import DocumentObject, OpeningBalanceObject

__all__ = ["to_credit_note", "to_invoice", "to_opening_balance", "to_quick_entry"]

_ZERO = Decimal(0)


def to_invoice(found: DocumentObject, raw: bytes, context: MappingContext) -> Invoice:
    """Map a SalesInvoice, or a QuickEntry of the type invoice.

    Without a due date of its own it takes the one derived from the terms, else its date.
    """
    currency = context.currency(found, found.currency)
    state = state_of(found.status, found.deleted_at)
    issued_on = required_date(found.date)
    derived = found.context.due_on if found.context is not None else None
    total = read_money(_collectable(found), currency)
    balance = read_money(found.outstanding_amount, currency)
    return Invoice(
        **head(found, raw),
        customer_id=required_id(found.contact, "contact"),
        number=_number(found),
        issued_on=issued_on,
        due_on=read_date(found.due_date) or read_date(derived) or issued_on,
        total=total,
        balance=Money.zero(currency) if state is DocumentState.VOID else balance,
        rate=_rate(found),
        state=state,
        memo=found.notes or found.details or None,
    )


def to_credit_note(found: DocumentObject, raw: bytes, context: MappingContext) -> CreditNote:
    """Map a SalesCreditNote, or a QuickEntry of the type credit note.

    Sage does not say how credit amounts are signed: magnitudes are taken, of one sign.
    """
    currency = context.currency(found, found.currency)
    state = state_of(found.status, found.deleted_at)
    total, balance = _magnitudes(_collectable(found), found.outstanding_amount)
    return CreditNote(
        **head(found, raw),
        customer_id=required_id(found.contact, "contact"),
        number=_number(found),
        issued_on=required_date(found.date),
        total=read_money(total, currency),
        balance=read_money(_ZERO if state is DocumentState.VOID else balance, currency),
        rate=_rate(found),
        state=state,
    )


def to_quick_entry(
    found: DocumentObject, raw: bytes, context: MappingContext
) -> Invoice | CreditNote:
    """Map a QuickEntry by its type."""
    if "CREDIT" in word(found.quick_entry_type):
        return to_credit_note(found, raw, context)
    return to_invoice(found, raw, context)


def to_opening_balance(
    found: OpeningBalanceObject, raw: bytes, context: MappingContext
) -> Invoice | CreditNote | Unmapped:
    """Map a ContactOpeningBalance. Sage states no open amount: total less all legs that name it."""
    kind = word(found.contact_opening_balance_type)
    if "VENDOR" in word(found.transaction_type):
        return Unmapped(**head(found, raw), source_type=OPENING_BALANCES)
    currency = context.currency(found, found.currency)
    issued_on = required_date(found.date)
    beside = found.context
    settled = abs(beside.settled) if beside is not None and beside.settled is not None else _ZERO
    total = abs(found.total_amount or _ZERO)
    state = DocumentState.DELETED if read_date(found.deleted_at) else DocumentState.POSTED
    customer_id = required_id(found.contact, "contact")
    number = found.reference or None
    rate = read_rate(found.exchange_rate, found.total_amount, found.base_currency_total_amount)
    opened, left = read_money(total, currency), read_money(total - settled, currency)
    if "CREDIT" in kind:
        return CreditNote(
            **head(found, raw),
            customer_id=customer_id,
            number=number,
            issued_on=issued_on,
            total=opened,
            balance=left,
            rate=rate,
            state=state,
        )
    derived = beside.due_on if beside is not None else None
    return Invoice(
        **head(found, raw),
        customer_id=customer_id,
        number=number,
        issued_on=issued_on,
        due_on=read_date(derived) or issued_on,
        total=opened,
        balance=left,
        rate=rate,
        state=state,
        memo=found.details or None,
    )


def _collectable(found: DocumentObject) -> Decimal:
    """What the customer is to pay: what is withheld goes to the tax office instead.

    total_paid holds payments, allocations and discounts, so that the outstanding amount proves
    which total counts. Raises ValueError when none does.
    """
    total = found.total_amount or _ZERO
    less = _less_withheld(found, total)
    if less == total or found.outstanding_amount is None or found.total_paid is None:
        return less
    if state_of(found.status) is not DocumentState.POSTED:
        return less
    gone = abs(found.outstanding_amount) + abs(found.total_paid)
    for candidate in (less, total):
        if abs(candidate) == gone:
            return candidate
    raise ValueError(
        f"outstanding {found.outstanding_amount} and paid {found.total_paid} add up neither to "
        f"its total {total} nor to {less} after what is withheld"
    )


def _less_withheld(found: DocumentObject, total: Decimal) -> Decimal:
    """The total after the CIS deduction, or after another tax that is held back."""
    if found.is_cis and found.total_after_cis_deduction is not None:
        return found.total_after_cis_deduction
    return total - (found.withholding_tax_amount or _ZERO)


def _magnitudes(total: Decimal, balance: Decimal | None) -> tuple[Decimal, Decimal]:
    left = balance or _ZERO
    if total and left and (total < 0) != (left < 0):
        raise ValueError(f"its total {total} and its outstanding amount {left} differ in sign")
    return abs(total), abs(left)


def _number(found: DocumentObject) -> str | None:
    """``SI-12`` as people see it; a quick entry is known by its reference."""
    if found.quick_entry_type is not None:
        return found.reference or found.displayed_as or None
    return found.displayed_as or found.reference or None


def _rate(found: DocumentObject) -> Decimal | None:
    return read_rate(found.exchange_rate, found.total_amount, found.base_currency_total_amount)
