"""From Xero payloads to the receivables model: one table, one function per object.

Source: Accounting API 2.0. Dates carry the calendar's day at midnight UTC. Amounts are in the
document's currency; contact balances and the trial balance are in base currency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from recoup.connector.errors import Unreadable
from recoup.connector.model import Record, Unmapped
from recoup.connector.money import InexactAmount
from recoup.connector.pages import Payload
from recoup.plugins.xero.context import MappingContext
from recoup.plugins.xero.mapping_contacts import to_customer
from recoup.plugins.xero.mapping_control import to_control_account
from recoup.plugins.xero.mapping_documents import (
    to_credit_note,
    to_invoice,
    to_overpayment,
    to_prepayment,
)
from recoup.plugins.xero.mapping_payments import to_payment
from recoup.plugins.xero.structs import (
    ContactObject,
    CreditNoteObject,
    DebtorObject,
    InvoiceObject,
    OverpaymentObject,
    PaymentObject,
    PrepaymentObject,
    ReportRow,
)

__all__ = ["map_payload", "map_payloads"]

Mapper = Callable[[Any, bytes, MappingContext], Record]

_MAPPERS: Mapping[str, tuple[msgspec.json.Decoder[Any], Mapper]] = {
    "Contact": (msgspec.json.Decoder(ContactObject), to_customer),
    "Invoice": (msgspec.json.Decoder(InvoiceObject), to_invoice),
    "CreditNote": (msgspec.json.Decoder(CreditNoteObject), to_credit_note),
    "Overpayment": (msgspec.json.Decoder(OverpaymentObject), to_overpayment),
    "Prepayment": (msgspec.json.Decoder(PrepaymentObject), to_prepayment),
    "Payment": (msgspec.json.Decoder(PaymentObject), to_payment),
    "TrialBalance": (msgspec.json.Decoder(ReportRow), to_control_account),
}
_debtor_decoder = msgspec.json.Decoder(DebtorObject)


def map_payload(payload: Payload, context: MappingContext) -> Record:
    """Map one payload. Raises Unreadable naming the object when it cannot be a record."""
    known = _MAPPERS.get(payload.source_type)
    if known is None:
        return Unmapped(
            ledger_id=payload.ledger_id, raw=payload.raw, source_type=payload.source_type
        )
    decoder, mapper = known
    try:
        record = mapper(decoder.decode(payload.raw), payload.raw, context)
        if not record.ledger_id:
            raise ValueError("it has no id")
        return record
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
        found = _debtor_decoder.decode(payload.raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if found.contact_id:
        return found.contact_id
    named = found.contact or (found.invoice.contact if found.invoice is not None else None)
    return named.contact_id if named is not None else None
