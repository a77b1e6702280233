"""Journal entries and deposits: no documents, but their lines can move receivables."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from recoup.connector.model import ControlLine, ControlPosting, DocumentKind, DocumentState
from recoup.plugins.quickbooks.context import VOID_NOTE, MappingContext, read_money, stamps
from recoup.plugins.quickbooks.structs import (
    DepositEntity,
    DepositObject,
    JournalDetail,
    JournalEntryObject,
)

__all__ = ["to_deposit", "to_journal"]

PAYMENT = "Payment"


def to_journal(found: JournalEntryObject, raw: bytes, context: MappingContext) -> ControlPosting:
    """Map a JournalEntry. A debit raises what a customer owes, a credit lowers it."""
    currency = context.currency(found.currency_ref)
    created, changed = stamps(found)
    lines = tuple(_journal_lines(found, currency))
    return ControlPosting(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        kind=DocumentKind.JOURNAL,
        issued_on=found.txn_date,
        number=found.doc_number,
        rate=found.exchange_rate,
        state=_state(found.private_note, lines),
        lines=lines,
    )


def to_deposit(found: DepositObject, raw: bytes, context: MappingContext) -> ControlPosting:
    """Map a Deposit: the payments it took to the bank, and its lines on other accounts.

    A line on a receivables account is money from the customer that no payment records.
    """
    currency = context.currency(found.currency_ref)
    created, changed = stamps(found)
    lines = tuple(_deposit_lines(found, currency))
    taken = [
        link.txn_id
        for line in found.line or []
        for link in line.linked_txn or []
        if link.txn_type == PAYMENT
    ]
    return ControlPosting(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        kind=DocumentKind.DEPOSIT,
        issued_on=found.txn_date,
        number=found.doc_number,
        rate=found.exchange_rate,
        state=_state(found.private_note, lines) if not taken else DocumentState.POSTED,
        lines=lines,
        deposited=tuple(dict.fromkeys(taken)),
    )


def _journal_lines(found: JournalEntryObject, currency: str) -> Iterator[ControlLine]:
    for at, line in enumerate(found.line or []):
        detail = line.journal_entry_line_detail
        account = detail.account_ref.value if detail and detail.account_ref else None
        if detail is None or account is None:
            continue  # a description without an amount
        if detail.posting_type not in ("Debit", "Credit"):
            raise ValueError(f"line {line.id or at} is neither a debit nor a credit")
        amount = line.amount or Decimal(0)
        yield ControlLine(
            part=line.id or f"#{at}",
            account_id=account,
            customer_id=_journal_customer(detail),
            amount=read_money(amount if detail.posting_type == "Debit" else -amount, currency),
        )


def _journal_customer(detail: JournalDetail) -> str | None:
    entity = detail.entity
    if entity is None or (entity.type or "Customer").lower() != "customer":
        return None
    return entity.entity_ref.value if entity.entity_ref is not None else None


def _deposit_lines(found: DepositObject, currency: str) -> Iterator[ControlLine]:
    for at, line in enumerate(found.line or [], 1):
        detail = line.deposit_line_detail
        account = detail.account_ref.value if detail and detail.account_ref else None
        if detail is None or account is None:
            continue  # it takes a payment or sales receipt out of undeposited funds
        yield ControlLine(
            part=line.id or f"#{at}",
            account_id=account,
            customer_id=_deposit_customer(detail.entity),
            amount=read_money(-(line.amount or Decimal(0)), currency),
        )
    back = found.cash_back
    if back is not None and back.account_ref is not None and back.account_ref.value:
        yield ControlLine(
            part="cash-back",
            account_id=back.account_ref.value,
            customer_id=None,
            amount=read_money(back.amount, currency),
        )


def _deposit_customer(entity: DepositEntity | None) -> str | None:
    if entity is None:
        return None
    kind = entity.type or entity.nested_type or "Customer"
    if kind.lower() != "customer":
        return None
    nested = entity.nested.value if entity.nested is not None else None
    return entity.value or nested


def _state(note: str | None, lines: tuple[ControlLine, ...]) -> DocumentState:
    void = (note or "").startswith(VOID_NOTE) and not any(line.amount for line in lines)
    return DocumentState.VOID if void else DocumentState.POSTED
