"""From Sage payloads to the receivables model: one table, one function per resource.

Source: Sage Accounting v3.1. Dates are the business' own, without a zone. Amounts are in the
document's currency, which is the contact's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from recoup.connector.errors import Unreadable
from recoup.connector.model import ControlAccount, Record, Unmapped
from recoup.connector.money import InexactAmount
from recoup.connector.pages import Payload
from recoup.plugins.sage.context import MappingContext, head, read_money
from recoup.plugins.sage.entities import (
    ALLOCATIONS,
    CONTACTS,
    CREDIT_NOTES,
    INVOICES,
    LEDGER_ACCOUNTS,
    OPENING_BALANCES,
    PAYMENTS,
    QUICK_ENTRIES,
    SETTLEMENTS,
)
from recoup.plugins.sage.mapping_customers import to_customer
from recoup.plugins.sage.mapping_documents import (
    to_credit_note,
    to_invoice,
    to_opening_balance,
    to_quick_entry,
)
from recoup.plugins.sage.mapping_payments import to_allocation, to_payment, to_settlements
from recoup.plugins.sage.structs import (
    AllocationObject,
    BalanceDetails,
    ContactObject,
    DocumentObject,
    LedgerAccountObject,
    OpeningBalanceObject,
    PaymentObject,
    Ref,
    SageObject,
    SettlementsObject,
)

__all__ = ["map_payload", "map_payloads", "signed_balance", "to_control_account"]

_ZERO = Decimal(0)


def to_control_account(
    found: LedgerAccountObject, raw: bytes, context: MappingContext
) -> ControlAccount:
    """Map the trade debtors' LedgerAccount. Sage keeps it in base currency whatever is owed."""
    currency = context.currency(found, None)
    return ControlAccount(
        **head(found, raw),
        name=found.name or found.displayed_as or found.id,
        balance=read_money(signed_balance(found.balance_details), currency),
    )


def signed_balance(details: BalanceDetails | None) -> Decimal:
    """What an account holds, debits positive; the balance itself carries no sign."""
    if details is None:
        raise ValueError("it came without its balance")
    if details.debits is not None and details.credits is not None:
        return abs(details.debits) - abs(details.credits)
    balance = details.balance or _ZERO
    is_credit = (details.credit_or_debit or "").strip().lower().startswith("c")
    return -abs(balance) if is_credit else balance


Mapper = Callable[[Any, bytes, MappingContext], Record]

_MAPPERS: Mapping[str, tuple[msgspec.json.Decoder[Any], Mapper]] = {
    CONTACTS: (msgspec.json.Decoder(ContactObject, strict=False), to_customer),
    INVOICES: (msgspec.json.Decoder(DocumentObject, strict=False), to_invoice),
    CREDIT_NOTES: (msgspec.json.Decoder(DocumentObject, strict=False), to_credit_note),
    QUICK_ENTRIES: (msgspec.json.Decoder(DocumentObject, strict=False), to_quick_entry),
    OPENING_BALANCES: (
        msgspec.json.Decoder(OpeningBalanceObject, strict=False),
        to_opening_balance,
    ),
    PAYMENTS: (msgspec.json.Decoder(PaymentObject, strict=False), to_payment),
    ALLOCATIONS: (msgspec.json.Decoder(AllocationObject, strict=False), to_allocation),
    SETTLEMENTS: (msgspec.json.Decoder(SettlementsObject, strict=False), to_settlements),
    LEDGER_ACCOUNTS: (msgspec.json.Decoder(LedgerAccountObject, strict=False), to_control_account),
}


class _Owed(msgspec.Struct):
    contact: Ref | None = None


_plain = msgspec.json.Decoder(SageObject)
_owed = msgspec.json.Decoder(_Owed)


def map_payload(payload: Payload, context: MappingContext) -> Record:
    """Map one payload. Raises Unreadable naming the object when it cannot be a record."""
    known = _MAPPERS.get(payload.source_type)
    try:
        if known is None:
            plain = _plain.decode(payload.raw)
            return Unmapped(**head(plain, payload.raw), source_type=payload.source_type)
        decoder, mapper = known
        found = decoder.decode(payload.raw)
        if found.context is not None and found.context.fault:
            raise ValueError(f"Sage cannot show it: {found.context.fault}")
        if not found.id:
            raise ValueError("it has no id")
        return mapper(found, payload.raw, context)
    except (msgspec.MsgspecError, InexactAmount, ValueError, ArithmeticError) as error:
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
        contact = _owed.decode(payload.raw).contact
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return contact.id if contact is not None else None
