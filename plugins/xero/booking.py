"""What a payment asks of each invoice, what of it is booked, and how that is found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from recoup.connector.errors import Fatal, Skippable
from recoup.connector.intents import Outcome
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.xero import decode
from recoup.plugins.xero.answers import Object, quoted, read_invoices, read_one
from recoup.plugins.xero.client import Client

__all__ = ["Booking", "Part", "check_alive", "find_booked", "outcome_of", "parts_of", "verify"]


class Part(NamedTuple):
    """What one invoice gets: money and, apart from it, a discount."""

    invoice_id: str
    amount: Decimal
    discount: Decimal


@dataclass
class Booking:
    """What has been booked so far, and how it is taken back."""

    steps: list[Object] = field(default_factory=list)
    payments: list[tuple[str, str]] = field(default_factory=list)  # payment, invoice
    overpayment: str | None = None
    credits: list[str] = field(default_factory=list)
    raw: bytes = b""

    def paid(self, booked: Object, invoice_id: str) -> None:
        id = str(booked["PaymentID"])
        self.payments.append((id, invoice_id))
        self.steps.append({"what": "payment", "id": id})


def parts_of(asked: Mapping[str, Any]) -> list[Part]:
    """The allocations, one per invoice: Xero takes no two of an invoice in one call."""
    sums: dict[str, Part] = {}
    for given in asked.get("allocations", ()):
        id = str(given["invoice_id"])
        before = sums.get(id, Part(id, Decimal(0), Decimal(0)))
        amount = before.amount + Decimal(given["amount"])
        sums[id] = Part(id, amount, before.discount + Decimal(given.get("discount") or 0))
    return list(sums.values())


def verify(client: Client, parts: Sequence[Part], booking: Booking, rest: Decimal) -> None:
    """Read back: each invoice names its payment over the right amount, the rest is held."""
    if parts:
        invoices = read_invoices(client, [part.invoice_id for part in parts])
        amounts = {part.invoice_id: part.amount for part in parts}
        for payment_id, invoice_id in booking.payments:
            shown = invoices[invoice_id].get("Payments") or []
            booked = [p for p in shown if p.get("PaymentID") == payment_id]
            if [Decimal(p.get("Amount") or 0) for p in booked] != [amounts[invoice_id]]:
                raise Fatal(
                    f"invoice {invoice_id} does not show payment {payment_id} over "
                    f"{amounts[invoice_id]}: look at it in Xero"
                )
    if booking.overpayment is not None:
        held = read_one(client, "get_overpayment", "Overpayments", booking.overpayment)
        if Decimal(held.get("Total") or 0) != rest:
            raise Fatal(
                f"Xero holds {held.get('Total')} as overpayment {booking.overpayment}, not {rest}"
            )


def outcome_of(parts: Sequence[Part], booking: Booking) -> Outcome:
    touched = [DocumentRef(DocumentKind.PAYMENT, payment) for payment, _ in booking.payments]
    if booking.overpayment is not None:
        touched.insert(0, DocumentRef(DocumentKind.OVERPAYMENT, booking.overpayment))
    touched += [DocumentRef(DocumentKind.CREDIT_NOTE, id) for id in booking.credits]
    document = touched[0] if touched else None
    touched += [DocumentRef(DocumentKind.INVOICE, part.invoice_id) for part in parts]
    inverse = {"undo": booking.steps, "touched": [list(ref) for ref in touched]}
    return Outcome(document=document, inverse=inverse, touched=tuple(touched), raw=booking.raw)


def find_booked(
    client: Client, method: str, plural: str, reference: str, *more: str
) -> list[Object]:
    """What was booked under a reference, whatever became of it."""
    where = " AND ".join((quoted(reference), *more))
    with client.urgently():
        answer = client.get(method, where=where, page=1, page_size=100)
    return decode.read_elements(answer.body, plural)


def check_alive(found: Object, what: str, id: str) -> None:
    if found.get("Status") in ("DELETED", "VOIDED"):
        raise Skippable(f"{what} {id} was booked by an earlier try and has been taken back since")
