"""Records as rows: plain tuples in column order, dates and instants already as integers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from recoup.connector.errors import Unreadable
from recoup.connector.model import (
    Allocation,
    ControlAccount,
    ControlPosting,
    CreditNote,
    Customer,
    DocumentKind,
    Invoice,
    Payment,
    Record,
    Unmapped,
)
from recoup.connector.money import InexactAmount
from recoup.sync.store.columns import to_micros

__all__ = ["Rows", "content_hash", "instant", "payload_hash", "record_name", "to_rows"]

Row = tuple[Any, ...]

_encode = msgspec.msgpack.Encoder(decimal_format="string").encode


@dataclass(slots=True)
class Rows:
    """What one record becomes. known_from and ended_at of documents are left to the writer."""

    table: str  # customers, documents, postings, control_accounts or "" for none
    row: Row = ()  # without company_id
    parts: list[Row] = field(default_factory=list)  # allocations or posting lines
    deposited: tuple[str, ...] = ()


def record_name(record: Record) -> str:
    """What objects.record says: where the tombstone of such an object must go."""
    if isinstance(record, Invoice):
        return DocumentKind.INVOICE
    if isinstance(record, Payment | ControlPosting):
        return record.kind
    if isinstance(record, Customer):
        return "customer"
    if isinstance(record, CreditNote):
        return DocumentKind.CREDIT_NOTE
    if isinstance(record, ControlAccount):
        return "control_account"
    return "unmapped"


def to_rows(record: Record) -> Rows:
    """Turn a record into rows. Raises Unreadable when an amount does not fit its currency."""
    try:
        if isinstance(record, Invoice):
            return Rows("documents", _invoice(record))
        if isinstance(record, Payment | CreditNote):
            return Rows(
                "documents", _credit(record), [_allocation(part) for part in record.allocations]
            )
        if isinstance(record, Customer):
            return Rows("customers", _customer(record))
        if isinstance(record, ControlPosting):
            return _posting(record)
        if isinstance(record, ControlAccount):
            balance = record.balance
            return Rows(
                "control_accounts",
                (record.ledger_id, record.name, balance.currency, balance.minor, record.active),
            )
    except InexactAmount as error:
        customer = getattr(record, "customer_id", None)
        raise Unreadable(
            f"{record_name(record)} {record.ledger_id}: {error}", customer_id=customer
        ) from error
    return Rows("")


def content_hash(record: Record, rows: Rows) -> bytes:
    """Digest of the facts alone: no bytes, versions or change times of the platform."""
    if isinstance(record, Unmapped):
        return payload_hash(record.raw)
    return hashlib.blake2b(
        _encode((rows.table, rows.row, rows.parts, rows.deposited)), digest_size=16
    ).digest()


def payload_hash(raw: bytes) -> bytes:
    """128 bits of SHA-256, which processors of today compute faster than any other."""
    return hashlib.sha256(raw).digest()[:16]


def _rate(rate: Decimal | None) -> str | None:
    return None if rate is None else str(rate)


def _day(on: date | None) -> int | None:
    return None if on is None else on.toordinal()


def instant(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _invoice(invoice: Invoice) -> Row:
    total = invoice.total
    return (
        "invoice",
        invoice.ledger_id,
        invoice.customer_id,
        invoice.number,
        invoice.issued_on.toordinal(),
        invoice.due_on.toordinal(),
        total.currency,
        total.minor,
        invoice.balance.minor,
        _rate(invoice.rate),
        invoice.state.value,
        invoice.memo,
    )


def _credit(credit: Payment | CreditNote) -> Row:
    issued = credit.issued_on.toordinal()
    kind = credit.kind if isinstance(credit, Payment) else DocumentKind.CREDIT_NOTE
    return (
        kind.value,
        credit.ledger_id,
        credit.customer_id,
        credit.number,
        issued,
        issued,
        credit.total.currency,
        credit.total.minor,
        credit.balance.minor,
        _rate(credit.rate),
        credit.state.value,
        None,
    )


def _allocation(part: Allocation) -> Row:
    return (
        part.part,
        part.source.kind.value,
        part.source.ledger_id,
        part.target.kind.value,
        part.target.ledger_id,
        part.amount.currency,
        part.amount.minor,
        part.kind.value,
        _day(part.made_on),
    )


def _customer(customer: Customer) -> Row:
    contacts = [
        {
            name: value
            for name in ("name", "email", "phone", "role")
            if (value := getattr(contact, name)) is not None
        }
        for contact in customer.contacts
    ]
    return (
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
    )


def _posting(posting: ControlPosting) -> Rows:
    row = (
        posting.kind.value,
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
    return Rows("postings", row, lines, posting.deposited)
