"""From QuickBooks payloads to the receivables model: one table, one function per object.

Source: QBO v3, minor version 75. Dates are the company's own, without a zone. Amounts are in
the document's currency; CurrencyRef is left out where a company has one currency only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from recoup.connector.errors import Unreadable
from recoup.connector.model import ControlAccount, Record, Unmapped
from recoup.connector.money import InexactAmount
from recoup.connector.pages import Payload
from recoup.plugins.quickbooks.context import MappingContext, read_money, stamps
from recoup.plugins.quickbooks.mapping_customers import to_customer
from recoup.plugins.quickbooks.mapping_documents import to_credit_note, to_invoice
from recoup.plugins.quickbooks.mapping_payments import to_payment
from recoup.plugins.quickbooks.mapping_postings import to_deposit, to_journal
from recoup.plugins.quickbooks.structs import (
    AccountObject,
    CustomerObject,
    DebtorObject,
    DepositObject,
    JournalEntryObject,
    PaymentObject,
    PlainObject,
    SalesFormObject,
)

__all__ = ["map_payload", "map_payloads", "to_control_account", "to_unmapped"]

RECEIVABLE = "Accounts Receivable"


def to_control_account(
    found: AccountObject, raw: bytes, context: MappingContext
) -> ControlAccount | Unmapped:
    """Map an Account of type Accounts Receivable; every other account stays unmapped."""
    if found.account_type != RECEIVABLE:
        return to_unmapped(found, raw, "Account")
    currency = context.currency(found.currency_ref)
    created, changed = stamps(found)
    return ControlAccount(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        name=found.name or found.id,
        balance=read_money(found.current_balance, currency),
        active=found.active is not False,
    )


def to_unmapped(found: PlainObject, raw: bytes, source_type: str) -> Unmapped:
    """Keep an object that receivables do not read."""
    created, changed = stamps(found)
    return Unmapped(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        source_type=source_type,
    )


Mapper = Callable[[Any, bytes, MappingContext], Record]

_MAPPERS: Mapping[str, tuple[msgspec.json.Decoder[Any], Mapper]] = {
    "Customer": (msgspec.json.Decoder(CustomerObject), to_customer),
    "Invoice": (msgspec.json.Decoder(SalesFormObject), to_invoice),
    "CreditMemo": (msgspec.json.Decoder(SalesFormObject), to_credit_note),
    "Payment": (msgspec.json.Decoder(PaymentObject), to_payment),
    "Deposit": (msgspec.json.Decoder(DepositObject), to_deposit),
    "JournalEntry": (msgspec.json.Decoder(JournalEntryObject), to_journal),
    "Account": (msgspec.json.Decoder(AccountObject), to_control_account),
}
_plain = msgspec.json.Decoder(PlainObject)
_debtor_decoder = msgspec.json.Decoder(DebtorObject)


def map_payload(payload: Payload, context: MappingContext) -> Record:
    """Map one payload. Raises Unreadable naming the object when it cannot be a record."""
    known = _MAPPERS.get(payload.source_type)
    try:
        if known is None:
            return to_unmapped(_plain.decode(payload.raw), payload.raw, payload.source_type)
        decoder, mapper = known
        return mapper(decoder.decode(payload.raw), payload.raw, context)
    except (msgspec.MsgspecError, InexactAmount, ValueError) as error:
        raise Unreadable(
            f"{payload.source_type} {payload.ledger_id}: {error}", customer_id=_debtor(payload)
        ) from None


def map_payloads(
    payloads: Sequence[Payload], context: MappingContext
) -> Sequence[Record | Exception]:
    """Map payloads in order; one that cannot be mapped gives its Unreadable in its place."""
    records: list[Record | Exception] = []
    for payload in payloads:
        try:
            records.append(map_payload(payload, context))
        except Unreadable as reason:
            records.append(reason)
    return records


def _debtor(payload: Payload) -> str | None:
    """Whose object an unreadable one is, where at least that can be read."""
    try:
        ref = _debtor_decoder.decode(payload.raw).customer_ref
    except msgspec.MsgspecError:
        return None
    return ref.value if ref is not None else None
