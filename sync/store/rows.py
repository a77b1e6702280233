"""Records as rows: plain tuples in column order, dates and instants already as integers.

Every synced document passes here, so members of enumerations are read by ``_value_``: ``value``
goes through a descriptor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from recoup.connector.errors import Unreadable
from recoup.connector.model import (
    Allocation,
    ControlAccount,
    ControlPosting,
    CreditNote,
    Customer,
    DocumentState,
    Invoice,
    Payment,
    Record,
    Refund,
    Unmapped,
)
from recoup.connector.money import InexactAmount, Money
from recoup.sync.store.columns import to_micros

__all__ = ["Rows", "content_hash", "instant", "payload_hash", "to_rows"]

Row = tuple[Any, ...]

_encode = msgspec.msgpack.Encoder(decimal_format="string").encode


class Rows(NamedTuple):
    """What one record becomes. known_from and ended_at of documents are left to the writer."""

    table: str  # customers, documents, postings, control_accounts or "" for none
    record: str  # what objects.record says: where the tombstone of such an object must go
    row: Row = ()  # without company_id
    parts: Sequence[Row] = ()  # allocations or posting lines
    deposited: tuple[str, ...] = ()


def to_rows(record: Record) -> Rows:
    """Turn a record into rows. Raises Unreadable when an amount does not fit its currency."""
    try:
        return _WRITERS[type(record)](record)
    except InexactAmount as error:
        kind = _NAMES.get(type(record)) or getattr(record, "kind", "control_account")
        customer = getattr(record, "customer_id", None)
        raise Unreadable(f"{kind} {record.ledger_id}: {error}", customer_id=customer) from error


def content_hash(record: Record, rows: Rows) -> bytes:
    """Digest of the facts alone: no bytes, versions or change times of the platform."""
    if rows.record == "unmapped":
        return payload_hash(record.raw)
    table, _, row, parts, deposited = rows
    return hashlib.blake2b(_encode((table, row, parts, deposited)), digest_size=16).digest()


def payload_hash(raw: bytes) -> bytes:
    """128 bits of SHA-256, which processors of today compute faster than any other."""
    return hashlib.sha256(raw).digest()[:16]


def instant(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _rate(rate: Decimal | None) -> str | None:
    return None if rate is None else str(rate)


def _day(on: date | None) -> int | None:
    return None if on is None else on.toordinal()


def _minor(money: Money) -> int:
    return money.minor if money.amount else 0


def _invoice(invoice: Invoice) -> Rows:
    total = invoice.total
    row = (
        "invoice",
        invoice.ledger_id,
        invoice.customer_id,
        invoice.number,
        invoice.issued_on.toordinal(),
        invoice.due_on.toordinal(),
        total.currency,
        _minor(total),
        _minor(invoice.balance),
        _rate(invoice.rate),
        invoice.state._value_,
        invoice.memo,
    )
    return Rows("documents", "invoice", row)


def _payment(payment: Payment) -> Rows:
    return _undated(payment.kind._value_, payment)


def _credit_note(note: CreditNote) -> Rows:
    return _undated("credit_note", note)


def _refund(refund: Refund) -> Rows:
    return _undated("refund", refund)


def _undated(kind: str, document: Payment | CreditNote | Refund) -> Rows:
    """A document without a due date of its own, and the allocations it states."""
    issued, total = document.issued_on.toordinal(), document.total
    minor = _minor(total)
    row = (
        kind,
        document.ledger_id,
        document.customer_id,
        document.number,
        issued,
        issued,
        total.currency,
        minor,
        _minor(document.balance),
        _rate(document.rate),
        document.state._value_,
        None,
    )
    stands = document.state is DocumentState.POSTED  # what is void or deleted settles nothing
    parts = [_allocation(part, total, minor) for part in document.allocations] if stands else ()
    return Rows("documents", kind, row, parts)


def _allocation(allocation: Allocation, total: Money, total_minor: int) -> Row:
    """The row of one allocation; *total* is its owner's, which it often equals."""
    part, amount = allocation.part, allocation.amount
    (source_kind, source_id), (target_kind, target_id) = allocation.source, allocation.target
    return (
        part,
        source_kind._value_,
        source_id,
        target_kind._value_,
        target_id,
        amount.currency,
        total_minor if amount is total else amount.minor,
        allocation.kind._value_,
        _day(allocation.made_on),
    )


def _customer(customer: Customer) -> Rows:
    contacts = [
        {
            name: value
            for name in ("name", "email", "phone", "role")
            if (value := getattr(contact, name)) is not None
        }
        for contact in customer.contacts
    ]
    row = (
        customer.ledger_id,
        customer.name,
        customer.currency,
        customer.parent_id,
        customer.bills_with_parent,
        customer.active,
        json.dumps(contacts, ensure_ascii=False, sort_keys=True),
        customer.terms,
        customer.debtor_type,
        None if customer.balance is None else customer.balance.minor,
        customer.balance_in_home,
    )
    return Rows("customers", "customer", row)


def _posting(posting: ControlPosting) -> Rows:
    kind = posting.kind.value
    row = (
        kind,
        posting.ledger_id,
        posting.number,
        posting.issued_on.toordinal(),
        _rate(posting.rate),
        posting.state.value,
    )
    lines: list[Row] = [
        (line.part, line.account_id, line.customer_id, line.amount.currency, line.amount.minor)
        for line in posting.lines
    ]
    return Rows("postings", kind, row, lines, posting.deposited)


def _account(account: ControlAccount) -> Rows:
    balance = account.balance
    row = (account.ledger_id, account.name, balance.currency, balance.minor, account.active)
    return Rows("control_accounts", "control_account", row)


def _unmapped(record: Unmapped) -> Rows:
    return Rows("", "unmapped")


_NAMES = {Invoice: "invoice", CreditNote: "credit_note", Refund: "refund", Customer: "customer"}
_WRITERS: Mapping[type, Callable[[Any], Rows]] = {
    Invoice: _invoice,
    Payment: _payment,
    CreditNote: _credit_note,
    Refund: _refund,
    Customer: _customer,
    ControlPosting: _posting,
    ControlAccount: _account,
    Unmapped: _unmapped,
}
