"""What a changed document names: the contact whose balance it moves, the invoice it settles.

Neither says by its change stamp that anything happened to it, or it says so a moment later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from recoup.connector.pages import Payload
from recoup.plugins.xero.context import PAYABLE
from recoup.plugins.xero.structs import ContactRef, CreditRef

__all__ = ["Named", "names_in"]


class Named(NamedTuple):
    """Ids in the order in which they were met."""

    contacts: tuple[str, ...]
    invoices: tuple[str, ...]


class _Settled(msgspec.Struct, rename={"id": "InvoiceID", "type": "Type", "contact": "Contact"}):
    id: str | None = None
    type: str | None = None
    contact: ContactRef | None = None


class _Part(msgspec.Struct, rename={"invoice": "Invoice"}):
    invoice: CreditRef | None = None


class _Linked(
    msgspec.Struct,
    rename={
        "type": "Type",
        "contact": "Contact",
        "invoice": "Invoice",
        "credit_note": "CreditNote",
        "overpayment": "Overpayment",
        "prepayment": "Prepayment",
        "allocations": "Allocations",
    },
):
    type: str | None = None
    contact: ContactRef | None = None
    invoice: _Settled | None = None
    credit_note: _Settled | None = None
    overpayment: _Settled | None = None
    prepayment: _Settled | None = None
    allocations: list[_Part] | None = None


_decoder = msgspec.json.Decoder(_Linked)


def names_in(payloads: Iterable[Payload]) -> Named:
    """Collect what *payloads* name; payables and what cannot be read name nothing."""
    contacts: dict[str, None] = {}
    invoices: dict[str, None] = {}
    for payload in payloads:
        if payload.source_type in ("Contact", "BatchPayment"):
            continue
        try:
            found = _decoder.decode(payload.raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        settled = found.invoice or found.credit_note or found.overpayment or found.prepayment
        if found.type in PAYABLE or (settled is not None and settled.type in PAYABLE):
            continue
        for contact in (found.contact, settled.contact if settled is not None else None):
            if contact is not None and contact.contact_id:
                contacts[contact.contact_id] = None
        if settled is not None and settled.id and settled.type in ("ACCREC", None):
            invoices[settled.id] = None
        invoices.update(dict.fromkeys(_allocated(found.allocations or [])))
    return Named(tuple(contacts), tuple(invoices))


def _allocated(parts: Sequence[_Part]) -> list[str]:
    return [p.invoice.invoice_id for p in parts if p.invoice is not None and p.invoice.invoice_id]
