"""Invoices and credit memos."""

from __future__ import annotations

from recoup.connector.model import CreditNote, Invoice
from recoup.plugins.quickbooks.context import (
    MappingContext,
    read_money,
    read_positive,
    required_id,
    stamps,
    state_of,
)
from recoup.plugins.quickbooks.structs import SalesFormObject

__all__ = ["to_credit_note", "to_invoice"]


def to_invoice(found: SalesFormObject, raw: bytes, context: MappingContext) -> Invoice:
    """Map an Invoice. Without a DueDate it is due on the day of issue.

    Deposit is money taken with the sale: only the rest ever was a receivable.
    """
    currency = context.currency(found.currency_ref)
    created, changed = stamps(found)
    memo = found.customer_memo.value if found.customer_memo is not None else None
    return Invoice(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        customer_id=required_id(found.customer_ref, "customer"),
        number=found.doc_number,
        issued_on=found.txn_date,
        due_on=found.due_date or found.txn_date,
        total=read_money(found.total_amt - (found.deposit or 0), currency),
        balance=read_money(found.balance, currency),
        rate=found.exchange_rate,
        state=state_of(found.total_amt, found.balance, found.private_note),
        terms=found.sales_term_ref.value if found.sales_term_ref is not None else None,
        memo=memo,
    )


def to_credit_note(found: SalesFormObject, raw: bytes, context: MappingContext) -> CreditNote:
    """Map a CreditMemo. What it paid is stated by payments only, never on the memo itself."""
    currency = context.currency(found.currency_ref)
    created, changed = stamps(found)
    left = found.balance if found.balance is not None else found.remaining_credit
    return CreditNote(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        customer_id=required_id(found.customer_ref, "customer"),
        number=found.doc_number,
        issued_on=found.txn_date,
        total=read_positive(found.total_amt, currency),
        balance=read_positive(left, currency),
        rate=found.exchange_rate,
        state=state_of(found.total_amt, left, found.private_note),
    )
